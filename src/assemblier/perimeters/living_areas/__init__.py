"""Living areas: delineated from flows, compared, and how firm they are."""
