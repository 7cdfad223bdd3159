"""Nowcast: a published APL moved to a later year."""
