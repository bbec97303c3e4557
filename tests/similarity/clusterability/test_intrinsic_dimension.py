"""Intrinsic dimension: known dimensions, and the bias that is printed."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from similarity import intrinsic_dimension
from similarity.clusterability.intrinsic_dimension import (
    estimates,
    inverse_dimensions,
    log_distances,
)
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
    mle = 1 / np.mean(np.log(distance[:, 9:] / distance[:, :9]).sum(axis=1) / 9)
    assert estimates(log_distances(x, 10)) == pytest.approx([slope, mle], rel=1e-9)


def test_the_published_swiss_roll():
    """Levina & Bickel (2004), table 1: 2.1 +- .02 on 1000 points, a mean over k = 10 to 20.

    They average the inverses of the terms, which MacKay & Ghahramani's average, used here, keeps
    for the end; both rest on the same terms.
    """
    rng, found = np.random.default_rng(0), []
    for _ in range(10):
        turn = 1.5 * np.pi * (1 + 2 * rng.uniform(size=1000))
        roll = np.stack([turn * np.cos(turn), 21 * rng.uniform(size=1000), turn * np.sin(turn)])
        logs = log_distances(roll.T, 20)
        found.append(np.mean([1 / inverse_dimensions(logs[:, :k]) for k in range(10, 21)]))
    assert np.mean(found) == pytest.approx(2.1, abs=0.02)
    assert np.std(found) < 0.03


def test_terms_are_unbiased_where_the_law_is_flat():
    """On a torus no point is near a border: the terms' mean is 1/d, from 4 neighbours to 20."""
    rng = np.random.default_rng(1)
    for d in (1, 2, 3):
        means = {4: [], 20: []}
        for _ in range(20):
            tree = cKDTree(rng.uniform(size=(500, d)), boxsize=1)
            distance = tree.query(tree.data, 21)[0][:, 1:]
            for k, values in means.items():
                values.append(inverse_dimensions(np.log(distance[:, :k])).mean())
        for values in means.values():
            error = np.std(values, ddof=1) / np.sqrt(len(values))
            assert abs(np.mean(values) - 1 / d) < 4 * error + 2e-3 / d


def test_a_gaussian_plane_has_two_dimensions():
    values = [intrinsic_dimension(cloud(i, 1000, 2), seed=0, draws=1).mle for i in range(4)]
    assert np.mean(values) == pytest.approx(2.03, abs=0.03)


def test_a_grid_and_near_duplicates_have_no_estimate():
    rows, columns = np.indices((20, 20)).reshape(2, -1)
    for grid in (np.stack([rows, columns], axis=1) * 0.1, np.arange(50.0)[:, None]):
        found = intrinsic_dimension(grid, seed=0, draws=1)
        assert np.isnan([found.two_nn, found.two_nn_bias, found.two_nn_corrected]).all()
        assert 1 <= found.mle < 2.4
        assert "a grid" in found.note
    flat = intrinsic_dimension(np.stack([rows, columns], axis=1), seed=0, neighbours=3, draws=1)
    assert 2 < flat.mle < 1000  # the three nearest are at one distance except at the border
    x = cloud(0, 200, 2)
    near = np.concatenate([x, x + 1e-8 * cloud(1, 200, 2)])
    found = intrinsic_dimension(near, seed=0, draws=1)
    assert np.isnan([found.two_nn, found.mle, found.mle_corrected]).all()
    assert "near-duplicates" in found.note
    few = intrinsic_dimension(np.concatenate([x, x[:4] + 1e-8]), seed=0, draws=1)
    assert few.mle == pytest.approx(2, abs=0.3)
    jittered = intrinsic_dimension(
        np.concatenate([x, x[:40] + 3e-3 * cloud(1, 40, 2)]), seed=0, draws=1
    )
    assert "two estimates differ" in jittered.note


def test_rounded_values_are_said():
    x = np.random.default_rng(0).uniform(size=(1000, 2))
    assert intrinsic_dimension(x, seed=0, draws=1).note == ""
    rounded = intrinsic_dimension(np.round(200 * x), seed=0, draws=1)
    assert "rounded values" in rounded.note
    assert np.isfinite(rounded.two_nn)


@pytest.mark.parametrize("gain", [2.0**-500, 2.0**500])
def test_no_unit_of_length_matters(gain):
    x = cloud(0, 60, 3)
    scaled = intrinsic_dimension(gain * x, seed=0, draws=1)
    assert scaled.asdict() == intrinsic_dimension(x, seed=0, draws=1).asdict()


@pytest.mark.parametrize("dimensions", [2, 5, 10, 20])
def test_gaussian_clouds(dimensions):
    found = intrinsic_dimension(cloud(0, 1000, dimensions), seed=0)
    assert found.two_nn_corrected == pytest.approx(dimensions, rel=0.12)
    assert found.mle_corrected == pytest.approx(dimensions, rel=0.05)
    assert found.two_nn - found.two_nn_bias == pytest.approx(found.two_nn_corrected)
    if dimensions == 20:
        assert found.two_nn_bias < -2
        assert found.mle_bias < -4


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
