"""Multifractal analysis: exponents over scales, their intervals and tests."""
