"""Pairs an expert is asked about: which, what their answers settle, which way of asking pays."""
