"""c_2 by Whittle's likelihood: against sums over pairs, known laws and symmetries."""

import numpy as np
import pytest
from scipy.optimize import minimize

import toolbox
from tests.reference import log_leader_spectra as plain
from toolbox.core.streams import generator
from toolbox.multifractals.log_leader_spectra import (
    band,
    cascade_spectra,
    frequency,
    periodogram,
    window,
)
from toolbox.multifractals.whittle import _fit, _misfit


def noise(*shape):
    return generator(8, "whittle", *shape).standard_normal(shape)


@pytest.mark.parametrize("sides", [(17,), (6, 5)])
def test_the_expected_spectra_are_those_of_the_covariance_of_every_pair(sides):
    def logarithm(lag):
        distance = np.linalg.norm(lag)
        return 3 - np.log(distance) if distance else 3.0  # no frequency but zero sees the 3

    def white(lag):
        return float(not np.any(lag))

    expected = [plain.expected_periodogram(sides, c) for c in (logarithm, white)]
    got = cascade_spectra(sides)
    seen = np.ones(window(sides), dtype=bool)
    seen[(0,) * len(sides)] = len(sides) == 2  # the mean, which is taken off a signal
    np.testing.assert_allclose(got[:, seen], np.array(expected)[:, seen], atol=1e-10)


@pytest.mark.parametrize("shape", [(9,), (6, 5)])
def test_the_periodogram_is_the_sum_over_positions(shape):
    y = noise(2, *shape)
    got = periodogram(y, dim=len(shape))
    np.testing.assert_allclose(got, [plain.periodogram(one) for one in y], atol=1e-12)


@pytest.mark.parametrize("sides", [(40,), (30, 24), (15, 15)])
def test_of_each_pair_of_conjugate_frequencies_one_is_compared(sides):
    inside = band(sides)
    axes = tuple(range(len(sides)))
    mirrored = np.roll(np.flip(inside, axes), 1, axes)
    low = frequency(sides) <= 1 / 6
    low[(0,) * len(sides)] = False
    assert not (inside & mirrored).any()
    np.testing.assert_array_equal(inside | mirrored, low)


def components_of(side):
    return cascade_spectra((side, side))[:, band(window((side, side)))]


def test_the_estimate_is_where_the_likelihood_is_largest_and_the_interval_where_it_has_fallen():
    components = components_of(60)
    for i, truth in enumerate([(0.05, 0.3), (0.01, 0.4), (0.0, 0.3), (0.05, 0.0)]):
        drawn = generator(3, "ordinates", i).exponential(size=components.shape[1])
        observed = drawn * (np.array(truth) @ components)
        fit = _fit(observed, components, level=0.9)
        starts = [(0.001, 0.5), (0.05, 0.3), (0.1, 0.01)]
        found = [
            minimize(
                _misfit,
                start,
                args=(observed, components),
                bounds=[(0, 5), (1e-9, 5)],
                method="L-BFGS-B",
                options={"ftol": 1e-14},
            )
            for start in starts
        ]
        lowest = min(f.fun for f in found)
        assert _misfit(fit["powers"], observed, components) <= lowest + 1e-5
        grid = np.linspace(0, 2, 4001) * (fit["noise"] + 0.05)
        for limit in np.abs(fit["interval"]):
            mixtures = limit * components[0] + grid[:, None] * components[1] + 1e-12
            fallen = np.min(np.sum(np.log(mixtures) + observed / mixtures, axis=1)) - lowest
            # Half the 90 % quantile of chi-square, or less where 0 is inside.
            assert fallen == pytest.approx(2.7055 / 2, abs=0.01) or (limit == 0 and fallen < 1.36)


def test_the_interval_covers_and_the_error_is_right_where_the_model_holds():
    components, truth = components_of(60), np.array([0.05, 0.3])
    drawn = generator(4, "ordinates").exponential(size=(400, components.shape[1]))
    fits = [_fit(one * (truth @ components), components, level=0.95) for one in drawn]
    c2, error = (np.array([fit[key] for fit in fits]) for key in ("c2", "standard_error"))
    low, high = np.array([fit["interval"] for fit in fits]).T
    assert np.mean((low <= -0.05) & (high >= -0.05)) == pytest.approx(0.95, abs=0.033)  # 3 sd
    assert c2.mean() == pytest.approx(-0.05, abs=4 * c2.std() / 20)
    assert error.mean() == pytest.approx(c2.std(), rel=0.12)


