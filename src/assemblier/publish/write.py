"""Write a document into a folder, in every format asked, each file whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assemblier.blocks import Document
from assemblier.errors import UsageError
from assemblier.publish.atlas import render_atlas
from assemblier.publish.docx import render_docx
from assemblier.publish.drawings import Drawings, draw
from assemblier.publish.exchange import render_json
from assemblier.publish.gpkg import render_gpkg
from assemblier.publish.html import render_html
from assemblier.publish.pdf import render_pdf
from assemblier.publish.xlsx import render_xlsx
from assemblier.whole_files import write_in_one_step, written_under_its_name

__all__ = ["FORMATS", "write"]

FORMATS = ("html", "pdf", "docx", "xlsx", "gpkg", "json", "atlas")
"""What can be written: six files, and the atlas, a folder of pictures with their numbers."""


def write(
    document: Document,
    folder: Path,
    formats: Iterable[str] = FORMATS,
    *,
    template: Path | None = None,
) -> list[Path]:
    """Write a document; maps and charts are drawn once for all formats.

    Parameters
    ----------
    template
        The DOCX whose styles the user wants.

    Returns
    -------
    list of Path
        What was written, in the order of the formats asked; a document without maps has no
        GeoPackage.

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
    made: dict[str, list[Path]] = {}
    with ThreadPoolExecutor(1) as beside:
        # pages are composed outside of Python: the other formats are made meanwhile
        pages = beside.submit(render_pdf, document, drawings) if "pdf" in wanted else None
        for name in wanted:
            path = folder / f"{document.id}.{name}"
            if name == "atlas":
                made[name] = _atlas(document, folder / f"{document.id}-atlas", drawings)
            elif name == "gpkg":
                made[name] = [path] if _gpkg(document, path) else []
            elif name != "pdf":
                write_in_one_step(path, _content(name, document, drawings, template))
                made[name] = [path]
        if pages is not None:
            path = folder / f"{document.id}.pdf"
            write_in_one_step(path, pages.result())
            made["pdf"] = [path]
    return [path for name in wanted for path in made[name]]


def _content(name: str, document: Document, drawings: Drawings, template: Path | None) -> bytes:
    renderers: dict[str, Callable[[], str | bytes]] = {
        "html": lambda: render_html(document, drawings),
        "docx": lambda: render_docx(document, template, drawings),
        "xlsx": lambda: render_xlsx(document),
        "json": lambda: render_json(document),
    }
    made = renderers[name]()
    return made.encode() if isinstance(made, str) else made


def _atlas(document: Document, folder: Path, drawings: Drawings) -> list[Path]:
    files = render_atlas(document, drawings)
    if files:
        folder.mkdir(exist_ok=True)
    written = []
    for name, content in sorted(files.items()):
        write_in_one_step(folder / name, content)
        written.append(folder / name)
    return written


def _gpkg(document: Document, path: Path) -> bool:
    with written_under_its_name(path) as made:
        return bool(render_gpkg(document, made))
