"""The option of formats that the pages of the futures share."""

from __future__ import annotations

from typing import Annotated

import typer

from assemblier.publish.write import FORMATS
from assemblier.usecases.futures import PAGE_FORMATS

__all__ = ["DEFAULT_FORMATS", "PageFormats", "split_formats"]

DEFAULT_FORMATS = ",".join(PAGE_FORMATS)
PageFormats = Annotated[
    str, typer.Option("--format", help=f"Parmi {', '.join(FORMATS)}, séparés par des virgules.")
]


def split_formats(asked: str) -> list[str]:
    """Return the formats named, in order."""
    return [each.strip() for each in asked.split(",") if each.strip()]
