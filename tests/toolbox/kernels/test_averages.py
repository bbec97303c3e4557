"""Averages of arrays of NumPy and of JAX against sums in the order of the definition."""

from math import fsum

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toolbox.core.streams import generator
from toolbox.kernels.averages import (
    central_moments,
    mean_of_children,
    powers,
    second_moments,
    standardised,
)

KINDS = {"numpy": np.asarray, "jax": jnp.asarray}


def mean(values):
    return fsum(values) / len(values)


def noise(*shape):
    return generator(7, "averages", *shape).standard_normal(shape)


@pytest.fixture(params=KINDS)
def given(request):
    """Return what makes arrays of one kind, in double precision."""
    with jax.enable_x64(True):
        yield KINDS[request.param]


def test_powers(given):
    c = noise(2, 3, 37)
    found = powers(given(c))
    for item, band in np.ndindex(2, 3):
        row = c[item, band]
        exact = [mean(abs(row)), *(mean(row**k) for k in (2, 3, 4))]
        np.testing.assert_allclose([p[item, band] for p in found], exact, rtol=1e-13)


@pytest.mark.parametrize("offset", [0, 1e6])
def test_central_moments_far_from_zero_too(given, offset):
    x = noise(4, 1001) + offset
    found = central_moments(given(x))
    for row in range(4):
        m = mean(x[row])
        np.testing.assert_allclose(found[0][row], m, rtol=1e-15, atol=1e-14)
        for power, moment in zip((2, 3), found[1:], strict=True):
            exact = mean([(v - m) ** power for v in x[row]])
            # The mean itself is rounded: by up to 1e-10 at 1e6.
            np.testing.assert_allclose(moment[row], exact, atol=1e-9 if offset else 1e-13)


@pytest.mark.parametrize("offset", [0, 1e6])
@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("magnitudes", [False, True])
def test_second_moments_of_windows_of_one_array(given, magnitudes, dim, offset):
    x = noise(2, 1, 3, 9, 8) + offset
    whole = given(x)
    windows = {  # of what is in one piece, and of what is not
        "columns": lambda a: (a[..., :-1], a[..., 1:]),
        "rows": lambda a: (a[..., :-1, :], a[..., 1:, :]),
        "directions": lambda a: (a[:, :, 0], a[:, :, 2]),
        "every second": lambda a: (a[..., ::2], a[..., 1::2]),
        "turned": lambda a: (a, a[..., ::-1]),
    }
    for name, both in windows.items():
        uu, uv, vv = second_moments(*both(whole), dim=dim, magnitudes=magnitudes)
        u, v = map(abs, both(x)) if magnitudes else both(x)
        for place in np.ndindex(u.shape[:-dim]):
            a, b = (w[place].ravel() - mean(w[place].ravel()) for w in (u, v))
            exact = mean(a * a), mean(a * b), mean(b * b)
            scale = 1e-8 if offset else 1e-13
            found = uu[place], uv[place], vv[place]
            np.testing.assert_allclose(found, exact, atol=scale * exact[0], rtol=0, err_msg=name)


def test_nothing_is_left_of_what_is_constant(given):
    found = second_moments(*[given(np.full((1, 1, 40, 41), v)) for v in (0.1, 1 / 3)], dim=2)
    assert all(abs(moment[0, 0]) < 1e-29 for moment in found)


@pytest.mark.parametrize("space", [(12,), (13,), (9, 14), (8, 5)])
def test_the_mean_size_of_children(given, space):
    c = noise(2, 3, *space)
    parents = tuple((n - 1) // 2 for n in space)
    found = mean_of_children(given(c), parents=parents)
    assert found.shape == (2, 3, *parents)
    for place in np.ndindex(found.shape):
        block = c[(*place[:2], *(slice(2 * k + 1, 2 * k + 3) for k in place[2:]))]
        np.testing.assert_allclose(found[place], mean(abs(block.ravel())), rtol=1e-14)


def test_children_beyond_the_last_parent_do_not_count(given):
    found = mean_of_children(given(np.arange(20.0)[None, None]), parents=(3,))
    np.testing.assert_allclose(found[0, 0], [1.5, 3.5, 5.5])


def test_standardised_items(given):
    x = noise(3, 2, 7, 8) * 100 + 1e4
    found = np.asarray(standardised(given(x), dim=2))
    for place in np.ndindex(3, 2):
        values = x[place].ravel()
        m = mean(values)
        deviation = mean([(v - m) ** 2 for v in values]) ** 0.5
        np.testing.assert_allclose(found[place].ravel(), (values - m) / deviation, atol=1e-11)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_follows_the_array_and_sums_are_in_double(dtype):
    x = (noise(2, 1, 3, 30, 31) + 1000).astype(dtype)
    flat = x.reshape(2, -1)
    arrays = [*powers(flat), *central_moments(flat), *second_moments(x, x, dim=2)]
    arrays += [standardised(x, dim=2), mean_of_children(x, parents=(3, 3))]
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}
    exact = flat.astype(np.float64).var(axis=1)
    tolerance = np.finfo(dtype).eps  # of the result alone, though the mean is 1000 deviations away
    np.testing.assert_allclose(central_moments(flat)[1], exact, rtol=max(tolerance, 1e-11))
