"""Build a version of the lake from a folder of raw files.

Every file is recognised by its content, or ignored with the reason said. What was read before by
the same reader is not read again. The new version becomes current in one step, when it is whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from assemblier import __version__
from assemblier.errors import BadInput, MissingSource
from assemblier.lake.commune_codes import dated, with_unknown_codes
from assemblier.lake.fingerprint import code_fingerprint
from assemblier.lake.lake import Lake
from assemblier.lake.provenance import FileOutcome, Manifest, Part
from assemblier.language import plural
from assemblier.progress import Work
from assemblier.sources.readers.contract import Ignored, Reader, Recognised
from assemblier.sources.readers.raw import RawFile
from assemblier.sources.readers.registry import recognise
from assemblier.tables import TABLES, checked
from assemblier.whole_files import (
    copy_in_one_step,
    sweep_abandoned,
    write_in_one_step,
    written_in_one_step,
)

__all__ = ["build"]

CHUNK = 1 << 20
"""Seconds after which an unfinished file belongs to no running build."""
PROBLEMS_KEPT = 200
"""Problems written in the manifest for one refused file; how many there are is always said."""


SAME_CONTENT = "même contenu que"


@dataclass(frozen=True, slots=True)
class _Read:
    outcome: FileOutcome
    parts: tuple[Part, ...] = ()


def build(folder: Path, lake: Path, *, work: Work | None = None) -> Lake:
    """Build a new version from every file below a folder and make it current.

    Parameters
    ----------
    folder
        Raw files, in any layout.
    lake
        Folder of the lake; made when it is absent.
    work
        Progress and cancellation.

    Returns
    -------
    Lake
        The version built, or the current one when nothing changed.

    Raises
    ------
    MissingSource
        When the folder does not exist or holds no file.
    Cancelled
        When stopped; the current version stays.
    CannotWrite
        When the disk is full; the current version stays.
    """
    work = work or Work()
    paths = _files(folder, lake)
    previous = _previous(lake)
    known = _known(previous, lake)
    sweep_abandoned(lake, "**/.*.tmp")
    outcomes: list[FileOutcome] = []
    parts: list[Part] = []
    seen: dict[str, str] = {}
    for at, path in enumerate(paths):
        name = path.relative_to(folder).as_posix()
        work.step(at / len(paths), name)
        sha256 = _sha256(path)
        if sha256 in seen:
            # rows that come twice would count twice
            said = f"{SAME_CONTENT} {seen[sha256]}"
            size = path.stat().st_size
            outcomes.append(FileOutcome(name, sha256, size, "ignored", said, reader="-"))
            continue
        seen[sha256] = name
        read = known.get((name, sha256)) or _read_file(path, name, sha256, lake)
        outcomes.append(read.outcome)
        parts.extend(read.parts)
    work.step(1.0, "version")
    located = partial(_object_path, lake)
    parts = dated(parts, located)
    outcomes = with_unknown_codes(outcomes, parts, located)
    digest = hashlib.sha256(
        "\n".join(
            sorted(f"{p.table} {p.source} {p.object} {p.cog} {p.file}" for p in parts)
        ).encode()
    ).hexdigest()[:10]
    if previous is not None and previous.version.endswith(digest) and _same(previous, outcomes):
        return Lake(lake, previous)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    manifest = Manifest(
        version=f"{now:%Y%m%dT%H%M%S}-{digest}",
        created=now.isoformat(),
        program=__version__,
        folder=str(folder),
        files=tuple(outcomes),
        parts=tuple(parts),
    )
    write_in_one_step(
        lake / "versions" / f"{manifest.version}.json", manifest.to_json().encode("utf-8")
    )
    write_in_one_step(lake / "current", manifest.version.encode("utf-8"))
    return Lake(lake, manifest)


def _files(folder: Path, lake: Path) -> list[Path]:
    if not folder.is_dir():
        raise MissingSource(f"Le dossier {folder} n’existe pas.")
    inside = lake.resolve()
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".") and inside not in path.resolve().parents
    )
    if not paths:
        raise MissingSource(f"Le dossier {folder} ne contient aucun fichier.")
    return paths


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _previous(lake: Path) -> Manifest | None:
    try:
        return Lake.open(lake).manifest
    except (MissingSource, BadInput):
        # none yet, or one that is damaged: everything is read again
        return None


def _known(previous: Manifest | None, lake: Path) -> Mapping[tuple[str, str], _Read]:
    """Return what the previous version read with the readers and tables of today."""
    if previous is None or previous.program != __version__:
        return {}
    by_file: dict[str, list[Part]] = {}
    for part in previous.parts:
        by_file.setdefault(part.file, []).append(part)
    fingerprint = _readers_fingerprint()
    return {
        (outcome.file, outcome.sha256): _Read(outcome, tuple(by_file.get(outcome.file, ())))
        for outcome in previous.files
        if outcome.reader.endswith(fingerprint)
        and all(_object_path(lake, part).is_file() for part in by_file.get(outcome.file, ()))
    }


def _object_path(lake: Path, part: Part) -> Path:
    return lake / "objects" / part.object[:2] / f"{part.object}.parquet"


def _readers_fingerprint() -> str:
    """Return a short hash of readers and declarations: when it changes, files are read again."""
    return code_fingerprint("sources/readers", "tables")


def _same(previous: Manifest, outcomes: list[FileOutcome]) -> bool:
    return list(previous.files) == outcomes


def _read_file(path: Path, name: str, sha256: str, lake: Path) -> _Read:
    started = time.perf_counter()
    raw = RawFile(path, sha256)
    size = path.stat().st_size
    fingerprint = _readers_fingerprint()

    def outcome(kind: str, said: str, **more: object) -> FileOutcome:
        base = FileOutcome(name, sha256, size, kind, said, reader=f"-/{fingerprint}")
        seconds = round(time.perf_counter() - started, 2)
        return replace(base, seconds=seconds, **more)  # type: ignore[arg-type]

    try:
        known = recognise(raw)
        if isinstance(known, Ignored):
            return _Read(outcome("ignored", known.reason))
        reader, found = known
        parts, notes, problems = _extract(raw, name, reader, found, lake)
    except BadInput as error:
        shown = tuple(str(problem) for problem in error.problems[:PROBLEMS_KEPT])
        return _Read(outcome("refused", "fichier illisible", problems=shown))
    label = f"{reader.id}/{reader.version}/{fingerprint}"
    if problems:
        said = f"{found.label} : {len(problems)} {plural(len(problems), 'problème')}"
        return _Read(
            outcome("refused", said, problems=tuple(problems[:PROBLEMS_KEPT]), reader=label)
        )
    return _Read(outcome("recognised", found.label, notes=notes, reader=label), parts)


def _extract(
    raw: RawFile, name: str, reader: Reader, found: Recognised, lake: Path
) -> tuple[tuple[Part, ...], tuple[str, ...], list[str]]:
    parts: list[Part] = []
    problems: list[str] = []
    notes = list(found.notes)
    for at, extract in enumerate(reader.read(raw, found)):
        table = TABLES[extract.table]
        frame, wrong = checked(extract.frame, table, file=name, headings=extract.headings)
        wrong = [*(replace(problem, file=name) for problem in extract.problems), *wrong]
        wrong.sort(key=lambda problem: problem.line or 0)
        notes.extend(extract.notes)
        if wrong:
            problems.extend(str(problem) for problem in wrong)
            continue
        cog = (extract.cog or found.cog) if table.geography or extract.cog else None
        if extract.table in {"appartenance", "libelle_zone"}:
            cog = extract.cog or found.cog
        key = f"{raw.sha256}|{reader.id}/{reader.version}|{table.id}|{at}|{_readers_fingerprint()}"
        part = Part(
            table=table.id,
            source=found.card,
            file=name,
            sha256=raw.sha256,
            reader=f"{reader.id}/{reader.version}",
            cog=cog,
            period=found.period,
            rows=len(frame),
            object=hashlib.sha256(key.encode()).hexdigest()[:32],
            notes=extract.notes,
            supposed_cog=None if found.cog_sure or extract.cog else (cog or 0),
            years=_years(frame),
            grids=_grids(frame),
        )
        _write_object(frame, lake, part)
        parts.append(part)
    if any(part.table == "route" for part in parts):
        kept = lake / "files" / raw.sha256
        if not kept.is_file():
            with raw.path.open("rb") as opened:
                copy_in_one_step(opened, kept)
    return tuple(parts), tuple(notes), problems


def _years(frame: pd.DataFrame) -> tuple[int, ...]:
    if "annee" not in frame:
        return ()
    return tuple(sorted(int(year) for year in frame["annee"].dropna().unique()))


def _grids(frame: pd.DataFrame) -> tuple[str, ...]:
    if "grille" not in frame:
        return ()
    return tuple(sorted(frame["grille"].dropna().unique()))


def _write_object(frame: pd.DataFrame, lake: Path, part: Part) -> None:
    path = _object_path(lake, part)
    if path.is_file():
        return
    table = pa.Table.from_pandas(frame.assign(_source=part.source), preserve_index=False)
    texts = [name for name in table.column_names if pa.types.is_large_string(table[name].type)]
    with written_in_one_step(path) as beside:
        pq.write_table(
            table,
            beside,
            compression="zstd",
            use_dictionary=[*texts, "_source"],
            write_statistics=True,
        )
