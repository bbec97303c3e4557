"""Whether units are too few for a bootstrap interval."""

from math import comb


def too_few(units: int, level: float) -> bool:
    """Say whether fewer than 2 / (1 - level) different resamples of so many units exist."""
    return comb(2 * units - 1, units) < 2 / (1 - level)
