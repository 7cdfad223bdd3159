"""Tables of care: who provides it, where, how much of it is within reach, and how zones are ranked."""

from __future__ import annotations

from assemblier.tables.declaration import NOT_AGGREGABLE, SUM, Aggregation, Column, Kind, Table
from assemblier.tables.geography import COMMUNE
from assemblier.tables.population import YEAR

__all__ = ["TABLES"]

PROFESSION = Column(
    "profession",
    Kind.CODE,
    "médecin généraliste mg, infirmier inf, sage-femme sf, kinésithérapeute mk, chirurgien-dentiste cd…",
)

LONGITUDE = Column(
    "longitude", Kind.NUMBER, "longitude WGS 84", "degré", NOT_AGGREGABLE, -180, 180, nullable=True
)
LATITUDE = Column(
    "latitude", Kind.NUMBER, "latitude WGS 84", "degré", NOT_AGGREGABLE, -90, 90, nullable=True
)

TABLES = (
    Table(
        "equipement",
        "Équipements de la base permanente (BPE)",
        (
            COMMUNE,
            YEAR,
            Column("type", Kind.CODE, "type d’équipement de l’édition", pattern="[A-G][0-9]{3}"),
            Column("iris", Kind.CODE, "IRIS", nullable=True),
            Column("nombre", Kind.NUMBER, "équipements", "équipements", SUM, 0),
        ),
        geography="code",
    ),
    Table(
        "equipement_point",
        "Équipements localisés (BPE)",
        (
            COMMUNE,
            YEAR,
            Column("type", Kind.CODE, "type d’équipement de l’édition", pattern="[A-G][0-9]{3}"),
            LONGITUDE,
            LATITUDE,
            Column("qualite", Kind.TEXT, "qualité de la position, du producteur", nullable=True),
        ),
        geography="code",
    ),
    Table(
        "libelle_equipement",
        "Libellés des types d’équipements",
        (
            YEAR,
            Column("type", Kind.CODE, "type d’équipement"),
            Column("libelle", Kind.TEXT, "libellé"),
        ),
        key=("annee", "type"),
    ),
    Table(
        "equipement_tvs",
        "Équipements par territoire de vie-santé et année",
        (
            Column("tvs", Kind.CODE, "territoire de vie-santé"),
            YEAR,
            Column("type", Kind.CODE, "type d’équipement"),
            Column("nombre", Kind.NUMBER, "équipements", "équipements", SUM, 0),
        ),
        key=("tvs", "annee", "type"),
    ),
    Table(
        "medecin_commune",
        "Médecins généralistes libéraux par commune",
        (
            COMMUNE,
            YEAR,
            Column(
                "total",
                Kind.INTEGER,
                "médecins généralistes libéraux au 31 décembre",
                "médecins",
                SUM,
                0,
            ),
            Column("plus60", Kind.INTEGER, "dont présumés de 60 ans et plus", "médecins", SUM, 0),
        ),
        key=("code", "annee"),
        geography="code",
    ),
    Table(
        "medecin_tvs",
        "Médecins généralistes libéraux par territoire de vie-santé et année",
        (
            Column("tvs", Kind.CODE, "territoire de vie-santé"),
            YEAR,
            Column(
                "total",
                Kind.INTEGER,
                "médecins généralistes libéraux au 31 décembre",
                "médecins",
                SUM,
                0,
            ),
        ),
        key=("tvs", "annee"),
    ),
    Table(
        "professionnel_departement",
        "Professionnels de santé par département",
        (
            Column("departement", Kind.CODE, "code du département"),
            YEAR,
            Column("profession", Kind.TEXT, "profession ou spécialité, libellé du producteur"),
            Column("exercice", Kind.CODE, "mode d’exercice", nullable=True),
            Column("age", Kind.TEXT, "classe d’âge, libellé du producteur"),
            Column("sexe", Kind.TEXT, "sexe, libellé du producteur"),
            Column("effectif", Kind.NUMBER, "effectif", "professionnels", SUM, 0, nullable=True),
        ),
        note="Les totaux du producteur (France, région, tous âges) sont écartés à la lecture.",
    ),
    Table(
        "professionnel_commune",
        "Professionnels de santé comptés par commune (RPPS)",
        (
            COMMUNE,
            YEAR,
            Column("profession", Kind.TEXT, "profession ou spécialité, libellé du producteur"),
            Column(
                "etablissement", Kind.BOOLEAN, "vrai si exercice en établissement", nullable=True
            ),
            Column("effectif", Kind.INTEGER, "professionnels distincts", "professionnels", SUM, 0),
        ),
        key=("code", "annee", "profession", "etablissement"),
        geography="code",
        note="Un professionnel de plusieurs communes y est compté dans chacune.",
    ),
    Table(
        "part_departement",
        "Parts et prévalences publiées par département",
        (
            Column("departement", Kind.CODE, "code du département"),
            YEAR,
            Column("mesure", Kind.CODE, "mesure"),
            Column("valeur", Kind.NUMBER, "valeur publiée", "%", NOT_AGGREGABLE, nullable=True),
        ),
        key=("departement", "annee", "mesure"),
    ),
    Table(
        "professionnel",
        "Activités des professionnels de santé (RPPS), pseudonymes",
        (
            Column("pseudonyme", Kind.CODE, "identifiant remplacé à la lecture"),
            Column("profession", Kind.CODE, "code de la profession"),
            Column("specialite", Kind.CODE, "savoir-faire", nullable=True),
            Column("mode", Kind.CODE, "mode d’exercice : L, S, B", nullable=True),
            Column("secteur", Kind.CODE, "secteur d’activité", nullable=True),
            Column("site", Kind.CODE, "identifiant du site", nullable=True),
            Column("code", Kind.CODE, "commune du site", nullable=True),
            Column("code_postal", Kind.CODE, "code postal du site", nullable=True),
        ),
        geography="code",
    ),
    Table(
        "etablissement",
        "Établissements sanitaires et médico-sociaux (FINESS)",
        (
            Column("finess", Kind.CODE, "numéro FINESS de l’établissement"),
            Column("nom", Kind.TEXT, "nom", nullable=True),
            Column("categorie", Kind.CODE, "catégorie d’établissement", nullable=True),
            Column("code", Kind.CODE, "commune", nullable=True),
            LONGITUDE,
            LATITUDE,
            Column("ouvert", Kind.DATE, "date d’ouverture", nullable=True),
            Column("ferme", Kind.DATE, "date de fermeture", nullable=True),
            Column("actif", Kind.BOOLEAN, "vrai si l’établissement est en activité"),
        ),
        key=("finess",),
        geography="code",
    ),
    Table(
        "categorie_etablissement",
        "Catégories d’établissements FINESS",
        (
            Column("categorie", Kind.CODE, "code"),
            Column("libelle", Kind.TEXT, "libellé"),
        ),
        key=("categorie",),
    ),
    Table(
        "activite_soin",
        "Activités autorisées ou exercées des établissements (FINESS)",
        (
            Column("finess", Kind.CODE, "numéro FINESS de l’établissement"),
            Column(
                "finess_juridique", Kind.CODE, "numéro FINESS de l’entité juridique", nullable=True
            ),
            Column("nature", Kind.CODE, "nature : AMM, AMF, AASA, ASDR, ASMR, ASOCR, AER, EML"),
            Column("activite", Kind.CODE, "code de l’activité dans sa nature"),
            Column("libelle", Kind.TEXT, "libellé", nullable=True),
            Column("modalite", Kind.CODE, "modalité", nullable=True),
            Column("forme", Kind.CODE, "forme, mention ou public", nullable=True),
            Column("debut", Kind.DATE, "début", nullable=True),
            Column("fin", Kind.DATE, "fin prévue", nullable=True),
            Column("actif", Kind.BOOLEAN, "vrai si l’activité est en cours"),
        ),
    ),
    Table(
        "apl",
        "Accessibilité potentielle localisée publiée",
        (
            COMMUNE,
            YEAR,
            PROFESSION,
            Column("ages", Kind.CODE, "âge des médecins comptés : tous, 65, 62, 60"),
            Column(
                "apl",
                Kind.NUMBER,
                "APL",
                "consultations par an et habitant standardisé ou ETP pour 100 000",
                Aggregation.mean("population_standardisee"),
                0,
                nullable=True,
            ),
            Column(
                "population_standardisee",
                Kind.NUMBER,
                "population standardisée de l’édition",
                "habitants standardisés",
                SUM,
                0,
                nullable=True,
            ),
        ),
        key=("code", "annee", "profession", "ages"),
        geography="code",
    ),
    Table(
        "population_standardisee",
        "Population standardisée pour une profession",
        (
            COMMUNE,
            YEAR,
            PROFESSION,
            Column(
                "population_standardisee",
                Kind.NUMBER,
                "population standardisée",
                "habitants standardisés",
                SUM,
                0,
                nullable=True,
            ),
            Column(
                "population",
                Kind.NUMBER,
                "population totale de l’édition",
                "habitants",
                SUM,
                0,
                nullable=True,
            ),
        ),
        key=("code", "annee", "profession"),
        geography="code",
    ),
    Table(
        "apl_poids_age",
        "Poids de consommation de soins par âge (paramètres de l’APL)",
        (
            YEAR,
            PROFESSION,
            Column("age_min", Kind.INTEGER, "premier âge", "ans", minimum=0),
            Column("age_max", Kind.INTEGER, "dernier âge, 120 sans borne", "ans", minimum=0),
            Column(
                "poids", Kind.NUMBER, "consommation rapportée à la moyenne", "", NOT_AGGREGABLE, 0
            ),
        ),
        key=("annee", "profession", "age_min"),
    ),
    Table(
        "zonage_sante",
        "Zonage conventionnel des professionnels de santé",
        (
            COMMUNE,
            PROFESSION,
            Column("classe", Kind.CODE, "classe de l’arrêté"),
            Column(
                "date",
                Kind.DATE,
                "date de l’arrêté, vide si la source ne la dit pas",
                nullable=True,
            ),
            Column("tvs", Kind.CODE, "territoire de vie-santé", nullable=True),
        ),
        key=("code", "profession"),
        geography="code",
    ),
    Table(
        "zonage_tvs",
        "Zonage des professionnels de santé par territoire de vie-santé",
        (
            Column("tvs", Kind.CODE, "territoire de vie-santé"),
            PROFESSION,
            Column("classe", Kind.CODE, "classe de l’arrêté"),
            Column("date", Kind.DATE, "date de l’arrêté", nullable=True),
        ),
        key=("tvs", "profession"),
    ),
    Table(
        "temps",
        "Temps de trajet entre communes ou points",
        (
            Column("moteur", Kind.CODE, "moteur et édition"),
            Column("origine", Kind.CODE, "origine"),
            Column("destination", Kind.CODE, "destination"),
            Column(
                "secondes",
                Kind.NUMBER,
                "temps de trajet",
                "secondes",
                NOT_AGGREGABLE,
                0,
                nullable=True,
            ),
            Column(
                "km", Kind.NUMBER, "distance par la route", "km", NOT_AGGREGABLE, 0, nullable=True
            ),
            Column(
                "x_origine", Kind.NUMBER, "abscisse Lambert 93", "m", NOT_AGGREGABLE, nullable=True
            ),
            Column(
                "y_origine", Kind.NUMBER, "ordonnée Lambert 93", "m", NOT_AGGREGABLE, nullable=True
            ),
            Column(
                "x_destination",
                Kind.NUMBER,
                "abscisse Lambert 93",
                "m",
                NOT_AGGREGABLE,
                nullable=True,
            ),
            Column(
                "y_destination",
                Kind.NUMBER,
                "ordonnée Lambert 93",
                "m",
                NOT_AGGREGABLE,
                nullable=True,
            ),
        ),
    ),
    Table(
        "acces_carreau",
        "Temps d’accès des carreaux de 200 m à l’équipement le plus proche, par commune",
        (
            COMMUNE,
            YEAR,
            Column("type", Kind.CODE, "type d’équipement"),
            Column("population", Kind.NUMBER, "habitants des carreaux", "habitants", SUM, 0),
            Column(
                "minutes",
                Kind.NUMBER,
                "temps moyen en voiture",
                "minutes",
                Aggregation.mean("population"),
                0,
            ),
            Column("plus20", Kind.NUMBER, "habitants à plus de 20 minutes", "habitants", SUM, 0),
            Column("plus30", Kind.NUMBER, "habitants à plus de 30 minutes", "habitants", SUM, 0),
        ),
        key=("code", "annee", "type"),
        geography="code",
    ),
    Table(
        "ecole",
        "Établissements scolaires ouverts par commune",
        (
            COMMUNE,
            YEAR,
            Column("genre", Kind.CODE, "ecoles, colleges, lycees, ouverts, public, prive"),
            Column("nombre", Kind.NUMBER, "établissements", "établissements", SUM, 0),
        ),
        key=("code", "annee", "genre"),
        geography="code",
    ),
    Table(
        "route",
        "Extraits du réseau routier conservés tels quels",
        (
            Column("fichier", Kind.TEXT, "nom de l’extrait"),
            Column("empreinte", Kind.TEXT, "sha256 de l’extrait"),
            Column("octets", Kind.INTEGER, "taille", "octets", NOT_AGGREGABLE, 0),
        ),
        key=("empreinte",),
    ),
)
