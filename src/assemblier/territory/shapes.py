"""Points and contours of the reference communes, from what the lake holds.

Contours of the producers come first, brought to the reference communes; elsewhere the cells of
commune points stand in, and every zone knows which of the two it is made of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from assemblier.parameters import Parameters
from assemblier.territory.codes import ARRONDISSEMENTS
from assemblier.territory.contours import APPROACHED, area_km2, contours_at, mixed_contours
from assemblier.territory.geography import Geography
from assemblier.territory.geometry import commune_points, points_at
from assemblier.territory.simplify import simplified

__all__ = ["Drawn", "Shapes"]

SMALLEST_WIDTH, SMALLEST_HEIGHT = 0.15, 0.1
"""Degrees: the surroundings of a single commune are not nothing."""
KINDS = {"mairie": "mairie", "interieur": "rep", "centroide": "centroid"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Shapes of zones, ready to draw.

    Attributes
    ----------
    shapes
        Zone → geometry, WGS 84.
    approximate
        Zones made of approached cells, whole or in part.
    """

    shapes: Mapping[str, shapely.Geometry]
    approximate: frozenset[str]


@dataclass(frozen=True)
class Shapes:
    """Points and contours of one reference geography."""

    geography: Geography
    parameters: Parameters

    def _value(self, name: str) -> float:
        return float(self.parameters[name].latest)

    @cached_property
    def points(self) -> pd.DataFrame:
        """Point of each reference commune: ``code, lon, lat, source, area_km2``."""
        lake = self.geography.lake
        inputs = [
            part.object
            for table in ("point", "superficie", "commune", "passage", "population")
            for part in lake.parts(table)
        ]
        rules = {name: self._value(name) for name in ("shapes.hall.reach", "shapes.hall.slack")}
        kept = lake.prepared(f"points|{self.geography.cog}|{inputs}|{rules}", self._all_points)
        return kept.astype({"code": object, "source": object})

    def _all_points(self) -> pd.DataFrame:
        lake, cog = self.geography.lake, self.geography.cog
        found: list[pd.DataFrame] = []
        known: set[str] = set()
        parts = sorted(lake.parts("point"), key=lambda part: (-part.rows, part.source))
        for part in parts:
            made = self._points_of(part)
            if part.cog is not None and part.cog < cog:
                made = points_at(
                    made, self.geography.crosswalk(part.cog), self.geography.population_of(part.cog)
                )
            made = made[made["lon"].notna() & ~made["code"].isin(known)]
            known |= set(made["code"])
            found.append(made)
        if not found:
            return pd.DataFrame(columns=["code", "lon", "lat", "source", "area_km2"])
        points = pd.concat(found, ignore_index=True)
        return points[points["code"].isin(self.geography.names)].reset_index(drop=True)

    def _points_of(self, part: object) -> pd.DataFrame:
        lake = self.geography.lake
        rows = lake.read(part)  # type: ignore[arg-type]
        wide = pd.DataFrame({"code": sorted(set(rows["code"].astype(object)))}, dtype=object)
        for kind, name in KINDS.items():
            own = rows[rows["genre"] == kind].drop_duplicates("code").set_index("code")
            own.index = own.index.astype(object)
            for axis, column in (("lon", "longitude"), ("lat", "latitude")):
                wide[f"{name}_{axis}"] = own[column].reindex(wide["code"]).to_numpy(np.float64)
        areas = pd.concat(
            [lake.read(each, ["code", "km2"]) for each in lake.parts("superficie")]
            or [pd.DataFrame({"code": [], "km2": []})]
        ).drop_duplicates("code")
        area = areas.set_index(areas["code"].astype(object))["km2"]
        wide["area_km2"] = area.reindex(wide["code"]).to_numpy(np.float64)
        return commune_points(
            wide, reach=self._value("shapes.hall.reach"), slack_km=self._value("shapes.hall.slack")
        )

    @cached_property
    def official(self) -> gpd.GeoDataFrame | None:
        """Contours of the producers in the reference communes, None when the lake has none."""
        made = []
        for part in self.geography.lake.parts("contour"):
            rows = self.geography.lake.read(part)
            frame = gpd.GeoDataFrame(
                {"code": rows["code"].astype(object)},
                geometry=gpd.GeoSeries.from_wkb(rows["geometrie"], crs=4326),
            )
            frame["geometry"] = frame.geometry.make_valid()
            crosswalk = self.geography.crosswalk(part.cog or self.geography.cog)
            made.append(contours_at(frame, crosswalk, self.points))
        if not made:
            return None
        whole = pd.concat(made, ignore_index=True)
        return gpd.GeoDataFrame(whole.drop_duplicates("code"), crs=4326)

    def communes(self, codes: Collection[str]) -> gpd.GeoDataFrame:
        """Return the contours of communes: ``code, quality, geometry``."""
        asked = set(codes)
        points = self._apart(asked)
        inside = points[points["code"].isin(asked)]
        if len(inside):
            # cells need their neighbours, not the whole country
            margin = 1.0
            near = points["lon"].between(
                inside["lon"].min() - margin, inside["lon"].max() + margin
            ) & points["lat"].between(inside["lat"].min() - margin, inside["lat"].max() + margin)
            points = points[near]
        return mixed_contours(
            asked,
            self.official,
            points.reset_index(drop=True),
            reach=self._value("shapes.cell.reach"),
            cap_km=self._value("shapes.cell.cap"),
            spread=self._value("shapes.cell.spread"),
        )

    def around(self, codes: Collection[str], margin: float) -> frozenset[str]:
        """Return communes and those that surround them: what a map of them shows.

        Parameters
        ----------
        margin
            In shares of the width and height of the communes.
        """
        points = self.points
        own = points[points["code"].isin(list(codes))]
        inside = frozenset(codes)
        if own.empty:
            return inside
        width = max(own["lon"].max() - own["lon"].min(), SMALLEST_WIDTH)
        height = max(own["lat"].max() - own["lat"].min(), SMALLEST_HEIGHT)
        near = points["lon"].between(
            own["lon"].min() - margin * width, own["lon"].max() + margin * width
        ) & points["lat"].between(
            own["lat"].min() - margin * height, own["lat"].max() + margin * height
        )
        membership = self.geography.membership
        known = membership.index[membership["arm"].isna()]
        return (frozenset(points.loc[near, "code"]) & frozenset(known)) | inside

    def _apart(self, asked: Collection[str]) -> pd.DataFrame:
        """Return points without those of a same ground: a city and its arrondissements."""
        twice: set[str] = set()
        for city, parts in ARRONDISSEMENTS.items():
            twice |= {city} if set(parts) & set(asked) else set(parts)
        return self.points[~self.points["code"].isin(twice - set(asked))]

    def draw(self, codes: Collection[str], tolerance_m: float = 100.0) -> Drawn:
        """Return the simplified shapes of communes, shared borders kept."""
        return self.draw_zones({code: code for code in codes}, tolerance_m)

    def draw_zones(self, zone_of: Mapping[str, str], tolerance_m: float = 100.0) -> Drawn:
        """Return the simplified shapes of zones, each the union of its communes.

        Parameters
        ----------
        zone_of
            Commune → zone.
        """
        contours = self.communes(list(zone_of))
        contours = contours.assign(zone=contours["code"].map(dict(zone_of)))
        approached = frozenset(contours.loc[contours["quality"] == APPROACHED, "zone"])
        if (contours["zone"] != contours["code"]).any():
            contours = contours.dissolve("zone", as_index=False)
        contours = contours.assign(code=contours["zone"])
        light = simplified(contours[["code", "quality", "geometry"]], tolerance_m)
        return Drawn(dict(zip(light["code"], light.geometry, strict=True)), approached)

    def area(self, codes: Collection[str]) -> float | None:
        """Area of communes in km²: published where it is, else measured; None when unknown."""
        points = self.points.set_index("code")["area_km2"].reindex(list(codes))
        if points.notna().all():
            return float(points.sum())
        contours = self.communes(codes)
        if len(contours) < len(set(codes)):
            return None
        return float(np.sum(area_km2(contours)))
