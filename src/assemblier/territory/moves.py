"""Weighted moves between two sets of codes, chained one after the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

__all__ = ["RATIO_TOLERANCE", "chained", "no_moves"]

RATIO_TOLERANCE = 1e-6
"""Slack on the sum of the shares of one origin, as they are printed."""


def no_moves() -> pd.DataFrame:
    """Return the moves of a crosswalk in which nothing changes."""
    return pd.DataFrame({"code_from": [], "code_to": [], "weight": []}).astype(
        {"code_from": object, "code_to": object, "weight": "float64"}
    )


def chained(
    first: pd.DataFrame, second: pd.DataFrame, heirs: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Compose two lists of moves; codes that neither lists stay what they are.

    A commune that joined another and is restored under its own code takes back the ground it
    brought, neither more nor less: it is not mixed with what it had joined.

    Parameters
    ----------
    heirs
        Divided code → code under which that commune goes on, when it is not its own.
    """
    if first.empty:
        both = second
    else:
        joined = first.merge(
            second.rename(columns={"code_from": "via", "code_to": "final", "weight": "share"}),
            left_on="code_to",
            right_on="via",
            how="left",
        )
        joined["final"] = joined["final"].fillna(joined["code_to"])
        joined["share"] = _unmixed(joined, heirs or {})
        joined["share"] *= joined["weight"]
        taken = joined.loc[joined["share"] > 0, ["code_from", "final", "share"]]
        taken.columns = pd.Index(["code_from", "code_to", "weight"])
        known = {*first["code_to"].tolist(), *first["code_from"].tolist()}
        fresh = [code not in known for code in second["code_from"].tolist()]
        both = pd.concat([taken, second[fresh]], ignore_index=True)
    summed = both.groupby(["code_from", "code_to"], sort=True)["weight"].sum()
    both = summed.reset_index()
    # a code that left and came back alone, unchanged, did not move
    alone = ~both["code_to"].duplicated(keep=False) & ~both["code_from"].duplicated(keep=False)
    still = alone & (both["code_from"] == both["code_to"])
    return both[~still].reset_index(drop=True)


def _unmixed(joined: pd.DataFrame, heirs: Mapping[str, str]) -> np.ndarray:
    """Return the shares of the second move, once restored communes have their own ground back."""
    share = joined["share"].fillna(1.0).to_numpy(np.float64).copy()
    origin, via, final = (
        joined[name].to_numpy(object) for name in ("code_from", "code_to", "final")
    )
    going_on = np.array([heirs.get(code, code) for code in via], dtype=object)
    whole = joined["weight"].to_numpy(np.float64) >= 1 - RATIO_TOLERANCE
    restored = whole & (share < 1) & (origin == final) & (final != going_on)
    if not restored.any():
        return share
    pairs = set(zip(via[restored], final[restored], strict=True))
    parents = {parent for parent, _ in pairs}
    concerned = np.array([code in parents for code in via])
    came_back = np.array([pair in pairs for pair in zip(via, origin, strict=True)])
    goes_back = np.array([pair in pairs for pair in zip(via, final, strict=True)])
    share[concerned & came_back] = 0.0
    share[restored] = 1.0
    rest = concerned & ~came_back
    kept = np.where(rest & ~goes_back, share, 0.0)
    total = pd.Series(kept).groupby([origin, via]).transform("sum").to_numpy()
    rescaled = rest & (total > 0)
    share[rescaled] = (kept / np.where(total > 0, total, 1.0))[rescaled]
    return share
