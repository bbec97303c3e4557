"""Calibration errors against item-by-item counts, simulation and known laws."""

from fractions import Fraction

import numpy as np
import pytest

from confidence import reliability
from confidence.scoring.probability_bins import bin_numbers
from tests.reference.retraining import ece
from toolbox import InputError, restore, save
from toolbox.core.streams import generator


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
    of_bin = [0.25, 0.25, -0.75, 0]  # right less confidence, of mean -1/16
    variance = sum((d + 1 / 16) ** 2 for d in of_bin) / 3
    squares = 2 * (0.5**2 - 0) + 4 * ((3.25 - 3) ** 2 / 16 - variance / 4)
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


def many_classes(confidence, right):
    """Probabilities of 12 classes, the first one's the largest: confidences go down to .1."""
    rest = np.repeat((1 - confidence)[:, None] / 11, 11, axis=1)
    return np.column_stack([confidence, rest]), np.where(right, 0, 1)


@pytest.mark.parametrize(("bins", "items"), [(1, 5), (2, 10)])
@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_the_debiased_square_is_unbiased_where_confidences_vary_within_a_bin(bins, items, gap):
    """In each half of the confidences, a quarter of the bin's width from either end."""
    rng = generator(0, "varied confidences", bins, str(gap))
    law = {1: ((0.1, 0.2), (0.9, 1.0)), 2: ((0.1, 0.15), (0.45, 0.5), (0.55, 0.6), (0.95, 1.0))}
    values, left_out = [], []
    for _ in range(1000):
        low, high = np.array(law[bins])[rng.integers(len(law[bins]), size=items)].T
        confidence = rng.uniform(low, high)
        r = reliability(
            *many_classes(confidence, rng.random(items) < confidence - gap),
            bins=bins,
            seed=0,
            resamples=39,
        )
        values.append(r.debiased)
        left_out.append(r.bin_count[r.bin_count == 1].sum() / items)
    truth = gap**2 * (1 - np.mean(left_out))  # bins of one item have no part in it
    assert abs(np.mean(values) - truth) < 4 * np.std(values) / np.sqrt(len(values))


@pytest.mark.parametrize("bins", [1, 5, 10, 15, 20])
def test_both_precisions_have_one_verdict_where_confidences_lie_on_edges(bins):
    p = np.array([0.2, 0.2, 0.25, 0.25, 0.7, 0.7, 0.65, 0.65] * 10)
    y = [1, 0, 0, 0, 1, 1, 0, 1] * 10
    double, single = np.stack([1 - p, p], axis=1), p.astype(np.float32)
    tables = (double, double.astype(np.float32), np.stack([1 - single, single], axis=1))
    first, *others = (reliability(table, y, bins=bins, seed=0) for table in tables)
    for other in others:
        assert (other.bin_count == first.bin_count).all()
        assert other.p_value == first.p_value
        assert other.ece == pytest.approx(first.ece, abs=1e-7)
        assert other.class_ece == pytest.approx(first.class_ece, abs=1e-7)
    if bins == 15:
        assert (round(first.ece, 9), first.p_value) == (0.125, 0.054)


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
    top, bottom = r.plot().axes
    confidence, right = top.lines[1].get_data()
    filled = r.bin_count > 0
    np.testing.assert_array_equal(confidence, r.bin_confidence[filled])
    np.testing.assert_array_equal(right, r.bin_accuracy[filled])
    assert [bar.get_height() for bar in bottom.patches] == r.bin_count.tolist()
    middles = [bar.get_x() + bar.get_width() / 2 for bar in bottom.patches]
    np.testing.assert_allclose(middles, (np.arange(15) + 0.5) / 15)


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


EIGHTHS = [  # probabilities in eighths, exact in binary, and the true class
    ((8, 0, 0), 0),
    ((8, 0, 0), 1),
    ((4, 2, 2), 0),
    ((4, 4, 0), 1),  # a tie of two classes predicts the first
    ((2, 6, 0), 1),
    ((2, 6, 0), 1),
    ((2, 6, 0), 2),
    ((1, 1, 6), 2),
    ((0, 0, 8), 2),
    ((0, 8, 0), 1),
]


