"""Assemblier: from open data to a shared diagnosis, actions and their evaluation."""

__version__ = "0.1.0"
