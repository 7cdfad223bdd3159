"""Zoning of doctors: dated rules, simulated and set against what was decreed."""
