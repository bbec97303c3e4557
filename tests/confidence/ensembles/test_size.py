"""How many members: the formula, simulated precision, and stopping that is valid at any time."""

import numpy as np
import pytest
from scipy.special import beta
from scipy.stats import binom, chi2

import toolbox
from confidence import members_needed, sequential_stopping
from confidence.ensembles.size import share_limits
from toolbox.core.streams import generator


def two_class(p):
    return np.stack([p, 1 - p], axis=-1)


def test_the_formula():
    p = generator(0, "pilot").uniform(0, 1, (12, 7))
    got = members_needed(two_class(p), error=0.03, level=0.9)
    s2 = p.var(axis=0, ddof=1)
    np.testing.assert_array_equal(got.needed, np.ceil(s2 / 0.03**2))
    np.testing.assert_array_equal(got.upper, np.ceil(s2 * 11 / chi2.ppf(0.1, 11) / 0.03**2))
    assert (got.largest, got.median) == (got.needed.max(), np.median(got.needed))
    assert (members_needed(two_class(np.full((4, 2), 0.4)), error=0.1).needed == 2).all()


def test_single_precision_needs_no_member_more():
    votes = two_class(np.array([[0.9], [0.7], [0.8]]))
    for table in (votes, votes.astype(np.float32)):
        assert members_needed(table, error=0.02).needed.tolist() == [25]  # (.1 / .02)^2


@pytest.mark.parametrize(("open_items", "items"), [(1, 20), (3, 10), (7, 10)])
def test_a_share_that_is_tolerated_stops(open_items, items):
    votes = np.tile(two_class(np.full(items, 0.9)), (30, 1, 1))
    votes[::2, :open_items] = [0.1, 0.9]
    for share in (open_items / items, np.float32(open_items / items)):
        found = sequential_stopping(votes, unsettled=share)
        assert (found.unsettled_share, found.stop) == (open_items / items, True)


def test_that_many_members_have_that_error():
    rng = generator(1, "enough")
    pilot = np.clip(0.5 + 0.1 * rng.standard_normal((200, 1)), 0, 1)
    needed = int(members_needed(two_class(pilot), error=0.02).needed[0])
    means = np.clip(0.5 + 0.1 * rng.standard_normal((2000, needed)), 0, 1).mean(axis=1)
    assert means.std() == pytest.approx(0.02, rel=0.15)


def test_limits_solve_their_equation():
    for k, R in ((0, 5), (3, 10), (10, 10), (60, 100)):
        low, high = share_limits(k, R, 0.05)
        for q in (low, high):
            if 0 < q < 1:
                mixture = beta(k + 0.5, R - k + 0.5) / beta(0.5, 0.5)
                assert mixture / (q**k * (1 - q) ** (R - k)) == pytest.approx(20)
        assert low <= k / R <= high
    assert share_limits(0, 5, 0.05)[0] == 0
    assert share_limits(5, 5, 0.05)[1] == 1


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_looking_after_every_member_misses_no_more_often_than_the_level_says(share):
    rng, missed, runs, error = generator(2, "anytime", str(share)), 0, 600, 0.1
    limits = {}
    for _ in range(runs):
        k = np.cumsum(rng.random(80) < share)
        for R in range(1, 81):
            pair = (int(k[R - 1]), R)
            if pair not in limits:
                limits[pair] = share_limits(*pair, error)
            if not limits[pair][0] <= share <= limits[pair][1]:
                missed += 1
                break
    assert missed <= binom.ppf(1 - 1e-4, runs, error)
    assert missed > 0


def test_settled_items_and_when_to_stop():
    votes = np.zeros((30, 3, 2))
    votes[:, 0] = [0.9, 0.1]
    votes[:20, 1], votes[20:, 1] = [0.6, 0.4], [0.3, 0.7]
    votes[:16, 2], votes[16:, 2] = [0.6, 0.4], [0.3, 0.7]
    got = sequential_stopping(votes)
    assert got.prediction.tolist() == [0, 0, 0]
    np.testing.assert_allclose(got.share, [1, 20 / 30, 16 / 30])
    assert got.settled.tolist() == [True, False, False]
    assert got.unsettled_share == pytest.approx(2 / 3)
    assert not got.stop
    assert sequential_stopping(votes, unsettled=0.7).stop


def test_refusals_say_what_is_wanted():
    votes = two_class(np.full((2, 3), 0.4))
    for function, options, text in (
        (members_needed, {"error": 0.1}, "votes: wanted at least 3 members, got 2"),
        (members_needed, {"error": 0}, "error: wanted"),
        (sequential_stopping, {"unsettled": 1}, "unsettled: wanted"),
        (sequential_stopping, {"level": 1}, "level: wanted"),
    ):
        with pytest.raises(toolbox.InputError, match=text):
            function(votes, **options)


def test_members_needed_by_a_tiny_spread_and_beyond_all_reach():
    p = 0.5 + 1e-7 * np.array([[-1.0], [0], [1]])  # s = 1e-7
    assert members_needed(two_class(p), error=1e-8).needed.tolist() == [100]
    with pytest.raises(toolbox.InputError, match=r"^error: wanted one that 9007199254740992 memb"):
        members_needed(two_class(np.array([[0.1], [0.2], [0.3]])), error=1e-11)
