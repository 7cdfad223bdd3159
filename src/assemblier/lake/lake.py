"""Open a lake and read its tables: a folder of immutable objects and a pointer to one version.

::

    lake/
      current                     name of the current version, replaced in one step
      versions/<version>.json     manifest of a version
      objects/ab/<object>.parquet rows of one table from one raw file, never changed
      files/<sha256>              raw files that are kept as they are (road extracts)

A reader opens the pointer, then the manifest, then objects that never change: a build that runs or
dies meanwhile cannot disturb it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assemblier.errors import BadInput, CannotWrite, MissingSource, Problem
from assemblier.lake.fingerprint import code_fingerprint
from assemblier.lake.provenance import Manifest, Part
from assemblier.whole_files import write_in_one_step

__all__ = ["Lake"]


@dataclass(frozen=True)
class Lake:
    """One version of a lake, open for reading."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: Path, version: str | None = None) -> Lake:
        """Open the current version, or the one named.

        Raises
        ------
        MissingSource
            When there is no lake, or no such version.
        BadInput
            When the manifest of the version is damaged.
        """
        if version is None:
            pointer = folder / "current"
            if not pointer.is_file():
                raise MissingSource(
                    f"Aucun lac de données dans {folder}. Construisez-le : "
                    f"assemblier lake build --from DOSSIER --lake {folder}"
                )
            version = pointer.read_text(encoding="utf-8").strip()
        path = folder / "versions" / f"{version}.json"
        if not path.is_file():
            raise MissingSource(
                f"La version {version} n’existe pas dans le lac {folder}. Reconstruisez-le, ou "
                "importez-le de nouveau."
            )
        try:
            return cls(folder, Manifest.from_json(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(
                Problem(
                    f"la version {version} du lac est endommagée",
                    file=str(path),
                    advice="Reconstruisez le lac, ou importez-le de nouveau.",
                )
            ) from error

    @property
    def version(self) -> str:
        """Identifier of the version that is open."""
        return self.manifest.version

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """Tables that have at least one part."""
        return tuple(sorted({part.table for part in self.manifest.parts}))

    def parts(
        self,
        table: str,
        *,
        card: str | None = None,
        source: str | None = None,
        cog: int | None = None,
        year: int | None = None,
    ) -> list[Part]:
        """Return the parts of a table, newest communes first, then by source."""
        found = [
            part
            for part in self.manifest.parts
            if part.table == table
            and (card is None or part.card == card)
            and (source is None or part.source == source)
            and (cog is None or part.cog == cog)
            and (year is None or year in part.years)
        ]
        return sorted(found, key=lambda part: (-(part.cog or 0), part.source, part.file))

    def part(
        self,
        table: str,
        *,
        card: str | None = None,
        source: str | None = None,
        cog: int | None = None,
        year: int | None = None,
    ) -> Part:
        """Return the first part that fits.

        Raises
        ------
        MissingSource
            When the lake has none.
        """
        found = self.parts(table, card=card, source=source, cog=cog, year=year)
        if not found:
            wanted = ", ".join(
                f"{name} {value}"
                for name, value in (("source", source or card), ("COG", cog), ("année", year))
                if value is not None
            )
            raise MissingSource(
                f"Le lac n’a pas de table « {table} »{f' ({wanted})' if wanted else ''}."
            )
        return found[0]

    def path(self, part: Part) -> Path:
        """Where the rows of a part lie."""
        return self.folder / "objects" / part.object[:2] / f"{part.object}.parquet"

    def read(
        self,
        part: Part,
        columns: Sequence[str] | None = None,
        *,
        where: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Read a part.

        Parameters
        ----------
        columns
            Columns to read, all by default; ``_row`` always comes.
        where
            Column → value, or list of values, that rows must have.

        Returns
        -------
        DataFrame
            With ``_row`` (1-based in the raw file) and ``attrs["part"]``.
        """
        wanted = None if columns is None else [*dict.fromkeys([*columns, "_row"])]
        filters = None
        for name, value in (where or {}).items():
            field = pc.field(name)
            one = (
                field.isin(list(value))
                if isinstance(value, (list, tuple, set, frozenset))
                else field == value
            )
            filters = one if filters is None else filters & one
        table: pa.Table = pq.read_table(self.path(part), columns=wanted, filters=filters)
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def prepared(self, signature: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return a table made from parts, from the disk when the same code made it before.

        Parameters
        ----------
        signature
            All that the table depends on: objects of the parts, conditions, vintage.
        make
            Makes the table; its index is kept.
        """
        name = hashlib.sha256(signature.encode()).hexdigest()[:32]
        path = self.prepared_folder / f"{name}.parquet"
        # a table that the disk damaged is made again
        with contextlib.suppress(FileNotFoundError, pa.ArrowInvalid, OSError):
            found: pd.DataFrame = pd.read_parquet(path)
            return found
        made = make()
        with contextlib.suppress(OSError, CannotWrite):
            # a lake that cannot be written to is only slower
            content = io.BytesIO()
            made.to_parquet(content)
            write_in_one_step(path, content.getvalue())
        return made

    @property
    def prepared_folder(self) -> Path:
        """Folder of what this version of the program makes once from the lake."""
        return self.folder / "prepared" / code_fingerprint()

    def forget_prepared(self) -> None:
        """Take away what other versions of the program had prepared; they would make it again."""
        for each in self.prepared_folder.parent.glob("*"):
            if each.is_dir() and each != self.prepared_folder:
                shutil.rmtree(each, ignore_errors=True)
            elif each.is_file():
                with contextlib.suppress(OSError):
                    each.unlink()

    def kept_file(self, sha256: str) -> Path:
        """Path of a raw file that is kept as it is."""
        return self.folder / "files" / sha256
