"""Use cases of sources: list, show, fetch, verify."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assemblier.progress import Work
from assemblier.sources.card import Card
from assemblier.sources.catalogue import Catalogue
from assemblier.sources.fetch import Advance, FetchReport, fetch
from assemblier.sources.receipts import Verification, verify

__all__ = ["fetch_sources", "list_sources", "show_source", "verify_sources"]


def list_sources(*, search: str = "") -> list[Card]:
    """Return the source cards, those that answer a text when one is given."""
    catalogue = Catalogue.load()
    return list(catalogue.search(search)) if search else list(catalogue)


def show_source(*, source: str) -> Card:
    """Return one card."""
    return Catalogue.load().card(source.partition("@")[0])


def fetch_sources(
    *,
    into: Path,
    sources: Sequence[str] = (),
    mirror: str | None = None,
    refresh: bool = False,
    work: Work | None = None,
) -> FetchReport:
    """Fetch editions into a folder; the core set when none is named."""
    work = work or Work()
    catalogue = Catalogue.load()
    editions = catalogue.select(sources) if sources else catalogue.core()

    def progress(advance: Advance) -> None:
        share = advance.received / advance.total if advance.total else 0.0
        work.progress((advance.rank - 1 + share) / advance.count, advance.file)

    return fetch(
        editions,
        into,
        catalogue=catalogue,
        mirror=mirror,
        refresh=refresh,
        progress=progress,
        cancelled=work.cancelled,
    )


def verify_sources(*, folder: Path) -> Verification:
    """Hash the files of a folder again and hold them against their receipts."""
    return verify(folder)
