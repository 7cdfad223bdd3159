"""The border of a territory as blocks: ledgers, the supply beyond, what flows do not say."""

from __future__ import annotations

from collections.abc import Sequence
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
from assemblier.language import percent, plural
from assemblier.perimeters.border import WHAT
from assemblier.perimeters.ledger import Ledger, ledger_pieces
from assemblier.perimeters.study import PerimeterStudy
from assemblier.perimeters.visits import MODELLED, OBSERVED

__all__ = ["border_blocks", "ledger_told", "ledgers_by_trust", "localisation_told", "topic_of"]

SHOWN = 8
TOLD = {
    "localisation": "part gardée par le territoire",
    "sortants": "part qui passe la limite",
    "masques": "couples de communes masqués",
}
"""What each number of the sentence is."""
COMERS = {
    "consultations": "des consultations données dans le territoire {} à des habitants du dehors",
    "actifs occupés": "des emplois du territoire {} tenus par des habitants du dehors",
    "élèves et étudiants": "des élèves et étudiants accueillis dans le territoire {} du dehors",
}
"""How people who come from beyond are told, by what the flows count."""
COME = {
    "consultations": ("vont", "iraient"),
    "actifs occupés": ("sont", "seraient"),
    "élèves et étudiants": ("viennent", "viendraient"),
}
CARE, DAILY = "soins", {"travail": "travail", "etude": "études"}
HEADS = {"soins": "observé", "travail": "actifs", "etude": "élèves", "theoriques": "théorique"}
"""What heads the columns of a ledger beside another."""
NEAR_EQUAL = 0.01
"""Shares of flows that differ by less are told as the same."""


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


def ledger_told(ledger: Ledger, traced: Told, *, masked: bool = True) -> tuple[Inline, ...]:
    """Say a ledger in one sentence, with what each number rests on."""

    def told(key: str, value: float, text: str) -> Inline:
        return _phrase(ledger, traced, key, value, text)

    return ledger_pieces(ledger, told, masked=masked)


def localisation_told(ledger: Ledger, traced: Told) -> Inline:
    """Say the share of the residents' flows that stay, as the sentence of the ledger does."""
    kept = ledger.localisation or 0.0
    return _phrase(ledger, traced, "localisation", kept, percent(kept))


def _phrase(ledger: Ledger, traced: Told, key: str, value: float, text: str) -> Inline:
    topic = topic_of(ledger)
    observed = ledger.kind == OBSERVED
    share = key != "masques"
    return traced.of(
        f"phrase|{topic}|{key}",
        100 * value if share else value,
        text,
        label=f"{_named(ledger)} : {TOLD.get(key, 'part qui va vers une voisine')}",
        method=f"Somme des flux {ledger.kind} ({ledger.source}).",
        topics=(topic,),
        unit="%" if share else "flux masqués",
        status="ok" if observed else "estimated",
        says_not=() if observed else ("Un flux théorique ne montre aucun espace vécu.",),
    )


def border_blocks(study: PerimeterStudy, traced: Told) -> list[Block]:
    """Tell what crosses the limit; modelled visits never speak of living space."""
    border = study.border
    if border is None or not (border.theoretical or border.observed):
        return []
    blocks: list[Block] = [Heading("Ce qui traverse la limite")]
    observed = {purpose: _in(found, "epci") for purpose, found in border.observed.items()}
    modelled = _in(border.theoretical, "epci")
    if modelled is not None and modelled.localisation is None:
        modelled = None  # nobody is within reach of a doctor, or nobody is known
    first = ledgers_by_trust(study)  # told on the first page
    care = observed.get(CARE)
    if care is not None or modelled is not None:
        said: list[Inline] = []
        if care is None and modelled is not first and modelled is not None:
            said += [*ledger_told(modelled, traced), " "]
        said += [*_balance(care or modelled, traced), *_against_distance(care, modelled, traced)]
        if said:
            blocks.append(Paragraph(tuple(said)))
        shown = [
            (key, each)
            for key, each in ((CARE, care), ("theoriques", modelled))
            if each is not None
        ]
        blocks.append(_exchanges("bilan-soins", "soins", shown, study, traced))
    daily = [(key, each) for key in DAILY if (each := observed.get(key)) is not None]
    for _key, ledger in daily:
        pieces = [] if ledger is first else [*ledger_told(ledger, traced, masked=False), " "]
        if said := [*pieces, *_balance(ledger, traced)]:
            blocks.append(Paragraph(tuple(said)))
    if daily:
        what = " et ".join(DAILY[key] for key, _ in daily)
        blocks.append(_exchanges("bilan-navettes", what, daily, study, traced))
    if care is None:
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


