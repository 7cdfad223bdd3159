"""What indicators compute in: a lake, its geography, the parameters, and what was read so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pandas as pd

from assemblier.indicators.components import Read
from assemblier.lake.lake import Lake
from assemblier.lake.provenance import Part
from assemblier.parameters import Parameters, load_parameters
from assemblier.tables import TABLES
from assemblier.territory.geography import Geography
from assemblier.values import Status

__all__ = ["Context"]

Made = TypeVar("Made")


@dataclass(frozen=True)
class Context:
    """Where indicators are computed.

    Attributes
    ----------
    lake, geography
        What the figures come from.
    parameters
        Parameters of the program.
    """

    lake: Lake
    geography: Geography
    parameters: Parameters
    _memory: dict[tuple[object, ...], pd.DataFrame] = field(default_factory=dict, repr=False)
    _made: dict[object, Any] = field(default_factory=dict, repr=False)
    _indexes: dict[object, list[tuple[pd.Index, pd.Index]]] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    def of(cls, lake: Lake) -> Context:
        """Open a context on a lake."""
        return cls(lake, Geography.of(lake), load_parameters())

    def parts(self, table: str, **which: object) -> list[Part]:
        """Return the parts of a table of the lake, see :meth:`Lake.parts`."""
        return self.lake.parts(table, **which)  # type: ignore[arg-type]

    def converted(
        self,
        part: Part,
        columns: Sequence[str],
        *,
        where: Mapping[str, object] | None = None,
        keys: tuple[str, ...] = (),
        zero: bool = False,
    ) -> tuple[pd.DataFrame, Read]:
        """Return columns of a part in the reference communes, one row per commune and key.

        Returns
        -------
        frame
            Indexed by code (and keys): the columns, and ``<column>_status`` where a value is not
            plainly the published one.
        read
            What was read.
        """
        conditions = dict(where or {})
        signature = (part.object, tuple(columns), repr(sorted(conditions.items())), keys, zero)
        if signature not in self._memory:
            self._memory[signature] = self._prepared(
                repr(signature), lambda: self._convert(part, columns, conditions, keys, zero=zero)
            )
        return self._memory[signature], Read(part, tuple(columns), conditions)

    def people(self) -> tuple[pd.Series, tuple[Read, ...]]:
        """Return the newest municipal population by reference commune, and what it was read from.

        The weight of what is published by commune without one of its own.
        """
        geography = self.geography
        part = geography.population_part
        if part is None:
            return geography.population, ()
        where: dict[str, object] = {"annee": geography.population_year}
        return geography.population, (Read(part, ("population",), where),)

    def once(self, key: object, make: Callable[[], Made]) -> Made:
        """Return what is made once in this context; callers never change it."""
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made

    def prepared(self, name: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a table that is made once for this version of the lake.

        Parameters
        ----------
        name
            What it is; whatever it depends on beside the lake (parameters, a year) belongs here.
        make
            Makes the table, indexed by code.
        """
        signature = ("prepared", self.lake.version, name)
        if signature not in self._memory:
            self._memory[signature] = self._prepared(repr(signature), make)
        return self._memory[signature]

    def _prepared(self, signature: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a conversion, from the lake's folder of prepared tables when it was made before.

        Parts never change, so a conversion is known by its part, the passage and the reference.
        """
        inputs = [
            part.object
            for table in ("passage", "commune", "population")
            for part in self.lake.parts(table)
        ]
        made = self.lake.prepared(f"{self.geography.cog}|{inputs}|{signature}", make)
        if made.index.nlevels == 1:
            made.index = self._codes(made.index)
        return made

    def _codes(self, index: pd.Index) -> pd.Index:
        """Return codes as objects: one index for all the tables that have the same codes.

        Two tables of the same communes then need no search to be put side by side.
        """
        same = self._indexes.setdefault((len(index), *index[:1]), [])
        for read, kept in same:
            if read.equals(index):
                return kept
        codes: pd.Index = pd.Index(index.to_numpy(object), dtype=object, name="code")
        same.append((index, codes))
        return codes

    def _convert(
        self,
        part: Part,
        columns: Sequence[str],
        where: dict[str, object],
        keys: tuple[str, ...],
        *,
        zero: bool,
    ) -> pd.DataFrame:
        table = TABLES[part.table]
        code = table.geography or "code"
        weights = {
            column.aggregation.weight
            for column in table.columns
            if column.name in columns and column.aggregation.weight
        }
        wanted = [code, *keys, *columns, *sorted(weights - set(columns))]
        frame = self.lake.read(part, wanted, where=where or None).drop(columns="_row")
        frame[code] = frame[code].astype(object)
        sums = [
            name
            for name in wanted
            if name in table.by_name and table.by_name[name].aggregation.rule == "sum"
        ]
        if frame.duplicated([code, *keys]).any():
            frame = frame.groupby([code, *keys], as_index=False, sort=True)[sums].sum(min_count=1)
        # means whose source tells no weight are merged by the inhabitants of the communes of then
        bare = sorted(name for name in weights if frame[name].isna().all()) if len(frame) else []
        if bare:
            people = self.geography.population_of(part.cog or self.geography.cog)
            frame = frame.assign(**dict.fromkeys(bare, frame[code].map(people).astype("float64")))
        made = self.geography.to_reference(frame, part, keys=keys, zero=zero)
        result = made.table.set_index([code, *keys] if keys else code)
        result[bare] = float("nan")
        flags = made.statuses
        if len(flags):
            flags = flags[flags["status"].isin([Status.ABSENT, Status.ESTIMATED])]
            for column, told in flags.groupby("column"):
                status = told.set_index([code, *keys] if keys else code)["status"].astype(str)
                status = status[~status.index.duplicated()]
                result[f"{column}_status"] = status.reindex(result.index)
        return result.drop(columns=[f"{name}_status" for name in bare], errors="ignore")
