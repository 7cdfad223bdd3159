"""Questions of siting that a territory keeps, by name, with the answer of the day; all versions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import DateTime, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from assemblier.workspace.model import Base, now
from assemblier.workspace.store import Workspace

__all__ = ["KeptSiting", "SitingRow", "keep_siting", "kept_sitings", "siting_history"]


class SitingRow(Base):
    """A question and its answer as they were kept at one moment; never changed."""

    __tablename__ = "siting_version"
    __table_args__ = (UniqueConstraint("territory", "name", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(120))
    number: Mapped[int]
    request: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    created: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=now)


@dataclass(frozen=True, slots=True)
class KeptSiting:
    """One version of a question; ``request`` is empty where it was taken away.

    Attributes
    ----------
    request, answer
        What was asked and what was answered, as JSON texts.
    """

    name: str
    number: int
    created: dt.datetime
    request: str
    answer: str


def keep_siting(
    workspace: Workspace, territory: str, name: str, *, request: str, answer: str
) -> int:
    """Keep a question under a name and return its version; an empty one takes it away.

    What is the same as the last version, answer included, is not kept twice.
    """
    with workspace.session() as session:
        rows = select(SitingRow).where(SitingRow.territory == territory, SitingRow.name == name)
        last = session.scalars(rows.order_by(SitingRow.number.desc()).limit(1)).first()
        number = last.number if last else 0
        held = (last.request, last.answer) if last else ("", "")
        if held == (request, answer):
            return number
        session.add(
            SitingRow(
                territory=territory, name=name, number=number + 1, request=request, answer=answer
            )
        )
    return number + 1


def siting_history(workspace: Workspace, territory: str) -> list[KeptSiting]:
    """Return every version of every question of a territory, oldest first."""
    with workspace.session() as session:
        rows = session.scalars(
            select(SitingRow).where(SitingRow.territory == territory).order_by(SitingRow.id)
        )
        return [
            KeptSiting(row.name, row.number, row.created, row.request, row.answer) for row in rows
        ]


def kept_sitings(workspace: Workspace, territory: str) -> list[KeptSiting]:
    """Return the questions that a territory keeps, in the order they were first kept."""
    last = {each.name: each for each in siting_history(workspace, territory)}
    return [each for each in last.values() if each.request]