def _named(ledger: Ledger) -> str:
    return f"Flux {ledger.kind} ({ledger.what})"


def _balance(ledger: Ledger | None, traced: Told) -> list[Inline]:
    """Say who comes from beyond, beside those who leave; nothing when arrivals are missing."""
    if ledger is None or ledger.incoming is None or ledger.attraction is None:
        return []
    topic, observed = topic_of(ledger), ledger.kind == OBSERVED

    def told(key: str, value: float, label: str, *, share: bool = False) -> Inline:
        make = traced.share if share else traced.number
        return make(
            f"solde|{ledger.kind}|{topic}|{key}", value, label=f"{_named(ledger)} : {label}",
            method=f"Somme des flux {ledger.kind} ({ledger.source}).", topics=(topic,),
            status="ok" if observed else "estimated",
            says_not=() if observed else ("Un flux théorique ne montre aucun espace vécu.",),
        )  # fmt: skip

    verb = COME[ledger.what][0 if observed else 1]
    hidden = plural(
        ledger.masked,
        " petit flux masqué par le producteur n’est dans aucune somme.",
        " petits flux masqués par le producteur ne sont dans aucune somme.",
    )
    return [
        told("attraction", ledger.attraction, "part qui vient du dehors", share=True),
        f" {COMERS[ledger.what].format(verb)} : ",
        told("entrants", ledger.incoming, "flux entrants"),
        f" {'entrent' if observed else 'entreraient'}, ",
        told("sortants", ledger.outgoing, "flux sortants"),
        f" {'sortent' if observed else 'sortiraient'}.",
        *(
            (" ", told("masques", float(ledger.masked), "flux masqués"), hidden)
            if ledger.masked
            else ()
        ),
    ]


def _against_distance(care: Ledger | None, modelled: Ledger | None, traced: Told) -> list[Inline]:
    """Say how far observed care is from what distance alone would make."""
    if care is None or modelled is None or care.localisation is None:
        return []
    if modelled.localisation is None:
        return []
    gap = care.localisation - modelled.localisation
    far = (
        "autant que ce que l’on observe"
        if abs(gap) < NEAR_EQUAL
        else "plus que ce que l’on observe : les habitants passent la limite plus que la distance "
        "ne le voudrait"
        if gap < 0
        else "moins que ce que l’on observe : les habitants restent plus que la distance ne le "
        "voudrait"
    )
    return [
        " Si chacun se répartissait selon la seule distance (flux théoriques), ",
        traced.share(
            "theorique|localisation", modelled.localisation,
            label=f"{_named(modelled)} : {TOLD['localisation']}", topics=("care",),
            method=f"Somme des flux {modelled.kind} ({modelled.source}).", status="estimated",
            says_not=("Un flux théorique ne montre aucun espace vécu.",),
        ),
        f" des consultations resteraient dans le territoire, {far}.",
    ]  # fmt: skip


def _exchanges(
    identifier: str,
    title: str,
    ledgers: Sequence[tuple[str, Ledger]],
    study: PerimeterStudy,
    traced: Told,
) -> TableBlock:
    """Tell ledgers of the same neighbours side by side; the first orders them."""
    first = ledgers[0][1]
    codes = [each.code for each in first.neighbours if each.code is not None][:SHOWN]
    names = {each.code: each.name for _, ledger in ledgers for each in ledger.neighbours}
    columns = ["Voisine"]
    rows: list[list[Cell]] = [[names[code]] for code in codes]
    rows += [["ailleurs"], ["Total au-delà de la limite"], [f"Dans {study.territory}"]]
    notes: list[str] = []
    for purpose, ledger in ledgers:
        said = HEADS[purpose] if len(ledgers) > 1 else ""
        columns += [
            f"{head}{f' ({said})' if said else ''}"
            for head in ("Vont vers elle", "Part", "Viennent d’elle")
        ]
        for at, cells in enumerate(_columns(purpose, ledger, codes, traced)):
            rows[at] += cells
        if ledger.masked:
            notes.append(
                "Les couples de communes sous le seuil de diffusion ne sont dans aucune somme."
            )
        if ledger.residents_only:
            notes.append("Le fichier ne tient qu’une partie des résidents : les arrivées manquent.")
        if ledger.kind == MODELLED:
            notes.append(f"Flux théoriques : {ledger.source.partition('(')[2].rstrip(')')}.")
    kinds = " et ".join(dict.fromkeys(each.kind for _, each in ledgers))
    return TableBlock(
        identifier,
        f"Bilan aux limites, {title} : flux {kinds}, par intercommunalité voisine",
        tuple(columns),
        tuple(map(tuple, rows)),
        (False, *([True] * (len(columns) - 1))),
        SourceNote(
            traced.cited(*dict.fromkeys(topic_of(each) for _, each in ledgers)),
            field=", ".join(dict.fromkeys(each.what for _, each in ledgers)),
            notes=tuple(dict.fromkeys(notes)),
        ),
        emphasised=frozenset({len(rows) - 1}),
    )


