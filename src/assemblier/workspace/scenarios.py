"""The file of scenarios of a territory, kept as it was written; every version stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import DateTime, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from assemblier.workspace.model import Base, now
from assemblier.workspace.store import Workspace

__all__ = ["KeptScenarios", "ScenarioRow", "keep_scenarios", "kept_scenarios"]


class ScenarioRow(Base):
    """A file of scenarios as it was kept at one moment; never changed."""

    __tablename__ = "scenario_version"
    __table_args__ = (UniqueConstraint("territory", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    territory: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=now)


@dataclass(frozen=True, slots=True)
class KeptScenarios:
    """One version of the file of scenarios of a territory; empty when it was taken away."""

    number: int
    created: dt.datetime
    text: str


def keep_scenarios(workspace: Workspace, territory: str, text: str) -> int:
    """Keep a file of scenarios and return its version; an empty text takes it away.

    Parameters
    ----------
    text
        Checked before: what is kept is what was written.
    """
    with workspace.session() as session:
        rows = select(ScenarioRow).where(ScenarioRow.territory == territory)
        last = session.scalars(rows.order_by(ScenarioRow.number.desc()).limit(1)).first()
        number = last.number if last else 0
        if text.strip() == (last.text.strip() if last else ""):
            return number
        session.add(ScenarioRow(territory=territory, number=number + 1, text=text))
    return number + 1


def kept_scenarios(workspace: Workspace, territory: str) -> list[KeptScenarios]:
    """Return every version of the file of scenarios of a territory, oldest first."""
    with workspace.session() as session:
        rows = session.scalars(
            select(ScenarioRow)
            .where(ScenarioRow.territory == territory)
            .order_by(ScenarioRow.number)
        )
        return [KeptScenarios(row.number, row.created, row.text) for row in rows]
