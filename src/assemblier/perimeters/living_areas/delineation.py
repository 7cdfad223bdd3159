"""The dated thresholds with which living areas are drawn, and how an area is told in a table.

The methods are in :mod:`~assemblier.perimeters.living_areas.ttwa` (commuting) and
:mod:`~assemblier.perimeters.living_areas.service_areas` (care).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import pandas as pd

from assemblier.errors import BadInput, Problem
from assemblier.parameters import Parameter
from assemblier.perimeters.living_areas.service_areas import ServiceAreaRule, ServiceAreas
from assemblier.perimeters.living_areas.stability import Stability
from assemblier.perimeters.living_areas.ttwa import TravelToWorkAreas, TtwaRule

__all__ = ["area_table", "service_area_rule", "ttwa_rule", "zone_table"]


def ttwa_rule(parameters: Mapping[str, Parameter], day: dt.date) -> TtwaRule:
    """Return the thresholds of travel-to-work areas that hold on a day."""
    known = "living_areas.ttwa."
    return TtwaRule(
        minimum_size=float(parameters[known + "minimum_size"].on(day)),
        target_size=float(parameters[known + "target_size"].on(day)),
        minimum_containment=float(parameters[known + "minimum_containment"].on(day)),
        target_containment=float(parameters[known + "target_containment"].on(day)),
    )


def service_area_rule(parameters: Mapping[str, Parameter], day: dt.date) -> ServiceAreaRule:
    """Return the thresholds of primary-care service areas that hold on a day."""
    known = "living_areas.pcsa."
    return ServiceAreaRule(
        minimum_population=float(parameters[known + "minimum_population"].on(day)),
        minimum_localisation=float(parameters[known + "minimum_localisation"].on(day)),
    )


def area_table(areas: TravelToWorkAreas | ServiceAreas) -> pd.DataFrame:
    """Tell the areas one a row, largest first: code of the core, zones, what each reaches.

    Returns
    -------
    DataFrame
        ``area, zones, meets_rule`` and, for travel-to-work areas, ``workers, jobs, inside,
        supply_containment, demand_containment``; for service areas ``population, visits, received,
        inside, localisation``.
    """
    zones = np.bincount(areas.label[areas.label >= 0], minlength=areas.count)
    if isinstance(areas, TravelToWorkAreas):
        return pd.DataFrame(
            {
                "area": areas.names,
                "zones": zones,
                "meets_rule": np.ones(areas.count, np.bool_),
                "workers": areas.size,
                "jobs": areas.jobs,
                "inside": areas.inside,
                "supply_containment": areas.supply_containment,
                "demand_containment": areas.demand_containment,
            }
        )
    return pd.DataFrame(
        {
            "area": areas.names,
            "zones": zones,
            "meets_rule": areas.meets_rule,
            "population": areas.population,
            "visits": areas.visits,
            "received": areas.received,
            "inside": areas.inside,
            "localisation": areas.localisation,
        }
    )


def zone_table(
    areas: TravelToWorkAreas | ServiceAreas, stability: Stability | None = None
) -> pd.DataFrame:
    """Tell the zones one a row: code, code of its area (null in the reserve), stability.

    Raises
    ------
    BadInput
        The stability was measured on other zones.
    """
    named = areas.label >= 0
    area = np.full(areas.zones.size, None, dtype=object)
    area[named] = areas.names[areas.label[named]]
    table = pd.DataFrame({"zone": areas.zones, "area": area})
    if stability is not None:
        if not np.array_equal(stability.zones, areas.zones):
            raise BadInput(
                Problem(
                    "la stabilité et les bassins ne portent pas sur les mêmes zones",
                    advice="Mesurez la stabilité sur ces bassins.",
                )
            )
        table["with_core"] = stability.with_core
        table["together"] = stability.together
    return table
