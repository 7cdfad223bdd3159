"""What the maps of a diagnosis show: which zones, of which grid, how far around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from assemblier.measures.crowfly import great_circle_km
from assemblier.territory.codes import ARRONDISSEMENTS
from assemblier.territory.geography import Geography
from assemblier.territory.shapes import Drawn, Shapes
from assemblier.territory.territory import Territory

__all__ = ["COARSE", "Window", "coarse_zones", "detail_of", "drawn_window", "gathered", "widest"]

SURROUNDINGS = 0.25
"""How far from the territory zones are looked for, in shares of its width and height."""
STRIP = 0.06
"""What is shown around the limit of the territory, in shares of its larger side."""
RIM, RIM_KM = 0.05, 12.0
"""What is shown around a territory of many communes: a margin, and kilometres from its communes."""
FEW_COMMUNES, FEW_STRIP = 2, 0.65
"""Up to how many communes a territory is shown among its neighbours within these kilometres, and
what is shown around it."""
MANY_COMMUNES = 400
REGION = 1000
"""Over how many communes a map shows intercommunalities, wherever they have a value."""
COARSE = "epci"
MOSTLY = 0.5
"""From what share of its communes an intercommunality is of the territory, or is shown."""
FINE_TOLERANCE, COARSE_TOLERANCE = 100.0, 600.0
"""Simplification of contours in metres: of a pays, of a region."""


@dataclass(frozen=True, slots=True)
class Window:
    """Zones of one grid that maps show, and those of them that make the territory."""

    grid: str
    zones: frozenset[str]
    inside: frozenset[str]


def detail_of(territory: Territory) -> tuple[str, frozenset[str]]:
    """Return the finest grid of the maps: municipal arrondissements for a city that has them."""
    if len(territory.communes) == 1 and territory.communes[0] in ARRONDISSEMENTS:
        return "arm", frozenset(ARRONDISSEMENTS[territory.communes[0]])
    return "commune", frozenset(territory.communes)


def widest(shapes: Shapes, detail: str, inside: frozenset[str]) -> frozenset[str]:
    """Return the zones that maps may show: the territory and what surrounds it."""
    if detail == "arm":
        return inside
    # a region shows a rim: its bounding box holds three times as many communes as it has
    margin = SURROUNDINGS if len(inside) <= MANY_COMMUNES else RIM
    around = shapes.around(inside, margin)
    if len(inside) <= FEW_COMMUNES:
        # the points of few communes have no width to look around by
        return around | _near(shapes, inside, frozenset(map(str, shapes.points["code"])))
    if len(inside) <= MANY_COMMUNES:
        return around
    return inside | _near(shapes, inside, around - inside)


def _near(shapes: Shapes, inside: frozenset[str], among: frozenset[str]) -> frozenset[str]:
    """Return the communes, among some, whose point is near that of one of the territory."""
    points = shapes.points.set_index("code")[["lon", "lat"]].dropna()
    own = points[points.index.isin(inside)]
    others = points[points.index.isin(among)]
    if own.empty or others.empty:
        return frozenset()
    lon, lat = own["lon"].to_numpy(), own["lat"].to_numpy()
    away = great_circle_km(
        others["lon"].to_numpy()[:, None], others["lat"].to_numpy()[:, None], lon, lat
    ).min(axis=1)
    return frozenset(map(str, others.index[away <= RIM_KM]))


def drawn_window(
    shapes: Shapes, detail: str, zones: frozenset[str], inside: frozenset[str]
) -> tuple[Window, Drawn]:
    """Draw zones and keep those that are seen in the frame of the territory."""
    tolerance = COARSE_TOLERANCE if len(inside) > MANY_COMMUNES else FINE_TOLERANCE
    drawn = shapes.draw(zones, tolerance)
    own = [shape for zone, shape in drawn.shapes.items() if zone in inside]
    if not own or len(inside) > MANY_COMMUNES:
        return Window(detail, zones, inside), drawn
    west, south, east, north = shapely.total_bounds(own)
    # a degree of longitude is shorter than one of latitude
    slant = float(np.cos(np.radians((south + north) / 2)))
    share = FEW_STRIP if len(own) <= FEW_COMMUNES else STRIP
    strip = share * max((east - west) * slant, north - south)
    frame = shapely.box(west - strip / slant, south - strip, east + strip / slant, north + strip)
    codes = np.array(list(drawn.shapes), dtype=object)
    seen = shapely.intersects(np.array(list(drawn.shapes.values()), dtype=object), frame)
    kept = inside | frozenset(map(str, codes[seen]))
    light = {zone: shape for zone, shape in drawn.shapes.items() if zone in kept}
    return Window(detail, kept, inside), Drawn(light, drawn.approximate & kept)


def coarse_zones(
    geography: Geography, detail: str, zones: frozenset[str], inside: frozenset[str]
) -> Window | None:
    """Return the intercommunalities that the maps of a region show; None of a smaller territory."""
    if detail != "commune" or len(inside) <= REGION or COARSE not in geography.membership:
        return None
    home = geography.membership[COARSE].dropna().astype(object)
    shown = _mostly(home, zones)
    own = _mostly(home, inside)
    return Window(COARSE, shown | own, own) if own else None


def _mostly(home: pd.Series, communes: frozenset[str]) -> frozenset[str]:
    """Return the zones of which most communes are among some."""
    met = pd.Series(home.index.isin(list(communes)), index=home.to_numpy())
    shares = met.groupby(level=0).mean()
    return frozenset(map(str, shares.index[shares >= MOSTLY]))


def gathered(
    geography: Geography, window: Window, communes: Mapping[str, object]
) -> Mapping[str, object]:
    """Return the shapes of intercommunalities, each the union of its drawn communes."""
    home = geography.membership[window.grid]
    held: dict[str, list[object]] = {}
    for code, shape in communes.items():
        zone = home.get(code)
        if zone in window.zones:
            held.setdefault(str(zone), []).append(shape)
    return {zone: shapely.union_all(parts) for zone, parts in held.items()}
