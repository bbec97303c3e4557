"""Filter synthesis: statistics against loops, and children that are what was asked for."""

import numpy as np
import pytest
import torch
from skimage import data

from synthesis import filter_synthesis
from synthesis.synthesisers.filter_grams import gram_matrices
from tests.reference.texture_grams import weighted_gram
from tests.synthesis.synthesisers.parent_values import assert_values_are_the_parents_own
from toolbox import InputError
from toolbox.core.streams import generator


def test_gram_matrices_agree_with_plain_loops():
    rng = generator(0, "gram")
    features = [rng.random((2, 3, 8, 6)), rng.random((2, 3, 4, 3))]
    weights = [rng.random((8, 6)), rng.random((4, 3))]
    found = gram_matrices([torch.tensor(f) for f in features], [torch.tensor(w) for w in weights])
    for item in range(2):
        fine, coarse = features[0][item], features[1][item]
        wanted = [
            weighted_gram(fine, fine, weights[0]),
            weighted_gram(coarse, coarse, weights[1]),
            weighted_gram(coarse, fine[:, ::2, ::2], weights[1]),
        ]
        for matrix, truth in zip(found, wanted, strict=True):
            np.testing.assert_allclose(matrix[item].numpy(), truth, atol=1e-12)
    uniform = gram_matrices([torch.tensor(features[0])], None)[0][0].numpy()
    np.testing.assert_allclose(
        uniform, weighted_gram(features[0][0], features[0][0], np.full((8, 6), 1 / 48))
    )


def test_statistics_come_close_and_values_are_the_parents_own():
    gravel = data.gravel().astype(np.float32)[:80, :120].reshape(2, 40, 3, 40)
    gravel = gravel.swapaxes(1, 2).reshape(6, 40, 40) / 255
    result = filter_synthesis(gravel, dim=2, n=6, seed=0, iterations=60, progress=False)
    assert (result.losses[:, -1] < 0.1 * result.losses[:, 0]).all()
    for child, parent in zip(result.samples, result.parents, strict=True):
        np.testing.assert_array_equal(np.sort(child, axis=None), np.sort(gravel[parent], axis=None))
        assert np.corrcoef(child.ravel(), gravel[parent].ravel())[0, 1] < 0.5


@pytest.mark.parametrize("dim", [1, 2])
def test_children_do_not_depend_on_their_number(dim):
    x = generator(0, "x").standard_normal((3, 24, 24)).cumsum(axis=2)
    x = x if dim == 2 else x.reshape(3, -1)
    options = {"dim": dim, "seed": 1, "iterations": 8, "channels": 8, "progress": False}
    few, many = filter_synthesis(x, n=2, **options), filter_synthesis(x, n=5, **options)
    np.testing.assert_allclose(few.samples, many.samples[:2], atol=1e-3 * np.ptp(x))
    np.testing.assert_array_equal(filter_synthesis(x, n=2, **options).samples, few.samples)
    np.testing.assert_array_equal(few.parents, many.parents[:2])


@pytest.mark.parametrize(
    ("shape", "dim", "size"),
    [((17, 23), 2, (30, 18)), ((2, 3, 16, 16), 2, None), ((50,), 1, 77), ((1, 2, 64), 1, None)],
)
def test_children_of_all_shapes_have_the_values_of_their_parents(shape, dim, size):
    x = generator(0, "shapes").standard_normal(shape)
    result = filter_synthesis(
        x, dim=dim, n=2, size=size, seed=0, iterations=3, channels=6, progress=False
    )
    space = shape[-dim:] if size is None else tuple(np.broadcast_to(size, dim))
    lead = (2, shape[1]) if len(shape) == dim + 2 else (2,)
    assert result.samples.shape == (*lead, *space)
    assert result.samples.dtype == np.float64
    assert_values_are_the_parents_own(result.samples, result.parents, x, dim=dim)
    assert result.losses.shape == (2, 3)


def test_bad_input_names_the_argument():
    x = generator(0, "bad").standard_normal((20, 20))
    with pytest.raises(InputError, match=r"^exemplars: .*at least 16"):
        filter_synthesis(x[:15], dim=2, seed=0)
    with pytest.raises(InputError, match=r"^size"):
        filter_synthesis(x, dim=2, size=8, seed=0)
    with pytest.raises(InputError, match=r"^channels"):
        filter_synthesis(x, dim=2, seed=0, channels=0)
    with pytest.raises(InputError, match=r"^iterations"):
        filter_synthesis(x, dim=2, seed=0, iterations=1.5)
