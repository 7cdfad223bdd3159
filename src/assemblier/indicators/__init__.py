"""Indicators: from the tables of the lake to results over any grid, with status and lineage."""
