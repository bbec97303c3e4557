"""Statistics of pairs, their null distributions, and tiles of all pairs."""