def exact_errors(rows, bins):
    """Return plug-in, debiased and class-wise errors of a table in exact fractions."""
    n, classes = len(rows), len(rows[0][0])
    table = [([Fraction(v, 8) for v in p], y) for p, y in rows]

    def bin_of(v):
        return next(b for b in range(bins) if v <= Fraction(b + 1, bins))

    top = [(max(p), int(p.index(max(p)) == y)) for p, y in table]
    plain = debiased = Fraction(0)
    for b in range(bins):
        inside = [(c, r) for c, r in top if bin_of(c) == b]
        m = len(inside)
        gap = sum((r - c for c, r in inside), Fraction(0))
        plain += abs(gap) / n
        if m > 1:
            squares = sum((r - c - gap / m) ** 2 for c, r in inside)
            debiased += m * ((gap / m) ** 2 - squares / (m - 1) / m)
    by_class = Fraction(0)
    for k in range(classes):
        for b in range(bins):
            gaps = [int(y == k) - p[k] for p, y in table if bin_of(p[k]) == b]
            by_class += abs(sum(gaps, Fraction(0))) / n
    return plain, debiased / n, by_class / classes


@pytest.mark.parametrize("bins", [1, 2, 3, 4, 10, 15])
def test_all_errors_of_an_exact_table_with_ties_and_confidences_of_one(bins):
    p = np.array([row for row, _ in EIGHTHS]) / 8
    r = reliability(p, [y for _, y in EIGHTHS], bins=bins, seed=0, resamples=39)
    plain, debiased, by_class = exact_errors(EIGHTHS, bins)
    assert r.ece == pytest.approx(float(plain), abs=1e-12)
    assert r.debiased == pytest.approx(float(debiased), abs=1e-12)
    assert r.class_ece == pytest.approx(float(by_class), abs=1e-12)


def test_a_class_wise_error_worked_by_hand():
    """Two bins: class 0 has 1/4 | 1, 3/4 with outcomes 0 | 1, 0, class 1 has 0, 1/4 | 3/4."""
    r = reliability([[1, 0], [0.75, 0.25], [0.25, 0.75]], [0, 1, 1], bins=2, seed=0)
    first = abs(Fraction(-1, 4)) + abs(1 + 0 - Fraction(7, 4))
    second = abs(0 + 1 - Fraction(1, 4)) + abs(1 - Fraction(3, 4))
    assert r.class_ece == pytest.approx(float((first + second) / 3 / 2), abs=1e-12)


@pytest.mark.parametrize("n", [50, 300])
def test_the_class_wise_null_is_the_mean_error_of_calibrated_models(n):
    rng = generator(0, "class null", n)
    p = rng.dirichlet([1, 1, 2, 0.2], size=n)
    draws = [
        reliability(
            p, (rng.random((n, 1)) > np.cumsum(p, axis=1)[:, :-1]).sum(axis=1), seed=0, resamples=39
        )
        for _ in range(300)
    ]
    simulated = [r.class_ece for r in draws]
    error = np.std(simulated) * np.sqrt(1 / 300 + 1 / 999)
    stated = reliability(p, np.zeros(n, int), seed=0).class_null  # labels play no part
    assert abs(stated - np.mean(simulated)) < 4 * error


def test_the_class_wise_null_goes_by_unit_and_needs_enough_of_them():
    rng = generator(0, "class units")
    p = np.repeat(rng.dirichlet([1, 1, 1], size=40), 10, axis=0)
    y = np.repeat((rng.random((40, 1)) > np.cumsum(p[::10], axis=1)[:, :-1]).sum(axis=1), 10)
    units = np.repeat(np.arange(40), 10)
    grouped, alone = reliability(p, y, seed=0, units=units), reliability(p, y, seed=0)
    assert grouped.class_ece == pytest.approx(alone.class_ece)
    assert grouped.class_null > 2 * alone.class_null
    assert np.isnan(reliability(p, y, seed=0, units=units % 4).class_null)
