"""Coefficients against PyWavelets and against the definition."""

import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st

import toolbox
from tests.reference.leaders import coefficient_positions
from toolbox.core.streams import generator


def noise(*shape, name="x"):
    return generator(1, name, *shape).standard_normal(shape)


@pytest.mark.parametrize("wavelet", ["db1", "db2", "db3", "db5"])
@pytest.mark.parametrize("shape", [(97,), (61, 58)])
def test_coefficients_equal_pywavelets_inside(wavelet, shape):
    x = noise(*shape)
    dim = len(shape)
    ours = toolbox.wavelet_coefficients(x, dim=dim, wavelet=wavelet, levels=2)
    lead = pywt.Wavelet(wavelet).dec_len // 2 - 1
    approximation = x
    sizes = x.shape
    for j, details in enumerate(ours.details, start=1):
        if dim == 1:
            approximation, *theirs = pywt.dwt(approximation, wavelet, mode="zero")
            letters, mine = ["d"], details[None]
        else:
            approximation, theirs = pywt.dwt2(approximation, wavelet, mode="zero")
            letters, mine = ["da", "ad", "dd"], details
        # PyWavelets' index is k for a high-pass and k + lead for a low-pass filter.
        for band, c, d in zip(letters, theirs, mine, strict=True):
            start = [lead if letter == "d" else 2 * lead for letter in band]
            inside = tuple(slice(i, i + n) for i, n in zip(start, d.shape, strict=True))
            np.testing.assert_allclose(d * 2 ** (j * dim / 2), c[inside], atol=1e-12)
        # Keep what reads no zeros before or after the signal.
        sizes = [(n - 2 * lead - 2) // 2 + 1 for n in sizes]
        approximation = approximation[tuple(slice(lead, lead + n) for n in sizes)]


@settings(max_examples=8, deadline=None, derandomize=True)
@given(
    st.sampled_from(["db1", "db2", "db3"]),
    st.one_of(st.tuples(st.integers(20, 70)), st.tuples(st.integers(14, 26), st.integers(14, 26))),
)
def test_positions_and_values_follow_the_definition(wavelet, shape):
    x = noise(*shape)
    ours = toolbox.wavelet_coefficients(x, dim=len(shape), wavelet=wavelet)
    expected = coefficient_positions(x, wavelet, len(ours.details))
    for details, first, scale in zip(ours.details, ours.first, expected, strict=True):
        positions = np.array(sorted(scale))
        assert (positions.min(axis=0) == first).all()
        assert len(scale) == np.prod(details.shape[-len(shape) :])
        for k, values in scale.items():
            at = tuple(np.subtract(k, first))
            mine = details[(..., *at)]
            np.testing.assert_allclose(np.ravel(mine), values, atol=1e-12)


def test_batch_and_components_are_transformed_one_by_one():
    x = noise(2, 3, 40, 33)
    together = toolbox.wavelet_coefficients(x, dim=2, levels=2)
    alone = toolbox.wavelet_coefficients(x[1, 2], dim=2, levels=2)
    for a, b in zip(together.details, alone.details, strict=True):
        assert a.shape[:2] == (2, 3)
        np.testing.assert_allclose(a[1, 2], b, atol=1e-12)


def test_precision_follows_the_input():
    steps = np.arange(64) % 7
    for x in (noise(64).astype(np.float32), steps, steps.astype(np.uint8)):
        single = toolbox.wavelet_coefficients(x, dim=1).details[0]
        double = toolbox.wavelet_coefficients(x.astype(np.float64), dim=1).details[0]
        assert (single.dtype, double.dtype) == (np.float32, np.float64)
        np.testing.assert_allclose(single, double, atol=1e-5)
        assert np.abs(single - double).max() > 0  # computed in single precision, as it says


@pytest.mark.parametrize("dim", [1, 2])
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_the_shortest_allowed_size_is_the_one_that_the_error_names(dim, levels):
    short = np.ones((5,) * dim) + noise(*(5,) * dim)
    with pytest.raises(toolbox.InputError, match=f"levels={levels}") as caught:
        toolbox.wavelet_coefficients(short, dim=dim, levels=levels)
    shortest = int(str(caught.value).split("at least ")[1].split()[0])
    toolbox.wavelet_coefficients(noise(*(shortest,) * dim), dim=dim, levels=levels)
    with pytest.raises(toolbox.InputError):
        toolbox.wavelet_coefficients(noise(*(shortest - 1,) * dim), dim=dim, levels=levels)


def test_a_db_n_wavelet_does_not_see_polynomials_below_degree_n():
    t = np.linspace(-1, 1, 200)
    seen = toolbox.wavelet_coefficients(t**3, dim=1, wavelet="db3", levels=3)
    unseen = toolbox.wavelet_coefficients(t**2, dim=1, wavelet="db3", levels=3)
    assert max(np.abs(d).max() for d in unseen.details) < 1e-10
    assert max(np.abs(d).max() for d in seen.details) > 1e-6
