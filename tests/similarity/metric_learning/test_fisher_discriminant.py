"""Tests of Fisher's discriminant of known pairs."""

import numpy as np

from similarity.metric_learning.fisher_discriminant import _scatter, fisher_metric

WITHIN = np.array([[2.0, 1.2, 0.0], [1.2, 1.0, 0.0], [0.0, 0.0, 0.5]])


def drawn(n, step, seed=0):
    """Two classes whose means differ by `step`, and their covariance within."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], n)
    values = rng.standard_normal((2 * n, 3)) @ np.linalg.cholesky(WITHIN).T
    return values + labels[:, None] * step, (labels[:, None] == labels).astype(np.int8)


def test_two_classes_are_told_apart_along_fishers_direction():
    step = np.array([1.0, 3.0, 0.0])
    x, relation = drawn(1000, step)
    _, projection = fisher_metric(x, relation, None, directions=3)
    wanted = np.linalg.solve(WITHIN, step)
    first = projection[:, 0]
    assert abs(first @ wanted) > 0.99 * np.linalg.norm(first) * np.linalg.norm(wanted)
    assert np.linalg.norm(projection[:, 1:]) < 0.2 * np.linalg.norm(first)


def test_embedded_items_have_mean_squared_length_one():
    x, relation = drawn(50, np.array([1.0, 3.0, 0.0]))
    centre, projection = fisher_metric(x, relation, None, directions=2)
    assert projection.shape == (3, 2)
    assert np.isclose((((x - centre) @ projection) ** 2).sum(axis=1).mean(), 1)


def test_scatter_is_the_mean_over_pairs():
    rng = np.random.default_rng(1)
    f, counts = rng.standard_normal((7, 2)), rng.random((7, 7))
    counts += counts.T
    pairs = [(i, j) for i in range(7) for j in range(7)]
    outer = sum(counts[i, j] * np.outer(f[i] - f[j], f[i] - f[j]) / 2 for i, j in pairs)
    assert np.allclose(_scatter(f, counts), outer / counts.sum())


def test_unknown_pairs_and_those_of_strength_zero_count_nothing():
    x, relation = drawn(20, np.array([1.0, 3.0, 0.0]))
    rng = np.random.default_rng(2)
    left_out = rng.random(relation.shape) < 0.3
    left_out |= left_out.T
    np.fill_diagonal(left_out, val=False)
    unknown = np.where(left_out, -1, relation)
    wrong, strength = np.where(left_out, 1 - relation, relation), np.where(left_out, 0.0, 0.7)
    one = fisher_metric(x, unknown, None, directions=2)
    other = fisher_metric(x, wrong, strength, directions=2)
    assert np.allclose(np.abs(one[1]), np.abs(other[1]))


def test_features_that_never_vary_and_equal_items_are_no_trouble():
    x, relation = drawn(10, np.array([1.0, 3.0, 0.0]))
    _, projection = fisher_metric(np.column_stack([x, np.ones(20)]), relation, None, directions=2)
    assert np.isfinite(projection).all()
    _, projection = fisher_metric(np.ones((20, 3)), relation, None, directions=2)
    assert np.array_equal(projection, np.zeros((3, 2)))
