"""The reference geography of a lake: communes, grids, names and passage, read once.

Everything is brought to one vintage of the commune codes, the newest for which the lake holds a
membership table; arrondissements of Paris, Lyon and Marseille are units beside their city.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from assemblier.errors import MissingSource
from assemblier.lake.lake import Lake
from assemblier.lake.provenance import Part
from assemblier.language import plain
from assemblier.tables import TABLES, Aggregation
from assemblier.territory.codes import ARRONDISSEMENTS, city_of
from assemblier.territory.conversion import Converted, convert
from assemblier.territory.passage import Crosswalk, Passage
from assemblier.territory.vintage_gap import moves_back

__all__ = ["GRID_LABELS", "Geography"]

GRID_LABELS: Mapping[str, tuple[str, str]] = {
    "commune": ("commune", "communes"),
    "arm": ("arrondissement municipal", "arrondissements municipaux"),
    "epci": ("intercommunalité (EPCI)", "intercommunalités (EPCI)"),
    "canton": ("canton", "cantons"),
    "arrondissement": ("arrondissement", "arrondissements"),
    "bv2012": ("bassin de vie 2012", "bassins de vie 2012"),
    "bv2022": ("bassin de vie 2022", "bassins de vie 2022"),
    "tvs2019": ("territoire de vie-santé 2019", "territoires de vie-santé 2019"),
    "ze2010": ("zone d’emploi 2010", "zones d’emploi 2010"),
    "ze2020": ("zone d’emploi 2020", "zones d’emploi 2020"),
    "uu2020": ("unité urbaine 2020", "unités urbaines 2020"),
    "aav2020": ("aire d’attraction 2020", "aires d’attraction 2020"),
    "departement": ("département", "départements"),
    "region": ("région", "régions"),
    "france": ("France", "France"),
    "territoire": ("territoire d’étude", "territoire d’étude"),
}
"""Grid → its name in French, one and many."""

OUTSIDE_ZONES = {
    "aav2020": frozenset({"000"}),
}
"""Codes that mean *in no zone* of a grid; rural communes of uu2020 are coded by département."""

LARGEST_RULE_GRIDS = ("bv2012", "bv2022", "tvs2019", "canton", "epci", "ze2010", "ze2020")


@dataclass(frozen=True)
class Geography:
    """Reference geography of one lake.

    Attributes
    ----------
    lake
        The lake it was read from.
    cog
        Vintage of the reference commune codes.
    """

    lake: Lake
    cog: int
    _communes: dict[int, pd.DataFrame | None] = field(
        default_factory=dict, repr=False, compare=False
    )
    _crosswalks: dict[int, Crosswalk] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, lake: Lake) -> Geography:
        """Read the reference geography of a lake.

        Raises
        ------
        MissingSource
            When the lake has no membership table.
        """
        years = sorted(
            {
                part.cog
                for part in lake.parts("appartenance")
                if part.cog is not None
                and any(p.cog == part.cog and p.file == part.file for p in lake.parts("commune"))
                and len(part.grids) > 2
            }
        )
        if not years:
            raise MissingSource(
                "Le lac n’a pas de table d’appartenance des communes : "
                "sans elle, aucune zone ne peut être composée. Si elle y est, le lac vient d’une "
                "version antérieure du programme : reconstruisez-le."
            )
        return cls(lake, years[-1])

    @cached_property
    def passage(self) -> Passage:
        """Steps between vintages; an empty passage when the lake has none."""
        parts = self.lake.parts("passage")
        if not parts:
            steps = _no_moves().rename(columns={"weight": "ratio"})
            return Passage(steps.assign(year_from=0, year_to=0, kind="")[:0], (self.cog,))
        frame = self.lake.read(parts[0])
        for name in ("code_from", "code_to", "kind"):
            frame[name] = frame[name].astype(object)
        return Passage.of(frame)

    def _official(self, cog: int) -> Part | None:
        parts = self.lake.parts("commune", cog=cog)
        return parts[0] if parts else None

    def communes_of(self, cog: int) -> pd.DataFrame | None:
        """Return ``code, nom, departement, region`` of a vintage, None when it is not at hand."""
        if cog not in self._communes:
            self._communes[cog] = self._communes_of(cog)
        return self._communes[cog]

    def _communes_of(self, cog: int) -> pd.DataFrame | None:
        part = self._official(cog)
        if part is None:
            return None
        frame = self.lake.read(part)
        frame = frame[frame["type"] == "COM"]
        for name in ("code", "nom", "departement", "region"):
            frame[name] = frame[name].astype(object)
        return frame[["code", "nom", "departement", "region", "_row"]].reset_index(drop=True)

    @cached_property
    def listed_vintages(self) -> tuple[int, ...]:
        """Vintages whose list of communes is in the lake, ascending."""
        years = {part.cog for part in self.lake.parts("commune") if part.cog is not None}
        return tuple(sorted(years))

    def codes_of(self, cog: int) -> frozenset[str] | None:
        """Return the communes of a vintage, from its list or from the passage; None if neither."""
        frame = self.communes_of(cog)
        if frame is not None:
            return frozenset(frame["code"])
        if cog not in self.passage.vintages or self.cog not in self.passage.vintages:
            return None
        return self.passage.communes_at(cog, self.communes["code"], self.cog)

    def former_zones(
        self, grid: str, code: str, words: str
    ) -> Iterator[tuple[int, str, tuple[str, ...]]]:
        """Yield the zones of other vintages that have a code or a name, newest first.

        Parameters
        ----------
        words
            The name, in plain letters.

        Yields
        ------
        vintage, name, communes
            Communes in the codes of the vintage.
        """
        if grid == "commune":
            for year in reversed(self.listed_vintages):
                frame = self.communes_of(year) if year < self.cog else None
                if frame is not None:
                    hits = frame[(frame["code"] == code) | (frame["nom"].map(plain) == words)]
                    for each, name in zip(hits["code"], hits["nom"], strict=True):
                        yield year, name, (each,)
            return
        named: dict[int, dict[str, str]] = {}
        ever: dict[str, str] = {}
        for labels in self.lake.parts("libelle_zone"):
            told = self.lake.read(labels, where={"grille": grid})
            own = dict(zip(told["zone"], told["libelle"], strict=True))
            named.setdefault(labels.cog or self.cog, {}).update(own)
            ever = own | ever
        for part in self.lake.parts("appartenance"):
            if grid not in part.grids or part.cog is None or part.cog >= self.cog:
                continue
            frame = self.lake.read(part, ["code", "zone"], where={"grille": grid})
            names = ever | named.get(part.cog, {})
            for zone, rows in frame.groupby("zone", observed=True):
                name = names.get(str(zone), str(zone))
                if zone == code or plain(name) == words:
                    yield part.cog, name, tuple(rows["code"].astype(object))

    @cached_property
    def communes(self) -> pd.DataFrame:
        """Communes of the reference vintage: ``code, nom, departement, region``."""
        frame = self.communes_of(self.cog)
        if frame is None:
            raise MissingSource(f"Le lac n’a pas la liste des communes du COG {self.cog}.")
        return frame

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Commune or arrondissement → name."""
        known = dict(zip(self.communes["code"], self.communes["nom"], strict=True))
        for city, parts in ARRONDISSEMENTS.items():
            if city in known:
                for number, code in enumerate(parts, start=1):
                    known[code] = f"{known[city]} {number}{'er' if number == 1 else 'e'}"
        return known

    def crosswalk(self, cog: int) -> Crosswalk:
        """Return the passage from a vintage to the reference one.

        A vintage that the passage does not link (newer than its last year) is taken as it is:
        codes that changed since are then unknown, and said so.
        """
        if cog not in self._crosswalks:
            self._crosswalks[cog] = self._crosswalk(cog)
        return self._crosswalks[cog]

    def _crosswalk(self, cog: int) -> Crosswalk:
        vintages = self.passage.vintages
        if cog == self.cog or not vintages or cog > vintages[-1] or cog < vintages[0]:
            return Crosswalk(cog, self.cog, _no_moves())
        if cog in vintages and self.cog in vintages and cog <= self.cog:
            return self.passage.crosswalk(cog, self.cog)
        if cog <= self.cog:
            nearest = max(year for year in vintages if year <= cog)
            return self.passage.crosswalk(nearest, self.cog)
        return Crosswalk(cog, self.cog, _no_moves())

    def to_reference(
        self, frame: pd.DataFrame, part: Part, *, keys: tuple[str, ...] = (), zero: bool = False
    ) -> Converted:
        """Bring rows of a lake table to the reference communes.

        Parameters
        ----------
        frame
            Rows of ``part``; arrondissements stay units of their own.
        keys
            Columns that tell the rows of one commune apart.
        zero
            Whether a commune without a row counts as zero (tables of what exists).
        """
        table = TABLES[part.table]
        code = table.geography or "code"
        cog = part.cog or self.cog
        frame = frame.copy()
        frame[code] = frame[code].astype(object)
        columns = {
            column.name: column.aggregation
            for column in table.columns
            if column.name in frame and column.name != code and column.name not in keys
        }
        official = self.communes_of(cog)
        known: pd.DataFrame | list[str] | None = official
        if official is not None:
            listed = [each for parts in ARRONDISSEMENTS.values() for each in parts]
            known = pd.concat(
                [
                    official[["code", "nom", "departement"]],
                    pd.DataFrame(
                        {
                            "code": listed,
                            "nom": [self.names.get(c, c) for c in listed],
                            "departement": [c[:2] for c in listed],
                        }
                    ),
                ],
                ignore_index=True,
            )
        elif cog > self.cog:
            known = list(self.names)
        crosswalk = self.crosswalk(cog)
        if cog > self.cog and crosswalk.moves.empty:
            moves = moves_back(frame[code].unique(), self.names, self.passage, self.cog)
            crosswalk = replace(crosswalk, moves=moves)
            known = [*known, *moves["code_from"]] if isinstance(known, list) else known
        boroughs = frame[code].map(lambda each: city_of(each) != each)
        if boroughs.any() and frame[code].isin(list(ARRONDISSEMENTS)).any():
            # the source gives the city and its parts: both are kept, each a unit of its own
            city = self._converted(
                frame[~boroughs], columns, code, keys, crosswalk, known, zero=zero
            )
            own = frame.loc[boroughs, [code, *keys, *columns]]
            return replace(city, table=pd.concat([city.table, own], ignore_index=True))
        return self._converted(frame, columns, code, keys, crosswalk, known, zero=zero)

    def _converted(
        self,
        frame: pd.DataFrame,
        columns: Mapping[str, Aggregation],
        code: str,
        keys: tuple[str, ...],
        crosswalk: Crosswalk,
        known: pd.DataFrame | list[str] | None,
        *,
        zero: bool,
    ) -> Converted:
        return convert(
            frame.reset_index(drop=True),
            columns,
            crosswalk,
            code=code,
            keys=keys,
            communes=known,
            absent_rows="zero" if zero else "missing",
            names=self.names,
        )

    @cached_property
    def membership(self) -> pd.DataFrame:
        """Unit → zone of every grid: indexed by code, one column per grid, None in no zone.

        Units are the communes and the municipal arrondissements; ``commune`` is the city of an
        arrondissement, ``arm`` its own code.
        """
        parts = [
            part.object
            for table in ("appartenance", "commune", "passage", "population")
            for part in self.lake.parts(table)
        ]
        kept = self.lake.prepared(f"membership|{self.cog}|{parts}", self._membership)
        frame = pd.DataFrame(
            {name: kept[name].astype(object).where(kept[name].notna(), None) for name in kept},
        )
        frame.index = pd.Index(kept.index.to_numpy(object), dtype=object, name="code")
        return frame

    def _membership(self) -> pd.DataFrame:
        units = self.communes[["code", "departement", "region"]].set_index("code")
        result = pd.DataFrame(index=units.index)
        result["commune"] = units.index.to_numpy(object)
        result["france"] = "FR"
        for grid, part in self.grid_parts.items():
            frame = self.lake.read(part, ["code", "grille", "zone"], where={"grille": grid})
            frame["code"] = frame["code"].astype(object)
            frame["zone"] = frame["zone"].astype(object)
            if part.cog != self.cog and part.cog is not None:
                frame = self._carried(frame, part.cog)
            result[grid] = frame.drop_duplicates("code").set_index("code")["zone"]
        outside = {grid: codes for grid, codes in OUTSIDE_ZONES.items() if grid in result}
        for grid, codes in outside.items():
            result[grid] = result[grid].where(~result[grid].isin(codes))
        if "uu2020" in result:
            rural = result["uu2020"].str.endswith("000", na=False)
            result["uu2020"] = result["uu2020"].where(~rural)
        boroughs = self._boroughs(result)
        result["arm"] = None
        return pd.concat([result, boroughs]).rename_axis("code")

    def _carried(self, frame: pd.DataFrame, cog: int) -> pd.DataFrame:
        """Carry zones to the reference communes: the zone where most people of the commune are."""
        moves = self.crosswalk(cog).targets(frame["code"])
        joined = moves.merge(frame, left_on="code_from", right_on="code")
        population = self.population_of(cog)
        weight = joined["weight"] * joined["code_from"].map(population).fillna(1.0)
        mass = joined.assign(mass=weight).groupby(["code_to", "zone"], sort=True)["mass"].sum()
        best = mass.reset_index().sort_values(
            ["code_to", "mass", "zone"], ascending=[True, False, True]
        )
        best = best.drop_duplicates("code_to")
        return best.rename(columns={"code_to": "code"})[["code", "zone"]]

    def _boroughs(self, result: pd.DataFrame) -> pd.DataFrame:
        rows = []
        tvs = self._borough_tvs()
        for city, parts in ARRONDISSEMENTS.items():
            if city not in result.index:
                continue
            for code in parts:
                row = result.loc[city].to_dict() | {"arm": code}
                if code in tvs:
                    row["tvs2019"] = tvs[code]
                rows.append(pd.Series(row, name=code))
        return pd.DataFrame(rows)

    def _borough_tvs(self) -> Mapping[str, str]:
        part = self.grid_parts.get("tvs2019")
        if part is None:
            return {}
        frame = self.lake.read(part, ["code", "zone"], where={"grille": "tvs2019"})
        return {
            code: zone
            for code, zone in zip(frame["code"], frame["zone"], strict=True)
            if city_of(code) != code
        }

    @cached_property
    def grid_parts(self) -> Mapping[str, Part]:
        """Grid → the part that tells it, in the vintage nearest to the reference."""
        found: dict[str, Part] = {}
        for part in self.lake.parts("appartenance"):
            for grid in part.grids:
                other = found.get(grid)
                if other is None or self._distance(part) < self._distance(other):
                    found[grid] = part
        order = [grid for grid in GRID_LABELS if grid in found]
        return {grid: found[grid] for grid in [*order, *sorted(set(found) - set(order))]}

    def _distance(self, part: Part) -> tuple[int, int]:
        cog = part.cog or 0
        return (0 if cog == self.cog else 1 if cog < self.cog else 2, abs(self.cog - cog))

    @cached_property
    def zone_names(self) -> Mapping[str, Mapping[str, str]]:
        """Grid → zone → name; names of the nearest edition win."""
        names: dict[str, dict[str, str]] = {"commune": dict(self.names), "arm": dict(self.names)}
        names["france"] = {"FR": "France"}
        parts = sorted(self.lake.parts("libelle_zone"), key=self._distance, reverse=True)
        for part in parts:
            frame = self.lake.read(part)
            for grid, zone, name in zip(
                frame["grille"], frame["zone"], frame["libelle"], strict=True
            ):
                names.setdefault(grid, {})[zone] = name
        for grid in ("bv2012", "bv2022", "tvs2019"):
            if grid not in names and grid in self.grid_parts:
                names[grid] = {}
            for zone in names.get(grid, {}):
                if zone in self.names:
                    names[grid].setdefault(zone, self.names[zone])
        return names

    def zone_name(self, grid: str, zone: str) -> str:
        """Return the name of a zone, its code when no name is known."""
        return self.zone_names.get(grid, {}).get(zone) or self.names.get(zone) or zone

    @cached_property
    def population(self) -> pd.Series:
        """Newest municipal population by reference commune; the weight of coverage."""
        return self._population(self.cog)[0]

    @cached_property
    def population_year(self) -> int:
        """Year of :attr:`population`."""
        return self._population(self.cog)[1]

    @cached_property
    def population_part(self) -> Part | None:
        """Part of the lake that :attr:`population` was read from."""
        return self._population(self.cog)[2]

    def population_of(self, cog: int) -> pd.Series:
        """Return a municipal population in the communes of a vintage, or as near as there is."""
        return self._population(cog)[0]

    def _population(self, cog: int) -> tuple[pd.Series, int, Part | None]:
        parts = [
            (year, part)
            for part in self.lake.parts("population")
            for year in part.years
            if part.cog is not None and len(part.years) > 0
        ]
        if not parts:
            return pd.Series(dtype="float64"), 0, None
        exact = [(year, part) for year, part in parts if part.cog == cog]
        older = [(year, part) for year, part in parts if part.cog and part.cog <= cog]
        year, part = max(exact or older or parts, key=lambda item: (item[0], item[1].rows))
        frame = self.lake.read(part, where={"annee": year})
        frame = frame[frame["genre"] != "totale"]
        frame["code"] = frame["code"].astype(object)
        if part.cog == cog or (part.cog or 0) > cog:
            series = frame.groupby("code")["population"].sum()
        else:
            moves = (
                self.passage.crosswalk(part.cog or cog, cog).targets(frame["code"])
                if (part.cog in self.passage.vintages and cog in self.passage.vintages)
                else None
            )
            if moves is None:
                series = frame.groupby("code")["population"].sum()
            else:
                joined = moves.merge(frame, left_on="code_from", right_on="code")
                joined["mass"] = joined["population"] * joined["weight"]
                series = joined.groupby("code_to")["mass"].sum()
        series.index = pd.Index(series.index.to_numpy(object), dtype=object)
        return series.astype(np.float64), year, part


def _no_moves() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "code_from": pd.Series(dtype=object),
            "code_to": pd.Series(dtype=object),
            "weight": pd.Series(dtype="float64"),
        }
    )
