"""Figures on what can be learned or clustered at all."""
