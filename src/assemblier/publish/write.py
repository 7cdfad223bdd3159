"""Write a document into a folder, in every format asked, each file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from assemblier.blocks import Document
from assemblier.errors import UsageError
from assemblier.publish.drawings import draw
from assemblier.publish.html import render_html
from assemblier.publish.pdf import render_pdf

__all__ = ["FORMATS", "write"]

FORMATS = ("html", "pdf")


def write(document: Document, folder: Path, formats: Iterable[str] = FORMATS) -> list[Path]:
    """Write a document; maps and charts are drawn once for all formats.

    Returns
    -------
    list of Path
        What was written, in the order of the formats asked.

    Raises
    ------
    UsageError
        When a format is unknown.
    """
    wanted = list(dict.fromkeys(formats))
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise UsageError(
            f"Format inconnu : {', '.join(unknown)}. Formats admis : {', '.join(FORMATS)}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    drawings = draw(document)
    written: list[Path] = []
    for name in wanted:
        path = folder / f"{document.id}.{name}"
        if name == "html":
            _whole(path, render_html(document, drawings).encode())
        elif name == "pdf":
            _whole(path, render_pdf(document, drawings))
        written.append(path)
    return written


def _whole(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
