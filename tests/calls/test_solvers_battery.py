"""Solvers that do not converge, find no root or no inverse: an answer, or a refusal by name."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

import confidence
import labelling
import similarity
import synthesis
import toolbox
from similarity.retrieval.evidence_clusters import affinity_spectrum

RNG = np.random.default_rng(0)
FEATURES, LABELS = RNG.normal(size=(30, 5)), np.arange(30) % 2
DEPENDENT = np.column_stack([FEATURES, FEATURES[:, :2]])


@pytest.mark.parametrize("level", [1 - 1e-16, 1e-9])
def test_levels_next_to_1_and_0_have_roots_or_limits(level):
    """No share below 1 is unlikely enough; a root so near the best that a search misses it."""
    votes = np.repeat([[[0.9, 0.1]] * 6, [[0.2, 0.8]] * 6], [3, 1], axis=0)
    stop = confidence.sequential_stopping(votes, level=level)
    assert ((stop.interval >= 0) & (stop.interval <= 1)).all()
    p = np.r_[np.linspace(0.1, 0.3, 6), np.linspace(0.7, 0.9, 6)]
    scores = confidence.subject_scores(
        np.stack([1 - p, p], axis=1), np.repeat([0, 1], 6), seed=0, resamples=99, level=level
    )
    a, high = scores.auc_interval
    spread = 1 + 5 * (1 - a) / (2 - a) + 5 * a / (1 + a)  # Newcombe's standard error of 6 and 6
    reach = norm.isf((1 - level) / 2) * np.sqrt(a * (1 - a) * spread / 36)
    assert (high, 1 - a) == (1, pytest.approx(reach, rel=1e-3, abs=1e-11))
    walk = toolbox.fractional_field(1024, hurst=0.5, seed=0).values
    found = toolbox.whittle_c2(walk, dim=1, level=level)
    assert (found.interval[..., 0] <= found.c2).all()
    assert (found.interval[..., 1] >= found.c2).all()


def test_eigenvalues_that_all_but_coincide_are_found():
    """Of 510 items in pairs ARPACK found one of two eigenvalues in 5,101 iterations."""
    pairs = np.where(np.equal.outer(np.arange(510) // 2, np.arange(510) // 2), 50.0, -50.0)
    affinity = np.maximum(expit(np.clip(pairs, -14, 14)), 1e-6)
    np.fill_diagonal(affinity, 1)
    root = np.sqrt(affinity.sum(axis=1))
    every = np.linalg.eigvalsh(affinity / root[:, None] / root)[::-1]
    np.testing.assert_allclose(affinity_spectrum(affinity, 50, 0), every[:50], rtol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_separation_beyond_all_scales_is_perfect(classes):
    found = similarity.clusterable(separation=1e300, items=100, dimensions=50, classes=classes)
    assert found.error_unlabelled == 0


def test_classes_whose_spread_is_lost_are_refused():
    x = RNG.normal(size=(60, 3))
    with pytest.raises(toolbox.InputError, match="x: wanted classes of which float64 holds"):
        similarity.clusterable(np.r_[x, x + 1e150], labels=np.arange(120) // 60, seed=0)


@pytest.mark.parametrize("size", [1e8, 1e150])
def test_a_ridge_that_large_features_swallow_is_refused(size):
    x = DEPENDENT * size
    state = labelling.learn(labelling.analytic(x), x, LABELS)
    with pytest.raises(toolbox.InputError, match="analytic: wanted a ridge"):
        labelling.predict(state, x)


@pytest.mark.parametrize("size", [1e-160, 1e160])
def test_features_whose_squares_are_no_numbers_are_refused(size):
    x, y = RNG.normal(size=(2, 12, 3)) * size
    with pytest.raises(toolbox.InputError, match="samples: wanted features whose squares"):
        synthesis.frechet_distance(x, y, dim=0, seed=0)
