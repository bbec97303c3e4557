"""Networks retrained from scratch: votes, how many are needed, sources of variance."""
