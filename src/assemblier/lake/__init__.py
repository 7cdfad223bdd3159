"""The lake: declared tables of raw files, in immutable versions, each with its provenance."""
