"""Calibration errors against item-by-item counts, simulation and known laws."""

import numpy as np
import pytest

from confidence import reliability
from confidence.probability_bins import bin_numbers
from tests.reference.retraining import ece
from toolbox import InputError, restore, save
from toolbox.retraining.streams import generator


def two_columns(confidence, right):
    p = np.stack([confidence, 1 - confidence], axis=1)
    return p, np.where(right, 0, 1)


def calibrated(n, rng, shift=0.0):
    confidence = 0.5 + 0.5 * rng.beta(2, 1, size=n)
    return two_columns(confidence, rng.random(n) < confidence - shift)


def test_edges_are_closed_on_the_right():
    assert bin_numbers(np.array([0, 0.1, 0.5, 0.500001, 1.0]), 2).tolist() == [0, 0, 0, 1, 1]
    assert bin_numbers(np.arange(1, 16) / 15, 15).tolist() == list(range(15))


@pytest.mark.parametrize("bins", [1, 2, 10, 15])
def test_ece_is_the_item_by_item_sum(bins):
    rng = generator(0, "ece", bins)
    grid = rng.integers(10, 21, size=80) / 20  # many confidences on an edge
    p, y = two_columns(grid, rng.random(80) < 0.7)
    r = reliability(p, y, bins=bins, seed=0, resamples=39)
    right = (p.argmax(axis=1) == y).astype(float)
    assert r.ece == pytest.approx(ece(p.max(axis=1), right, bins), abs=1e-12)
    assert r.bin_count.sum() == 80
    filled = r.bin_count > 0
    shares = r.bin_count / 80
    gap = np.abs(r.bin_accuracy - r.bin_confidence)[filled]
    assert shares[filled] @ gap == pytest.approx(r.ece)
    assert np.isnan(r.bin_accuracy[~filled]).all()


def test_a_hand_made_table():
    # Confidence .75 three times (two right), 1 once (right), .5 twice (none right), two bins.
    p, y = two_columns(np.array([0.75] * 3 + [1.0] + [0.5] * 2), [1, 1, 0, 1, 0, 0])
    r = reliability(p, y, bins=2, seed=0)
    assert r.bin_count.tolist() == [2, 4]
    assert r.ece == pytest.approx((abs(0 - 1.0) + abs(3 - 3.25)) / 6)
    squares = 2 * (0.5**2 - 0) + 4 * ((3.25 - 3) ** 2 / 16 - 0.75 * 0.25 / 3)
    assert r.debiased == pytest.approx(squares / 6)


@pytest.mark.parametrize("n", [60, 300])
def test_the_null_is_the_mean_error_of_calibrated_models(n):
    rng = generator(0, "null", n)
    p, y = calibrated(n, rng)
    stated = reliability(p, y, seed=0).null
    conf = p[:, 0]
    simulated = [
        reliability(*two_columns(conf, rng.random(n) < conf), seed=0, resamples=39).ece
        for _ in range(400)
    ]
    error = np.std(simulated) * np.sqrt(1 / 400 + 1 / 999)
    assert abs(stated - np.mean(simulated)) < 4 * error


def test_p_values_of_calibrated_models_are_uniform_and_of_others_small():
    rng = generator(0, "p")
    values = [reliability(*calibrated(100, rng), seed=i, resamples=99).p_value for i in range(400)]
    for level in (0.05, 0.2, 0.5):
        error = np.sqrt(level * (1 - level) / 400)
        assert abs(np.mean(np.array(values) <= level) - level) < 4 * error
    assert reliability(*calibrated(400, rng, shift=0.15), seed=0).p_value < 0.01


def test_the_debiased_square_is_unbiased():
    rng = generator(0, "debiased")
    for shift in (0.0, 0.1):
        values = [
            reliability(*calibrated(200, rng, shift), seed=0, resamples=39).debiased
            for _ in range(400)
        ]
        # In bins of one item the correction does not exist: they are few, and left out.
        assert abs(np.mean(values) - shift**2) < 4 * np.std(values) / 20 + 2e-4


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.12])
def test_the_interval_covers_as_stated(shift):
    rng = generator(0, "interval", str(shift))
    covered = 0
    for i in range(200):
        low, high = reliability(*calibrated(250, rng, shift), seed=i, resamples=199).interval
        covered += low <= shift <= high
    assert covered / 200 > 0.82 - 0.05


def test_units_widen_the_interval_and_few_of_them_give_none():
    rng = generator(0, "units")
    p, y = calibrated(40, rng, shift=0.2)
    p, y, units = np.repeat(p, 10, axis=0), np.repeat(y, 10), np.repeat(np.arange(40), 10)
    alone, grouped = reliability(p, y, seed=0), reliability(p, y, seed=0, units=units)
    assert np.diff(grouped.interval) > 2 * np.diff(alone.interval)
    assert grouped.p_value > alone.p_value
    few = reliability(p, y, seed=0, units=units % 4)
    assert np.isnan([few.p_value, few.null, *few.interval]).all()
    assert "4 units" in few.note
    assert few.ece == alone.ece


def test_it_is_kept_drawn_and_repeatable(tmp_path):
    p, y = calibrated(100, generator(0, "kept"))
    r = reliability(p, y, seed=3)
    assert r.null == reliability(p, y, seed=3.0).null
    assert r.null != reliability(p, y, seed=4).null
    save(r, tmp_path / "r.npz")
    assert restore(tmp_path / "r.npz").p_value == r.p_value
    assert len(r.plot().axes) == 2


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"bins": 0}, "bins"),
        ({"bins": 2.5}, "bins"),
        ({"resamples": 10}, "resamples"),
        ({"seed": -1}, "seed"),
        ({"p": [[0.4, 0.4]]}, "probabilities"),
        ({"y": [2]}, "labels"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, name):
    call = {"p": [[0.5, 0.5]], "y": [0], "seed": 0} | change
    with pytest.raises(InputError, match=f"^{name}:"):
        reliability(call.pop("p"), call.pop("y"), **call)
