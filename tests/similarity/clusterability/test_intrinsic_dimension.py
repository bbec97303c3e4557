"""Intrinsic dimension: known dimensions, and the bias that is printed."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from similarity import intrinsic_dimension
from similarity.clusterability.intrinsic_dimension import estimates
from toolbox import InputError


def cloud(seed, items, dimensions, features=30):
    x = np.random.default_rng(seed).standard_normal((items, dimensions))
    rotation = np.linalg.qr(np.random.default_rng(1).standard_normal((features, features)))[0]
    return x @ rotation[:dimensions]


def test_estimates_by_a_tree():
    x = cloud(0, 200, 4)
    distance = cKDTree(x).query(x, 11)[0][:, 1:]
    ratio = np.sort(np.log(distance[:, 1] / distance[:, 0]))[:180]
    height = -np.log(1 - np.arange(1, 181) / 200)
    slope = np.linalg.lstsq(ratio[:, None], height, rcond=None)[0][0]
    mle = 1 / np.mean(np.log(distance[:, 9:] / distance[:, :9]).sum(axis=1) / 8)
    assert estimates(x, 10) == pytest.approx([slope, mle], rel=1e-9)


@pytest.mark.parametrize("dimensions", [2, 5, 10, 20])
def test_gaussian_clouds(dimensions):
    found = intrinsic_dimension(cloud(0, 1000, dimensions), seed=0)
    assert found.two_nn_corrected == pytest.approx(dimensions, rel=0.12)
    assert found.mle_corrected == pytest.approx(dimensions, rel=0.05)
    assert found.two_nn - found.two_nn_bias == pytest.approx(found.two_nn_corrected)
    if dimensions == 20:
        assert found.two_nn_bias < -2
        assert found.mle_bias < -5


def test_a_curve_has_one_dimension_whatever_space_it_is_in():
    t = np.random.default_rng(0).uniform(0, 1, 400)
    x = np.stack([np.cos(3 * t), np.sin(3 * t), t], axis=1)
    found = intrinsic_dimension(x, seed=0)
    assert found.two_nn == pytest.approx(1, abs=0.15)
    assert found.mle_corrected == pytest.approx(1, abs=0.15)


def test_notes_and_refusals():
    x = cloud(0, 30, 3)
    assert "2 repeated" in intrinsic_dimension(np.concatenate([x, x[:2]]), seed=0).note
    assert "1000 of 1200" in intrinsic_dimension(cloud(0, 1200, 2, 4), seed=0, draws=1).note
    filled = intrinsic_dimension(np.random.default_rng(3).uniform(size=(200, 1)), seed=0)
    assert filled.mle_corrected <= 1
    for wrong in (np.ones((50, 3)), x[:10]):
        with pytest.raises(InputError, match=r"^x:"):
            intrinsic_dimension(wrong, seed=0)
    with pytest.raises(InputError, match=r"^neighbours:"):
        intrinsic_dimension(x, seed=0, neighbours=2)
    with pytest.raises(InputError, match=r"^x:"):
        intrinsic_dimension(x, seed=0, neighbours=29)
