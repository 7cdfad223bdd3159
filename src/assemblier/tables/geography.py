"""Tables of the official geography: communes, what happened to them, and the grids they belong to."""

from __future__ import annotations

from assemblier.tables.declaration import NOT_AGGREGABLE, SUM, Column, Kind, Table

__all__ = ["TABLES"]

COMMUNE = Column(
    "code", Kind.CODE, "code de la commune", pattern="[0-9A-Z]{2}[0-9]{3}", example="22025 ou 2A004"
)

TABLES = (
    Table(
        "commune",
        "Communes d’un code officiel géographique",
        (
            COMMUNE,
            Column("nom", Kind.TEXT, "nom de la commune"),
            Column(
                "type",
                Kind.CODE,
                "COM commune, ARM arrondissement, COMD ou COMA déléguée",
                allowed=("COM", "ARM", "COMD", "COMA"),
            ),
            Column("departement", Kind.CODE, "code du département", nullable=True),
            Column("region", Kind.CODE, "code de la région", nullable=True),
            Column("parent", Kind.CODE, "commune dont elle fait partie", nullable=True),
        ),
        key=("code", "type", "parent"),
        geography="code",
    ),
    Table(
        "point",
        "Point d’une commune",
        (
            COMMUNE,
            Column(
                "genre",
                Kind.CODE,
                "ce que le point désigne",
                allowed=("mairie", "interieur", "centroide"),
            ),
            Column(
                "longitude", Kind.NUMBER, "longitude WGS 84", "degré", NOT_AGGREGABLE, -180, 180
            ),
            Column("latitude", Kind.NUMBER, "latitude WGS 84", "degré", NOT_AGGREGABLE, -90, 90),
        ),
        key=("code", "genre"),
        geography="code",
    ),
    Table(
        "superficie",
        "Superficie des communes",
        (COMMUNE, Column("km2", Kind.NUMBER, "superficie", "km²", SUM, 0)),
        key=("code",),
        geography="code",
    ),
    Table(
        "contour",
        "Contour des communes",
        (
            COMMUNE,
            Column("nom", Kind.TEXT, "nom de la commune", nullable=True),
            Column("geometrie", Kind.GEOMETRY, "contour WGS 84 (WKB)", aggregation=NOT_AGGREGABLE),
        ),
        key=("code",),
        geography="code",
    ),
    Table(
        "appartenance",
        "Appartenance des communes aux grilles officielles",
        (
            COMMUNE,
            Column(
                "grille",
                Kind.CODE,
                "grille : epci, departement, region, arrondissement, canton, ze2020, uu2020, aav2020, bv2012, bv2022, tvs2019…",
            ),
            Column("zone", Kind.CODE, "code de la zone dans la grille"),
        ),
        key=("code", "grille"),
        geography="code",
    ),
    Table(
        "libelle_zone",
        "Noms des zones d’une grille",
        (
            Column("grille", Kind.CODE, "grille"),
            Column("zone", Kind.CODE, "code de la zone"),
            Column("libelle", Kind.TEXT, "nom de la zone"),
            Column(
                "communes", Kind.INTEGER, "nombre de communes", "communes", SUM, 0, nullable=True
            ),
        ),
        key=("grille", "zone"),
    ),
    Table(
        "passage",
        "Passage des communes d’une année à l’autre",
        (
            Column("year_from", Kind.INTEGER, "année de départ"),
            Column("year_to", Kind.INTEGER, "année d’arrivée"),
            Column("code_from", Kind.CODE, "commune de départ"),
            Column("code_to", Kind.CODE, "commune d’arrivée"),
            Column("date", Kind.DATE, "date de l’événement", nullable=True),
            Column("kind", Kind.CODE, "c changement de code, f fusion, d défusion"),
            Column(
                "ratio",
                Kind.NUMBER,
                "part de la population transférée",
                aggregation=NOT_AGGREGABLE,
                minimum=0,
                maximum=1,
            ),
        ),
    ),
    Table(
        "evenement",
        "Événements des communes",
        (
            Column("date", Kind.DATE, "date d’effet", nullable=True),
            Column("modification", Kind.CODE, "code de la modification"),
            Column("code_avant", Kind.CODE, "commune avant", nullable=True),
            Column("nom_avant", Kind.TEXT, "nom avant", nullable=True),
            Column("code_apres", Kind.CODE, "commune après", nullable=True),
            Column("nom_apres", Kind.TEXT, "nom après", nullable=True),
        ),
    ),
    Table(
        "densite",
        "Grille communale de densité",
        (
            COMMUNE,
            Column(
                "niveau",
                Kind.INTEGER,
                "niveau de densité, 1 le plus dense à 7",
                minimum=1,
                maximum=7,
            ),
        ),
        key=("code",),
        geography="code",
    ),
    Table(
        "zonage_national",
        "Communes des zonages et programmes nationaux",
        (
            COMMUNE,
            Column(
                "dispositif", Kind.CODE, "dispositif : acv, pvd, frr, zrr, qpv, france_services…"
            ),
            Column("libelle", Kind.TEXT, "nom ou classe", nullable=True),
        ),
        geography="code",
    ),
    Table(
        "liste_communes",
        "Liste de communes d’un territoire ou d’une structure",
        (
            Column("structure", Kind.CODE, "identifiant de la structure"),
            Column("genre", Kind.CODE, "territoire, cpts, cls"),
            Column("nom", Kind.TEXT, "nom de la structure", nullable=True),
            COMMUNE,
        ),
        key=("structure", "code"),
        geography="code",
    ),
)
