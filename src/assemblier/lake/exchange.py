"""Hand a lake over: one dated file that holds a version whole, with its hashes."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from assemblier.errors import BadInput, MissingSource, Problem
from assemblier.lake.lake import Lake
from assemblier.lake.provenance import Manifest
from assemblier.progress import Work
from assemblier.whole_files import copy_in_one_step, write_in_one_step, written_in_one_step

__all__ = ["export_lake", "import_lake"]

SUFFIX = ".lac.tar"
ROOMS = ("objects", "files")
VERSION = re.compile(r"\d{8}T\d{6}-[0-9a-f]{10}")
CHUNK = 1 << 20


def export_lake(lake: Lake, target: Path, *, work: Work | None = None) -> Path:
    """Write one version of a lake as one file.

    Parameters
    ----------
    target
        A folder, where the file takes the name of the version, or the file itself.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CannotWrite
        When the disk is full; no half file stays.
    """
    work = work or Work()
    if target.is_dir():
        target = target / f"assemblier-{lake.version}{SUFFIX}"
    names = _named(lake.manifest)
    hashes: dict[str, str] = {}
    with written_in_one_step(target) as beside, tarfile.open(beside, "w") as archive:
        for at, name in enumerate(names):
            work.step(at / max(len(names), 1), name)
            path = lake.folder / name
            digest = hashlib.sha256()
            with path.open("rb") as opened:
                while chunk := opened.read(CHUNK):
                    digest.update(chunk)
                opened.seek(0)
                _add(archive, name, opened, path.stat().st_size)
            hashes[name] = digest.hexdigest()
        for name, text in (
            ("manifest.json", lake.manifest.to_json()),
            ("hashes.json", json.dumps(hashes, indent=0)),
        ):
            content = text.encode("utf-8")
            _add(archive, name, io.BytesIO(content), len(content))
    return target


def _named(manifest: Manifest) -> list[str]:
    """Return the files that a version is made of."""
    objects = {f"objects/{part.object[:2]}/{part.object}.parquet" for part in manifest.parts}
    kept = {f"files/{part.sha256}" for part in manifest.parts if part.table == "route"}
    return sorted(objects | kept)


def _add(archive: tarfile.TarFile, name: str, stream: IO[bytes], size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    archive.addfile(info, stream)


def import_lake(source: Path, folder: Path, *, work: Work | None = None) -> Lake:
    """Bring a version that :func:`export_lake` wrote into a lake and make it current.

    Raises
    ------
    MissingSource
        When the file does not exist.
    BadInput
        When the file is not a lake, is cut short, or a hash differs; the lake is left as it was.
    CannotWrite
        When the disk is full; the current version stays.
    """
    work = work or Work()
    if not source.exists():
        raise MissingSource(f"Le fichier {source} n’existe pas.")
    refused = Problem(
        "ce fichier n’est pas un lac de données complet",
        file=source.name,
        advice="Demandez de nouveau le fichier à la personne qui vous l’a remis.",
    )
    try:
        with tarfile.open(source, "r:") as archive:
            members = {member.name: member for member in archive.getmembers()}
            manifest = Manifest.from_json(_content(archive, members, "manifest.json"))
            hashes = json.loads(_content(archive, members, "hashes.json"))
            if VERSION.fullmatch(manifest.version) is None or _named(manifest) != sorted(hashes):
                raise BadInput(refused)
            for at, (name, expected) in enumerate(sorted(hashes.items())):
                work.step(at / max(len(hashes), 1), name)
                _bring(archive, members[name], folder, expected)
    except (tarfile.TarError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise BadInput(refused) from error
    except (EOFError, OSError) as error:
        raise BadInput(refused) from error
    write_in_one_step(
        folder / "versions" / f"{manifest.version}.json", manifest.to_json().encode("utf-8")
    )
    write_in_one_step(folder / "current", manifest.version.encode("utf-8"))
    return Lake.open(folder)


def _bring(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, expected: str) -> None:
    """Copy one file of the archive, once its content is known to be the one announced."""
    where = PurePosixPath(member.name)
    if not member.isreg() or where.is_absolute() or ".." in where.parts:
        raise ValueError(member.name)
    if where.parts[0] not in ROOMS or _digest(archive, member) != expected:
        raise ValueError(member.name)
    if not (folder / member.name).is_file():
        with _opened(archive, member) as stream:
            copy_in_one_step(stream, folder / member.name)


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = archive.extractfile(member)
    if opened is None:
        raise KeyError(member.name)
    return opened


def _digest(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    digest = hashlib.sha256()
    size = 0
    with _opened(archive, member) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    if size != member.size:
        raise EOFError(member.name)
    return digest.hexdigest()


def _content(archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], name: str) -> str:
    with _opened(archive, members[name]) as stream:
        content = stream.read()
    if len(content) != members[name].size:
        raise EOFError(name)
    return content.decode("utf-8")
