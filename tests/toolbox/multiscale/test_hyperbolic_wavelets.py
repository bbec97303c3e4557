"""Hyperbolic energies and their distance: against PyWavelets, known laws and symmetries."""

import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

import toolbox
from toolbox.core.streams import generator


def noise(*shape):
    return generator(7, "hyperbolic", *shape).standard_normal(shape)


def details(x, wavelet, levels, axis):
    """Return the inner coefficients of PyWavelets along one axis, each scale L1-normalised."""
    length, result = pywt.Wavelet(wavelet).dec_len, []
    for j in range(1, levels + 1):
        windows = (x.shape[axis] - length) // 2 + 1
        inner = np.arange(windows) + length // 2 - 1
        x, d = (c.take(inner, axis) for c in pywt.dwt(x, wavelet, mode="zero", axis=axis))
        result.append(d * 2.0 ** (-j / 2))
    return result


@pytest.mark.parametrize(
    ("wavelet", "shape", "levels"), [("db1", (9, 22), (3, 2)), ("db3", (75, 52), (3, 2))]
)
def test_energies_are_those_of_two_transforms_one_after_the_other(wavelet, shape, levels):
    x = noise(3, 2, *shape) + 5
    got = toolbox.hyperbolic_energy(x, wavelet=wavelet, levels=levels)
    bands = [details(d, wavelet, levels[1], -1) for d in details(x, wavelet, levels[0], -2)]
    expected = [[np.log2((c**2).mean(axis=(-2, -1))) for c in row] for row in bands]
    np.testing.assert_allclose(got.values, np.moveaxis(expected, (0, 1), (-2, -1)), atol=1e-11)
    assert got.counts.tolist() == [[c[0, 0].size for c in row] for row in bands]
    assert got.levels == levels


def test_white_noise_is_flat_but_for_the_normalisation():
    energy = toolbox.hyperbolic_energy(noise(40, 80, 60))
    assert energy.levels == (3, 3)  # four coefficients along an axis at the least
    flat = np.log2((2.0**energy.values).mean(axis=0)) + np.add.outer([1, 2, 3], [1, 2, 3])
    # Coefficients of white noise are independent: the mean square of m has the variance 2 / m.
    error = np.sqrt(2 / (40 * energy.counts)) / np.log(2)
    assert (np.abs(flat) < 4 * error).all()


def test_transposing_the_images_transposes_the_energies():
    x = np.cumsum(noise(2, 60, 40), axis=1)
    upright = toolbox.hyperbolic_energy(x, levels=(3, 2)).values
    lying = toolbox.hyperbolic_energy(x.swapaxes(1, 2), levels=(2, 3)).values
    np.testing.assert_allclose(lying, upright.swapaxes(1, 2), atol=1e-12)


def test_leading_axes_and_precision_are_those_of_the_input():
    x = noise(1, 2, 30, 30)
    whole = toolbox.hyperbolic_energy(x, levels=2).values
    assert whole.shape == (1, 2, 2, 2)
    one = toolbox.hyperbolic_energy(x[0, 1], levels=2).values
    np.testing.assert_allclose(one, whole[0, 1], atol=1e-12)
    single = toolbox.hyperbolic_energy(x.astype(np.float32) + 100, levels=2).values
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, whole, atol=1e-3)


def steepest(values, first=3):
    """Return the a along whose direction ((2 - a) j, a j) the energies grow fastest."""
    a = np.arange(0.4, 1.61, 0.01)
    j = np.linspace(0, (min(values.shape) - first) / 1.6, 9)
    places = first - 1 + np.stack([np.multiply.outer(2 - a, j), np.multiply.outer(a, j)])
    slopes = np.polyfit(j, map_coordinates(values, places, order=1, mode="nearest").T, 1)[0]
    return a[np.argmax(slopes)]


@pytest.mark.parametrize(("anisotropy", "hurst"), [(0.7, 0.4), (1.0, 0.5)])
def test_the_steepest_direction_is_the_anisotropy_of_the_field(anisotropy, hurst):
    law = {"hurst": hurst, "anisotropy": anisotropy, "angle": 0.0}
    energy = toolbox.hyperbolic_energy(toolbox.anisotropic_field(512, n=8, seed=1, **law).values)
    estimates = np.array([steepest(v) for v in energy.values])
    error = estimates.std(ddof=1) / np.sqrt(8)
    assert error < 0.04
    # 0.03: the bias that few scales leave, found with many fields.
    assert abs(estimates.mean() - anisotropy) < 4 * error + 0.03


