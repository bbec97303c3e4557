"""Bias and tests of exponents by simulating the fitted model (indirect inference)."""
