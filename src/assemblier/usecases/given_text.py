"""Text files that a person gives: whatever program of theirs wrote them."""

from __future__ import annotations

from pathlib import Path

from assemblier.errors import BadInput, MissingSource, Problem

__all__ = ["read_text"]


def read_text(path: Path) -> str:
    """Read a text written in UTF-8 or, by older programs, in Windows-1252.

    Raises
    ------
    MissingSource
        When the file does not exist.
    BadInput
        When it is no text.
    """
    if not path.is_file():
        raise MissingSource(f"Le fichier {path} n’existe pas.")
    raw = path.read_bytes()
    if b"\0" not in raw:
        for encoding in ("utf-8-sig", "cp1252"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise BadInput(
        Problem(
            "ce fichier n’est pas un texte",
            path.name,
            allowed="un fichier texte (.txt, .csv) en UTF-8 ou Windows-1252",
            advice="Depuis Word ou Excel : Enregistrer sous, texte brut ou CSV UTF-8.",
        )
    )
