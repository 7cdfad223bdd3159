"""A simulated zoning against the one decreed, and the table that a decision is taken on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.futures.zoning.simulation import ABSENT, Zones, Zoning

__all__ = ["DecreeAgreement", "decision_table", "decree_agreement", "decree_shares"]

UNKNOWN = "NC"
"""Class of a commune that the decree's file does not tell."""


@dataclass(frozen=True, slots=True)
class DecreeAgreement:
    """Agreement of a simulated zoning with a decree, counted in people.

    Attributes
    ----------
    confusion
        People by simulated class (rows) and class of the decree (columns).
    regions
        By region and ``FR``: ``population, compared, agreeing, same, <classes>…``: share of
        people compared whose class agrees, then (``same``) is the very same; ``sim_X`` and
        ``decree_X`` are shares of the people compared.
    disagreements
        Zones where they disagree, most people first: ``name, region, population, classe, decree,
        apl, edge, people``.
    agreeing, same
        National shares.
    """

    confusion: pd.DataFrame
    regions: pd.DataFrame
    disagreements: pd.DataFrame
    agreeing: float
    same: float


def decree_agreement(
    zoning: Zoning, communes: pd.DataFrame, decree: Mapping[str, str]
) -> DecreeAgreement:
    """Compare commune by commune: a decree may cut a zone, and people are what counts.

    Parameters
    ----------
    zoning
        The simulation.
    communes
        ``code, zone, region, population``.
    decree
        Commune → class of the decree, in the words of the rule.
    """
    held = communes[["code", "zone", "region", "population"]].copy()
    held["classe"] = held["zone"].map(zoning.frame["classe"])
    held["decree"] = held["code"].map(decree)
    held["population"] = held["population"].fillna(0.0)
    told = held[held["classe"].notna() & (held["classe"] != ABSENT) & held["decree"].notna()]
    agrees = zoning.rule.agrees_with
    told = told.assign(
        agreeing=[
            decreed in agrees.get(simulated, (simulated,))
            for simulated, decreed in zip(told["classe"], told["decree"], strict=True)
        ],
        same=told["classe"] == told["decree"],
    )
    confusion = pd.DataFrame(
        pd.crosstab(told["classe"], told["decree"], told["population"], aggfunc="sum").fillna(0.0)
    )
    rows = [
        _shares("FR", held, told),
        *(
            _shares(str(region), held[held["region"] == region], of_region)
            for region, of_region in told.groupby("region", sort=True)
        ),
    ]
    regions = pd.DataFrame(rows).set_index("region").fillna(0.0)
    return DecreeAgreement(
        confusion=confusion,
        regions=regions,
        disagreements=_disagreements(zoning, told),
        agreeing=float(regions["agreeing"]["FR"]),
        same=float(regions["same"]["FR"]),
    )


def _shares(region: str, held: pd.DataFrame, told: pd.DataFrame) -> dict[str, object]:
    people = float(told["population"].sum())

    def share(which: pd.Series) -> float:
        return float(told.loc[which, "population"].sum()) / people if people else 0.0

    row: dict[str, object] = {
        "region": region,
        "population": float(held["population"].sum()),
        "compared": people,
        "agreeing": share(told["agreeing"]),
        "same": share(told["same"]),
    }
    for name in sorted(set(told["classe"])):
        row[f"sim_{name}"] = share(told["classe"] == name)
    for name in sorted(set(told["decree"])):
        row[f"decree_{name}"] = share(told["decree"] == name)
    return row


def _disagreements(zoning: Zoning, told: pd.DataFrame) -> pd.DataFrame:
    wrong = told[~told["agreeing"]]
    by = pd.DataFrame(wrong.groupby(["zone", "decree"])["population"].sum())
    by = by.reset_index().rename(columns={"population": "people"})
    joined = by.merge(
        zoning.frame[["name", "region", "population", "classe", "apl", "edge"]],
        left_on="zone",
        right_index=True,
    )
    made: pd.DataFrame = joined.sort_values("people", ascending=False, ignore_index=True)
    return made


def decree_shares(
    communes: pd.DataFrame, main_region: Mapping[str, str], decree: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """Return, by region that decides on a zone, the share of people in each decreed class.

    It stands for a ceiling that is not at hand.

    Parameters
    ----------
    communes
        ``code, zone, population``.
    main_region
        Zone → region that decides on it.
    """
    held = communes[["code", "zone", "population"]].copy()
    held["region"] = held["zone"].map(main_region)
    held["decree"] = held["code"].map(decree)
    held = held[held["region"].notna()]
    shares: dict[str, dict[str, float]] = {}
    for region, of_region in held.groupby("region", sort=True):
        told = of_region[of_region["decree"].notna()]
        total = float(told["population"].sum())
        if total <= 0:
            continue
        by = told.groupby("decree")["population"].sum() / total
        shares[str(region)] = {str(name): float(each) for name, each in by.items()}
    return shares


def decision_table(
    zoning: Zoning,
    zones: Zones,
    communes: pd.DataFrame,
    decree: Mapping[str, str],
    *,
    merged: Mapping[str, tuple[str, ...]],
    quarters: Mapping[str, tuple[str, ...]],
    commune_names: Mapping[str, str],
) -> pd.DataFrame:
    """Return what an agency looks at before it decides, one row by zone.

    Parameters
    ----------
    merged
        Commune → zones of the communes that it was made of, where there are several.
    quarters
        Commune → quarters of the city policy (QPV) in it.

    Returns
    -------
    Indexed by zone: ``name, region, regions, apl, population, classe, rule_classe, chosen, edge,
    distance, decree, decree_share, agrees, two_regions, deciding_share, merged, quarters``;
    ``decree`` is the class of most people, ``decree_share`` their share.
    """
    held = communes[["code", "zone", "population"]].assign(
        decree=communes["code"].map(decree).fillna(UNKNOWN)
    )
    by = pd.DataFrame(held.groupby(["zone", "decree"])["population"].sum()).reset_index()
    by = by.sort_values(["zone", "population", "decree"], ascending=[True, False, True])
    main = by.drop_duplicates("zone").set_index("zone")
    total = by.groupby("zone")["population"].sum()
    frame = zoning.frame
    columns = ["name", "region", "regions", "apl", "population", "classe", "rule_classe"]
    made = frame[[*columns, "chosen", "edge", "distance"]].copy()
    made["decree"] = main["decree"].reindex(made.index).fillna(UNKNOWN)
    share = main["population"].reindex(made.index) / total.reindex(made.index)
    made["decree_share"] = share.where(np.isfinite(share))
    agrees = zoning.rule.agrees_with
    made["agrees"] = [
        None if told == ABSENT or decreed == UNKNOWN else decreed in agrees.get(told, (told,))
        for told, decreed in zip(made["classe"], made["decree"], strict=True)
    ]
    made["two_regions"] = made["regions"].str.contains(",")
    made["deciding_share"] = zones.frame["region_share"].reindex(made.index)
    inside = communes.groupby("zone")["code"].agg(list)
    made["merged"] = [
        "; ".join(commune_names.get(code, code) for code in inside.get(zone, ()) if code in merged)
        for zone in made.index
    ]
    made["quarters"] = [
        "; ".join(name for code in inside.get(zone, ()) for name in quarters.get(code, ()))
        for zone in made.index
    ]
    return made
