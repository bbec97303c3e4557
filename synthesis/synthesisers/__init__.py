"""Synthesisers, by the statistics that they match."""
