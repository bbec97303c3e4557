"""Figures on whether a synthesis is as good as real samples."""
