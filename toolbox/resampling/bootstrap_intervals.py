"""Intervals for the mean and the median of few independent units."""

import numpy as np

_FEWEST_FOR_BOOTSTRAP = 5


def no_interval(per_unit: np.ndarray) -> str:
    """Say why these units allow no interval; empty when they do."""
    if len(per_unit) < 2:
        return "no interval: a single unit says nothing about the spread between units"
    if per_unit.max() == per_unit.min():
        return "no interval: all units are equal, so that their spread cannot be estimated"
    return ""


def studentised(
    x: np.ndarray, level: float, resamples: int, rng: np.random.Generator
) -> tuple[float, float, str]:
    """Return the studentised bootstrap interval of the mean, or Student's where it has none."""
    n, mean, error = len(x), x.mean(), x.std(ddof=1) / np.sqrt(len(x))
    if n >= _FEWEST_FOR_BOOTSTRAP:
        t = np.sort(_bootstrap_t(x, resamples, rng))
        k = int((resamples + 1) * (1 - level) / 2 + 1e-9)
        if np.isfinite(t[[k - 1, -k]]).all():
            return float(mean - t[-k] * error), float(mean - t[k - 1] * error), ""
    from scipy.stats import t as student

    half = student.ppf((1 + level) / 2, n - 1) * error
    why = "few units" if n < _FEWEST_FOR_BOOTSTRAP else "many ties"
    return float(mean - half), float(mean + half), f"{why}: Student's interval, for a normal law"


def _bootstrap_t(x: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return t* of each resample, infinite where a resample has no spread."""
    drawn = x[rng.integers(len(x), size=(resamples, len(x)))]
    difference = drawn.mean(axis=1) - x.mean()
    flat = drawn.max(axis=1) == drawn.min(axis=1)
    error = np.where(flat, 1, drawn.std(axis=1, ddof=1) / np.sqrt(len(x)))
    return np.where(flat, np.copysign(np.inf, difference), difference / error)


def order_statistics(x: np.ndarray, level: float) -> tuple[float, float, str]:
    """Return the k-th smallest and k-th largest for the largest k that reaches the level."""
    from scipy.stats import binom

    n = len(x)
    # P(the median lies outside the k-th smallest and largest) = 2 P(Binomial(n, 1/2) < k)
    k = max(k for k in range(n // 2 + 1) if k == 0 or 2 * binom.cdf(k - 1, n, 0.5) <= 1 - level)
    if k == 0:
        reached = 1 - 2 * binom.cdf(0, n, 0.5)
        return float("nan"), float("nan"), f"no interval: {n} units reach a level of {reached:.3g}"
    ordered = np.sort(x)
    return float(ordered[k - 1]), float(ordered[n - k]), ""
