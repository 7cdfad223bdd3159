"""Chapters that belong to no other room."""
