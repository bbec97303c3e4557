"""What is said of an ensemble's votes, against hand counts, simulation and exact laws."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from confidence import assess
from confidence.scoring.intervals import mean_interval, wilson
from tests.reference.retraining import disagreement
from toolbox import InputError, restore, save
from toolbox.core.streams import generator


def dirichlet_votes(members, items, rng, concentration=(1.0, 2.0, 4.0)):
    return rng.dirichlet(concentration, size=(members, items))


def one_hot(predictions, columns):
    return np.eye(columns)[np.asarray(predictions)]


@pytest.mark.parametrize("members", [2, 3, 4])
def test_disagreement_is_the_share_of_pairs_that_differ_for_every_table(members):
    tables = list(itertools.product(range(3), repeat=members))
    votes = one_hot(np.array(tables).T, 3)
    expected = [disagreement(table) for table in tables]
    np.testing.assert_allclose(assess(votes).disagreement, expected, atol=1e-15)


def test_disagreement_is_unbiased_exactly():
    p = [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)]
    truth = 1 - sum(q * q for q in p)
    total = Fraction(0)
    for table in itertools.product(range(3), repeat=3):
        value = Fraction(float(assess(one_hot(table, 3)[:, None]).disagreement[0]))
        weight = p[table[0]] * p[table[1]] * p[table[2]]
        total += weight * value.limit_denominator(100)
    assert total == truth


def test_standard_error_is_the_spread_of_repeated_ensembles():
    rng = generator(0, "spread")
    repeats = [assess(dirichlet_votes(8, 30, rng)) for _ in range(600)]
    spread = np.std([a.mean for a in repeats], axis=0, ddof=1)
    stated = np.sqrt(np.mean([a.standard_error**2 for a in repeats], axis=0))
    # relative error of a standard deviation of 600: 0.029; 90 cells
    np.testing.assert_allclose(stated, spread, rtol=4 * 0.03)
    alpha = np.array([1.0, 2.0, 4.0]) / 7
    np.testing.assert_allclose(np.mean(stated, axis=0) ** 2, alpha * (1 - alpha) / 8 / 8, rtol=0.05)


def test_jackknife_takes_most_of_the_bias_off_the_epistemic_part():
    rng = generator(0, "bias")
    large = dirichlet_votes(20000, 1, rng)
    truth = assess(large).epistemic[0]
    corrected, plain = [], []
    for _ in range(400):
        a = assess(dirichlet_votes(5, 20, rng))
        corrected.append(a.epistemic.mean())
        plain.append((assess_entropy(a.mean) - a.aleatoric).mean())
    error = np.std(corrected) / np.sqrt(400)
    assert abs(np.mean(plain) / truth - 0.8) < 0.05  # the known factor 1 - 1 / R
    assert abs(np.mean(corrected) - truth) < 0.04 * truth + 4 * error


def assess_entropy(p):
    return -(p * np.log(p)).sum(axis=1)


def test_entropies_add_up_and_equal_members_have_no_epistemic_part():
    votes = np.repeat([[[0.2, 0.8], [1.0, 0.0]]], 6, axis=0)
    a = assess(votes)
    np.testing.assert_allclose(a.epistemic, 0, atol=1e-12)
    np.testing.assert_allclose(a.total, a.aleatoric + a.epistemic, atol=1e-15)
    np.testing.assert_allclose(a.aleatoric, [-0.2 * np.log(0.2) - 0.8 * np.log(0.8), 0])
    assert (assess(dirichlet_votes(4, 50, generator(0, "x"))).epistemic >= 0).all()


@pytest.mark.parametrize("members", [1, 2, 20])
def test_vote_share_interval_is_the_exact_binomial_one(members):
    for agreeing in range(members // 2 + 1, members + 1):
        predictions = [0] * agreeing + [1] * (members - agreeing)
        a = assess(one_hot(predictions, 2)[:, None])
        expected = binomtest(agreeing, members).proportion_ci(0.95, "exact")
        np.testing.assert_allclose(a.vote_share_interval[0], expected, atol=1e-10)
        assert a.vote_share[0] == pytest.approx(agreeing / members)


def test_accuracy_has_the_exact_interval_and_goes_by_unit_where_there_are_units():
    votes = one_hot([[0, 0, 1, 1, 1, 0]], 2)
    labels = [0, 0, 1, 1, 0, 0]
    a = assess(votes, labels)
    assert a.accuracy == pytest.approx(5 / 6)
    expected = binomtest(5, 6).proportion_ci(0.95, "exact")
    np.testing.assert_allclose(a.accuracy_interval, expected, atol=1e-10)
    few = assess(votes, labels, units=[0, 0, 1, 1, 2, 2])
    assert np.isnan(few.accuracy_interval).all()
    assert "3 units" in few.note
    assert np.isnan(assess(votes).accuracy)


def test_intervals_by_unit_cover_where_items_of_a_unit_agree():
    rng = generator(0, "units")
    units = np.repeat(np.arange(24), 5)
    covered = {"item": 0, "unit": 0}
    for _ in range(600):
        rate = rng.beta(2, 2, size=24)  # mean 1/2
        right = (rng.random(120) < rate[units]).astype(float)
        for name, groups in (("item", np.arange(120)), ("unit", units)):
            value = right.mean()
            low, high = mean_interval(value, (right - value) / 120, groups, 0.95)[0]
            covered[name] += low <= 0.5 <= high
    # 4 standard errors of a share of 600 at .95: .036
    assert abs(covered["unit"] / 600 - 0.95) < 0.036
    assert covered["item"] / 600 < 0.9


def test_mean_interval_of_single_items_is_students():
    from scipy.stats import ttest_1samp

    x = generator(0, "t").normal(size=30)
    interval, note = mean_interval(x.mean(), (x - x.mean()) / 30, np.arange(30), 0.9)
    np.testing.assert_allclose(interval, ttest_1samp(x, 0).confidence_interval(0.9))
    assert note == ""


def test_units_of_one_value_have_no_interval():
    for value in (0.3, 1.0, 0.0):
        interval, note = mean_interval(value, np.full(10, 1e-17 * value), np.arange(10), 0.95)
        assert np.isnan(interval).all()
        assert note == "no interval: all units have the same value"


def test_wilson_interval_is_scipys():
    ours = wilson(np.array([0, 3, 10]), np.array([10, 10, 10]), 0.95)
    scipys = [binomtest(k, 10).proportion_ci(0.95, "wilson") for k in (0, 3, 10)]
    np.testing.assert_allclose(ours, scipys, atol=1e-12)


def test_one_member_has_no_spread():
    a = assess([[[0.3, 0.7]]], ["b"], classes=["a", "b"])
    assert np.isnan(a.standard_error).all()
    assert np.isnan([a.total[0], a.epistemic[0], a.disagreement[0]]).all()
    assert a.aleatoric[0] == pytest.approx(assess_entropy(np.array([[0.3, 0.7]]))[0])
    assert a.accuracy == 1
    assert a.note.startswith("one member: ")
    assert not assess([[[0.3, 0.7]]] * 2).note


def test_what_was_redrawn_is_said_and_kept(tmp_path):
    votes = dirichlet_votes(4, 3, generator(0, "kept"))
    assert assess(votes).redrawn == "not stated"
    a = assess(votes, redrawn=("init", "order"))
    assert a.redrawn == "init, order"
    save(a, tmp_path / "a.npz")
    np.testing.assert_array_equal(restore(tmp_path / "a.npz").mean, a.mean)
    (axes,) = a.plot().axes
    assert "redrawn: init, order" in axes.get_title()
    (points, _, (bars,)) = axes.containers[0]
    items = np.argsort(a.mean.max(axis=1))
    np.testing.assert_array_equal(points.get_ydata(), a.mean.max(axis=1)[items])
    error = a.standard_error[items, a.mean.argmax(axis=1)[items]]
    lengths = [end[1] - start[1] for start, end in bars.get_segments()]
    np.testing.assert_allclose(lengths, 2 * error)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"votes": [[0.5, 0.5]]}, "votes"),
        ({"votes": [[[0.5, 0.6]]]}, "votes"),
        ({"votes": [[[np.nan, 1]]]}, "votes"),
        ({"labels": [0, 1]}, "labels"),
        ({"labels": [2]}, "labels"),
        ({"labels": [-1]}, "labels"),
        ({"labels": ["a"]}, "classes"),
        ({"labels": ["c"], "classes": ["a", "b"]}, "labels"),
        ({"labels": ["a"], "classes": ["a", "a"]}, "classes"),
        ({"labels": ["a"], "classes": ["a", "b", "c"]}, "classes"),
        ({"units": [0, 1]}, "units"),
        ({"redrawn": 3}, "redrawn"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, name):
    call = {"votes": [[[0.5, 0.5]]]} | change
    with pytest.raises(InputError, match=f"^{name}:"):
        assess(call.pop("votes"), call.pop("labels", None), **call)


def test_coverage_of_the_vote_share_is_at_least_nominal_exactly():
    members = 20
    a = assess(np.stack([one_hot([0] * k + [1] * (members - k), 2) for k in range(11, 21)], axis=1))
    for share in (0.6, 0.8, 0.95):
        counts = np.arange(11, 21)
        low, high = a.vote_share_interval.T
        missed = binom.pmf(counts, members, share)[(low > share) | (high < share)].sum()
        assert missed <= 0.05


@pytest.mark.parametrize(("classes", "members"), [(3, 10), (20, 5), (20, 20), (10, 100)])
@pytest.mark.parametrize("largest", ["tied", 0.5, 0.9])
def test_the_interval_of_a_leader_that_was_picked_covers_its_share(classes, members, largest):
    """The interval of a class named beforehand covers .59 to .95 of what ties."""
    first = 1 / classes if largest == "tied" else largest
    shares = np.r_[first, np.full(classes - 1, (1 - first) / (classes - 1))]
    drawn = generator(3, "leaders").choice(classes, size=(members, 4000), p=shares)
    a = assess(one_hot(drawn, classes))
    low, high = a.vote_share_interval.T
    picked = shares[a.prediction]
    covered = np.mean((low <= picked) & (picked <= high))
    assert covered > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 4000)


@pytest.mark.parametrize("members", [1, 2, 7, 40])
def test_limits_of_a_leader_are_where_a_tail_is_its_part_of_the_error(members):
    votes = np.array([np.r_[np.zeros(k), np.ones(members - k)] for k in range(members + 1)]).T
    a = assess(one_hot(votes.astype(int), 3))
    count = np.rint(a.vote_share * members).astype(int)
    low, high = a.vote_share_interval.T
    inner, outer = 1 - 1e-9, 1 + 1e-9
    for k, bottom, top in zip(count, low, high, strict=True):
        if k >= 2:
            assert binom.sf(k - 1, members, bottom * inner) < bottom * 0.025
            assert binom.sf(k - 1, members, bottom * outer) > bottom * 0.025
        else:  # P(at least one vote) is never below the share itself
            assert bottom == 0
        if k < members:
            assert binom.cdf(k, members, top * inner) > top * 0.025
            assert binom.cdf(k, members, top * outer) < top * 0.025
        else:
            assert top == 1
