"""Draft note on a simulated zoning, as blocks that any format prints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from assemblier.blocks import (
    Block,
    Bullets,
    Callout,
    Cell,
    Document,
    Heading,
    Inline,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Section,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.futures.zoning.decree import DecreeAgreement
from assemblier.futures.zoning.note_figures import NoteFigures
from assemblier.futures.zoning.simulation import ABSENT, Gauge, Zoning
from assemblier.language import date, number, percent, plural

__all__ = ["CLASS_NAMES", "zoning_note"]

CLASS_NAMES = {
    "ZIP": "zone d’intervention prioritaire",
    "ZAC": "zone d’action complémentaire",
    "ZAR": "zone d’accompagnement régional",
    "VIVIER": "vivier où l’ARS choisit",
    "HZ": "hors zonage",
    "NC": "non communiqué",
    ABSENT: "APL inconnu, non classé",
}
SHOWN = 60
NATIONAL = "FR"
AGREEMENT_COLUMNS = {
    "agreeing": "Habitants en accord",
    "same": "Habitants dans la même classe",
    "sim_ZIP": "Habitants en ZIP simulée",
    "decree_ZIP": "Habitants en ZIP arrêtée",
}


def zoning_note(
    zoning: Zoning,
    *,
    apl: str,
    agreement: DecreeAgreement | None,
    decree: str,
    decision: pd.DataFrame,
    changes: pd.DataFrame | None,
    compared_with: str,
    region: str | None,
    region_names: Mapping[str, str],
    day: dt.date,
) -> Document:
    """Write the draft note.

    Parameters
    ----------
    zoning
        The simulation.
    apl
        Name of the APL it rests on.
    agreement, decree
        Agreement with the decree at hand and its name; None and empty without one.
    decision
        Decision table, already cut to the region.
    changes, compared_with
        Change of class from another APL, and its name.
    region
        Code of the region of the note; None for the country.
    region_names
        Code → name.
    day
        Date printed.
    """
    rule = zoning.rule
    place = NATIONAL if region is None else region
    name = "France" if region is None else region_names.get(region, region)
    writer = NoteFigures(zoning, apl)
    source = SourceNote(
        (apl, rule.reference, *([f"zonage en vigueur : {decree}"] if decree else [])),
        notes=zoning.notes,
    )
    sections = [
        _rule_section(zoning, apl),
        _gauge_section(zoning, writer, place, name, source, region_names),
        _decision_section(decision, writer, source, region_names),
    ]
    if agreement is not None:
        sections.append(_agreement_section(agreement, zoning, writer, place, source, region_names))
    if changes is not None:
        sections.append(_change_section(changes, writer, compared_with, apl, source))
    numbered = tuple(
        Section(each.id, number_of, each.title, each.question, each.blocks)
        for number_of, each in enumerate(sections, start=1)
    )
    return Document(
        id=f"zonage-{rule.id}-{place.lower()}",
        kind="Projet de note sur le zonage des médecins",
        title=f"Zonage des médecins, {name}",
        subtitle=f"{rule.label}, simulé sur : {apl}",
        date=date(day),
        sections=numbered,
        warnings=(
            "Projet : une simulation, non une décision ni un arrêté.",
            *(f"À vérifier dans le texte : {each}." for each in rule.to_verify),
        ),
        sources=source.sources,
        asked={"règle": rule.id, "APL": apl, "territoire": name},
        provenance=writer.told,
        glossary={short: long for short, long in CLASS_NAMES.items() if short != ABSENT},
    )


def _rule_section(zoning: Zoning, apl: str) -> Section:
    rule = zoning.rule
    blocks: list[Block] = [
        Paragraph((f"Règle appliquée : {rule.label}, en vigueur au {date(rule.since)}.",)),
        Paragraph((f"Adresse : {rule.reference}. Relue le {date(rule.checked_on)}.",)),
        Paragraph((rule.note,)),
        Callout(
            Tone.LIMIT,
            "Ce qui reste à vérifier dans le texte",
            (" ; ".join(rule.to_verify) + "." if rule.to_verify else "Rien.",),
        ),
        Paragraph((f"Unité : le territoire de vie-santé. Mesure : {apl}.",)),
    ]
    if zoning.notes:
        blocks.append(Bullets(tuple((f"{_sentence(note)}",) for note in zoning.notes)))
    return Section(
        "regle", 0, "La règle", "Que dit le texte, et sur quoi la simule-t-on ?", _t(blocks)
    )


def _gauge_section(
    zoning: Zoning,
    writer: NoteFigures,
    place: str,
    name: str,
    source: SourceNote,
    region_names: Mapping[str, str],
) -> Section:
    own = [each for each in zoning.gauges if each.region == place]
    key = KeyFigures(
        tuple(
            KeyFigure(
                CLASS_NAMES.get(each.classe, each.classe),
                writer.share(
                    f"part_{each.classe}", place, f"Population en {each.classe}", each.share
                ),
                "des habitants",
                _ceiling(each),
            )
            for each in own
            if not each.classe.startswith("+")
        )
    )
    shown = own if place != NATIONAL else list(zoning.gauges)
    several = place == NATIONAL
    rows: list[tuple[Cell, ...]] = [
        (
            *((_region_name(each.region, region_names),) if several else ()),
            _class_name(each.classe),
            writer.figure(
                f"population_{each.classe}",
                each.region,
                f"Habitants en {each.classe}",
                each.population,
                number(each.population),
                "habitants",
            ),
            writer.share(f"part_{each.classe}", each.region, "Part", each.share),
            "–" if each.ceiling is None else percent(each.ceiling),
            "dépassé" if each.exceeded else "" if each.ceiling is None else "tenu",
        )
        for each in shown
    ]
    over = [each for each in shown if each.exceeded]
    blocks: list[Block] = [key]
    if over:
        blocks.append(
            Callout(
                Tone.WARNING,
                f"{len(over)} {plural(len(over), 'plafond dépassé', 'plafonds dépassés')}",
                (
                    " ; ".join(
                        f"{_region_name(each.region, region_names)}, "
                        f"{_class_name(each.classe)} : {percent(each.share)} "
                        f"pour {percent(each.ceiling or 0.0)}"
                        for each in over
                    )
                    + ".",
                ),
            )
        )
    blocks.append(
        TableBlock(
            "jauges",
            f"Population par classe et plafonds, {name}",
            (*(("Région",) if several else ()), "Classe", "Habitants", "Part", "Plafond", "État"),
            tuple(rows),
            (*((False,) if several else ()), False, True, True, True, False),
            source,
        )
    )
    return Section(
        "jauges", 0, "Les jauges", "Combien d’habitants dans chaque classe ?", _t(blocks)
    )


def _region_name(code: str, region_names: Mapping[str, str]) -> str:
    return region_names.get(code, "France" if code == NATIONAL else code)


def _ceiling(gauge: Gauge) -> tuple[Inline, ...]:
    return () if gauge.ceiling is None else (f"plafond {percent(gauge.ceiling)}",)


def _decision_section(
    decision: pd.DataFrame, writer: NoteFigures, source: SourceNote, region_names: Mapping[str, str]
) -> Section:
    edge = decision[decision["edge"]]
    two = decision[decision["two_regions"]]
    merged = decision[decision["merged"] != ""]
    quarters = decision[decision["quarters"] != ""]
    looked = decision[
        decision["edge"]
        | decision["two_regions"]
        | (decision["merged"] != "")
        | (decision["agrees"] == False)  # noqa: E712 — None is neither
    ].sort_values("population", ascending=False)
    unknown = int((decision["classe"] == ABSENT).sum())
    blocks: list[Block] = [
        Bullets(
            (
                *(
                    ((f"{unknown} {plural(unknown, 'territoire')} sans APL connu, non classé",),)
                    if unknown == 1
                    else ((f"{unknown} territoires sans APL connu, non classés",),)
                    if unknown
                    else ()
                ),
                (f"{len(edge)} {plural(len(edge), 'territoire')} au bord d’un seuil",),
                (f"{len(two)} sur deux régions : celle où vivent le plus d’habitants décide",),
                (
                    f"{len(merged)} avec une commune fusionnée dont les anciennes communes étaient "
                    "de territoires différents : elle suit le territoire de la plus grande part",
                ),
                (
                    f"{len(quarters)} avec au moins un quartier prioritaire, qui peut être classé "
                    "à part",
                ),
            )
        ),
        TableBlock(
            "decision",
            "Territoires à regarder avant de décider"
            + (f" (les {SHOWN} plus peuplés sur {len(looked)})" if len(looked) > SHOWN else ""),
            ("Code", "Territoire", "APL", "Habitants", "Simulé", "En vigueur", "À regarder"),
            tuple(
                _decision_row(str(zone), row, writer, region_names)
                for zone, row in looked.head(SHOWN).iterrows()
            ),
            (False, False, True, True, False, False, False),
            source,
        ),
    ]
    return Section(
        "decision", 0, "La table de décision", "Quels territoires demandent un choix ?", _t(blocks)
    )


def _decision_row(
    zone: str, row: pd.Series, writer: NoteFigures, region_names: Mapping[str, str]
) -> tuple[Cell, ...]:
    why = []
    if row["edge"]:
        why.append("au bord d’un seuil")
    if row["two_regions"]:
        own = str(row["region"])
        others = [each for each in str(row["regions"]).split(", ") if each != own]
        why.append(
            f"décidé en {_region_name(own, region_names)}, touche "
            + ", ".join(_region_name(each, region_names) for each in others)
        )
    if row["merged"]:
        why.append(f"fusion : {row['merged']}")
    if row["quarters"]:
        why.append("QPV")
    if row["agrees"] is False:
        why.append("diffère du zonage en vigueur")
    if row["chosen"]:
        why.append("choisi à la main")
    known = pd.notna(row["apl"])
    return (
        zone,
        str(row["name"]),
        writer.figure("apl", zone, "APL du territoire", row["apl"], number(row["apl"], 2))
        if known
        else "absent",
        writer.figure(
            "population", zone, "Habitants", row["population"], number(row["population"])
        ),
        str(row["classe"]),
        str(row["decree"]),
        ", ".join(why),
    )


def _agreement_section(
    agreement: DecreeAgreement,
    zoning: Zoning,
    writer: NoteFigures,
    place: str,
    source: SourceNote,
    region_names: Mapping[str, str],
) -> Section:
    blocks: list[Block] = []
    if place in agreement.regions.index:
        row = agreement.regions.loc[place].to_dict()
        blocks.append(
            Callout(
                Tone.FINDING,
                "Accord avec le zonage en vigueur",
                (
                    writer.share("accord", place, "Habitants en accord", float(row["agreeing"])),
                    " des habitants comparés vivent là où la simulation s’accorde avec la classe "
                    "arrêtée (",
                    writer.share("meme_classe", place, "Même classe", float(row["same"])),
                    " dans la même classe). Un désaccord n’est l’erreur de personne : l’arrêté a "
                    "ses critères, sa date et son APL.",
                ),
            )
        )
    blocks.append(Paragraph((_agreeing_classes(zoning, agreement),)))
    confusion = agreement.confusion
    columns = [str(each) for each in confusion.columns]
    blocks += [
        Heading("Habitants par classe simulée et classe arrêtée, France"),
        TableBlock(
            "confusion",
            "Classe simulée (lignes) et classe arrêtée (colonnes), en habitants",
            ("Simulé", *columns),
            tuple(
                (
                    str(told),
                    *(
                        writer.figure(
                            f"confusion_{told}", column, "Habitants", count, number(count)
                        )
                        for column, count in zip(columns, row, strict=True)
                    ),
                )
                for told, row in zip(
                    confusion.index, confusion.to_numpy(dtype=float).tolist(), strict=True
                )
            ),
            (False, *(True for _ in columns)),
            source,
        ),
        TableBlock(
            "accord",
            "Accord par région, en part des habitants comparés",
            ("Région", "En accord", "Même classe", "ZIP simulée", "ZIP arrêtée"),
            tuple(
                (
                    _region_name(str(code), region_names),
                    *(
                        writer.share(
                            f"accord_{column}", str(code), label, float(row.get(column, 0))
                        )
                        for column, label in AGREEMENT_COLUMNS.items()
                    ),
                )
                for code, row in agreement.regions.iterrows()
            ),
            (False, True, True, True, True),
            source,
        ),
    ]
    return Section(
        "accord", 0, "Simulé et arrêté", "Où la règle et l’arrêté diffèrent-ils ?", _t(blocks)
    )


def _agreeing_classes(zoning: Zoning, agreement: DecreeAgreement) -> str:
    """Say which classes of the decree count as agreeing with each simulated class."""
    pairs = zoning.rule.agrees_with
    told = [
        f"{classe} avec {', '.join(pairs.get(str(classe), (str(classe),)))}"
        for classe in agreement.confusion.index
    ]
    return (
        f"Classe simulée tenue pour en accord avec la classe arrêtée : {' ; '.join(told)}. Là où "
        "la règle laisse un choix à l’ARS, toutes les classes que ce choix permet sont en accord."
    )


def _change_section(
    changes: pd.DataFrame, writer: NoteFigures, compared_with: str, apl: str, source: SourceNote
) -> Section:
    people = float(changes["population"].sum())
    blocks: list[Block] = [
        Paragraph(
            (
                f"De « {compared_with} » à « {apl} », {len(changes)} "
                f"{plural(len(changes), 'territoire change', 'territoires changent')} de classe (",
                writer.figure("change", "tous", "Habitants", people, number(people)),
                " habitants).",
            )
        ),
        TableBlock(
            "changements",
            "Territoires qui changent de classe, les plus peuplés d’abord",
            ("Code", "Territoire", "Habitants", "Avant", "Après", "APL avant", "APL après"),
            tuple(
                (
                    str(zone),
                    str(row["name"]),
                    writer.figure(
                        "population",
                        str(zone),
                        "Habitants",
                        row["population"],
                        number(row["population"]),
                        "habitants",
                    ),
                    str(row["before"]),
                    str(row["after"]),
                    *(
                        writer.figure(name, str(zone), label, row[name], number(row[name], 2))
                        for name, label in (("apl_before", "APL avant"), ("apl_after", "APL après"))
                    ),
                )
                for zone, row in changes.head(SHOWN).iterrows()
            ),
            (False, False, True, False, False, True, True),
            source,
        ),
    ]
    return Section(
        "changements", 0, "Ce qui change", "Quels territoires changent de classe ?", _t(blocks)
    )


def _class_name(classe: str) -> str:
    if classe.startswith("+"):
        return f"ajouts hors zonage, en part du {CLASS_NAMES.get(classe[1:], classe[1:])}"
    return CLASS_NAMES.get(classe, classe)


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:] + "."


def _t(blocks: list[Block]) -> tuple[Block, ...]:
    return tuple(blocks)
