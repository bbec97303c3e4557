"""Multifractal analysis of several components together."""
