"""Salaried doctors of health centres, which the register of liberal doctors does not hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assemblier.indicators.context import Context
from assemblier.language import number, plural
from assemblier.measures.activity import sums_within
from assemblier.measures.headcounts import CentresModel, salaried_in_centres

__all__ = ["salaried_doctors"]

PARAMETER = "apl.recomputed.centres"


def salaried_doctors(
    context: Context, communes: pd.DataFrame, day: dt.date, centres: Mapping[str, pd.Series]
) -> tuple[NDArray[np.float64], list[str]]:
    """Estimate the salaried doctors of each commune, and say in French how many and where.

    Parameters
    ----------
    communes
        ``id``, ``lon``, ``lat`` and ``population`` on the day.
    day
        What the supply describes; the parameter that holds on it is used.
    centres
        Edition → health centres by commune; the latest is counted.

    Returns
    -------
    doctors
        Shape (n,); zero where centres are not dense.
    notes
        Empty when there is none.
    """
    if not centres:
        return np.zeros(len(communes)), []
    edition = max(centres)
    values = context.parameters[PARAMETER].on(day)

    def make() -> pd.DataFrame:
        made = _estimated(communes, centres[edition], CentresModel(**values))
        return pd.DataFrame({"doctors": made}, index=pd.Index(communes["id"], name="code"))

    table = context.prepared(f"salaried doctors|{day}|{edition}|{values}", make)
    made = table["doctors"].reindex(communes["id"]).to_numpy(np.float64)
    places = int((made > 0).sum())
    if not places:
        return made, []
    return made, [
        f"médecins salariés estimés à {number(made.sum(), 0)} dans {places} "
        f"{plural(places, 'commune')} où les centres de santé sont nombreux pour la population "
        "(anciens bassins miniers surtout) ; ailleurs, aucun n’est compté"
    ]


def _estimated(
    communes: pd.DataFrame, counted: pd.Series, model: CentresModel
) -> NDArray[np.float64]:
    centres = counted.reindex(communes["id"]).fillna(0.0).to_numpy(np.float64)
    lon, lat, people = (
        communes[name].to_numpy(np.float64) for name in ("lon", "lat", "population")
    )
    known = np.isfinite(lon) & np.isfinite(lat) & np.isfinite(people)
    around = np.zeros((len(communes), 2))
    around[known] = sums_within(
        lon[known], lat[known], np.column_stack([centres, people])[known], model.radius_km
    )
    return salaried_in_centres(centres, around[:, 0], around[:, 1], model)
