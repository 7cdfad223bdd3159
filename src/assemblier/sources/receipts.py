"""What is known of a file that was fetched, kept beside it, and the later check of a folder."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from assemblier.errors import Cancelled, MissingSource
from assemblier.language import date

__all__ = [
    "PARTIAL",
    "RECEIPT",
    "Checkup",
    "Receipt",
    "Verification",
    "digest",
    "read_receipt",
    "verify",
    "write_receipt",
]

RECEIPT = ".provenance.json"
"""Suffix of the file written beside each raw file."""

PARTIAL = ".partiel"
"""Suffix of what is not whole yet."""

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a raw file came from, when, and what its content was.

    Attributes
    ----------
    card, edition
        Card id and vintage.
    address, final_address
        The producer's address, and the one that answered after redirections.
    mirror
        Folder or base address it was really read from, if any.
    fetched_at
        Date and hour, UTC, ISO 8601.
    etag, last_modified, content_type
        As the server said them.
    """

    file: str
    card: str
    edition: str
    title: str
    producer: str
    licence: str
    address: str | None
    final_address: str | None
    mirror: str | None
    fetched_at: str
    sha256: str
    size: int
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None


Health = Literal["intact", "changed", "missing", "unreadable", "unknown", "partial"]


@dataclass(frozen=True, slots=True)
class Checkup:
    """State of one file of a folder, with the sentence that says it."""

    file: str
    health: Health
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """State of every file of a folder of raw data."""

    checkups: tuple[Checkup, ...]

    @property
    def faults(self) -> tuple[Checkup, ...]:
        """Files that are no longer what was fetched."""
        return tuple(c for c in self.checkups if c.health in {"changed", "missing", "unreadable"})

    @property
    def ok(self) -> bool:
        """Whether every file with a receipt is intact."""
        return not self.faults


def digest(path: Path, cancelled: Callable[[], bool] | None = None) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    sha = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            if cancelled is not None and cancelled():
                raise Cancelled("Contrôle arrêté ; rien n’a été changé.")
            sha.update(chunk)
    return sha.hexdigest()


def read_receipt(path: Path) -> Receipt | None:
    """Return the receipt of a raw file; ``None`` when it has none that can be read.

    A receipt left pending by a stop between the two renamings is finished when it describes
    the file that is there.
    """
    pending = _beside(path, RECEIPT + PARTIAL)
    if pending.exists() and path.exists():
        waiting = _parse(pending)
        if waiting is not None and waiting.sha256 == digest(path):
            pending.replace(_beside(path, RECEIPT))
    return _parse(_beside(path, RECEIPT))


def write_receipt(path: Path, receipt: Receipt, part: Path) -> None:
    """Put a whole file and its receipt in place, each in one step.

    Parameters
    ----------
    path
        Final place of the raw file.
    receipt
        What to remember of it.
    part
        The whole and checked file, in the same folder.
    """
    pending = _beside(path, RECEIPT + PARTIAL)
    text = json.dumps(asdict(receipt), ensure_ascii=False, indent=2) + "\n"
    with pending.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)
    pending.replace(_beside(path, RECEIPT))


def verify(folder: Path, *, cancelled: Callable[[], bool] | None = None) -> Verification:
    """Hash every raw file of a folder again and compare with its receipt.

    Parameters
    ----------
    folder
        Folder of raw files, searched in depth.
    cancelled
        Asked between blocks; true stops the check.

    Raises
    ------
    MissingSource
        When the folder is not there.
    Cancelled
        When the person stopped.
    """
    if not folder.is_dir():
        raise MissingSource(f"Dossier de données brutes introuvable : {folder}.")
    checkups: list[Checkup] = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name.endswith((PARTIAL, PARTIAL + ".json")):
            checkups.append(
                Checkup(name, "partial", f"{name} : téléchargement inachevé, à reprendre.")
            )
        elif name.endswith(RECEIPT):
            raw = path.with_name(path.name.removesuffix(RECEIPT))
            if not raw.exists():
                gone = name.removesuffix(RECEIPT)
                checkups.append(
                    Checkup(gone, "missing", f"{gone} : fichier disparu, sa provenance est restée.")
                )
        else:
            checkups.append(_checkup(path, name, cancelled))
    return Verification(tuple(checkups))


def _checkup(path: Path, name: str, cancelled: Callable[[], bool] | None) -> Checkup:
    receipt = read_receipt(path)
    if receipt is None:
        if _beside(path, RECEIPT).exists():
            return Checkup(name, "unreadable", f"{name} : fichier de provenance illisible.")
        return Checkup(name, "unknown", f"{name} : déposé à la main, sans provenance.")
    if receipt.size != path.stat().st_size or receipt.sha256 != digest(path, cancelled):
        return Checkup(
            name,
            "changed",
            f"{name} : modifié depuis son téléchargement du {_day(receipt.fetched_at)} ; "
            "le télécharger de nouveau.",
        )
    return Checkup(name, "intact", f"{name} : intact.")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _parse(path: Path) -> Receipt | None:
    try:
        raw = json.loads(path.read_text("utf-8"))
        return Receipt(**{f.name: raw[f.name] for f in fields(Receipt)})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _day(moment: str) -> str:
    """Write in French the day of a moment as receipts keep it."""
    return date(dt.datetime.fromisoformat(moment).date())
