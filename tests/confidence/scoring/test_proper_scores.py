"""Scores against exact fractions, scikit-learn and simulation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, brier_score_loss, log_loss, recall_score

from confidence import balanced_accuracy, brier, class_recall, nll
from toolbox import InputError
from toolbox.core.streams import generator

SETTINGS = settings(derandomize=True, deadline=None, max_examples=40)


def answers(n, columns, seed):
    rng = generator(seed, "answers")
    return rng.dirichlet(np.ones(columns), size=n), rng.integers(columns, size=n)


@given(
    n=st.integers(3, 60), columns=st.integers(2, 5), bins=st.integers(1, 12), seed=st.integers(0)
)
@SETTINGS
def test_the_brier_decomposition_is_an_identity(n, columns, bins, seed):
    p, y = answers(n, columns, seed % 2**50)
    b = brier(p, y, bins=bins)
    terms = b.reliability - b.resolution + b.uncertainty + b.within_variance - b.within_covariance
    assert b.value == pytest.approx(terms, abs=1e-12)
    assert min(b.reliability, b.resolution, b.uncertainty, b.within_variance) >= 0


def test_brier_terms_of_a_hand_made_table():
    """Class 1: bins (0, 1/2] and (1/2, 1] with 1/4, 1/2 | 3/4, 1; outcomes 0, 1 | 1, 1."""
    p1 = [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1)]
    o1 = [0, 1, 1, 1]
    b = brier([[float(1 - p), float(p)] for p in p1], o1, bins=2)
    assert Fraction(b.value) == 2 * sum((p - o) ** 2 for p, o in zip(p1, o1, strict=True)) / 4
    # Class 0 mirrors it: 3/4, 1/2 | 1/4, 0, where 1/2 now falls with the lower bin.
    class_1 = {
        "reliability": ((Fraction(3, 8) - Fraction(1, 2)) ** 2 + (Fraction(7, 8) - 1) ** 2) / 2,
        "resolution": ((Fraction(1, 2) - Fraction(3, 4)) ** 2 + (1 - Fraction(3, 4)) ** 2) / 2,
    }
    lower = [Fraction(1, 2), Fraction(1, 4), Fraction(0)]
    class_0 = {
        "reliability": Fraction(3, 4) * (sum(lower) / 3) ** 2 + Fraction(1, 4) * Fraction(1, 16),
        "resolution": Fraction(3, 4) * Fraction(1, 16) + Fraction(1, 4) * Fraction(9, 16),
    }
    assert b.reliability == pytest.approx(float(class_0["reliability"] + class_1["reliability"]))
    assert b.resolution == pytest.approx(float(class_0["resolution"] + class_1["resolution"]))
    assert b.uncertainty == pytest.approx(2 * 3 / 16)


@pytest.mark.parametrize("bins", [1, 2, 3, 5, 10])
def test_all_brier_terms_are_exact_with_ties_and_probabilities_of_one(bins):
    rows = [(8, 0, 0), (8, 0, 0), (4, 2, 2), (4, 4, 0), (2, 6, 0), (2, 6, 0), (1, 1, 6), (0, 0, 8)]
    y = [0, 1, 0, 1, 1, 2, 2, 2]
    p, n = [[Fraction(v, 8) for v in row] for row in rows], len(rows)
    terms = dict.fromkeys(
        ("reliability", "resolution", "uncertainty", "within_variance", "within_covariance"),
        Fraction(0),
    )
    for k in range(3):
        pairs = [(row[k], int(label == k)) for row, label in zip(p, y, strict=True)]
        overall = Fraction(sum(o for _, o in pairs), n)
        terms["uncertainty"] += overall * (1 - overall)
        for b in range(bins):
            low, high = Fraction(b, bins), Fraction(b + 1, bins)
            inside = [(v, o) for v, o in pairs if low < v <= high or (b == 0 and v == 0)]
            if not inside:
                continue
            m = len(inside)
            mean, share = sum(v for v, _ in inside) / m, Fraction(sum(o for _, o in inside), m)
            terms["reliability"] += m * (mean - share) ** 2 / n
            terms["resolution"] += m * (share - overall) ** 2 / n
            terms["within_variance"] += sum((v - mean) ** 2 for v, _ in inside) / n
            terms["within_covariance"] += 2 * sum((v - mean) * (o - share) for v, o in inside) / n
    got = brier(np.array(rows) / 8, y, bins=bins)
    for name, exact in terms.items():
        assert getattr(got, name) == pytest.approx(float(exact), abs=1e-12), name
    value = sum((v - (k == o)) ** 2 for r, o in zip(p, y, strict=True) for k, v in enumerate(r)) / n
    assert got.value == pytest.approx(float(value), abs=1e-12)


@pytest.mark.parametrize("columns", [2, 4])
def test_values_are_scikit_learns(columns):
    p, y = answers(200, columns, 0)
    assert nll(p, y).value == pytest.approx(log_loss(y, p, labels=range(columns)))
    right = p.argmax(axis=1)
    assert balanced_accuracy(p, y).value == pytest.approx(balanced_accuracy_score(y, right))
    np.testing.assert_allclose(class_recall(p, y).values, recall_score(y, right, average=None))
    if columns == 2:
        assert brier(p, y).value == pytest.approx(2 * brier_score_loss(y, p[:, 1]))
    for score in (nll(p, y), brier(p, y), balanced_accuracy(p, y)):
        assert score.items.mean() == pytest.approx(score.value)
        assert score.interval[0] < score.value < score.interval[1]


@given(
    truth=st.lists(st.integers(1, 20), min_size=3, max_size=3),
    other=st.lists(st.integers(1, 20), min_size=3, max_size=3),
)
@SETTINGS
def test_both_scores_are_proper(truth, other):
    q, p = (np.array(v) / np.sum(v) for v in (truth, other))
    for score in (nll, brier):
        expected = [score(np.tile(v, (3, 1)), [0, 1, 2]).items @ q for v in (q, p)]
        assert expected[0] <= expected[1] + 1e-12


def test_a_true_class_of_probability_zero_is_said_not_clipped():
    s = nll([[1.0, 0.0]] * 6, [0, 0, 0, 0, 0, 1])
    assert s.value == np.inf
    assert np.isnan(s.interval).all()
    assert "1 of 6" in s.note
    assert nll([[1.0, 0.0]] * 6, [0] * 6).value == 0


def test_few_units_have_no_interval_and_say_so():
    p, y = answers(12, 2, 1)
    for score in (nll, brier, balanced_accuracy):
        s = score(p, y, units=np.repeat([0, 1, 2], 4))
        assert np.isnan(s.interval).all()
        assert "3 units" in s.note
        assert np.isfinite(s.value)


def test_names_of_classes_stand_for_columns():
    p, y = answers(40, 3, 2)
    names = np.array(["grass", "brick", "gravel"])
    named = nll(p, names[y], classes=names)
    assert named.value == nll(p, y).value


def test_a_missing_class_has_no_balanced_accuracy():
    s = balanced_accuracy([[0.2, 0.8]] * 6, [1] * 6)
    assert np.isnan(s.value)
    assert "column 0" in s.note
    r = class_recall([[0.2, 0.8]] * 6, [1] * 6)
    assert np.isnan(r.values[0])
    assert r.values[1] == 1
    assert "column 0" in r.note


@pytest.mark.parametrize("recalls", [(0.9, 0.7, 0.95), (0.99, 0.99, 0.5), (0.6, 0.6, 0.6)])
def test_the_interval_of_balanced_accuracy_covers(recalls):
    rng = generator(0, "coverage", str(recalls))
    sizes = np.array([72, 72, 20])
    y = np.repeat(range(3), sizes)
    truth, covered, n = np.mean(recalls), 0, 600
    for _ in range(n):
        right = rng.random(len(y)) < np.take(recalls, y)
        p = np.eye(3)[np.where(right, y, (y + 1) % 3)]
        low, high = balanced_accuracy(p, y).interval
        covered += low <= truth <= high
    # 4 standard errors of a share of 600 at .95: .036
    assert 0.95 - 0.036 < covered / n


def test_intervals_of_the_scores_cover_their_expectation():
    rng = generator(0, "score coverage")
    covered, n = {"nll": 0, "brier": 0}, 400
    q = np.array([0.2, 0.3, 0.5])
    for _ in range(n):
        y = rng.choice(3, p=q, size=80)
        p = np.tile(q, (80, 1))
        for name, score, truth in (
            ("nll", nll, -(q * np.log(q)).sum()),
            ("brier", brier, 1 - (q**2).sum()),
        ):
            low, high = score(p, y).interval
            covered[name] += low <= truth <= high
    for share in covered.values():
        assert abs(share / n - 0.95) < 4 * np.sqrt(0.95 * 0.05 / n)


@pytest.mark.parametrize("score", [nll, brier, balanced_accuracy, class_recall])
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"p": [[0.5, 0.6]]}, "probabilities"),
        ({"p": [0.5, 0.5]}, "probabilities"),
        ({"p": [[np.inf, 0.5]]}, "probabilities"),
        ({"y": [0, 1]}, "labels"),
        ({"y": [0.5]}, "labels"),
        ({"y": [9]}, "labels"),
        ({"level": 1.0}, "level"),
        ({"units": [1, 2]}, "units"),
    ],
)
def test_bad_arguments_are_refused_by_name(score, change, name):
    call = {"p": [[0.5, 0.5]], "y": [0]} | change
    with pytest.raises(InputError, match=f"^{name}:"):
        score(call.pop("p"), call.pop("y"), **call)
