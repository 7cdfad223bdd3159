"""The matrix of competences of a territory, kept as it was written; every version stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import DateTime, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from assemblier.workspace.model import Base, now
from assemblier.workspace.store import Workspace

__all__ = ["CompetencesRow", "KeptCompetences", "keep_competences", "kept_competences"]


class CompetencesRow(Base):
    """A matrix as it was kept at one moment; never changed."""

    __tablename__ = "competences_version"
    __table_args__ = (UniqueConstraint("territory", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    why: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=now)


@dataclass(frozen=True, slots=True)
class KeptCompetences:
    """One version of the matrix of a territory, and what was changed."""

    number: int
    created: dt.datetime
    why: str
    text: str


def keep_competences(workspace: Workspace, territory: str, text: str, why: str = "") -> int:
    """Keep a matrix and return its version; what is the same as the last one is not kept twice.

    Parameters
    ----------
    text
        Checked before.
    why
        What was changed, for the history.
    """
    with workspace.session() as session:
        rows = select(CompetencesRow).where(CompetencesRow.territory == territory)
        last = session.scalars(rows.order_by(CompetencesRow.number.desc()).limit(1)).first()
        number = last.number if last else 0
        if last is not None and text == last.text:
            return number
        session.add(CompetencesRow(territory=territory, number=number + 1, why=why, text=text))
    return number + 1


def kept_competences(workspace: Workspace, territory: str) -> list[KeptCompetences]:
    """Return every version of the matrix of a territory, oldest first."""
    with workspace.session() as session:
        rows = session.scalars(
            select(CompetencesRow)
            .where(CompetencesRow.territory == territory)
            .order_by(CompetencesRow.number)
        )
        return [KeptCompetences(row.number, row.created, row.why, row.text) for row in rows]
