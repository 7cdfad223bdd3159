"""Floating catchment areas: one file for each measure, one signature, decay passed as a value."""
