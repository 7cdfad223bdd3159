"""Hand a lake over: one dated file that holds a version whole, with its hashes."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path, PurePosixPath

from assemblier.errors import BadInput, Problem
from assemblier.lake.lake import Lake, write_in_one_step
from assemblier.lake.provenance import Manifest
from assemblier.progress import Work

__all__ = ["export_lake", "import_lake"]

SUFFIX = ".lac.tar"


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
    """
    work = work or Work()
    if target.is_dir():
        target = target / f"assemblier-{lake.version}{SUFFIX}"
    beside = target.with_name(f".{target.name}.tmp")
    paths = {f"objects/{p.object[:2]}/{p.object}.parquet" for p in lake.manifest.parts}
    kept = {f"files/{p.sha256}" for p in lake.manifest.parts if p.table == "route"}
    names = sorted(paths | kept)
    hashes: dict[str, str] = {}
    try:
        with tarfile.open(beside, "w") as archive:
            for at, name in enumerate(names):
                work.step(at / max(len(names), 1), name)
                content = (lake.folder / name).read_bytes()
                hashes[name] = hashlib.sha256(content).hexdigest()
                _add(archive, name, content)
            _add(archive, "manifest.json", lake.manifest.to_json().encode("utf-8"))
            _add(archive, "hashes.json", json.dumps(hashes, indent=0).encode("utf-8"))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def import_lake(source: Path, folder: Path, *, work: Work | None = None) -> Lake:
    """Bring a version that :func:`export_lake` wrote into a lake and make it current.

    Raises
    ------
    BadInput
        When the file is not a lake, is cut short, or a hash differs; the lake is left as it was.
    """
    work = work or Work()
    refused = Problem(
        "ce fichier n’est pas un lac de données complet",
        file=source.name,
        advice="Demandez de nouveau le fichier à la personne qui vous l’a remis.",
    )
    try:
        with tarfile.open(source, "r") as archive:
            members = {member.name: member for member in archive.getmembers()}
            manifest = Manifest.from_json(_content(archive, members, "manifest.json").decode())
            hashes = json.loads(_content(archive, members, "hashes.json"))
            for at, (name, expected) in enumerate(sorted(hashes.items())):
                work.step(at / max(len(hashes), 1), name)
                where = PurePosixPath(name)
                if where.is_absolute() or ".." in where.parts or where.parts[0] not in _ROOMS:
                    raise BadInput(refused)
                content = _content(archive, members, name)
                if hashlib.sha256(content).hexdigest() != expected:
                    raise BadInput(refused)
                if not (folder / name).is_file():
                    write_in_one_step(folder / name, content)
    except (tarfile.TarError, KeyError, ValueError, EOFError, OSError) as error:
        raise BadInput(refused) from error
    write_in_one_step(
        folder / "versions" / f"{manifest.version}.json", manifest.to_json().encode("utf-8")
    )
    write_in_one_step(folder / "current", manifest.version.encode("utf-8"))
    return Lake.open(folder)


_ROOMS = ("objects", "files")


def _content(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], name: str) -> bytes:
    opened = archive.extractfile(members[name])
    if opened is None:
        raise KeyError(name)
    with opened:
        content = opened.read()
    if len(content) != members[name].size:
        raise EOFError(name)
    return content
