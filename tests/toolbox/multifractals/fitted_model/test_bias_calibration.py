"""Calibration: its parts by closed forms and hand counts, and what it does to known walks."""

from dataclasses import replace

import numpy as np
import pytest

import toolbox
from toolbox.core.streams import generator
from toolbox.multifractals.fitted_model.exponent_grid import (
    FEWEST_DRAWS,
    WalkGrid,
    _corners,
    item_of,
    widening_of,
)
from toolbox.multifractals.fitted_model.simulated_walks import true_figures

Q = np.arange(-5.0, 6)


def analysed(process, **options):
    return toolbox.multifractal(process.values, dim=1, **options)


@pytest.fixture(scope="module")
def rough():
    return toolbox.fractional_field(2**12, hurst=0.3, n=40, seed=1)


def test_true_figures_are_the_lognormal_law_and_go_on_straight():
    got = true_figures(0.5, 0.08, q=np.linspace(-9, 9, 181), orders=4, dim=1)
    q, zeta, h, D = np.linspace(-9, 9, 181), got["zeta"], got["h"], got["D"]
    np.testing.assert_allclose(got["cumulants"], [0.58, -0.08, 0, 0])
    inner = np.abs(q) <= 5  # sqrt(2 / .08)
    np.testing.assert_allclose(zeta[inner], (0.58 * q - 0.04 * q**2)[inner], atol=1e-12)
    np.testing.assert_allclose(D[inner], (1 - (h - 0.58) ** 2 / 0.16)[inner], atol=1e-12)
    np.testing.assert_allclose(D[~inner], 0, atol=1e-12)
    np.testing.assert_allclose(np.diff(zeta, n=2)[q[1:-1] > 5.05], 0, atol=1e-12)
    np.testing.assert_allclose(np.gradient(zeta, q)[1:-1], h[1:-1], atol=5e-3)  # h = zeta'


def test_true_figures_without_intermittency():
    got = true_figures(0.7, 0.0, q=Q, orders=2, dim=2)
    np.testing.assert_allclose(got["zeta"], 0.7 * Q)
    np.testing.assert_allclose(got["D"], 2)
    assert got["cumulants"].tolist() == [0.7, 0]


@pytest.mark.parametrize("point", [(0.3, 0.0), (0.312, 0.013), (0.05, 0.3), (-0.2, 0.1), (1.3, 5)])
def test_corners_interpolate_any_bilinear_function(point):
    H, s = np.clip(point[0], 0.05, 0.95), np.clip(point[1], 0, 0.4)
    corners = _corners(*point, 1)
    assert sum(share for _, _, share in corners) == pytest.approx(1)
    value = sum((1 + 2 * a - 3 * b + 4 * a * b) * share for a, b, share in corners)
    assert value == pytest.approx(1 + 2 * H - 3 * s + 4 * H * s)
    assert all(0.05 <= a <= 0.95 and 0 <= b <= 0.4 for a, b, _ in corners)


def test_widening_is_one_where_errors_follow_students_law():
    rng, B = generator(0, "widening"), 16
    scale = rng.chisquare(B - 1, (20_000, 2)) / (B - 1)
    errors = rng.standard_normal((20_000, 2)) * [1, 1.2]
    np.testing.assert_allclose(widening_of(scale, errors, B), [1, 1.44], rtol=0.05)
    assert np.isnan(widening_of(None, errors, 0)).all()


def test_the_bias_of_a_rough_motion_is_taken_off(rough):
    raw = analysed(rough, resamples=60, seed=0)
    got = toolbox.calibrate(raw, seed=2, draws=60, progress=False)
    error = got.cumulants - rough.cumulants
    assert np.abs((raw.cumulants - rough.cumulants).mean(axis=0))[0] > 0.04
    # Monte Carlo error of 40 items and of 60 simulations, .003 in all for c_1.
    limits = 4 * error.std(axis=0) * np.sqrt(1 / 40 + 1 / 60)
    assert (np.abs(error.mean(axis=0)) < limits).all()
    for name, truth in (("zeta", 0.3 * raw.q), ("h", 0.3), ("D", 1.0)):
        value = getattr(got, name)
        spread = 4 * value.std(axis=0) * np.sqrt(1 / 40 + 1 / 60) + 1e-9
        inner = np.abs(raw.q) <= 2
        assert (np.abs(value.mean(axis=0) - truth) < spread)[inner].all(), name
    np.testing.assert_array_equal(got.log_cumulants, raw.log_cumulants)
    middle = got.interval.mean(axis=-1)
    np.testing.assert_allclose(middle, got.cumulants, atol=1e-12)
    assert 0.8 < np.mean(got.standard_error[:, 0] / raw.standard_error[:, 0]) < 1.6
    assert (got.systematic[:, 0] > 0.02).all()  # rough walks depend on how they are sampled


@pytest.mark.parametrize(("order", "c1"), [(-1, -0.4), (1, 1.6)])
def test_increments_and_running_sums_are_fitted_too(order, c1):
    walk = toolbox.fractional_field(2**11 + 1, hurst=0.6, n=30, seed=3).values
    x = np.diff(walk, axis=1) if order < 0 else np.cumsum(walk, axis=1)[:, 1:]
    got = toolbox.calibrate(toolbox.multifractal(x, dim=1), seed=0, draws=40, progress=False)
    error = got.cumulants[:, :2] - [c1, 0]
    assert (np.abs(error.mean(axis=0)) < 4 * error.std(axis=0) * np.sqrt(1 / 30 + 1 / 40)).all()


