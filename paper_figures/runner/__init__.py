"""Makes figures, keeps their results, compares and writes them."""
