"""Networks for series against plain NumPy, and what clouds and parcels must do to them."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from toolbox.core.streams import generator, stream_key
from toolbox.networks import classifier_training
from toolbox.networks.registry import SERIES_NETWORKS, network_module
from toolbox.networks.series import packing, temporal_convolutions

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")

KEY = jnp.asarray(stream_key(0, "init"))
RNG = generator(0, "series")
VALUES = RNG.normal(size=(3, 6, 2)).astype(np.float32)
CLEAR = np.array([[1, 1, 0, 1, 0, 1], [1, 0, 1, 1, 1, 1], [0, 0, 0, 1, 0, 0]], np.float32)
YEARS = np.linspace(0.1, 0.3, 6).astype(np.float32)


def packed(values):
    return jax.jit(packing.pack)(values, CLEAR, YEARS)


@cache
def network(name):
    module = network_module(SERIES_NETWORKS[name].module)
    return module, jax.jit(partial(module.initialise, shape=(6, 4), classes=3))(KEY)


@pytest.mark.parametrize("name", SERIES_NETWORKS)
def test_what_a_cloud_hides_changes_nothing(name):
    module, parameters = network(name)
    other = VALUES + 100 * (1 - CLEAR[..., None])
    logits = jax.jit(module.logits)
    first, second = (logits(parameters, packed(v)) for v in (VALUES, other))
    assert first.shape == (3, 3)
    np.testing.assert_array_equal(first, second)
    assert np.isfinite(first).all()


def test_cloudy_cells_are_filled_from_the_clear_dates_around():
    found = np.asarray(jax.jit(packing.cells)(packed(VALUES)))
    days = 365.25 * YEARS.astype(float)
    for i, t in np.ndindex(3, 6):
        wanted = VALUES[i, t].astype(float)
        if not CLEAR[i, t]:
            near = np.exp(-0.5 * ((days[t] - days) / 10) ** 2) * CLEAR[i]
            wanted = near @ VALUES[i] / (near.sum() + 0.1)
        np.testing.assert_allclose(found[i, t], [*wanted, CLEAR[i, t]], atol=1e-6)


@pytest.mark.parametrize("name", ["channel attention", "l-tae"])
def test_attention_sums_to_one_over_the_clear_cells(name):
    module, parameters = network(name)
    told = np.asarray(jax.jit(module.attention)(parameters, packed(VALUES)))
    np.testing.assert_allclose(told.sum(axis=(1, 2)), 1, atol=1e-6)
    assert (told[CLEAR == 0] == 0).all()


def test_channel_attention_is_a_softmax_over_bands_then_one_over_clear_dates():
    module, p = network("channel attention")
    p = {k: np.asarray(v, float) for k, v in p.items()}
    k = np.arange(1, 9)
    total = np.zeros((3, 64))
    for i in range(3):
        dates = np.flatnonzero(CLEAR[i])
        angles = 2 * np.pi * YEARS[dates, None] * k
        codes = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
        shares = np.repeat(softmax(codes @ p["by_date"], axis=0), 8, axis=1)  # 8 features a head
        for t, code, share in zip(dates, codes, shares, strict=True):
            scores = (code @ p["by_day"]).reshape(8, 2) + VALUES[i, t] * p["by_value"]
            read = (softmax(scores, axis=1) * VALUES[i, t]).sum(axis=1)
            hidden = np.concatenate([read, code]) @ p["weight_0"] + p["bias_0"]
            total[i] += share * np.maximum(hidden, 0)
    expected = total @ p["weight_1"] + p["bias_1"]
    found = jax.jit(module.logits)(network("channel attention")[1], packed(VALUES))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_channel_attention_saved_without_weights_of_dates_takes_their_mean():
    module, parameters = network("channel attention")
    before = {name: value for name, value in parameters.items() if name != "by_date"}
    weights = jax.jit(module.date_weights)(before, packed(VALUES))
    wanted = np.repeat((CLEAR / CLEAR.sum(axis=1, keepdims=True))[..., None], 8, axis=2)
    np.testing.assert_allclose(weights, wanted, atol=1e-6)
    assert np.isfinite(jax.jit(module.logits)(before, packed(VALUES))).all()


def test_shapelets_are_nearest_where_brute_force_finds_them():
    """Every place by a loop; cells that match sum to the least distance, its share of time too."""
    module, parameters = network("shapelets")
    p = {k: np.asarray(v, float) for k, v in parameters.items()}
    p["shapelets"] = p["shapelets"] + RNG.normal(size=p["shapelets"].shape)
    p["shapelets"] = p["shapelets"][:, :3]  # of three dates, at four places
    least, cells = np.zeros((3, 32)), np.zeros((3, 32, 6, 2))
    for i, k in np.ndindex(3, 32):
        told = []
        for place in range(4):
            seen = [d for d in range(3) if CLEAR[i, place + d]]
            late = p["nearness"][k] * (YEARS[place : place + 3].mean() - p["time"][k])
            apart = [(VALUES[i, place + d] - p["shapelets"][k, d]) ** 2 for d in seen]
            if seen:
                told.append((np.mean(apart) + late**2, place, seen, np.array(apart) + late**2))
        weights = softmax([-10 * one[0] for one in told])
        least[i, k] = sum(w * one[0] for w, one in zip(weights, told, strict=True))
        for w, (_, place, seen, apart) in zip(weights, told, strict=True):
            cells[i, k, place + np.array(seen)] += w * apart / apart.size
    given = {k: jnp.asarray(v, jnp.float32) for k, v in p.items()}
    np.testing.assert_allclose(jax.jit(module.matches)(given, packed(VALUES)), cells, atol=1e-4)
    expected = least @ p["weight"] + p["bias"]
    np.testing.assert_allclose(jax.jit(module.logits)(given, packed(VALUES)), expected, atol=1e-3)
    np.testing.assert_allclose(cells.sum(axis=(2, 3)), least)


def test_the_convolution_along_dates_is_numpys():
    filters = RNG.normal(size=(15, 4)).astype(np.float32)
    x = RNG.normal(size=(2, 9, 3)).astype(np.float32)
    found = np.asarray(jax.jit(temporal_convolutions.convolve)(x, filters))
    for out in range(4):
        expected = sum(
            np.apply_along_axis(np.convolve, 1, x[..., c], filters[c::3, out][::-1], "same")
            for c in range(3)
        )
        np.testing.assert_allclose(found[..., out], expected, atol=1e-5)


def test_whole_units_are_resampled_and_single_items_as_before():
    units = np.array([7, 7, 3, 3, 3, 9])
    table = classifier_training.unit_table(units)
    data = {"x": np.zeros((64, 1)), "n": np.int32(6), **table}
    bootstrap = jax.jit(classifier_training.bootstrap)
    drawn = np.asarray(bootstrap(KEY, data))
    sizes = {7: 2, 3: 3, 9: 1}
    place = 0
    while place < 60:  # the last unit may be cut
        unit = units[drawn[place]]
        block = drawn[place : place + sizes[unit]]
        np.testing.assert_array_equal(block, np.flatnonzero(units == unit))
        place += sizes[unit]
    plain = bootstrap(KEY, {"x": np.zeros((64, 1)), "n": np.int32(6)})
    assert set(np.asarray(plain).tolist()) <= set(range(6))
