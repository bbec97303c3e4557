"""Whether the two items of a pair are the same: evidence, pooling, P(same)."""
