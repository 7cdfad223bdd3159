"""Tables of care: who provides it, in which establishment, and where."""

from __future__ import annotations

from assemblier.tables.declaration import NOT_AGGREGABLE, SUM, Column, Kind, Table
from assemblier.tables.geography import COMMUNE
from assemblier.tables.population import YEAR

__all__ = ["TABLES"]

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
            Column(
                "type",
                Kind.CODE,
                "type d’équipement de l’édition",
                pattern="[A-G][0-9]{3}",
                example="D201",
            ),
            Column("iris", Kind.CODE, "IRIS", nullable=True),
            Column("nombre", Kind.NUMBER, "équipements", "équipements", SUM, 0),
        ),
        geography="code",
        key=("code", "annee", "type", "iris"),
    ),
    Table(
        "equipement_point",
        "Équipements localisés (BPE)",
        (
            COMMUNE,
            YEAR,
            Column(
                "type",
                Kind.CODE,
                "type d’équipement de l’édition",
                pattern="[A-G][0-9]{3}",
                example="D201",
            ),
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
            Column(
                "tvs",
                Kind.CODE,
                "territoire de vie-santé",
                pattern="[0-9A-Z]{3}[0-9]{2}",
                example="29024",
            ),
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
            Column(
                "tvs",
                Kind.CODE,
                "territoire de vie-santé",
                pattern="[0-9A-Z]{3}[0-9]{2}",
                example="29024",
            ),
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
        "activite_departement",
        "Activité moyenne et installations des professionnels par département (Cnam)",
        (
            Column("departement", Kind.CODE, "code du département"),
            YEAR,
            Column("profession", Kind.TEXT, "profession, libellé du producteur"),
            Column(
                "mesure",
                Kind.CODE,
                "patients_medecin_traitant, patients_uniques, primo_installes, "
                "installes_zone_sous_dotee, honoraires_moyens",
            ),
            Column(
                "valeur",
                Kind.NUMBER,
                "moyenne par professionnel, ou effectif d’installations",
                "selon la mesure",
                NOT_AGGREGABLE,
                nullable=True,
            ),
        ),
        key=("departement", "annee", "profession", "mesure"),
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
)