@pytest.mark.parametrize(("hurst", "intermittency"), [(0.7, 0.05), (0.3, 0.05), (0.5, 0.0)])
def test_fields_of_known_intermittency(hurst, intermittency):
    law = {"hurst": hurst, "intermittency": intermittency}
    fields = toolbox.multifractal_field((256, 256), **law, n=12, seed=2).values
    got = toolbox.whittle_c2(fields, dim=2)
    error = got.c2 + intermittency
    assert abs(error.mean()) < 0.1 * intermittency + 0.001 + 3 * got.c2.std() / np.sqrt(12)
    assert got.c2.std() < 0.016
    assert np.median(got.standard_error) < 0.015
    assert (got.c2 <= 0).all()
    assert (got.interval[:, 0] <= got.c2).all()
    assert (got.c2 <= got.interval[:, 1]).all()
    if not intermittency:
        assert (got.interval[:, 0] > -0.01).all()


def test_signals_and_far_less_noise_than_the_slope_over_scales():
    walks = toolbox.multifractal_field(2**13, hurst=0.6, intermittency=0.05, n=24, seed=2).values
    got = toolbox.whittle_c2(walks, dim=1, scale=3)
    leaders = toolbox.wavelet_leaders(walks, dim=1, wavelet="db2", levels=7).values[2:]
    variances = [np.log(v).var(axis=1) for v in leaders]
    slopes = np.polyfit(np.arange(3, 8), variances, 1)[0] / np.log(2)
    assert got.c2.mean() == pytest.approx(-0.05, abs=0.01)
    assert got.c2.std() < 0.75 * slopes.std()


def test_signals_that_are_monofractal():
    walks = toolbox.fractional_field(2**13, hurst=0.6, n=24, seed=2).values
    got = toolbox.whittle_c2(walks, dim=1)
    assert (got.c2 > -0.005).all()
    assert np.mean(got.interval[:, 1] == 0) > 0.8


def test_a_short_integral_scale_changes_little():
    law = {"hurst": 0.6, "intermittency": 0.05, "n": 8, "seed": 3}
    fields = toolbox.multifractal_field((256, 256), integral_scale=32, **law).values
    assert toolbox.whittle_c2(fields, dim=2).c2.mean() == pytest.approx(-0.05, abs=0.012)


def test_gain_offset_and_orientation_change_nothing():
    x = np.cumsum(np.cumsum(noise(2, 130, 120), axis=1), axis=2)
    got = toolbox.whittle_c2(x, dim=2)
    for y in (7 * x + 3, -x, x.swapaxes(1, 2)):
        other = toolbox.whittle_c2(y, dim=2)
        np.testing.assert_allclose(other.c2, got.c2, atol=1e-6)
        np.testing.assert_allclose(other.interval, got.interval, atol=2e-5)


def test_leading_axes_and_precision_follow_the_input():
    x = np.cumsum(noise(2, 3, 600), axis=-1).astype(np.float32)
    got = toolbox.whittle_c2(x, dim=1, scale=2)
    assert got.c2.shape == (2, 3)
    assert got.interval.shape == (2, 3, 2)
    assert got.spectrum.shape == got.model.shape == (2, 3, len(got.radii))
    assert {v.dtype for v in (got.c2, got.interval, got.radii, got.model)} == {np.dtype("f4")}
    one = toolbox.whittle_c2(x[1, 2].astype(np.float64), dim=1, scale=2)
    assert one.c2.shape == ()
    assert one.c2 == pytest.approx(got.c2[1, 2], abs=1e-5)
    observed, fitted = got.plot().axes[0].lines[:2]  # of the first signal
    for line, values in ((observed, got.spectrum), (fitted, got.model)):
        np.testing.assert_array_equal(line.get_xdata(), got.radii)
        np.testing.assert_array_equal(line.get_ydata(), values[0, 0])


def test_what_cannot_be_estimated_is_refused():
    with pytest.raises(toolbox.InputError, match=r"^x: wanted space large enough .* 16 freq"):
        toolbox.whittle_c2(noise(64, 64), dim=2)
    with pytest.raises(toolbox.InputError, match=r"^x: wanted space large enough .* scale 9"):
        toolbox.whittle_c2(noise(200, 200), dim=2, scale=9)
    flat = noise(200, 200)
    flat[:100] = 1
    with pytest.raises(toolbox.InputError, match=r"^x: wanted variation everywhere"):
        toolbox.whittle_c2(flat, dim=2)
    with pytest.raises(toolbox.InputError, match=r"^gamma: wanted"):
        toolbox.whittle_c2(noise(200, 200), dim=2, gamma=-1)


def test_a_periodic_pattern_is_refused_by_name():
    square = np.where(np.arange(256) // 4 % 2, 1.0, -1.0)
    with pytest.raises(toolbox.InputError, match=r"^x: wanted leaders that vary"):
        toolbox.whittle_c2(square, dim=1, scale=1)
