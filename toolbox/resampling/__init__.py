"""Intervals and permutation tests by independent unit."""
