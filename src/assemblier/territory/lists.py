"""Lists of communes from one vintage of the codes to another: the same ground or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assemblier.territory.movements import Movement, movements_of
from assemblier.territory.nearest_names import UnknownCode, explained_codes, known_codes
from assemblier.territory.passage import Crosswalk, Passage

__all__ = ["ConvertedCodes", "convert_codes"]


@dataclass(frozen=True, slots=True)
class ConvertedCodes:
    """A list of communes in another vintage.

    Attributes
    ----------
    codes
        Target codes, sorted.
    shares
        ``code, share, outside``: the share of each target's population that the given list
        covers (null where populations are needed and missing), and the communes outside the
        list it is also made of. Only the targets that are not wholly covered.
    """

    codes: tuple[str, ...]
    shares: pd.DataFrame
    movements: tuple[Movement, ...]
    unknown: tuple[UnknownCode, ...]

    @property
    def same_ground(self) -> bool:
        """Whether the target list names exactly the ground of the given one."""
        return self.shares.empty and not self.unknown


def convert_codes(
    codes: Collection[str],
    passage: Passage,
    vintage_from: int,
    vintage_to: int,
    *,
    communes: pd.DataFrame | Collection[str] | None = None,
    populations: pd.Series | None = None,
    names: Mapping[str, str] | None = None,
) -> ConvertedCodes:
    """Convert a list of communes; forward or back, no population is needed to name the ground.

    Parameters
    ----------
    communes
        Codes of ``vintage_from``, to find unknown codes.
    populations
        Inhabitants by code of the earlier vintage: share of a target that the list covers.
    """
    forward = passage.crosswalk(min(vintage_from, vintage_to), max(vintage_from, vintage_to))
    series = pd.Series(list(dict.fromkeys(codes)), dtype=object)
    known = known_codes(series, communes)
    explained = explained_codes(series[~known], communes, names, passage)
    given = set(series[known])
    if vintage_to >= vintage_from:
        reached = forward.targets(given)["code_to"]
        made = forward.sources(reached)
        mass = made["weight"].to_numpy(np.float64)
        inhabitants = (
            np.full(len(made), np.nan)
            if populations is None
            else made["code_from"].map(populations).to_numpy(np.float64)
        )
        mass = mass * inhabitants
        origin, target = made["code_from"], made["code_to"]
    else:
        reached = forward.sources(given)["code_from"]
        made = forward.targets(reached)
        mass = made["weight"].to_numpy(np.float64)
        origin, target = made["code_to"], made["code_from"]
    within = origin.isin(given).to_numpy()
    frame = pd.DataFrame(
        {"code": target, "mass": mass, "inside": np.where(within, mass, 0.0), "within": within}
    )
    grouped = frame.groupby("code", sort=True)
    share = grouped["inside"].sum(min_count=1) / grouped["mass"].sum(min_count=1)
    share[grouped["mass"].apply(lambda part: bool(part.isna().any()))] = np.nan
    partial = ~grouped["within"].all()
    outside = [
        ", ".join(sorted(origin[(target == each).to_numpy() & ~within]))
        for each in partial.index[partial]
    ]
    shares = pd.DataFrame(
        {
            "code": partial.index[partial].to_numpy(object),
            "share": share[partial].to_numpy(np.float64),
            "outside": outside,
        }
    )
    crosswalk = forward if vintage_to >= vintage_from else _reversed(forward)
    return ConvertedCodes(
        tuple(sorted(set(reached))),
        shares,
        movements_of(crosswalk, given, names=names),
        explained,
    )


def _reversed(forward: Crosswalk) -> Crosswalk:
    moves = forward.moves.rename(columns={"code_from": "code_to", "code_to": "code_from"})
    moves["weight"] = np.nan  # naming the ground needs no weight, so none is told
    return Crosswalk(
        forward.vintage_to,
        forward.vintage_from,
        moves[["code_from", "code_to", "weight"]],
        forward.basis,
    )
