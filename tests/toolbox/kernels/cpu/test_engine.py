"""Sums made a stretch and a strip at a time against those of whole arrays of leaders."""

from math import inf

import numpy as np
import pytest
import pywt

from toolbox.core.streams import generator
from toolbox.kernels.cpu import engine
from toolbox.kernels.cpu.sums import STRIP
from toolbox.kernels.cpu.transform import STRETCH
from toolbox.kernels.leaders import leaders_per_scale
from toolbox.kernels.log_leaders import coefficient_sizes, leader_sums
from toolbox.kernels.wavelet import details_per_scale

WEIGHTS, Q = np.array([-1.0, 1.0]), np.array([-2.0, 0.0, 1.0])
AROUND = [k * STRETCH + off for k in (1, 2) for off in (-1, 0, 1, 3)]


def walks(*shape):
    x = np.cumsum(generator(6, "engine", *shape).standard_normal(shape), axis=-1)
    return x / np.abs(x).max()


def bank_of(wavelet):
    return [np.array(taps) for taps in pywt.Wavelet(wavelet).filter_bank[2:]]


def check(x, *, wavelet="db2", first=1, p=inf, gaps=False, tolerance=1e-11):
    """Compare the engine's sums with those of whole arrays, which NumPy takes in double."""
    levels, bank, floor = first + 1, bank_of(wavelet), np.full(len(x), 1e-6)
    options = {"orders": 4, "blocks": (), "gaps": gaps}
    given = {"levels": levels, "first_scale": first, "p": p, "gamma": 0.5}
    low, high, *others = (v.astype(x.dtype) for v in (*bank, floor, WEIGHTS, Q))
    found = engine.log_leader_sums(x, low, high, *others, **given, **options)

    details, _ = details_per_scale(x.astype(float), *bank, levels=levels)
    dim, begin, order = x.ndim - 1, len(bank[0]) // 2 - 1, np.full(len(x), 0.5)
    leaders, _ = leaders_per_scale(details, first=begin, dim=dim, p=p, gamma=order)
    inside = range(first - 1, first + 1)
    wanted = leader_sums(leaders, floor, Q, inside=inside, **options)
    sizes = coefficient_sizes([details[j] for j in inside], p=p, gaps=gaps)
    wanted |= {name: v @ WEIGHTS for name, v in zip(("h_min", "eta"), sizes, strict=True)}
    assert found.keys() == wanted.keys() | {"gamma"}
    for name, value in wanted.items():
        scale = np.nanmax(np.abs(value), initial=1.0)
        np.testing.assert_allclose(found[name], value, 0, tolerance * scale, err_msg=name)
    return found


@pytest.mark.parametrize("wavelet", ["haar", "db2", "db4"])
@pytest.mark.parametrize("n", AROUND)
def test_stretches_of_a_signal_join_without_a_seam(n, wavelet):
    x = walks(1, n)
    given = {"levels": 9, "p": inf}
    low, high = bank_of(wavelet)
    found = engine.leaders_of(x, low, high, np.array([0.5]), **given)
    details, _ = details_per_scale(x, low, high, levels=9)
    options = {"first": len(low) // 2 - 1, "dim": 1, "p": inf, "gamma": np.array([0.5])}
    wanted, _ = leaders_per_scale(details, **options)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("p", [inf, 2.0])
@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("shape", [(1, STRETCH + 1), (3, 90, 75), (1, 60, 2 * STRIP + 90)])
def test_sums_of_strips_are_those_of_whole_scales(shape, first, p):
    check(walks(*shape), first=first, p=p)


@pytest.mark.parametrize("shape", [(2, STRETCH + 2), (3, 90, 76)])
def test_sums_in_single_precision(shape):
    # Steps, not walks: these are so much larger than their details that rounding shows.
    check(np.diff(walks(*shape)).astype(np.float32), tolerance=1e-5)


@pytest.mark.parametrize("p", [inf, 2.0])
@pytest.mark.parametrize("first", [1, 2])
def test_gaps_across_strips_and_over_whole_ones(first, p):
    x = walks(2, STRETCH + 1)
    x[0, 2 * STRIP - 5 : 2 * STRIP + 9] = np.nan  # across the first two strips of the finest scale
    x[0, 4 * STRIP - 20 : 8 * STRIP + 20] = np.nan  # over two whole ones
    x[1, : 3 * STRIP] = np.nan  # nothing before the first that remains
    check(x, first=first, p=p, gaps=True)


@pytest.mark.parametrize("p", [inf, 2.0])
def test_gaps_of_images(p):
    x = walks(3, 90, 75)
    x[0, 30:33, 20:60], x[1, 70:] = np.nan, np.nan
    check(x, first=2, p=p, gaps=True)


def test_items_do_not_see_each_other():
    x = walks(3, 90, 75)
    low, high = bank_of("db2")
    given = {"levels": 3, "first_scale": 2, "p": inf, "gamma": None, "orders": 4, "blocks": ()}
    floor = np.full(3, 1e-9)
    together = engine.log_leader_sums(x, low, high, floor, WEIGHTS, Q, **given)
    for i in (2, 0, 1):
        one = engine.log_leader_sums(x[i : i + 1], low, high, floor[:1], WEIGHTS, Q, **given)
        for name, value in one.items():
            np.testing.assert_array_equal(value[0], together[name][i], err_msg=name)
