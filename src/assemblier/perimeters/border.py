"""The border of a territory from the lake: theoretical visits, observed flows, supply beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.context import Context
from assemblier.lake.provenance import Part
from assemblier.perimeters.care import Care, care_of, care_visits, times_between
from assemblier.perimeters.ledger import Beyond, Ledger, border_ledger, supply_beyond
from assemblier.perimeters.visits import Visits, observed_visits
from assemblier.territory.shapes import Shapes
from assemblier.territory.territory import Territory

__all__ = [
    "BorderStudy",
    "flow_parts",
    "observed_in_lake",
    "observed_part",
    "reference_codes",
    "reference_flows",
    "short_name",
    "study_border",
]

WHAT = {"soins": "consultations", "travail": "actifs occupés", "etude": "élèves et étudiants"}
NEIGHBOUR_GRIDS = ("epci", "bv2022", "departement")


@dataclass(frozen=True, slots=True)
class BorderStudy:
    """What crosses the limit.

    Attributes
    ----------
    theoretical
        Grid of the neighbours → ledger of modelled visits; empty without doctors in the lake.
    observed
        Purpose (``soins``, ``travail``, ``etude``) → grid → ledger of observed flows.
    beyond
        Supply beyond the limit at 10, 15 and 20 minutes.
    doctors_year
        Year of the doctors that the model and ``beyond`` count.
    remarks
        What the ledgers leave out.
    """

    theoretical: dict[str, Ledger]
    observed: dict[str, dict[str, Ledger]]
    beyond: tuple[Beyond, ...]
    doctors_year: str
    sources: tuple[str, ...]
    remarks: tuple[str, ...]


def study_border(context: Context, territory: Territory, shapes: Shapes) -> BorderStudy:
    """Compute the ledgers of a territory: the model nationally, then sliced; files as they are."""
    membership = context.geography.membership
    grids = {
        grid: {
            zone: short_name(context.geography.zone_name(grid, zone))
            for zone in membership[grid].dropna().unique()
        }
        for grid in NEIGHBOUR_GRIDS
        if grid in membership
    }
    care = care_of(context, shapes.points)
    theoretical: dict[str, Ledger] = {}
    beyond: tuple[Beyond, ...] = ()
    remarks: list[str] = []
    if care is not None:
        inside = pd.Index(care.commune).isin(territory.communes)
        times = times_between(care)
        visits = care_visits(care, times=times)
        theoretical = _ledgers(context, visits, inside, grids)
        at = pd.Index(care.places.ids).get_indexer(pd.Index(times.destinations))
        beyond = supply_beyond(
            times,
            inside,
            care.population,
            inside[at],
            care.doctors[at],
            context.parameters["perimeters.beyond_minutes"].latest,
        )
        remarks += _left_out(care, territory)
    observed: dict[str, dict[str, Ledger]] = {}
    whole = membership.index[membership["arm"].isna()].to_numpy(object)
    for purpose in WHAT:
        found = observed_in_lake(context, purpose, territory.communes)
        if found is not None:
            inside = pd.Index(whole).isin(territory.communes)
            observed[purpose] = _ledgers(context, found, inside, grids)
    return BorderStudy(
        theoretical,
        observed,
        beyond,
        care.year if care is not None else "",
        care.sources if care is not None else (),
        tuple(remarks),
    )


KINDS_OF_EPCI = {
    "Communauté de communes": "CC",
    "Communauté d'agglomération": "CA",
    "Communauté urbaine": "CU",
}


def short_name(name: str) -> str:
    """Shorten the kind of an intercommunalité, so that its own name stands out."""
    plain = name.replace("’", "'")
    for kind, short in KINDS_OF_EPCI.items():
        if plain.startswith(kind):
            return short + name[len(kind) :]
    return name


def _ledgers(
    context: Context,
    visits: Visits,
    inside: NDArray[np.bool_],
    grids: Mapping[str, Mapping[str, str]],
) -> dict[str, Ledger]:
    zones = context.geography.membership
    return {
        grid: border_ledger(
            visits, inside, zones[grid].reindex(visits.places).to_numpy(object), grid=grid,
            names=names,
        )
        for grid, names in grids.items()
    }  # fmt: skip


def _left_out(care: Care, territory: Territory) -> list[str]:
    said = []
    lost = sorted(set(care.without_point) & set(territory.communes))
    if lost:
        said.append(f"Communes du territoire sans point connu, hors du modèle : {', '.join(lost)}.")
    count = int(care.estimated[pd.Index(care.commune).isin(territory.communes)].sum())
    if count:
        said.append(
            f"Population standardisée estimée pour {count} communes du territoire, "
            "au rapport national."
        )
    return said


def flow_parts(context: Context, purpose: str) -> list[Part]:
    """Return the parts of the lake that hold flows of one purpose, the newest first."""
    held = set(residents_told(context, purpose).columns)
    found = [part for part in context.parts("flux") if part.object in held]
    return sorted(found, key=lambda part: (-max(part.years or (0,)), part.rows, part.source))


def residents_told(context: Context, purpose: str) -> pd.DataFrame:
    """Count by reference commune the residents whose flows each part of the lake tells.

    Returns
    -------
    DataFrame
        Indexed by code, one column by part that holds flows of the purpose, named by its object.
    """

    def made() -> pd.DataFrame:
        told = {}
        for part in context.parts("flux"):
            rows = reference_flows(context, part, purpose)
            if len(rows):
                told[part.object] = rows["flow"].groupby(level=0).sum()
        return pd.DataFrame(told, dtype=np.float64).fillna(0.0)

    return context.prepared(f"residents of flows {purpose}", made)


def reference_flows(context: Context, part: Part, purpose: str) -> pd.DataFrame:
    """Return the flows of a part among reference communes, by origin: ``destination, flow``."""

    def made() -> pd.DataFrame:
        rows = context.lake.read(part, ["origine", "destination", "flux"], where={"motif": purpose})
        membership = context.geography.membership
        cog = part.cog or max(part.years or (0,))
        ends = [
            reference_codes(context, rows[end], cog, membership["commune"])
            for end in ("origine", "destination")
        ]
        flow = rows["flux"].to_numpy(np.float64, na_value=np.nan)
        return pd.DataFrame({"destination": ends[1], "flow": flow}, index=pd.Index(ends[0]))

    return context.prepared(f"flows {part.object} {purpose}", made)


def observed_part(
    context: Context, purpose: str, communes: Sequence[str] | None = None
) -> Part | None:
    """Return the part whose flows tell most about the residents of communes; None without any."""
    told = residents_told(context, purpose)
    if communes is not None:
        told = told[told.index.isin(list(communes))]
    best: Part | None = None
    most = 0.0
    for part in flow_parts(context, purpose):
        residents = float(told[part.object].sum())
        if residents > most * (1 + 1e-6):
            best, most = part, residents
    return best


def observed_in_lake(
    context: Context, purpose: str, communes: Sequence[str] | None = None
) -> Visits | None:
    """Return the observed flows of a purpose among reference communes.

    Of several files the one that tells most about the residents of ``communes`` is kept: adding two
    files of the same people would count them twice.

    Parameters
    ----------
    communes
        Communes whose residents must be in the file; every file counts without it.

    Returns
    -------
    Visits or None
        None when no file tells anything about these residents.
    """
    best = observed_part(context, purpose, communes)
    if best is None:
        return None
    membership = context.geography.membership
    rows = reference_flows(context, best, purpose)
    return observed_visits(
        membership.index[membership["arm"].isna()].to_numpy(object),
        rows.index.to_numpy(object),
        rows["destination"].to_numpy(object),
        rows["flow"].to_numpy(np.float64),
        WHAT[purpose],
        f"{best.source} ({max(best.years or (0,))})",
    )


def reference_codes(
    context: Context, codes: pd.Series, cog: int, city: pd.Series | None = None
) -> NDArray:
    """Bring codes of places to reference communes; unknown ones stay as they are.

    A commune that was split since goes to the part that keeps most of its people: a flow between
    two splits has no better key.

    Parameters
    ----------
    city
        Unit → commune, to bring arrondissements to their city; they stay units without it.
    """
    given = codes.astype(object)
    unique = pd.Series(given.unique(), dtype=object)
    moves = context.geography.crosswalk(cog).targets(unique)
    moves = moves.sort_values(["code_from", "weight", "code_to"], ascending=[True, False, True])
    chief = moves.drop_duplicates("code_from").set_index("code_from")["code_to"]
    reached = given.map(chief).fillna(given)
    return (reached if city is None else reached.map(city).fillna(reached)).to_numpy(object)
