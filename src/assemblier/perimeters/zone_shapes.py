"""Shapes of zones of communes for maps: simplified where that can be, else as they are."""

from __future__ import annotations

from collections.abc import Mapping

import shapely

from assemblier.territory.contours import APPROACHED
from assemblier.territory.shapes import Drawn, Shapes

__all__ = ["drawn_zones"]


def drawn_zones(shapes: Shapes, zone_of: Mapping[str, str], tolerance_m: float = 150.0) -> Drawn:
    """Return the shape of each zone, the union of its communes.

    Zones that are made of many islands of approached cells may not be simplified together without
    tearing; they are then drawn with all their vertices.

    Parameters
    ----------
    zone_of
        Commune → zone.
    """
    try:
        return shapes.draw_zones(zone_of, tolerance_m)
    except shapely.errors.GEOSException:
        contours = shapes.communes(list(zone_of))
        contours = contours.assign(zone=contours["code"].map(dict(zone_of)))
        approached = frozenset(contours.loc[contours["quality"] == APPROACHED, "zone"])
        whole = contours.dissolve("zone")
        return Drawn(dict(zip(whole.index, whole.geometry, strict=True)), approached)
