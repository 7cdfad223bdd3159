"""Coverage by CPTS and CLS as blocks: shares, white zones, structures against living areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assemblier.blocks import (
    Block,
    Bullets,
    Callout,
    Cell,
    Gap,
    Heading,
    Inline,
    Paragraph,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.indicators.told import Told
from assemblier.language import THIN, enumeration, number, plural
from assemblier.perimeters.coverage import CoverageStudy, Overlap, StructureFit, critical_pieces
from assemblier.perimeters.study import PerimeterStudy

__all__ = ["coverage_blocks", "covers"]

KINDS = {"cpts": ("CPTS", "CPTS"), "cls": ("contrat local de santé", "contrats locaux de santé")}
"""Kind → its name, one and many."""
COUNTS = {
    "cpts": ("aucune", "une seule", "deux ou plus"),
    "cls": ("aucun", "un seul", "deux ou plus"),
}
METHOD = "Communes du territoire selon le nombre de structures qui les listent."
NAMED, SHARED = 8, 4
"""Communes without any structure, and groups of structures that overlap, told by name at most."""


def coverage_blocks(study: PerimeterStudy, traced: Told) -> list[Block]:
    """Tell who is covered by which coordinated structure; say what file would tell it."""
    parted: list[Block] = [_parted(kind) for kind in study.by_arrondissement]
    if not study.coverage and parted:
        return parted
    if not study.coverage:
        return [
            Gap(
                "Les périmètres des CPTS et des contrats locaux de santé ne sont pas dans le lac.",
                "la liste des communes de chaque CPTS et de chaque CLS",
                "l’ARS ou Atlasanté ; un CSV cpts_id,nom,code_commune (carte « cpts-perimetres »)",
            )
        ]
    blocks: list[Block] = [Heading("Le maillage : CPTS et contrats locaux de santé")]
    rows: list[tuple[Cell, ...]] = []
    for kind, told in study.coverage.items():
        if not covers(told):
            one, many = KINDS[kind]
            blocks.append(
                Gap(
                    f"Aucune commune du territoire n’est dans la liste des {many} du lac.",
                    f"le périmètre de chaque {one} d’ici, ou l’assurance qu’il n’y en a pas",
                    f"l’ARS (carte « {kind}-perimetres »)",
                )
            )
            continue
        blocks.append(Paragraph(tuple(_said(kind, told, traced))))
        names = {fit.id: fit.name for fit in study.structures.get(kind, ())}
        if told.overlaps:
            shared = told.overlaps[:SHARED]
            blocks.append(Bullets(tuple(_shared(kind, each, names, traced) for each in shared)))
        rows += _rows(kind, told, traced)
    if rows:
        blocks.append(
            TableBlock(
                "maillage",
                "Communes, habitants et généralistes selon le nombre de structures",
                (
                    "Dans combien de structures",
                    "Communes",
                    "Habitants",
                    "Part",
                    "Généralistes, part",
                ),
                tuple(rows),
                (False, True, True, True, True),
                SourceNote(traced.cited(*study.coverage, "population", "gps")),
            )
        )
    blocks += parted
    lost = [kind for kind in KINDS if kind not in (*study.coverage, *study.by_arrondissement)]
    if lost:
        many = KINDS[lost[0]][1]
        blocks.append(
            Gap(
                f"Les périmètres des {many} ne sont pas dans le lac.",
                f"la liste des communes des {many}",
                f"l’ARS ou les collectivités signataires (carte « {lost[0]}-perimetres »)",
            )
        )
    for kind, fits in study.structures.items():
        if fits:
            blocks.append(_fits(kind, fits, study, traced))
        blocks += [
            Callout(Tone.WARNING, "Taille critique", _warned(kind, fit, traced))
            for fit in fits
            if fit.critical
        ]
    return blocks


def _parted(kind: str) -> Gap:
    many = KINDS[kind][1]
    return Gap(
        f"Les {many} d’ici sont listés par arrondissement : un maillage par commune ne dirait pas "
        "qui est couvert."
        if kind == "cls"
        else f"Les {many} d’ici sont listées par arrondissement : un maillage par commune ne "
        "dirait pas qui est couvert.",
        f"le périmètre de chaque {KINDS[kind][0]} à l’échelle de la ville entière",
        f"l’ARS (carte « {kind}-perimetres »)",
    )


def covers(told: CoverageStudy) -> bool:
    """Whether a structure lists a commune of the territory: else its file may lie elsewhere."""
    return told.counts[1] + told.counts[2] > 0


def _said(kind: str, told: CoverageStudy, traced: Told) -> list[Inline]:
    """Say who is covered once, several times and not at all, the white zones by name."""
    one, many = KINDS[kind]
    none, single, several = COUNTS[kind]
    shares = told.population or (None, None, None)
    said: list[Inline] = [
        f"{many[0].upper()}{many[1:]} : ",
        traced.share(f"maillage|{kind}|1|part", shares[1], **_what(kind, 1)),
        f" des habitants sont dans {single}, ",
        traced.share(f"maillage|{kind}|2|part", shares[2], **_what(kind, 2)),
        f" dans {several}, ",
        traced.share(f"maillage|{kind}|0|part", shares[0], **_what(kind, 0)),
        f" dans {none}",
    ]
    if told.white:
        names = [traced.figures.name("commune", code) for code in told.white[:NAMED]]
        more = len(told.white) > NAMED
        said += [
            f". Zones blanches, où {none} {one} n’est connu{'e' if kind == 'cpts' else ''} : ",
            traced.number(f"maillage|{kind}|0|communes", told.counts[0], **_what(kind, 0)),
            f" {plural(told.counts[0], 'commune')} (",
            f"{', '.join(names)}…" if more else enumeration(names),
            ")",
        ]
    if told.gps is not None and told.gps[0] > 0:
        said += [
            " ; ",
            traced.share(f"maillage|{kind}|0|mg", told.gps[0], **_what(kind, 0, "gps")),
            " des généralistes exercent hors de tout périmètre",
        ]
    return [*said, "."]


def _what(kind: str, at: int, topic: str = "population") -> dict[str, Any]:
    return {
        "label": f"{KINDS[kind][1]} : couvert par {COUNTS[kind][at]}",
        "method": METHOD,
        "topics": (kind, topic),
    }


def _shared(
    kind: str, overlap: Overlap, names: Mapping[str, str], traced: Told
) -> tuple[Inline, ...]:
    who = enumeration([names.get(each, each) for each in overlap.structures])
    key = f"recouvrement|{kind}|{'|'.join(overlap.structures)}"
    told: dict[str, Any] = {
        "method": "Communes du territoire que ces structures listent toutes, et elles seules.",
        "topics": (kind, "population"),
    }
    count = len(overlap.communes)
    return (
        f"{who} se recouvrent sur ",
        traced.number(f"{key}|communes", count, label="Communes en commun", **told),
        f" {plural(count, 'commune')} (",
        traced.number(f"{key}|habitants", overlap.population, label="Habitants communs", **told),
        " habitants) du territoire",
    )


def _rows(kind: str, told: CoverageStudy, traced: Told) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for at, label in enumerate(COUNTS[kind]):
        key, said = f"maillage|{kind}|{at}", _what(kind, at)
        part = None if told.population is None else told.population[at]
        gps = None if told.gps is None else told.gps[at]
        name = KINDS[kind][0]
        rows.append(
            (
                f"{name if kind == 'cpts' else f'{name[0].upper()}{name[1:]}'} : {label}",
                traced.number(f"{key}|communes", told.counts[at], **said),
                traced.number(f"{key}|habitants", told.people[at], **said),
                traced.share(f"{key}|part", part, **said),
                traced.share(f"{key}|mg", gps, **_what(kind, at, "gps")),
            )
        )
    return rows


def _fits(
    kind: str, fits: tuple[StructureFit, ...], study: PerimeterStudy, traced: Told
) -> TableBlock:
    sized = any(fit.size is not None for fit in fits)
    rows: list[tuple[Cell, ...]] = []
    for fit in fits:
        said: dict[str, Any] = {"topics": (kind, "population", "bv2022"), "zone": fit.name}
        key = f"structure|{kind}|{fit.id}"
        rows.append(
            (
                fit.name,
                traced.number(
                    f"{key}|habitants", fit.population, label="Population de la structure",
                    method="Somme des communes listées, dedans et au-dehors.", **said,
                ),
                *((_size(kind, fit, traced),) if sized else ()),
                traced.share(
                    f"{key}|du-territoire", fit.of_territory,
                    label="Part des habitants du territoire qui sont dans la structure",
                    method="Habitants communs rapportés à ceux du territoire.", **said,
                ),
                traced.share(
                    f"{key}|dedans", fit.in_territory,
                    label="Part de la structure qui vit dans le territoire",
                    method="Habitants communs rapportés à ceux de la structure.", **said,
                ),
                _basins(kind, fit, traced),
                traced.share(
                    f"{key}|accord", fit.fit,
                    label="Accord de la structure avec des bassins de vie entiers",
                    method="Habitants communs à la structure et aux bassins qui y sont surtout, "
                    "rapportés à ceux de l’une ou des autres (Jaccard).", **said,
                ),
            )
        )  # fmt: skip
    bounds = enumeration([number(each) for each in study.cpts_sizes])
    notes = (f"Bornes des tailles : {bounds} habitants (accord du 20 juin 2019).",) if sized else ()
    return TableBlock(
        f"structures-{kind}",
        f"Les {KINDS[kind][1]} du territoire et les bassins de vie",
        (
            "Structure",
            "Habitants",
            *(("Taille",) if sized else ()),
            "Part du territoire qu’elle couvre",
            "Sa part dans le territoire",
            "Bassins de vie réunis",
            "Accord avec des bassins entiers",
        ),
        tuple(rows),
        (False, True, *((False,) if sized else ()), True, True, False, True),
        SourceNote(traced.cited(kind, "bv2022", "population"), notes=notes),
    )


def _size(kind: str, fit: StructureFit, traced: Told) -> Cell:
    if fit.size is None:
        return "–"
    return traced.of(
        f"structure|{kind}|{fit.id}|taille", float(fit.size), f"taille {fit.size}",
        label="Taille de la structure", zone=fit.name, topics=(kind, "population"),
        method="Classe de population de l’accord conventionnel.",
    )  # fmt: skip


def _basins(kind: str, fit: StructureFit, traced: Told) -> Cell:
    text = number(len(fit.basins))
    if fit.basins:
        _code, name, share, *_rest = fit.basins[0]
        text += f" (le premier, {name} : {number(100 * share)}{THIN}%)"
    return traced.of(
        f"structure|{kind}|{fit.id}|bassins", float(len(fit.basins)), text,
        label="Bassins de vie que la structure réunit", zone=fit.name,
        topics=(kind, "bv2022", "population"),
        method="Bassins des communes listées ; part des habitants de la structure dans le premier.",
    )  # fmt: skip


def _warned(kind: str, fit: StructureFit, traced: Told) -> tuple[Inline, ...]:
    def told(key: str, value: float, text: str) -> Inline:
        return traced.of(
            f"structure|{kind}|{fit.id}|critique|{key}", value, text, label="Taille critique",
            method="Bassins de vie que réunit la structure, rapportés aux classes de population de "
            "l’accord conventionnel.",
            topics=(kind, "bv2022", "population"), zone=fit.name,
        )  # fmt: skip

    return tuple(critical_pieces(fit, told))