@settings(derandomize=True, deadline=None, max_examples=10)
@given(gain=st.floats(0.01, 100), offset=st.floats(-10, 10), seed=st.integers(0, 99))
def test_the_distance_does_not_see_gain_and_offset(gain, offset, seed):
    x = generator(7, "gain", seed).standard_normal((3, 30, 30))
    a = toolbox.hyperbolic_energy(x, levels=2)
    b = toolbox.hyperbolic_energy(gain * x[:2] + offset, levels=2)
    expected = toolbox.hyperbolic_distance(a)
    np.testing.assert_allclose(toolbox.hyperbolic_distance(a, b), expected[:, :2], atol=1e-7)
    np.testing.assert_array_equal(expected, expected.T)
    assert (np.diag(expected) == 0).all()


def test_the_distance_is_the_root_mean_square_of_centred_differences():
    a, b = noise(3, 2, 4, 5), noise(2, 2, 4, 5)
    got = toolbox.hyperbolic_distance(a, b)
    for i in range(3):
        for k in range(2):
            squares = [np.var(u - v) for u, v in zip(a[i], b[k], strict=True)]
            assert got[i, k] == pytest.approx(np.sqrt(np.mean(squares)), rel=1e-12)
    np.testing.assert_allclose(toolbox.hyperbolic_distance(a[:, 0])[0, 1:] > 0, True)
    assert toolbox.hyperbolic_distance(a[0, 0]).tolist() == [[0.0]]


def test_a_texture_is_nearest_to_one_of_the_same_law():
    x = noise(6, 64, 64)
    x[2:4] = np.cumsum(x[2:4], axis=1)
    x[4:] = np.cumsum(x[4:], axis=2)
    distances = toolbox.hyperbolic_distance(toolbox.hyperbolic_energy(x)) + np.diag([np.inf] * 6)
    assert distances.argmin(axis=1).tolist() == [1, 0, 3, 2, 5, 4]


def test_what_cannot_be_compared_is_refused():
    x = noise(2, 30, 30)
    a = toolbox.hyperbolic_energy(x, levels=2)
    others = (
        toolbox.hyperbolic_energy(x, levels=3),
        toolbox.hyperbolic_energy(x, levels=2, wavelet="db3"),
        toolbox.hyperbolic_energy(x[:, None].repeat(2, 1), levels=2),
    )
    for b in others:
        with pytest.raises(toolbox.InputError, match=r"^b: wanted"):
            toolbox.hyperbolic_distance(a, b)
    for b in ([[np.nan, 1]], np.ones((2,) * 5), [], "b", x + 1j):
        with pytest.raises(toolbox.InputError, match=r"^b: wanted"):
            toolbox.hyperbolic_distance(a.values, b)


def test_what_has_no_energies_is_refused():
    stripes = np.sin(np.arange(40.0))[:, None] + np.zeros(40)
    with pytest.raises(toolbox.InputError, match=r"^images: wanted variation along both axes"):
        toolbox.hyperbolic_energy(stripes)
    with pytest.raises(toolbox.InputError, match=r"^images: wanted at least 46 .* 4 scales"):
        toolbox.hyperbolic_energy(noise(45, 60), levels=4)
    assert toolbox.hyperbolic_energy(noise(46, 60), levels=4).counts[3, 3] == 1
    with pytest.raises(toolbox.InputError, match=r"^images: wanted at least 10 "):
        toolbox.hyperbolic_energy(noise(9, 60))


def test_the_picture_shows_every_pair_of_scales():
    got = toolbox.hyperbolic_energy(noise(2, 40, 60), levels=(2, 3))
    (picture,) = got.plot().axes[0].images
    first, second = (item - item.mean() for item in got.values)
    np.testing.assert_allclose(picture.get_array(), (first + second) / 2, atol=1e-12)
    assert picture.origin == "lower"  # the finest scales at the lower left
    assert picture.get_extent() == [0.5, 3.5, 0.5, 2.5]
