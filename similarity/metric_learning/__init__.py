"""Siamese networks."""
