"""Label propagation against the matrix of its random walk, and where it stops."""

import numpy as np
import pytest
from scipy.special import softmax

from labelling.segmentation.fitting import label_propagation as walk
from toolbox.core.streams import generator

RNG = generator(0, "propagation")
SMOOTH = np.cumsum(0.02 * RNG.standard_normal((3, 5, 7)), axis=2) + np.arange(3)[:, None, None]
P = softmax(2 * RNG.standard_normal((3, 5, 7)), axis=0)
ALL = np.ones(P.shape, bool)


def walk_matrix(logits):
    """Return the weights between the pixels of an image, pixel by pixel."""
    _, height, width = logits.shape
    weights = np.zeros((height, width, height, width))
    any_two = np.mean(
        [((a - b) ** 2).sum() for a in logits.reshape(3, -1).T for b in logits.reshape(3, -1).T]
    )
    for row in range(height):
        for column in range(width):
            for other in ((row + 1, column), (row, column + 1)):
                if other[0] < height and other[1] < width:
                    apart = ((logits[:, row, column] - logits[:, *other]) ** 2).sum()
                    alike = np.exp(-walk.EDGES * apart / any_two)
                    weights[row, column, *other] = weights[*other, row, column] = alike
    return weights.reshape(height * width, -1)


def test_each_step_is_one_of_the_random_walk(monkeypatch):
    left = ALL.copy()
    left[0, 2, :3], left[1:, 4, 4] = False, False  # a class ruled out; only one left
    p = P * left / (P * left).sum(axis=0)
    expected, weights = p.reshape(3, -1), walk_matrix(SMOOTH)
    for steps in range(1, 4):
        heard = expected @ weights.T + walk.ALONE * p.reshape(3, -1)
        heard = heard * left.reshape(3, -1)
        expected = heard / heard.sum(axis=0)
        monkeypatch.setattr(walk, "STEPS", steps)
        found = walk.propagated(p, left, SMOOTH)
        np.testing.assert_allclose(found.reshape(3, -1), expected, rtol=1e-10)
    assert np.abs(found - p).max() > 0.3
    assert (found[0, 2, :3] == 0).all()
    np.testing.assert_array_equal(found[:, 4, 4], [1, 0, 0])


def test_its_limit_is_the_closed_form(monkeypatch):
    monkeypatch.setattr(walk, "STEPS", 10_000)
    weights = walk_matrix(SMOOTH)
    laplacian = np.diag(weights.sum(axis=1)) - weights
    system = laplacian + walk.ALONE * np.eye(35)  # Grady, 2005, with prior models
    expected = np.linalg.solve(system, walk.ALONE * P.reshape(3, -1).T).T
    found = walk.propagated(P, ALL, SMOOTH)
    np.testing.assert_allclose(found.reshape(3, -1), expected, rtol=1e-8)


def test_a_class_is_carried_as_far_as_what_looks_like_it_goes():
    logits = np.zeros((2, 16, 16))
    logits[0, :, 9:] = 5.0  # looks different
    p, left = np.full((2, 16, 16), 0.5), np.ones((2, 16, 16), bool)
    left[1, 8, 2:6] = False  # a stroke of class 0
    p[:, 8, 2:6] = [[1], [0]]
    found = walk.propagated(p, left, logits)
    assert found[0, :, :9].min() > 0.6
    np.testing.assert_allclose(found[0, :, 9:], 0.5)


def test_where_neighbours_are_as_different_as_any_two_pixels_each_stays_what_it_is():
    logits = generator(0, "strewn").standard_normal((4, 32, 32))
    p = softmax(logits, axis=0)
    found = walk.propagated(p, np.ones(p.shape, bool), logits)
    assert (found.argmax(axis=0) == p.argmax(axis=0)).mean() > 0.98


@pytest.mark.parametrize("value", [0.0, 1e6])
def test_where_all_looks_the_same_neighbours_are_averaged(value, monkeypatch):
    monkeypatch.setattr(walk, "STEPS", 1)
    p = np.full((2, 3, 3), 0.5)
    p[:, 1, 1] = [0.9, 0.1]
    found, own = walk.propagated(p, p > 0, np.full(p.shape, value))[0], walk.ALONE
    np.testing.assert_allclose(found[0, 1], (0.5 + 0.5 + 0.9 + own * 0.5) / (3 + own))
    np.testing.assert_allclose(found[1, 1], (4 * 0.5 + own * 0.9) / (4 + own))
    np.testing.assert_allclose(found[0, 0], 0.5)


def test_what_is_made_of_a_turned_image_is_turned():
    found = walk.propagated(P, ALL, SMOOTH)
    turned = walk.propagated(*(np.rot90(x, axes=(1, 2)) for x in (P, ALL, SMOOTH)))
    np.testing.assert_allclose(turned, np.rot90(found, axes=(1, 2)), rtol=1e-10)
