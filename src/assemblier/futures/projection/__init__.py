"""Projection: departures, arrivals, and the access that is left, with their intervals."""
