"""Declared tables of the lake, by topic, and the mechanism that declares and checks them."""

from __future__ import annotations

from types import MappingProxyType

from assemblier.tables import access, care, geography, local, population
from assemblier.tables.declaration import (
    CLASS,
    NOT_AGGREGABLE,
    SUM,
    Aggregation,
    Column,
    Kind,
    Table,
    checked,
)

__all__ = [
    "CLASS",
    "NOT_AGGREGABLE",
    "SUM",
    "TABLES",
    "Aggregation",
    "Column",
    "Kind",
    "Table",
    "checked",
]

TABLES = MappingProxyType(
    {
        table.id: table
        for table in (
            *geography.TABLES,
            *population.TABLES,
            *care.TABLES,
            *access.TABLES,
            *local.TABLES,
        )
    }
)
"""Every declared table, by id."""
