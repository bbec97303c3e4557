"""Evidence of all pairs written slowly: two loops over items, one over features, in float64."""

import numpy as np
from scipy.stats import cauchy, gamma


def statistic(coordinates, i, j):
    """Return half a squared distance; with weights the sum of w log cosh(d / 2)."""
    x, y = (coordinates.points[k].astype(float) for k in (i, j))
    total = 0.0
    for f, d in enumerate(x - y):
        weight = None if coordinates.weights is None else float(coordinates.weights[f])
        total += d**2 / 2 if weight is None else weight * np.log(np.cosh(d / 2))
    return total


def family_tables(fit):
    """Return scores, p-values and statistics (n, n) of a fit; NaN, NaN and 0 on diagonals."""
    found, n, null = fit.statistics, fit.statistics.items, fit.statistics.alike.null
    grid = fit.scores.start + fit.scores.step * np.arange(len(fit.scores.values))
    odds, p_values, statistics = np.full((n, n), np.nan), np.full((n, n), np.nan), np.zeros((n, n))
    for i in range(n):
        for j in set(range(n)) - {i}:
            ratio = statistic(found.alike, i, j) / (float(null[i]) + float(null[j]))
            separation = ratio
            if found.directions:
                separation = statistic(found.separating, i, j)
            odds[i, j] = np.interp(np.log(separation), grid, fit.scores.values)
            p_values[i, j] = gamma.sf(ratio, found.shape, scale=1 / found.shape)
            statistics[i, j] = separation
    return odds, p_values, statistics


def pooled_tables(families, prior, intercept, weights, largest_p):
    """Pool log-odds by weights, p-values by Cauchy's rule, statistics by the geometric mean."""
    odds = intercept + sum(
        w * (o - own) for (o, _, _), own, w in zip(families, prior, weights, strict=True)
    )
    p = np.minimum([f[1] for f in families], largest_p)
    mean = cauchy.isf(p).mean(axis=0)
    statistics = np.prod([f[2] for f in families], axis=0) ** (1 / len(families))
    return odds, cauchy.sf(mean), statistics
