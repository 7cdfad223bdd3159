"""Measures: pure functions from demand, supply and travel times to numbers."""
