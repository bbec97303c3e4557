"""Maps of local regularity: against one position at a time, singularities and fields."""

import numpy as np
import pytest

import toolbox
from tests.reference.local_regularity import slopes
from toolbox.core.streams import generator


def noise(*shape):
    return generator(11, "regularity", *shape).standard_normal(shape)


@pytest.mark.parametrize(
    ("shape", "wavelet", "scales", "gamma"),
    [((150,), "db2", (1, 3), 0.5), ((133,), "db3", (2, 3), 0.0), ((44, 51), "db1", (1, 3), 1.0)],
)
def test_every_value_is_the_line_through_the_leaders_above_it(shape, wavelet, scales, gamma):
    x = noise(*shape)
    dim = len(shape)
    got = toolbox.regularity_map(x, dim=dim, scales=scales, wavelet=wavelet, gamma=gamma)
    expected = slopes(x, wavelet, scales, gamma)
    assert got.values.size == len(expected)  # no position is left out
    assert got.step == 2 ** scales[0]
    for i in np.ndindex(got.values.shape):
        slope, level = expected[tuple(got.first + i)]
        assert got.values[i] == pytest.approx(slope, abs=1e-9)
        assert got.level[i] == pytest.approx(level, abs=1e-9)


def test_the_residual_is_the_deviation_from_the_line():
    x = noise(400)
    got = toolbox.regularity_map(x, dim=1, scales=(1, 4), gamma=0)
    leaders = toolbox.wavelet_leaders(x, dim=1, wavelet="db2", levels=4)
    i = 7
    k = got.first[0] + i
    logs = [np.log2(leaders.values[j][k // 2**j - leaders.first[j, 0]]) for j in range(4)]
    _, squares, *_ = np.polyfit(range(4), logs, 1, full=True)
    assert got.residual[i] == pytest.approx(np.sqrt(squares[0] / 4), abs=1e-9)
    two = toolbox.regularity_map(x, dim=1, scales=(2, 3))
    assert two.residual.max() < 1e-9  # a line through two points


def test_gain_moves_the_level_alone():
    x = noise(2, 90, 80)
    got, louder = (toolbox.regularity_map(y, dim=2, scales=(1, 3)) for y in (x, 8 * x))
    np.testing.assert_allclose(louder.values, got.values, atol=1e-9)
    np.testing.assert_allclose(louder.level, got.level + 3, atol=1e-9)
    shifted = toolbox.regularity_map(x + 100, dim=2, scales=(1, 3))
    np.testing.assert_allclose(shifted.values, got.values, atol=1e-9)


@pytest.mark.parametrize("h", [0.2, 0.5, 0.8, 1.3])
def test_an_isolated_singularity_has_its_exponent(h):
    t = np.arange(2**14)
    cusps = np.abs(t - np.array([[8000.3], [8005.1], [8017.0], [8100.6]])) ** h
    got = toolbox.regularity_map(cusps, dim=1, scales=(3, 8))
    at = [8000 // 8, 8005 // 8, 8017 // 8, 8100 // 8] - got.first[0]
    found = got.values[range(4), at]
    np.testing.assert_allclose(found, h, atol=0.15)
    assert found.mean() == pytest.approx(h, abs=0.06)


def test_two_halves_of_different_regularity():
    rough, smooth = (
        toolbox.fractional_field((512, 256), hurst=h, n=6, seed=3).values for h in (0.3, 0.7)
    )
    x = np.concatenate([rough / rough.std(), smooth / smooth.std()], axis=2)
    got = toolbox.regularity_map(x, dim=2, scales=(3, 5))
    columns = (got.first[1] + np.arange(got.values.shape[2]) + 0.5) * got.step
    reach = 3 * 2**5  # of the coarsest leaders
    left = got.values[..., columns < 256 - reach].mean(axis=(1, 2))
    right = got.values[..., columns > 256 + reach].mean(axis=(1, 2))
    assert left.mean() == pytest.approx(0.3, abs=0.07)
    assert right.mean() == pytest.approx(0.7, abs=0.07)
    assert (right - left > 0.25).all()
    finer = toolbox.regularity_map(x, dim=2)  # biased for rough fields, but tells them apart
    assert finer.scales == (2, 5)
    half = finer.values.shape[2] // 2
    sides = finer.values[..., : half - 24], finer.values[..., half + 24 :]
    rough, smooth = (side.mean(axis=(1, 2)) for side in sides)
    assert (smooth - rough > 0.35).all()


def test_leading_axes_precision_and_picture():
    x = noise(2, 3, 128).astype(np.float32)
    got = toolbox.regularity_map(x, dim=1, scales=(1, 3))
    assert got.values.shape[:2] == (2, 3)
    assert got.values.dtype == got.level.dtype == got.residual.dtype == np.float32
    one = toolbox.regularity_map(x[1, 2].astype(np.float64), dim=1, scales=(1, 3))
    np.testing.assert_allclose(got.values[1, 2], one.values, atol=1e-4)
    for axes, field in zip(got.plot().axes, (got.values, got.level), strict=True):
        samples, drawn = axes.lines[0].get_data()
        np.testing.assert_array_equal(drawn, field[0, 0])
        np.testing.assert_array_equal(samples, 2 * (got.first[0] + np.arange(len(drawn))) + 1)
    image = toolbox.regularity_map(noise(60, 60), dim=2, scales=(1, 2))
    for axes, field in zip(image.plot().axes[:2], (image.values, image.level), strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), field)
        left, right, bottom, top = axes.images[0].get_extent()
        assert (top, left) == tuple(2 * image.first)
        assert (bottom - top, right - left) == tuple(2 * np.array(field.shape))


def test_what_has_no_map_is_refused():
    with pytest.raises(toolbox.InputError, match=r"^x: wanted at least .* scales up to 4"):
        toolbox.regularity_map(noise(40), dim=1, scales=(2, 4))
    with pytest.raises(toolbox.InputError, match=r"^x: wanted at least .* 2 scales"):
        toolbox.regularity_map(noise(12), dim=1)
    with pytest.raises(toolbox.InputError, match=r"^scales: wanted two whole numbers"):
        toolbox.regularity_map(noise(400), dim=1, scales=(3, 3))
    flat = noise(400)
    flat[:200] = 0
    with pytest.raises(toolbox.InputError, match=r"^x: wanted variation everywhere"):
        toolbox.regularity_map(flat, dim=1)
