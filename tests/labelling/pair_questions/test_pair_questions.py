"""Judged pairs: what they settle, against plain loops; which are asked, by definition."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from labelling import choose_pairs, ledger, pair_loss, settle_pairs, tell
from labelling.pair_questions.arm_weights import ARMS, BEFORE, arm_probabilities
from similarity import cluster
from toolbox import InputError
from toolbox.core.streams import generator

RNG = generator(0, "pair questions")
Y = RNG.integers(0, 4, 24)
TABLE = RNG.standard_normal((24, 24))
TABLE = (TABLE + TABLE.T) / 2 + np.where(Y[:, None] == Y, 1.0, -1.0)


def book_of(pairs, same):
    i, j = np.transpose(pairs)
    return tell(ledger(), kind="pair", items=i, others=j, values=same, who="A", time=0)


def judged(number, seed=0):
    """Return right answers about pairs at random."""
    every = list(itertools.combinations(range(24), 2))
    picked = generator(seed, "judged").permutation(len(every))[:number]
    pairs = [every[k] for k in picked]
    return pairs, [bool(Y[i] == Y[j]) for i, j in pairs]


def closure(pairs, same):
    """Return what answers settle, by applying the two rules until nothing changes."""
    known = {frozenset(p): s for p, s in zip(pairs, same, strict=True)}
    while True:
        before = len(known)
        for a, b, c in itertools.permutations(range(24), 3):
            one, two = known.get(frozenset((a, b))), known.get(frozenset((b, c)))
            if one is True and two is not None:
                known[frozenset((a, c))] = two
        if len(known) == before:
            return known


@pytest.mark.parametrize("number", [3, 30, 90])
def test_what_answers_settle_is_the_closure_of_two_rules(number):
    pairs, same = judged(number)
    found = settle_pairs(TABLE, ledger=book_of(pairs, same))
    wanted = closure(pairs, same)
    assert {frozenset((i, j)): bool(s) for i, j, s in found.pairs.tolist()} == wanted
    for i, j in itertools.combinations(range(24), 2):
        tied = wanted.get(frozenset((i, j)))
        assert (found.groups[i] == found.groups[j]) == (tied is True)
        if tied is not None:
            assert (found.log_odds[i, j] > 13.9) if tied else (found.log_odds[i, j] < -13.9)
    first = np.unique(found.groups, return_index=True)[1]
    assert (np.diff(first) > 0).all()
    assert found.open == sum(
        frozenset((i, j)) not in wanted for i, j in itertools.combinations(first.tolist(), 2)
    )


def test_between_two_groups_stands_the_mean_of_their_pairs():
    found = settle_pairs(TABLE, ledger=book_of([(0, 1), (1, 2), (5, 6)], [True] * 3))
    wanted = np.mean([TABLE[i, j] for i in (0, 1, 2) for j in (5, 6)])
    np.testing.assert_allclose(found.log_odds[2, 5], wanted, rtol=1e-12)
    np.testing.assert_allclose(found.log_odds[8, 9], TABLE[8, 9], rtol=1e-12)


def test_an_answer_that_may_be_wrong_adds_its_own_log_odds():
    found = settle_pairs(TABLE, ledger=book_of([(0, 1), (2, 3)], [True, False]), error=0.1)
    np.testing.assert_allclose(found.log_odds[0, 1], TABLE[0, 1] + np.log(9))
    np.testing.assert_allclose(found.log_odds[3, 2], TABLE[3, 2] - np.log(9))
    assert found.groups.tolist() == list(range(24))


def test_the_level_is_learned_though_pairs_were_chosen_by_the_evidence():
    """Scores three times too steep and six too high: a line through answers finds log-odds."""
    rng = generator(1, "level")
    true = 2 * rng.standard_normal((200, 200))
    true = (true + true.T) / np.sqrt(2)
    i, j = np.nonzero(np.triu(np.abs(true) < 2, 1))  # asked about where it is doubtful
    pick = rng.permutation(len(i))[:1500]
    i, j = i[pick], j[pick]
    same = rng.random(1500) < 1 / (1 + np.exp(-true[i, j]))
    book = book_of(list(zip(i, j, strict=True)), same)
    found = settle_pairs(3 * true + 6, ledger=book, error=1e-9).log_odds
    unasked = np.triu(np.ones((200, 200), dtype=bool), 1)
    unasked[i, j] = False
    slope, level = np.polyfit(true[unasked], found[unasked], 1)
    assert abs(slope - 1) < 0.3, slope  # 4 standard errors of 1500 answers
    assert abs(level) < 0.3, level


def test_scores_of_any_size_are_levelled_alike():
    pairs, same = judged(60)
    expected = settle_pairs(TABLE, ledger=book_of(pairs, same), error=0.1).log_odds
    for gain in (2.0**-560, 2.0**530):  # whose squares are no numbers
        found = settle_pairs(TABLE * gain, ledger=book_of(pairs, same), error=0.1).log_odds
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("error", [0.0, 0.1])
@pytest.mark.parametrize("offset", [-300.0, 40.0])
def test_scores_of_any_level_are_levelled_alike(error, offset):
    pairs, same = judged(60)
    expected = settle_pairs(TABLE, ledger=book_of(pairs, same), error=error).log_odds
    found = settle_pairs(TABLE + offset, ledger=book_of(pairs, same), error=error).log_odds
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("way", "pair"), [("alike", (1, 2)), ("uncertain", (0, 1)), ("large", (0, 1))]
)
def test_log_odds_whose_probabilities_are_all_1_or_0_are_still_ranked(way, pair, seed):
    table = [[0, 40.0, 45], [40, 0, 400], [45, 400, 0]]
    for sign in (1, -1):
        asked = choose_pairs(np.multiply(sign, table), ledger=ledger(), batch=1, by=way, seed=seed)
        wanted = (0, 1) if sign < 0 else pair
        assert {asked.items[0], asked.others[0]} == set(wanted)


def test_answers_that_contradict_one_another_are_counted():
    found = settle_pairs(TABLE, ledger=book_of([(0, 1), (1, 2), (0, 2)], [True, True, False]))
    assert found.note.startswith("1 answers say")


def test_each_way_asks_about_its_largest_score():
    book = book_of([(0, 1), (1, 2), (5, 6), (0, 5)], [True, True, True, False])
    settled = settle_pairs(TABLE, ledger=book)
    known = {frozenset(p[:2]) for p in settled.pairs.tolist()}
    sizes = np.bincount(settled.groups)[settled.groups]

    def doubt(p):
        return -(p * np.log(p) + (1 - p) * np.log(1 - p))

    scores = {
        "alike": lambda p, m: p,
        "uncertain": lambda p, m: doubt(p),
        "large": lambda p, m: doubt(p) * m,
    }
    for way, score in scores.items():
        best = max(
            score(1 / (1 + np.exp(-settled.log_odds[i, j])), sizes[i] * sizes[j])
            for i, j in itertools.combinations(range(24), 2)
            if frozenset((i, j)) not in known
        )
        asked = choose_pairs(TABLE, ledger=book, batch=6, by=way, seed=0)
        np.testing.assert_allclose(asked.scores[0], best, rtol=1e-12)
        rows = settled.groups[np.stack([asked.items, asked.others])]
        assert len({frozenset(row) for row in rows.T.tolist()}) == 6
        assert len(np.unique(rows)) == 12  # groups take turns


def test_random_pairs_are_drawn_by_the_pairs_that_they_stand_for():
    book = book_of([(k, k + 1) for k in range(9)], [True] * 9)  # ten of 24 are one group
    asked = [choose_pairs(TABLE, ledger=book, batch=1, by="random", seed=s) for s in range(400)]
    large = np.mean([a.scores[0] > 1 for a in asked])
    share = 10 * 14 / (10 * 14 + 14 * 13 / 2)
    assert abs(large - share) < 4 * np.sqrt(share * (1 - share) / 400)


def test_the_bandit_draws_by_the_weights_of_its_rewards():
    book = ledger()
    np.testing.assert_allclose(arm_probabilities(book), BEFORE)
    rounds = [("large", 0.3, 0.1), ("alike", 0.1, 0.5), ("large", 0.4, 0.2)]
    for time, (arm, reward, p) in enumerate(rounds):
        given = {"items": time, "values": reward, "who": arm, "propensity": p, "time": time}
        book = tell(book, kind="reward", **given)
    gains = {"alike": (0.1 - 0.3) / 0.5, "large": (0.4 - 0.2) / 0.2}
    weights = BEFORE * np.exp([gains.get(arm, 0) for arm in ARMS])
    wanted = 0.1 * BEFORE + 0.9 * weights / weights.sum()
    np.testing.assert_allclose(arm_probabilities(book), wanted, rtol=1e-12)
    drawn = [choose_pairs(TABLE, ledger=book, batch=1, by="bandit", seed=s) for s in range(300)]
    share = np.mean([d.by == "large" for d in drawn])
    assert abs(share - wanted[2]) < 4 * np.sqrt(wanted[2] * (1 - wanted[2]) / 300)
    np.testing.assert_allclose({d.propensity for d in drawn if d.by == "large"}.pop(), wanted[2])


def test_answers_flow_on_to_clusters():
    """The pairs that settle everything give the true classes, whatever the evidence."""
    pairs = list(itertools.combinations(range(24), 2))
    book = book_of(pairs, [bool(Y[i] == Y[j]) for i, j in pairs])
    settled = settle_pairs(np.zeros((24, 24)), ledger=book)
    assert settled.open == 0
    assert adjusted_rand_score(Y, cluster(settled.log_odds, k=4, seed=0).labels) == 1
    assert pair_loss(settled.log_odds, settled.pairs) < 1e-5


def test_chosen_pairs_reach_a_clustering_with_fewer_answers_than_random_ones():
    """24 answers about weak evidence, on three draws of it."""

    def agreement(table, by):
        book = ledger()
        for time in range(4):
            asked = choose_pairs(table, ledger=book, batch=6, by=by, seed=0)
            same = Y[asked.items] == Y[asked.others]
            told = {"items": asked.items, "others": asked.others, "values": same}
            book = tell(book, kind="pair", **told, who="A", time=time)
        odds = settle_pairs(table, ledger=book).log_odds
        found = cluster(odds, k=4, how="agglomerative", seed=0).labels
        return adjusted_rand_score(Y, found)

    rng, found = generator(3, "weak"), []
    for _ in range(3):
        noise = rng.standard_normal((24, 24))
        table = (noise + noise.T) / 2 + np.where(Y[:, None] == Y, 0.3, -0.3)
        found.append([agreement(table, by) for by in ("alike", "random")])
    chosen, at_random = np.mean(found, axis=0)
    assert chosen > at_random + 0.2, (chosen, at_random)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 277}, "batch: wanted at most 276"),
        ({"by": "border"}, "by: wanted"),
        ({"error": 0.5}, "error: wanted"),
        ({"ledger": book_of([(0, 30)], [True])}, "ledger: wanted pairs of items 0 to 23, got 30"),
        ({"ledger": 3}, "ledger: wanted a Ledger"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    given = {"ledger": ledger(), "batch": 1, "seed": 0} | options
    with pytest.raises(InputError, match=f"^{message}"):
        choose_pairs(TABLE, **given)


def test_rewards_of_unknown_ways_or_without_a_propensity_are_refused():
    row = {"kind": "reward", "items": 0, "values": 0.1, "time": 0}
    for book, said in (
        (tell(ledger(), **row, who="A", propensity=0.5), "rewards of alike"),
        (tell(ledger(), **row, who="alike"), "propensity"),
    ):
        with pytest.raises(InputError, match=said):
            choose_pairs(TABLE, ledger=book, batch=1, by="bandit", seed=0)


def test_pair_loss_refuses_pairs_of_one_kind_and_tables_that_are_not_square():
    with pytest.raises(InputError, match=r"^pairs: wanted at least 1 same"):
        pair_loss(TABLE, [[0, 1, 1]])
    with pytest.raises(InputError, match=r"^log_odds: wanted a square"):
        pair_loss(TABLE[:3], [[0, 1, 1], [1, 2, 0]])
