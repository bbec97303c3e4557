"""Distances between clouds of points."""
