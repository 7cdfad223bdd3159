"""Own paragraphs of a territory, by chapter, kept when its documents are made again.

Each text that was kept stays: a new one is a new version, and so is taking the text away.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import DateTime, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assemblier.errors import BadInput, Problem
from assemblier.workspace.model import Base, now
from assemblier.workspace.store import Workspace

__all__ = ["KeptText", "OwnText", "keep_text", "own_texts", "text_history"]

LONGEST = 20_000
"""Characters of an own text at most: a chapter is no book."""


class OwnText(Base):
    """What a territory wrote in a chapter of its diagnosis at one moment; never changed."""

    __tablename__ = "own_text_version"
    __table_args__ = (UniqueConstraint("territory", "chapter", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory: Mapped[str] = mapped_column(String(80))
    chapter: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=now)


@dataclass(frozen=True, slots=True)
class KeptText:
    """One version of an own text; empty when it was taken away."""

    chapter: str
    number: int
    created: dt.datetime
    text: str


def keep_text(
    workspace: Workspace,
    territory: str,
    chapter: str,
    text: str,
    chapters: Collection[str],
    *,
    after: int | None = None,
) -> int:
    """Keep the own text of a chapter and return its version; an empty text takes it away.

    Parameters
    ----------
    chapters
        Identifiers of the chapters there are.
    after
        Version that the writer had read, 0 for none: when another was kept since, the text is
        refused. Not checked when None.

    Raises
    ------
    BadInput
        When the chapter is unknown, the text too long, or somebody kept another meanwhile.
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
        last = _last(session, territory, chapter)
        number = last.number if last else 0
        if after is not None and after != number:
            raise BadInput(
                Problem(
                    "quelqu’un d’autre a modifié ce texte entre-temps",
                    value=f"version {number}, vous aviez lu la version {after}",
                    advice="Relisez la version enregistrée, puis recommencez.",
                )
            )
        if text.strip() == (last.text.strip() if last else ""):
            return number
        session.add(
            OwnText(territory=territory, chapter=chapter, number=number + 1, text=text.strip())
        )
    return number + 1


def own_texts(workspace: Workspace, territory: str) -> dict[str, str]:
    """Return chapter → own text of a territory."""
    last = {each.chapter: each.text for each in text_history(workspace, territory)}
    return {chapter: text for chapter, text in last.items() if text}


def text_history(workspace: Workspace, territory: str) -> list[KeptText]:
    """Return every version of every own text of a territory, by chapter, oldest first."""
    with workspace.session() as session:
        rows = session.scalars(
            select(OwnText)
            .where(OwnText.territory == territory)
            .order_by(OwnText.chapter, OwnText.number)
        )
        return [KeptText(row.chapter, row.number, row.created, row.text) for row in rows]


def _last(session: Session, territory: str, chapter: str) -> OwnText | None:
    return session.scalars(
        select(OwnText)
        .where(OwnText.territory == territory, OwnText.chapter == chapter)
        .order_by(OwnText.number.desc())
        .limit(1)
    ).first()
