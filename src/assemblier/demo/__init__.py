"""The artificial territory: a fictional country written as raw files in the producers' shapes.

No place, person or figure is real. Codes of communes begin with ``Y1``, ``Y2`` or ``Y3`` (régions
``Y0`` and ``Y9``), which no official code does, and the land lies in the open sea.
"""

from __future__ import annotations

from assemblier.demo.artificial import SEED, Declared, Truths, WrittenTerritory, write_raw

__all__ = ["SEED", "Declared", "Truths", "WrittenTerritory", "write_raw"]
