"""Use case: the diagnosis of a territory, in every format."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assemblier.diagnosis.assemble import Diagnosis, diagnose
from assemblier.diagnosis.contents import identifiers
from assemblier.diagnosis.documents import DOCUMENTS, documents
from assemblier.errors import MissingSource, UsageError
from assemblier.indicators.context import Context
from assemblier.lake.lake import Lake
from assemblier.progress import Work
from assemblier.publish.pages import page_fitter
from assemblier.publish.write import FORMATS, write
from assemblier.sources.catalogue import Catalogue
from assemblier.usecases.kept_competences import competences_of
from assemblier.usecases.kept_scenarios import scenarios_of
from assemblier.usecases.kept_sitings import sitings_of
from assemblier.usecases.territories import territory_of
from assemblier.workspace.store import Workspace
from assemblier.workspace.territories import kept_territory
from assemblier.workspace.texts import KeptText, keep_text, own_texts, text_history

__all__ = ["DOCUMENTS", "FORMATS", "Written", "diagnose_territory", "set_text", "texts_of"]


@dataclass(frozen=True, slots=True)
class Written:
    """A diagnosis written: the files, and what it was made of."""

    files: tuple[Path, ...]
    diagnosis: Diagnosis


def diagnose_territory(
    *,
    territory: str,
    lake: Path,
    workspace: Path | str,
    out: Path,
    formats: Sequence[str] = FORMATS,
    chapters: Sequence[str] | None = None,
    papers: Sequence[str] = DOCUMENTS[:1],
    template: Path | None = None,
    cog: int | None = None,
    today: dt.date | None = None,
    work: Work | None = None,
) -> Written:
    """Build the diagnosis of a territory and write it.

    Parameters
    ----------
    territory
        Name of a territory of the workspace, or path of a CSV of communes.
    out
        Folder of the documents; made when it is absent.
    papers
        Which documents, among :data:`DOCUMENTS`.
    template
        The DOCX whose styles, margins, header and footer dress the DOCX files.

    Raises
    ------
    UsageError
        When a document is unknown.
    """
    unknown = [name for name in papers if name not in DOCUMENTS]
    if unknown:
        raise UsageError(
            f"Document inconnu : {', '.join(unknown)}. Documents admis : {', '.join(DOCUMENTS)}."
        )
    work = work or Work()
    context = Context.of(Lake.open(lake))
    chosen = territory_of(what=territory, geography=context.geography, workspace=workspace, cog=cog)
    with work.part(0.0, 0.6) as share:
        made = diagnose(
            context,
            chosen,
            catalogue=Catalogue.load(),
            chapters=chapters,
            texts=_texts(workspace, chosen.slug),
            scenarios=scenarios_of(workspace, chosen.slug),
            sitings=sitings_of(workspace, chosen.slug),
            competences=competences_of(workspace, chosen.slug),
            today=today,
            work=share,
        )
    work.step(0.6, "documents")
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for document in documents(made, papers, page_fitter()):
        files += write(document, out, list(formats), template=template)
    work.step(1.0, "terminé")
    return Written(tuple(files), made)


def _texts(workspace: Path | str, slug: str) -> dict[str, str]:
    """Return the own texts of a territory; none when there is no workspace yet."""
    try:
        return own_texts(Workspace.open(workspace), slug)
    except MissingSource:
        return {}


def set_text(
    *,
    territory: str,
    chapter: str,
    text: str,
    workspace: Path | str,
    after: int | None = None,
) -> tuple[str, int]:
    """Keep the own text of a chapter of a territory of the workspace.

    Parameters
    ----------
    after
        Version that the writer had read; see :func:`assemblier.workspace.texts.keep_text`.

    Returns
    -------
    slug, version
        The territory, and the version that the text has now.
    """
    opened = Workspace.open(workspace)
    slug = kept_territory(opened, territory).slug
    return slug, keep_text(opened, slug, chapter, text, identifiers(), after=after)


def texts_of(*, territory: str, workspace: Path | str) -> list[KeptText]:
    """Return every version of the own texts of a territory of the workspace."""
    opened = Workspace.open(workspace)
    return text_history(opened, kept_territory(opened, territory).slug)
