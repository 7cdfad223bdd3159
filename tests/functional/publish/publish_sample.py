"""A document with every kind of block and every trap, about a place that does not exist."""

from __future__ import annotations

import math

import numpy as np
import shapely

from assemblier.blocks import (
    Bars,
    Bullets,
    Callout,
    Document,
    Figure,
    Gap,
    Heading,
    KeyFigure,
    KeyFigures,
    Lines,
    MapBlock,
    MapClass,
    Paragraph,
    Provenance,
    Section,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.language import number, percent
from assemblier.publish.style import sequential

NASTY = 'Saint-Œuvre <b>&amp; « guillemets » "droits" #titre $x$ @ref _sou_ *gras* `code` [lien] ~ \\fin 🏥 l’été'


class Book:
    """Figures and their provenance, kept together."""

    def __init__(self) -> None:
        self.provenance: dict[str, Provenance] = {}

    def figure(
        self,
        indicator: str,
        zone: str,
        year: str,
        value: float | None,
        text: str,
        status: str = "ok",
        unit: str = "",
        local: bool = False,
        interval: tuple[float, float] | None = None,
    ) -> Figure:
        key = f"{indicator}|{zone}|{year}"
        reasons = {
            "secret": "Moins de 11 personnes : le producteur ne publie pas la valeur.",
            "absent": "La source n’est pas diffusée à cette maille.",
            "estimated": "Réparti selon la population des communes.",
        }
        self.provenance[key] = Provenance(
            key=key,
            label=f"Indicateur « {indicator} »",
            zone=zone,
            year=year,
            value=value,
            low=interval[0] if interval else None,
            high=interval[1] if interval else None,
            unit=unit,
            status=status,
            reason=reasons.get(status, ""),
            definition=f"Définition de « {indicator} », champ : population municipale.",
            sources=(
                f"Institut imaginaire, Fichier des {indicator} {year}, licence ouverte 2.0, "
                f"{indicator}_{year}.csv, sha256 {'0123456789abcdef' * 4}, lignes 12 à 57",
                "Bureau fictif, Géographie au 1er janvier 2024, licence ouverte 2.0",
            ),
            parameters={"seuil": "2,5 consultations par an et par habitant (arrêté fictif, 2024)"},
            method="Somme des communes, rapportée à la population standardisée.",
            says_not=(
                "Le chiffre ne dit pas le délai d’obtention d’un rendez-vous.",
                "Il ne dit pas si les médecins acceptent de nouveaux patients.",
            ),
        )
        return Figure(text, key, status, local)


def _communes(count: int) -> dict[str, shapely.Geometry]:
    """Voronoi cells of points on a spiral: irregular zones side by side."""
    angle = np.arange(count) * 2.399963
    radius = 0.28 * np.sqrt((np.arange(count) + 0.5) / count)
    points = shapely.points(-3.2 + 1.45 * radius * np.cos(angle), 48.2 + radius * np.sin(angle))
    hull = shapely.Point(-3.2, 48.2).buffer(0.31)
    hull = shapely.transform(
        hull, lambda p: np.column_stack([(p[:, 0] + 3.2) * 1.45 - 3.2, p[:, 1]])
    )
    cells = shapely.voronoi_polygons(shapely.multipoints(points))
    cells = shapely.get_parts(cells)
    tree = shapely.STRtree(cells)
    found = {}
    for i, point in enumerate(points):
        cell = cells[tree.query(point, predicate="intersects")[0]]
        found[f"99{i:03d}"] = shapely.intersection(cell, hull)
    return found


def sample_document(communes: int = 98) -> Document:
    book = Book()
    note = SourceNote(
        sources=("Institut imaginaire, Recensement fictif 2021", "Bureau fictif, COG 2024"),
        field="population municipale du territoire, géographie au 1er janvier 2024",
        reading="à Bourg-les-Îles, on compte 3,2 consultations accessibles par an et par habitant.",
        notes=("les valeurs sous secret ne sont jamais des zéros.",),
    )
    shapes = _communes(communes)
    codes = list(shapes)
    names = {code: f"Commune fictive {i + 1}" for i, code in enumerate(codes)}
    names[codes[3]] = NASTY
    names[codes[4]] = "Sainte-Marie-de-la-Très-Longue-Appellation-sur-l’Étang-du-Moulin-Neuf"
    values: dict[str, float | None] = {}
    texts: dict[str, Figure] = {}
    status: dict[str, str] = {}
    for i, code in enumerate(codes):
        value: float | None = round(2.9 + 1.4 * math.sin(i / 5.0) + 0.3 * math.cos(i), 4)
        state = "ok"
        if i % 19 == 3:
            value, state = None, "absent"
        elif i % 23 == 5:
            value, state = None, "secret"
        elif i % 11 == 4:
            state = "estimated"
        values[code], status[code] = value, state
        text = state if value is None else number(value, 1)
        texts[code] = book.figure("apl", code, "2023", value, text, state, "consultations/an/hab.")
    bounds = [0.0, 1.5, 2.5, 3.5, 4.0, 9.0]
    class_of = {
        code: max(k for k in range(5) if value >= bounds[k])
        for code, value in values.items()
        if value is not None
    }
    labels = ("moins de 1,5", "de 1,5 à 2,5", "de 2,5 à 3,5", "de 3,5 à 4,0", "4,0 et plus")
    classes = tuple(
        MapClass(label, colour, sum(k == place for k in class_of.values()))
        for place, (label, colour) in enumerate(zip(labels, sequential(5), strict=True))
    )
    apl_map = MapBlock(
        id="carte_apl",
        title="Accessibilité potentielle localisée aux médecins généralistes, 2023",
        grid="commune",
        unit="consultations par an et par habitant standardisé",
        zones=names,
        values=values,
        texts=texts,
        classes=classes,
        class_of=class_of,
        status_of=status,
        note=note,
        outline=frozenset(codes[: communes * 2 // 3]),
        approximate=True,
        description="L’accessibilité décroît du centre vers l’ouest du territoire.",
    )
    few = codes[:7]
    bassin = MapBlock(
        id="carte_bassins",
        title="Revenu médian par bassin, avec un titre assez long pour tenir sur deux lignes et rester lisible malgré tout",
        grid="bassin",
        unit="euros par an",
        zones={code: names[code] for code in few} | {"sans": "Bassin sans contour"},
        values={code: 20000.0 + 500 * i for i, code in enumerate(few)} | {"sans": None},
        texts={
            code: book.figure(
                "revenu",
                f"bassin:{code}",
                "2021",
                20000.0 + 500 * i,
                number(20000.0 + 500 * i) + "\u202f€",
                unit="€",
            )
            for i, code in enumerate(few)
        },
        classes=(
            MapClass("moins de 21 500", "#e6b373", 3),
            MapClass("21 500 et plus", "#ad6520", 4),
        ),
        class_of={code: int(i > 2) for i, code in enumerate(few)},
        status_of=dict.fromkeys(few, "ok") | {"sans": "absent"},
        note=note,
    )
    rows = []
    for i, code in enumerate(codes[:100]):
        people = 120 + 37 * i * i % 9000
        aged = None if i % 9 == 4 else 0.1 + (i % 17) / 60
        rows.append(
            (
                names[code],
                code,
                book.figure(
                    "population", code, "2021", float(people), number(people), unit="habitants"
                ),
                book.figure(
                    "evolution",
                    code,
                    "2015-2021",
                    -0.0123 + i / 9000,
                    percent(-0.0123 + i / 9000, 2),
                    unit="part",
                ),
                book.figure(
                    "plus75",
                    code,
                    "2021",
                    aged,
                    "secret" if aged is None else percent(aged),
                    "secret" if aged is None else "ok",
                    unit="part",
                ),
                texts[code],
                book.figure(
                    "medecins",
                    code,
                    "2024",
                    float(i % 4),
                    number(i % 4),
                    "estimated" if i % 7 == 2 else "ok",
                    "médecins",
                    local=i % 13 == 6,
                ),
            )
        )
    long_table = TableBlock(
        id="communes",
        title="Les communes du territoire, une par une",
        columns=(
            "Commune",
            "Code",
            "Population 2021",
            "Évolution annuelle 2015-2021",
            "Part des 75 ans et plus",
            "APL 2023",
            "Médecins généralistes",
        ),
        rows=tuple(rows),
        numeric=(False, False, True, True, True, True, True),
        note=note,
        emphasised=frozenset({0, 17}),
        annex=True,
    )
    pop = book.figure(
        "population", "pays", "2021", 97274.0, number(97274) + " habitants", unit="habitants"
    )
    apl = book.figure(
        "apl",
        "pays",
        "2023",
        2.8456789,
        number(2.8456789, 1),
        unit="consultations/an/hab.",
        interval=(2.61, 3.07),
    )
    aged = book.figure("plus75", "pays", "2021", 0.14567, percent(0.14567), unit="part")
    tiny = book.figure("exposition", "pays", "2022", 0.00000123, "0,00000123", unit="g/m³")
    huge = book.figure(
        "actes", "pays", "2022", 1234567890123.0, number(1234567890123), unit="actes"
    )
    minus = book.figure("solde", "pays", "2021", -312.0, number(-312), unit="habitants")
    refused = book.figure(
        "refus", "pays", "2024", 0.31, percent(0.31, 0), "estimated", "part", local=True
    )
    lost = book.figure("ald", "pays", "2023", None, "absent", "absent", "%")
    comparison = TableBlock(
        id="comparaison",
        title="Le territoire et ses points de comparaison",
        columns=("Territoire", "Population", "75 ans et plus", "APL"),
        rows=(
            (
                "Pays des Trois Rivières",
                book.figure("population", "pays", "2021", 97274.0, number(97274), unit="habitants"),
                aged,
                apl,
            ),
            (
                "Département fictif de la Haute-Lande",
                book.figure(
                    "population", "dep", "2021", 601234.0, number(601234), unit="habitants"
                ),
                book.figure("plus75", "dep", "2021", 0.125, percent(0.125), unit="part"),
                book.figure("apl", "dep", "2023", 3.25, number(3.25, 1)),
            ),
            (
                "Région imaginaire",
                book.figure(
                    "population", "reg", "2021", 3373835.0, number(3373835), unit="habitants"
                ),
                None,
                book.figure("apl", "reg", "2023", None, "secret", "secret"),
            ),
        ),
        numeric=(False, True, True, True),
        note=note,
        emphasised=frozenset({0}),
    )
    wide = TableBlock(
        id="large",
        title="Effectifs par profession et par année",
        columns=("Profession", *(str(year) for year in range(2013, 2025))),
        rows=tuple(
            (
                name,
                *(
                    book.figure(
                        f"effectif_{name}",
                        "pays",
                        str(year),
                        float(40 + i * 7 - (year - 2013) * 2),
                        number(40 + i * 7 - (year - 2013) * 2),
                        unit="professionnels",
                    )
                    for year in range(2013, 2025)
                ),
            )
            for i, name in enumerate(
                (
                    "Médecins généralistes",
                    "Infirmiers libéraux",
                    "Masseurs-kinésithérapeutes",
                    "Sages-femmes",
                )
            )
        ),
        numeric=(False, *(True for _ in range(12))),
        note=SourceNote(sources=("Répertoire fictif des professionnels",)),
    )
    bars = Bars(
        id="barres_apl",
        title="Accessibilité aux généralistes : le territoire et ses points de comparaison",
        labels=(
            "Pays des Trois Rivières",
            "Département fictif de la Haute-Lande et de ses environs",
            "Région imaginaire",
            "France",
        ),
        values=(2.8456789, 3.25, None, 3.4),
        texts=(
            apl,
            book.figure("apl", "dep", "2023", 3.25, number(3.25, 1)),
            book.figure("apl", "reg", "2023", None, "secret", "secret"),
            book.figure("apl", "fr", "2023", 3.4, number(3.4, 1)),
        ),
        unit="consultations par an et par habitant",
        note=note,
        low=(2.61, None, None, None),
        high=(3.07, None, None, None),
        highlighted=frozenset({0}),
        description="Le territoire est au-dessous du département et de la France.",
    )
    negative = Bars(
        id="barres_soldes",
        title="Soldes naturel et migratoire",
        labels=("Solde naturel", "Solde migratoire"),
        values=(-312.0, 145.0),
        texts=(minus, book.figure("migration", "pays", "2021", 145.0, "+145", unit="habitants")),
        unit="habitants par an",
        note=note,
    )
    lines = Lines(
        id="courbe_mg",
        title="Médecins généralistes libéraux, 2004-2019",
        years=tuple(range(2004, 2020)),
        series={
            "Pays des Trois Rivières": tuple(
                None if y == 2011 else 92.0 - (y - 2004) * 1.6 for y in range(2004, 2020)
            ),
            "Haute-Lande": tuple(88.0 - (y - 2004) * 0.9 for y in range(2004, 2020)),
            "Région imaginaire": tuple(90.0 - (y - 2004) * 0.8 for y in range(2004, 2020)),
        },
        unit="pour 100 000 habitants",
        note=note,
        highlighted="Pays des Trois Rivières",
        texts={
            "Haute-Lande": tuple(
                None
                if y == 2007
                else book.figure("mg", "lande", str(y), v := 88.0 - (y - 2004) * 0.9, number(v, 0))
                for y in range(2004, 2020)
            )
        },
        description="La densité baisse partout, plus vite dans le territoire.",
    )
    sections = (
        Section(
            "synthese",
            0,
            "Synthèse",
            "Que retenir de ce territoire ?",
            (
                KeyFigures(
                    (
                        KeyFigure(
                            "Population en 2021",
                            book.figure(
                                "population",
                                "pays",
                                "2021",
                                97274.0,
                                number(97274),
                                unit="habitants",
                            ),
                            "habitants",
                            (
                                "Haute-Lande : ",
                                book.figure(
                                    "population",
                                    "dep",
                                    "2021",
                                    601234.0,
                                    number(601234),
                                    unit="habitants",
                                ),
                            ),
                        ),
                        KeyFigure(
                            "Accessibilité aux généralistes",
                            apl,
                            "consult./an/hab.",
                            ("intervalle : de 2,6 à 3,1",),
                        ),
                        KeyFigure("75 ans et plus", aged, "", ("France : 10,4 %",)),
                        KeyFigure(
                            "Sans médecin traitant, en affection de longue durée",
                            lost,
                            "",
                            ("publié par département",),
                        ),
                    )
                ),
                Paragraph(
                    (
                        "Le territoire compte ",
                        pop,
                        " ; l’accessibilité y est de ",
                        apl,
                        " consultations par an et par habitant, et ",
                        aged,
                        " des habitants ont 75 ans ou plus.",
                    )
                ),
                Bullets(
                    (
                        ("Le solde est de ", minus, " habitants par an."),
                        (
                            "Selon l’enquête locale, ",
                            refused,
                            " des cabinets refusent de nouveaux patients.",
                        ),
                        ("Part en affection de longue durée : ", lost, "."),
                    ),
                    ordered=True,
                ),
                Callout(
                    Tone.FINDING,
                    "L’enquête contredit l’indicateur",
                    (
                        "L’accessibilité calculée (",
                        apl,
                        ") est proche de la moyenne, mais ",
                        refused,
                        " des cabinets refusent.",
                    ),
                ),
                Callout(
                    Tone.WARNING,
                    "Nombre de communes",
                    ("98 communes dans la liste, 108 dans le texte.",),
                ),
                Callout(
                    Tone.LIMIT,
                    "Petits effectifs",
                    ("Les intervalles se recoupent : aucun rang n’est donné.",),
                ),
                Callout(Tone.METHOD, "", ("Moyenne pondérée par la population standardisée.",)),
                Callout(
                    Tone.LOCAL,
                    "Liste corrigée",
                    ("Deux médecins ajoutés par la chargée de mission.",),
                ),
            ),
        ),
        Section(
            "offre",
            7,
            "Offre de soins primaires",
            "Qui soigne ici, et pour combien de temps ?",
            (
                Heading("Accessibilité", 2),
                Paragraph((NASTY + " : ", tiny, " et ", huge, ".")),
                apl_map,
                comparison,
                Heading("Comparaisons", 2),
                bars,
                Heading("Un sous-titre de troisième niveau", 3),
                lines,
                negative,
                long_table,
            ),
        ),
        Section(
            "sante",
            5,
            "État de santé",
            "De quoi souffre-t-on ici ?",
            (
                Gap(
                    "Affections de longue durée par commune",
                    "Un extrait du SNDS ou un fichier de la caisse, colonne « code ».",
                    "Caisse primaire, service statistique ; assemblier sources show snds",
                ),
                bassin,
                wide,
            ),
        ),
    )
    return Document(
        id="exemple",
        kind="Diagnostic territorial de santé",
        title="Pays des Trois Rivières",
        subtitle="Territoire imaginaire, écrit pour l’essai : 98 communes sur trois départements",
        date="21 novembre 2026",
        sections=sections,
        warnings=(
            "Territoire fictif : aucun chiffre n’est vrai.",
            "Le nombre de communes déclaré (108) diffère de la liste (98). Tranchez avec « assemblier territory resolve ».",
        ),
        sources=(
            "Institut imaginaire, Recensement fictif 2021, licence ouverte 2.0",
            "Bureau fictif, COG 2024, licence ouverte 2.0",
        ),
        asked={
            "Territoire": "Pays des Trois Rivières, 98 communes",
            "Lac": "version 2026-11-21, " + "a1b2c3d4" * 8,
            "Programme": "assemblier 0.1.0",
        },
        provenance=book.provenance,
        shapes={"commune": shapes, "bassin": {code: shapes[code] for code in few}},
        glossary={"APL": "Accessibilité potentielle localisée.", "TVS": "Territoire de vie-santé."},
        dictionary=(
            (
                "apl",
                "Accessibilité potentielle localisée",
                "consultations/an/hab.",
                "Définition de l’APL",
                "DREES fictive",
            ),
        ),
    )
