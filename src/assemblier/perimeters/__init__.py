"""Perimeters on paper against the areas where people live, work and seek care."""