def test_an_item_does_not_depend_on_the_others_nor_on_its_gain():
    x = toolbox.multifractal_field(2**10, hurst=0.6, intermittency=0.05, n=3, seed=1).values
    options = {"dim": 1, "resamples": 20, "seed": 0}
    together, alone, louder = (
        toolbox.calibrate(toolbox.multifractal(v, **options), seed=4, draws=10, progress=False)
        for v in (x, x[1], 40 * x + 7)
    )
    for name in ("cumulants", "interval", "systematic", "zeta", "h", "D"):
        value = getattr(together, name)
        np.testing.assert_allclose(value[1], getattr(alone, name), atol=1e-9)
        np.testing.assert_allclose(value, getattr(louder, name), atol=1e-7)


def test_the_solution_is_a_fixed_point():
    x = toolbox.multifractal_field(2**11, hurst=0.6, intermittency=0.15, n=1, seed=5).values[0]
    raw = toolbox.multifractal(x, dim=1)
    got = toolbox.calibrate(raw, seed=4, draws=10, progress=False)
    grid = WalkGrid(raw.analysis, draws=10, seed=4, device="auto", progress=False)
    at = grid.fit(item_of(raw, ()))
    assert got.cumulants[1] < 0
    assert at["hurst"] == pytest.approx(got.cumulants[0] + got.cumulants[1], abs=1e-4)
    assert at["strength"] == pytest.approx(-got.cumulants[1], abs=1e-4)
    mean = grid.errors(item_of(raw, ()), **at)["cumulants"].mean(axis=0)
    np.testing.assert_allclose(got.cumulants + mean, raw.cumulants, atol=1e-9)


def test_images_p_leaders_and_single_precision():
    x = toolbox.fractional_field((96, 80), hurst=0.4, n=2, seed=0).values.astype(np.float32)
    raw = toolbox.multifractal(x, dim=2, p=2, wavelet="db2", orders=2)
    got = toolbox.calibrate(raw, seed=0, draws=8, progress=False)
    assert got.cumulants.dtype == got.systematic.dtype == np.float32
    assert np.abs(got.cumulants[:, 0] - 0.4).max() < np.abs(raw.cumulants[:, 0] - 0.4).max()
    assert np.isnan(got.interval).all()


def test_the_note_tells_of_items_beyond_the_model_and_of_nothing_else():
    walks = toolbox.fractional_field(2**10, hurst=0.6, n=2, seed=1).values
    raw = toolbox.multifractal(walks, dim=1, resamples=20, seed=0)
    assert raw.note == "; ".join(raw.analysis.notes)
    assert "without calibration" in raw.note
    assert toolbox.calibrate(raw, seed=0, draws=8, progress=False).note == ""
    strong = replace(raw, cumulants=np.array([[0.9, -0.6, 0], [0.6, 0, 0]]))
    got = toolbox.calibrate(strong, seed=0, draws=8, progress=False)
    assert got.note.startswith("1 items lie where the model has no exponents")
    for name in ("cumulants", "zeta", "h", "D"):  # as measured: no bias of another model
        np.testing.assert_array_equal(getattr(got, name)[0], getattr(strong, name)[0])
    assert np.isnan(got.interval[0]).all()
    assert np.isnan(got.standard_error[0]).all()
    assert np.isfinite(got.interval[1]).all()
    against = toolbox.equality_test(got, got)
    assert np.isnan(against.p_value[0])
    assert f"a: {got.note}" in against.note
    doubts = ("gamma differs", "a doubt; in two parts", *raw.analysis.notes)
    doubtful = replace(raw, analysis=replace(raw.analysis, notes=doubts), note="; ".join(doubts))
    noted = toolbox.calibrate(doubtful, seed=0, draws=8, progress=False)
    assert noted.note == "gamma differs; a doubt; in two parts"
    assert noted.analysis.notes == doubts[:2]


def test_refusals_say_what_is_wanted(rough):
    raw = analysed(replace(rough, values=rough.values[:1]))
    image = replace(raw.analysis, space=(64, 64))
    for wrong, text in (
        (3, "estimate: wanted what multifractal returned, got"),
        (analysed(rough, orders=1), "estimate: wanted two cumulants or more"),
        (replace(raw, systematic=np.zeros((1, 3))), "estimate: wanted one that is not calibrated"),
        (replace(raw, cumulants=np.array([[3.0, 0, 0]])), r"model, from -1 to 2, got 3\.00"),
        (
            replace(raw, cumulants=np.array([[-0.9, 0, 0]]), analysis=image),
            r"c_1 \+ c_2, the H of its model, from 0 to 1, got -0\.90",
        ),
    ):
        with pytest.raises(toolbox.InputError, match=text):
            toolbox.calibrate(wrong, seed=0)
    with pytest.raises(toolbox.InputError, match=f"draws: wanted .*{FEWEST_DRAWS}"):
        toolbox.calibrate(raw, seed=0, draws=2)


@pytest.mark.long
@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_intervals_cover_after_calibration(strength):
    options = {"n": 300, "seed": 20}
    if strength:
        process = toolbox.multifractal_field(2**13, hurst=0.5, intermittency=strength, **options)
    else:
        process = toolbox.fractional_field(2**13, hurst=0.7, **options)
    covered, parts = [], np.split(np.arange(300), 3)
    for k, part in enumerate(parts):  # each with simulations of its own
        raw = toolbox.multifractal(process.values[part], dim=1, resamples=200, seed=1)
        low, high = np.moveaxis(toolbox.calibrate(raw, seed=k, progress=False).interval, -1, 0)
        covered.append((low <= process.cumulants) & (process.cumulants <= high))
    share = np.concatenate(covered).mean(axis=0)[:2]
    # 92 to 98 %, with three standard errors of 300 draws and of the simulated widening.
    assert ((share > 0.95 - 0.065) & (share < 0.995)).all()
