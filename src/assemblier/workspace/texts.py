"""Own paragraphs of a territory, by chapter, kept when its documents are made again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import DateTime, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from assemblier.errors import BadInput, Problem
from assemblier.workspace.model import Base, now
from assemblier.workspace.store import Workspace

__all__ = ["OwnText", "keep_text", "own_texts"]

LONGEST = 20_000
"""Characters of an own text at most: a chapter is no book."""


class OwnText(Base):
    """What a territory wrote in a chapter of its diagnosis."""

    __tablename__ = "own_text"

    territory: Mapped[str] = mapped_column(String(80), primary_key=True)
    chapter: Mapped[str] = mapped_column(String(40), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    changed: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)


def keep_text(
    workspace: Workspace, territory: str, chapter: str, text: str, chapters: Collection[str]
) -> None:
    """Keep the own text of a chapter; an empty text takes it away.

    Parameters
    ----------
    chapters
        Identifiers of the chapters there are.

    Raises
    ------
    BadInput
        When the chapter is unknown or the text too long.
    """
    if chapter not in chapters:
        raise BadInput(
            Problem("chapitre inconnu", value=chapter, allowed=", ".join(sorted(chapters)))
        )
    if len(text) > LONGEST:
        raise BadInput(
            Problem(
                "texte trop long", value=f"{len(text)} caractères", allowed=f"au plus {LONGEST}"
            )
        )
    with workspace.session() as session:
        kept = session.get(OwnText, (territory, chapter))
        if not text.strip():
            if kept is not None:
                session.delete(kept)
        elif kept is None:
            session.add(OwnText(territory=territory, chapter=chapter, text=text))
        else:
            kept.text = text


def own_texts(workspace: Workspace, territory: str) -> dict[str, str]:
    """Return chapter → own text of a territory."""
    with workspace.session() as session:
        rows = session.scalars(select(OwnText).where(OwnText.territory == territory))
        return {row.chapter: row.text for row in rows}
