"""Readers: each recognises a raw file by its content and turns it into declared tables."""
