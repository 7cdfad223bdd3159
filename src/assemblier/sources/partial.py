"""A file that is not whole yet: its bytes, the note beside it, and when it may be resumed."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = [
    "Note",
    "begin",
    "discard",
    "disk_full",
    "read_note",
    "resume_headers",
    "take_over",
]


@dataclass(frozen=True, slots=True)
class Note:
    """What the server said of the file that a partial file begins.

    ``run`` names the fetch that wrote it.
    """

    address: str
    etag: str | None
    last_modified: str | None
    total: int | None
    run: str


def begin(part: Path, note: Note) -> None:
    """Start a partial file anew; its note is written once the older bytes are gone."""
    part.unlink(missing_ok=True)
    take_over(part, note)


def take_over(part: Path, note: Note) -> None:
    """Put one's name on a partial file that another run began."""
    _note_path(part).write_text(json.dumps(asdict(note)), "utf-8")


def read_note(part: Path) -> Note | None:
    """Return the note of a partial file; ``None`` when there is none that can be read."""
    try:
        return Note(**json.loads(_note_path(part).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def discard(part: Path) -> None:
    """Remove a partial file and its note, as far as the disk allows."""
    for path in (part, _note_path(part)):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def resume_headers(
    part: Path, note: Note | None, address: str, run: str
) -> tuple[int, dict[str, str]]:
    """Return the byte to start from and the headers that ask for the rest.

    A strong ETag or a date makes the server send the whole again if the file changed
    (``If-Range``, RFC 9110, section 13.1.5). Without them a partial file is trusted only
    within the run that began it, and its total must not change.

    Parameters
    ----------
    part, note
        The partial file and its note.
    address
        Where the rest is asked.
    run
        Name of the present run.
    """
    if note is None or note.address != address or not part.exists():
        return 0, {}
    start = part.stat().st_size
    if not start:
        return 0, {}
    strong = note.etag if note.etag and not note.etag.startswith("W/") else None
    validator = strong or note.last_modified
    asked = {"Range": f"bytes={start}-"}
    if validator:
        return start, asked | {"If-Range": validator}
    if note.run == run and note.total is not None:
        return start, asked
    return 0, {}


def disk_full(part: Path, needed: int | None = None, free: int | None = None) -> str:
    """Say in French that the disk is full, and what to do."""
    said = f"le disque est plein ({part.parent})"
    if needed is not None and free is not None:
        said += f" : il faut {needed / 1e6:.0f} Mo, il en reste {free / 1e6:.0f}"
    return said + " ; libérer de la place ou choisir un autre dossier"


def _note_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")
