"""What two published APL say of departures where the age of no doctor is known.

The APL of all doctors less that of doctors of 65 and under is the supply within reach of the older
ones. The open workbooks give both by commune, and are more recent than the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assemblier.blocks import Block, Callout, Inline, Tone
from assemblier.errors import MissingSource
from assemblier.futures.projection.departures import AgeStructure, apl_without_ages
from assemblier.futures.projection.sources import age_sources
from assemblier.futures.told import told_on
from assemblier.futures.zoning.inputs import published_apl, published_years
from assemblier.indicators.context import Context
from assemblier.indicators.told import TerritoryStory
from assemblier.lake.provenance import Part
from assemblier.territory.codes import ARRONDISSEMENTS
from assemblier.territory.territory import Territory

__all__ = ["WithoutAges", "estimate_without_ages", "without_ages_blocks"]

ALL, LIMIT = "tous", 65
COVERED = 0.95
"""Share of the standardised population that both APL must cover."""
PARAMETERS = ("futures.departures.hazards", "futures.departures.structure")
SAYS_NOT = (
    "Une estimation : l’âge d’aucun médecin n’y est connu, seule la borne de 65 ans l’est.",
    "Personne n’arrive dans ce calcul.",
)
METHOD = (
    "APL linéaire en l’offre : la part des plus de 65 ans est l’écart entre les deux APL publiés ; "
    "chaque part décroît avec les probabilités de départ par âge."
)


@dataclass(frozen=True, slots=True)
class WithoutAges:
    """Published access of a territory, and what departures would leave of it.

    Attributes
    ----------
    year
        Of the published APL.
    every, up_to_limit
        Means of the territory, all doctors and those of 65 and under.
    after
        Horizon in years → mean that is left if nobody comes.
    origin
        Where the probabilities of leaving come from.
    sources
        ``card@edition`` of what was read.
    """

    year: int
    every: float
    up_to_limit: float
    after: dict[int, float]
    origin: str
    sources: tuple[str, ...]


def estimate_without_ages(
    context: Context, territory: Territory, years: Sequence[int]
) -> WithoutAges | None:
    """Estimate what departures would leave of the published APL of a territory.

    Returns
    -------
    WithoutAges
        From the latest year whose two APL cover the territory; None without any.
    """
    units = {*territory.communes}
    units.update(arm for code in territory.communes for arm in ARRONDISSEMENTS.get(code, ()))
    for year in reversed(published_years(context)):
        try:
            every, limited = (published_apl(context, year, str(ages)) for ages in (ALL, LIMIT))
        except MissingSource:
            continue
        frame = every.frame.join(limited.frame["apl"].rename("limited"), how="inner")
        weight = frame["standardised"].to_numpy(np.float64)
        told = np.isfinite(frame["apl"]) & np.isfinite(frame["limited"]) & (weight > 0)
        inside = frame.index.isin(units)
        held = inside & told
        if not held.any() or weight[held].sum() < COVERED * np.nansum(weight[inside]):
            continue
        departments = sorted(
            context.geography.membership["departement"]
            .reindex(list(territory.communes))
            .dropna()
            .unique()
        )
        ages = age_sources(context, year, departments)
        whole, below = (frame[name].to_numpy(np.float64) for name in ("apl", "limited"))
        below = np.minimum(below, whole)
        past = float(weight[told] @ (whole - below)[told] / (weight[told] @ whole[told]))
        structures = _split(ages.younger, ages.older, past)
        if structures is None:
            continue
        share = weight[held] / weight[held].sum()
        after = {
            horizon: float(
                share
                @ apl_without_ages(whole[held], below[held], *structures, ages.hazards, horizon)
            )
            for horizon in years
        }
        parts: list[Part] = [read.part for made in (every, limited) for read in made.reads]
        return WithoutAges(
            year,
            float(share @ whole[held]),
            float(share @ below[held]),
            after,
            ages.hazards.origin,
            tuple(dict.fromkeys(part.source for part in parts)),
        )
    return None


def _split(
    younger: AgeStructure, older: AgeStructure, past: float
) -> tuple[AgeStructure, AgeStructure] | None:
    """Return the ages up to the limit and past it, from those under and over sixty.

    Parameters
    ----------
    past
        Part of the country's supply past the limit: with the ages of the older ones it tells how
        many of all doctors they are.
    """
    beyond = older.between(LIMIT + 1, older.share.size - 1)
    reached = float(older.share[LIMIT + 1 :].sum())
    if beyond is None or not reached > 0:
        return None
    part = min(past / reached, 1.0)
    mixed = AgeStructure((1.0 - part) * younger.share + part * older.share, older.origin)
    up_to = mixed.between(0, LIMIT)
    return None if up_to is None else (up_to, beyond)


def without_ages_blocks(story: TerritoryStory, made: WithoutAges) -> list[Block]:
    """Write the estimate as one remark, marked as such."""
    told = told_on(
        story, made.sources, "projection-publiee", PARAMETERS, SAYS_NOT, year=str(made.year)
    )
    content: list[Inline] = [
        f"L’APL publié de {made.year} est de ",
        told.number("apl", made.every, 2, label="APL publié, tous âges", method=METHOD),
        ", dont ",
        told.number(
            "apl65", made.up_to_limit, 2, label="APL publié, médecins de 65 ans et moins",
            method=METHOD,
        ),
        " tiennent aux médecins de 65 ans et moins. Sans aucune arrivée, il en resterait environ ",
    ]  # fmt: skip
    for at, (horizon, value) in enumerate(made.after.items()):
        content += [
            " et " if at else "",
            told.number(
                f"apres|{horizon}", value, 1, label="APL restant sans arrivée", method=METHOD,
                year=str(made.year + horizon),
            ),
            f" en {made.year + horizon}",
        ]  # fmt: skip
    content.append(". Estimation sans l’âge d’aucun médecin : un ordre de grandeur.")
    return [Callout(Tone.METHOD, "Une seconde lecture, d’après l’APL publié", tuple(content))]
