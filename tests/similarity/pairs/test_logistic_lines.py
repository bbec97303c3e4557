"""A search's answer is the most probable one, or none is given."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from similarity.pairs.logistic_lines import bent, logistic_line, two_slopes
from similarity.verification.pooling_weights import negative_log_posterior, unit_weights
from toolbox import InputError


def minus_log_posterior(parameters, x, same, weights, error):
    a, b = parameters[0], np.exp(parameters[1:])
    p = error + (1 - 2 * error) * expit(a + x @ b)
    likelihood = np.where(same, np.log(np.maximum(p, 1e-300)), np.log1p(-np.minimum(p, 1 - 1e-16)))
    return -weights @ likelihood + a**2 / 50 + np.log(b) @ np.log(b) / 2


@pytest.mark.parametrize(("scale", "weight"), [(1.0, 1.0), (30.0, 1.0), (1e3, 1e6), (1e4, 1e6)])
def test_no_other_line_is_more_probable(scale, weight):
    """Scores and weights so large that BFGS stopped where the slope was 1e7, or overflowed."""
    rng = np.random.default_rng(0)
    same = rng.uniform(size=300) < 0.3
    score, weights = scale * (rng.normal(size=300) + 0.5 * same), np.full(300, weight)
    for fitted, x in ((logistic_line, score[:, None]), (two_slopes, bent(score))):
        found = np.array(fitted(score, same.astype(float), weights, error=0.1))
        there = np.r_[found[0], np.log(found[1:])]
        given = (x, same, weights, 0.1)
        for size in (1e-3, 1.0):  # of the first steps
            simplex = there + size * np.vstack([np.zeros(len(there)), np.eye(len(there))])
            options = {"initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-9}
            better = minimize(
                minus_log_posterior, there, given, method="Nelder-Mead", options=options
            )
            gain = minus_log_posterior(there, *given) - better.fun
            assert gain < 2e-4 + 2e-9 * weights.sum()


def test_what_cannot_be_searched_is_refused():
    rng = np.random.default_rng(0)
    same = (rng.uniform(size=50) < 0.3).astype(float)
    with pytest.raises(InputError, match=r"^pairs: wanted scores and weights"):
        logistic_line(np.full(50, 1e300) * rng.normal(size=50), same, np.full(50, 1e300))


@pytest.mark.parametrize(("scale", "count"), [(1.0, 1.0), (1e3, 100.0)])
def test_no_other_weights_are_more_probable(scale, count):
    """L-BFGS-B called itself converged 92 nats above the least."""
    rng = np.random.default_rng(2)
    alike, every = scale * rng.normal(size=(10, 8)), scale * rng.normal(size=(500, 8))
    counts = np.full(10, count)
    same = np.ones(10, bool)
    weights = unit_weights(alike, counts, every)

    def loss(intercept):
        return negative_log_posterior(np.r_[intercept, weights], alike, same, every, counts)[0]

    intercept = minimize(loss, 0.0, method="Nelder-Mead", options={"maxiter": 500}).x
    there = np.r_[intercept, weights]
    options = {"ftol": 0.0, "gtol": 1e-12, "maxfun": 100_000}
    better = minimize(
        negative_log_posterior,
        there,
        args=(alike, same, every, counts),
        jac=True,
        bounds=[(None, None)] + [(1e-3, None)] * 8,
        method="L-BFGS-B",
        options=options,
    )
    assert loss(intercept) - better.fun < 0.01
