"""Whether a synthesis is indistinguishable: quality index, distances between sets."""