def _columns(
    purpose: str, ledger: Ledger, codes: Sequence[str], traced: Told
) -> list[tuple[Cell, Cell, Cell]]:
    """Return what leaves, its share and what comes: by neighbour, elsewhere, in all, inside."""
    told: dict[str, Any] = {
        "topics": (topic_of(ledger),),
        "status": "estimated" if ledger.kind == MODELLED else "ok",
    }
    summed = f"Somme des flux {ledger.kind} ({ledger.source})."
    residents = ledger.inside + ledger.outgoing

    def row(key: str, name: str, out: float, come: float | None) -> tuple[Cell, Cell, Cell]:
        return (
            traced.number(
                f"flux|{purpose}|{key}|sortant", out, label=f"Flux sortants : {name}",
                method=summed, unit=ledger.what, **told,
            ),
            traced.share(
                f"flux|{purpose}|{key}|part", out / residents if residents > 0 else None,
                label=f"Part des flux des habitants : {name}",
                method="Flux sortants rapportés à tous ceux des habitants.", **told,
            ),
            traced.number(
                f"flux|{purpose}|{key}|entrant", come, label=f"Flux entrants : {name}",
                method=summed, unit=ledger.what, **told,
            ),
        )  # fmt: skip

    known = {each.code: each for each in ledger.neighbours}
    found = []
    for code in codes:
        each = known.get(code)
        come = 0.0 if ledger.incoming is not None else None
        found.append(
            row(code, code, 0.0, come)
            if each is None
            else row(code, each.name, each.outgoing, each.incoming)
        )
    rest = [each for each in ledger.neighbours if each.code is None or each.code not in codes]
    arrived = [each.incoming for each in rest if each.incoming is not None]
    found.append(
        row(
            "reste",
            "ailleurs",
            sum(each.outgoing for each in rest),
            sum(arrived) if ledger.incoming is not None else None,
        )
    )
    found.append(row("total", "toutes les voisines", ledger.outgoing, ledger.incoming))
    kept = (
        traced.number(
            f"flux|{purpose}|interieur", ledger.inside, label="Flux intérieurs", method=summed,
            unit=ledger.what, **told,
        ),
        traced.share(
            f"flux|{purpose}|localisation", ledger.localisation,
            label="Part des flux des habitants gardée par le territoire",
            method="Flux intérieurs rapportés à tous ceux des habitants.", **told,
        ),
        None,
    )  # fmt: skip
    return [*found, kept]


def _beyond(study: PerimeterStudy, traced: Told) -> TableBlock:
    border = study.border
    assert border is not None
    rows: list[tuple[Cell, ...]] = []
    for near in border.beyond:
        told: dict[str, Any] = {
            "method": "Communes hors du territoire à ce temps au plus d’une de ses communes ; "
            "temps estimés à vol d’oiseau.",
            "topics": ("care",),
            "status": "estimated",
            "year": border.doctors_year,
        }
        key = f"au-dela|{near.minutes:g}"
        rows.append(
            (
                f"{near.minutes:g} minutes au plus",
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
        (
            "Temps depuis une commune du territoire",
            "Généralistes au-delà",
            "Communes où ils exercent",
            "Habitants qui en ont à ce temps",
        ),
        tuple(rows),
        (False, True, True, True),
        SourceNote(traced.cited("care"), notes=border.remarks),
    )
