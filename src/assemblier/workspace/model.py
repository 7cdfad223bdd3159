"""Tables of the workspace."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, DateTime, Float, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

__all__ = ["Base", "Job", "TerritoryRow", "TerritoryVersion", "now"]


def now() -> dt.datetime:
    """Return the moment, UTC, without a fraction of a second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


class Base(DeclarativeBase):
    """Base of every table."""


class TerritoryRow(Base):
    """A territory by its slug; its content is in its versions."""

    __tablename__ = "territory"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    current: Mapped[int] = mapped_column(Integer, default=1)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    versions: Mapped[list[TerritoryVersion]] = relationship(
        back_populates="territory", order_by="TerritoryVersion.number"
    )

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012 — SQLAlchemy reads a plain dict


class TerritoryVersion(Base):
    """What was asked for at one moment; never changed."""

    __tablename__ = "territory_version"
    __table_args__ = (UniqueConstraint("slug", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(ForeignKey("territory.slug"))
    number: Mapped[int] = mapped_column(Integer)
    created: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=now)
    why: Mapped[str] = mapped_column(Text, default="")
    spec: Mapped[dict] = mapped_column(JSON)
    territory: Mapped[TerritoryRow] = relationship(back_populates="versions")


class Job(Base):
    """A long use case that runs in the worker process."""

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    usecase: Mapped[str] = mapped_column(String(80))
    asked: Mapped[dict] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    done: Mapped[float] = mapped_column(Float, default=0.0)
    said: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict | None] = mapped_column(JSON, default=None)
    created: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), default=now)
    ended: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True), default=None)
    cancel: Mapped[int] = mapped_column(Integer, default=0)
    alive: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True), default=None)
