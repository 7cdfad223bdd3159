"""Coverage by CPTS and CLS as blocks: shares, white zones, structures against living areas."""

from __future__ import annotations

from typing import Any

from assemblier.blocks import (
    Block,
    Callout,
    Cell,
    Gap,
    Heading,
    Inline,
    SourceNote,
    TableBlock,
    Tone,
)
from assemblier.indicators.told import Told
from assemblier.language import THIN, number
from assemblier.perimeters.coverage import CoverageStudy, StructureFit, critical_pieces
from assemblier.perimeters.study import PerimeterStudy

__all__ = ["coverage_blocks"]

KINDS = {"cpts": "CPTS", "cls": "contrats locaux de santé"}
COUNTS = ("aucun", "un seul", "deux ou plus")
METHOD = "Communes du territoire selon le nombre de structures qui les listent."


def coverage_blocks(study: PerimeterStudy, traced: Told) -> list[Block]:
    """Tell who is covered by which coordinated structure; say what file would tell it."""
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
        rows += _rows(kind, told, traced)
    blocks.append(
        TableBlock(
            "maillage",
            "Communes, habitants et généralistes selon le nombre de structures",
            ("Structure", "Couvert par", "Communes", "Habitants", "Part", "Généralistes, part"),
            tuple(rows),
            (False, False, True, True, True, True),
            SourceNote(traced.cited(*study.coverage, "population", "gps"), notes=_white(study)),
        )
    )
    for kind, fits in study.structures.items():
        if fits:
            blocks.append(_fits(kind, fits, traced))
        blocks += [
            Callout(Tone.WARNING, "Taille critique", _warned(kind, fit, traced))
            for fit in fits
            if fit.critical
        ]
    return blocks


def _rows(kind: str, told: CoverageStudy, traced: Told) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for at, label in enumerate(COUNTS):
        said: dict[str, Any] = {
            "label": f"{KINDS[kind]} : {label}",
            "method": METHOD,
            "topics": (kind, "population"),
        }
        key = f"maillage|{kind}|{at}"
        rows.append(
            (
                KINDS[kind],
                label,
                traced.number(f"{key}|communes", told.counts[at], **said),
                traced.number(f"{key}|habitants", told.people[at], **said),
                traced.share(
                    f"{key}|part", None if told.population is None else told.population[at], **said
                ),
                traced.share(f"{key}|mg", None if told.gps is None else told.gps[at], **said),
            )
        )
    return rows


def _white(study: PerimeterStudy) -> tuple[str, ...]:
    notes = []
    for kind, told in study.coverage.items():
        if told.white:
            some = ", ".join(told.white[:12]) + ("…" if len(told.white) > 12 else "")
            notes.append(f"Zones blanches ({KINDS[kind]}) : {some}.")
    return tuple(notes)


def _fits(kind: str, fits: tuple[StructureFit, ...], traced: Told) -> TableBlock:
    rows: list[tuple[Cell, ...]] = []
    for fit in fits:
        said: dict[str, Any] = {"topics": (kind, "population", "bv2022"), "zone": fit.name}
        rows.append(
            (
                fit.name,
                traced.number(
                    f"structure|{kind}|{fit.id}|habitants", fit.population,
                    label="Population de la structure",
                    method="Somme des communes listées, dedans et au-dehors.", **said,
                ),
                _size(kind, fit, traced),
                traced.share(
                    f"structure|{kind}|{fit.id}|dedans", fit.in_territory,
                    label="Part de la structure qui vit dans le territoire",
                    method="Habitants communs rapportés à ceux de la structure.", **said,
                ),
                _basins(kind, fit, traced),
                traced.share(
                    f"structure|{kind}|{fit.id}|accord", fit.fit,
                    label="Accord de la structure avec des bassins de vie entiers",
                    method="Habitants communs à la structure et aux bassins surtout dedans, "
                    "rapportés à ceux de l’une ou des autres (Jaccard).", **said,
                ),
            )
        )  # fmt: skip
    return TableBlock(
        f"structures-{kind}",
        f"Les {KINDS[kind]} du territoire et les bassins de vie",
        ("Structure", "Habitants", "Taille", "Dans le territoire", "Bassins réunis", "Accord"),
        tuple(rows),
        (False, True, False, True, False, True),
        SourceNote(
            traced.cited(kind, "bv2022", "population"),
            notes=("Bornes des tailles : 40 000, 80 000 et 175 000 habitants (accord de 2019).",)
            if kind == "cpts"
            else (),
        ),
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
