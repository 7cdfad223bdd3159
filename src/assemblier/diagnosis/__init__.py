"""The diagnosis: chapters built from results, put together into one document."""
