"""The border of a territory as blocks: ledgers, the supply beyond, what flows do not say."""

from __future__ import annotations

from typing import Any

from assemblier.blocks import (
    Block,
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
from assemblier.perimeters.border import WHAT
from assemblier.perimeters.ledger import Ledger, ledger_pieces
from assemblier.perimeters.study import PerimeterStudy
from assemblier.perimeters.visits import MODELLED, OBSERVED

__all__ = ["border_blocks", "ledger_told", "ledgers_by_trust", "topic_of"]

SHOWN = 8
TOLD = {
    "localisation": "part gardée par le territoire",
    "sortants": "part qui passe la limite",
    "masques": "couples de communes masqués",
}
"""What each number of the sentence is."""
PURPOSES = {"soins": "soins", "travail": "travail", "etude": "études"}


def topic_of(ledger: Ledger) -> str:
    """Return the topic of a ledger: what its flows rest on."""
    if ledger.kind != OBSERVED:
        return "care"
    return next((topic for topic, what in WHAT.items() if what == ledger.what), "care")


def ledgers_by_trust(study: PerimeterStudy, grid: str = "epci") -> Ledger | None:
    """Return the ledger that says most: observed care, else observed work, else the model."""
    border = study.border
    if border is None:
        return None
    for purpose in ("soins", "travail"):
        if purpose in border.observed:
            return _in(border.observed[purpose], grid)
    return _in(border.theoretical, grid)


def _in(by_grid: dict[str, Ledger], grid: str) -> Ledger | None:
    return by_grid.get(grid) or next(iter(by_grid.values()), None)


def ledger_told(ledger: Ledger, study: PerimeterStudy, traced: Told) -> tuple[Inline, ...]:
    """Say a ledger in one sentence, with what each number rests on."""
    topic = topic_of(ledger)
    observed = ledger.kind == OBSERVED

    def told(key: str, value: float, text: str) -> Inline:
        share = key != "masques"
        return traced.of(
            f"phrase|{topic}|{key}",
            100 * value if share else value,
            text,
            label=f"Flux de {ledger.what} : {TOLD.get(key, 'part qui va vers une voisine')}",
            method=f"Somme des flux {ledger.kind} ({ledger.source}).",
            topics=(topic,),
            unit="%" if share else "flux masqués",
            status="ok" if observed else "estimated",
            says_not=() if observed else ("Un flux théorique ne montre aucun espace vécu.",),
        )

    return ledger_pieces(ledger, study.territory, told)


def border_blocks(study: PerimeterStudy, traced: Told) -> list[Block]:
    """Tell what crosses the limit; modelled visits never speak of living space."""
    border = study.border
    if border is None or not (border.theoretical or border.observed):
        return []
    blocks: list[Block] = [Heading("Ce qui traverse la limite")]
    for purpose, by_grid in border.observed.items():
        ledger = _in(by_grid, "epci")
        if ledger is not None:
            blocks.append(Paragraph(ledger_told(ledger, study, traced)))
            blocks.append(_table(ledger, purpose, study, traced))
    modelled = _in(border.theoretical, "epci")
    if modelled is not None:
        blocks.append(Paragraph(ledger_told(modelled, study, traced)))
        blocks.append(_table(modelled, "theoriques", study, traced))
    if "soins" not in border.observed:
        blocks.append(
            Gap(
                "Aucun flux de patients observé : où les habitants se soignent n’est pas connu.",
                "les flux de patients entre communes",
                "CartoSanté (compte à demander), ou la CPAM ; carte « cartosante-flux-mg »",
            )
        )
    if border.beyond:
        blocks.append(_beyond(study, traced))
    blocks.append(
        Callout(
            Tone.LIMIT,
            "Théorique ou observé",
            (
                "Un flux théorique répartit les besoins sur l’offre selon le temps estimé "
                "à vol d’oiseau : il redit la distance. Seuls les flux observés (soins remboursés, "
                "recensement, enquête) disent où l’on va. Le calcul est national : la limite du "
                "territoire ne l’arrête pas.",
            ),
        )
    )
    return blocks


def _table(ledger: Ledger, purpose: str, study: PerimeterStudy, traced: Told) -> TableBlock:
    topic = "care" if ledger.kind == MODELLED else purpose
    status = "estimated" if ledger.kind == MODELLED else "ok"
    residents = ledger.inside + ledger.outgoing

    def share(key: str, value: float | None, label: str, method: str) -> Cell:
        if value is None:
            return "absent"
        return traced.share(
            f"flux|{purpose}|{key}", value, label=label, method=method, topics=(topic,),
            status=status,
        )  # fmt: skip

    def count(key: str, value: float | None, label: str) -> Cell:
        if value is None:
            return "absent"
        return traced.number(
            f"flux|{purpose}|n|{key}", value, label=label,
            method=f"Somme des flux {ledger.kind} ({ledger.source}).", topics=(topic,),
            status=status, unit=ledger.what,
        )  # fmt: skip

    def row(key: str, name: str, out: float, come: float | None) -> tuple[Cell, ...]:
        return (
            name,
            count(f"{key}|sortant", out, f"Flux sortants vers {name}"),
            share(
                f"{key}|part",
                out / residents if residents > 0 else None,
                f"Part des flux des habitants qui va vers {name}",
                "Flux sortants rapportés à tous ceux des habitants.",
            ),
            count(f"{key}|entrant", come, f"Flux entrants depuis {name}"),
        )

    named = [each for each in ledger.neighbours if each.code is not None]
    rows = [row(each.code or "", each.name, each.outgoing, each.incoming) for each in named[:SHOWN]]
    rest = [*named[SHOWN:], *(each for each in ledger.neighbours if each.code is None)]
    if rest:
        known = [each.incoming for each in rest if each.incoming is not None]
        come = sum(known) if len(known) == len(rest) else None
        rows.append(row("reste", "ailleurs", sum(each.outgoing for each in rest), come))
    rows.append(row("total", "Total au-delà de la limite", ledger.outgoing, ledger.incoming))
    rows.append(
        (
            f"Dans {study.territory}",
            count("interieur", ledger.inside, "Flux intérieurs"),
            share(
                "localisation",
                ledger.localisation,
                "Part des flux des habitants gardée par le territoire",
                "Flux intérieurs rapportés à tous ceux des habitants.",
            ),
            None,
        )
    )
    said = PURPOSES.get(purpose, "soins")
    notes = [f"Origine : {ledger.source}."]
    if ledger.masked:
        notes.append(
            "Les couples de communes sous le seuil de diffusion ne sont dans aucune somme."
        )
    if ledger.residents_only:
        notes.append("Le fichier ne tient qu’une partie des résidents : les arrivées manquent.")
    return TableBlock(
        f"bilan-{purpose}",
        f"Bilan aux limites, {said} : flux {ledger.kind}, par intercommunalité voisine",
        ("Voisine", "Vont du territoire vers elle", "Part", "Viennent d’elle"),
        tuple(rows),
        (False, True, True, True),
        SourceNote(traced.cited(topic), field=ledger.what, notes=tuple(notes)),
        emphasised=frozenset({len(rows) - 1}),
    )


def _beyond(study: PerimeterStudy, traced: Told) -> TableBlock:
    border = study.border
    assert border is not None
    rows: list[tuple[Cell, ...]] = []
    for near in border.beyond:
        told: dict[str, Any] = {
            "method": "Communes hors du territoire à moins de ce temps d’une de ses communes ; "
            "temps estimés à vol d’oiseau.",
            "topics": ("care",),
            "status": "estimated",
            "year": border.doctors_year,
        }
        key = f"au-dela|{near.minutes:g}"
        rows.append(
            (
                f"moins de {near.minutes:g} minutes",
                traced.number(
                    f"{key}|offre",
                    near.supply,
                    label="Généralistes au-delà de la limite",
                    **told,
                ),
                traced.number(
                    f"{key}|lieux", near.places, label="Communes où ils exercent", **told
                ),
                traced.share(
                    f"{key}|habitants",
                    near.population_share,
                    label="Habitants du territoire qui en ont à cette distance",
                    **told,
                ),
            )
        )
    return TableBlock(
        "offre-au-dela",
        f"L’offre juste au-delà de la limite, généralistes de {border.doctors_year}",
        ("À", "Généralistes au-delà", "dans autant de communes", "Habitants qui en ont si près"),
        tuple(rows),
        (False, True, True, True),
        SourceNote(traced.cited("care"), notes=border.remarks),
    )
