"""What is asked next: each way against its definition in plain loops."""

import numpy as np
import pytest

from labelling import acquire, acquisition_from
from labelling.acquisition.gradient_embeddings import badge
from labelling.acquisition.questions import bald, entropy, margin, rarity
from toolbox import InputError
from toolbox.core.records import record
from toolbox.core.streams import generator

RNG = generator(0, "acquiring")
X = RNG.standard_normal((60, 5))
P = RNG.dirichlet(np.ones(3), size=(4, 60))
LABELLED = np.where(np.arange(60) < 6, np.arange(60) % 3, -1)


def chosen(by, **options):
    given = {"labelled": LABELLED, "batch": 7, "by": by, "features": X, "seed": 0} | options
    return acquire(given.pop("votes", P), **given)


def k_centre(distances, start, batch):
    """Farthest first, pair by pair."""
    chosen = list(start)
    for _ in range(batch):
        nearest = [min(distances[i][j] for j in chosen) for i in range(len(distances))]
        chosen.append(max(range(len(distances)), key=lambda i: nearest[i]))
    return chosen[len(start) :]


def euclidean(x):
    return [[float(np.linalg.norm(a - b)) for b in x] for a in x]


def test_far_is_farthest_first_by_features_and_by_distances():
    wanted = k_centre(euclidean(X), range(6), 7)
    found = chosen("far")
    assert found.items.tolist() == wanted
    assert chosen("far", features=None, distance=euclidean(X)).items.tolist() == wanted
    d = np.array(euclidean(X))
    np.testing.assert_allclose(found.scores[0], d[wanted[0], :6].min(), rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_items_that_float32_cannot_tell_are_told(offset):
    """Points on a circle, all equally far but for parts in a million."""
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = 1 + 1e-6 * generator(1, "radius").random(200)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    x = np.concatenate([[[0.0, 0.0]], x]) + offset
    labelled = np.where(np.arange(201) == 0, 0, -1)
    found = acquire(None, labelled=labelled, features=x, batch=1, by="far", seed=0)
    assert found.items[0] == np.linalg.norm(x[1:] - x[0], axis=1).argmax() + 1


def test_without_votes_the_default_is_farthest_first_from_the_middle():
    found = acquire(None, labelled=[-1] * 60, features=X, batch=4, seed=0)
    first = int(np.linalg.norm(X - X.mean(axis=0), axis=1).argmin())
    assert found.items.tolist() == [first, *k_centre(euclidean(X), [first], 3)]


def test_the_default_takes_the_farthest_of_the_least_sure():
    mean = P.mean(axis=0)
    order = np.argsort(-margin(mean) + 9 * (LABELLED >= 0), kind="stable")[:35]
    x = np.concatenate([X[:6], X[order]])
    places = k_centre(euclidean(x), range(6), 7)
    assert chosen("uncertain-and-far").items.tolist() == [int(order[i - 6]) for i in places]


def test_balanced_takes_the_middles_of_the_least_sure_whose_classes_were_seldom_seen():
    """Two tight groups: the middles are the weighted means, of the value of their members."""
    rng, n = generator(6, "balanced"), 60
    x = np.where(np.arange(n) % 2, 9.0, 0.0)[:, None] + 0.2 * rng.standard_normal((n, 2))
    labelled = np.where(np.arange(n) < 9, np.array([0] * 6 + [1] * 2 + [2])[np.arange(n) % 9], -1)
    p = P.mean(axis=0)
    score = margin(p) * (p @ [1 / np.sqrt(7), 1 / np.sqrt(3), 1 / np.sqrt(2)])
    score[:9] = -1
    candidates = np.argsort(-score)[:20]
    wanted = []
    for half in (0, 1):
        group = candidates[candidates % 2 == half]
        centre = np.average(x[group], axis=0, weights=score[group])
        nearest = group[np.linalg.norm(x[group] - centre, axis=1).argmin()]
        wanted.append((score[group].sum(), nearest))
    wanted.sort(reverse=True)
    found = chosen("balanced", labelled=labelled, features=x, batch=2)
    assert found.items.tolist() == [item for _, item in wanted]
    np.testing.assert_allclose(found.scores, [value for value, _ in wanted], rtol=1e-9)


def test_one_question_in_five_of_balanced_seeks_what_looks_like_the_fewest_labels():
    labelled = np.where(np.arange(60) < 9, np.array([0] * 6 + [1] * 2 + [2])[np.arange(60) % 9], -1)
    p = P.mean(axis=0)
    found = chosen("balanced", labelled=labelled, batch=15)
    wanted, left = [], list(range(9, 60))
    for column in (2, 1, 2):  # 1 label of the last class; then 2 of the last two: the earlier one
        wanted.append(max(left, key=lambda i, c=column: p[i, c]))
        left.remove(wanted[-1])
    assert found.items[:3].tolist() == wanted
    np.testing.assert_array_equal(found.scores[:3], p[wanted, [2, 1, 2]])
    assert len(set(found.items.tolist())) == 15
    assert min(found.items) >= 9


def test_balanced_by_distances_alone_takes_the_farthest_of_the_same():
    apart = np.array(euclidean(X))
    first = chosen("balanced", votes=None, features=None, distance=apart)
    assert first.items.tolist() == k_centre(apart, range(6), 7)
    score = margin(P.mean(axis=0)) * rarity(P.mean(axis=0), LABELLED, 0.5)
    score[:6] = -1
    keep = np.append(np.arange(6), np.argsort(-score)[:10])
    wanted = k_centre(apart[np.ix_(keep, keep)], range(6), 2)
    found = chosen("balanced", features=None, distance=apart, batch=2)
    assert found.items.tolist() == keep[wanted].tolist()


def test_balanced_begins_in_the_middles_of_clusters_the_largest_first():
    rng = generator(5, "clusters")
    y = np.repeat([0, 1, 2], [30, 20, 10])
    x = np.array([[0, 0], [9, 0], [0, 9.0]])[y] + 0.3 * rng.standard_normal((60, 2))
    open_items = np.full(60, -1)
    found = chosen("balanced", votes=None, features=x, labelled=open_items, batch=3)
    assert y[found.items].tolist() == [0, 1, 2]
    assert found.scores.tolist() == [30, 20, 10]
    for item in found.items:
        apart = np.linalg.norm(x[y == y[item]] - x[y == y[item]].mean(axis=0), axis=1)
        assert np.linalg.norm(x[item] - x[y == y[item]].mean(axis=0)) == apart.min()
    alike = chosen("balanced", votes=None, features=np.zeros((60, 2)), labelled=open_items, batch=4)
    assert len(set(alike.items.tolist())) == 4


def test_scores_of_votes_by_hand():
    p = np.array([[0.5, 0.5, 0], [1, 0, 0], [0.6, 0.3, 0.1]])
    np.testing.assert_allclose(entropy(p)[:2], [np.log(2), 0])
    np.testing.assert_allclose(margin(p), [1, 0, 0.7])
    votes = np.array([[[1.0, 0]], [[0, 1.0]]])
    np.testing.assert_allclose(bald(votes), np.log(2))
    np.testing.assert_allclose(bald(np.stack([p, p])), 0, atol=1e-15)
    np.testing.assert_allclose(rarity(p, np.array([0, 0, 1, -1])), [5 / 12, 1 / 3, 0.45])


@pytest.mark.parametrize(
    ("by", "score"),
    [("uncertain", lambda: entropy(P.mean(0))), ("bald", lambda: bald(P))],
)
def test_the_highest_scores_are_asked_first(by, score):
    values = np.where(LABELLED < 0, score(), -1)
    assert chosen(by).items.tolist() == np.argsort(-values)[:7].tolist()


def test_badge_draws_by_the_law_of_gradients_written_out():
    """First draws by squared norm, second by squared distance to the first, over many seeds."""
    p, h = P[0, :6], X[:6]
    gradients = np.array(
        [np.outer(q - np.eye(3)[q.argmax()], v).ravel() for q, v in zip(p, h, strict=True)]
    )
    firsts, seconds, runs = np.zeros(6), np.zeros(6), 3000
    rng = generator(0, "badge")
    for _ in range(runs):
        items, _ = badge(p, h, 2, np.ones(6), rng)
        firsts[items[0]] += 1
        seconds[items[1]] += 1
    law = (gradients**2).sum(axis=1)
    law /= law.sum()
    apart = ((gradients[:, None] - gradients[None]) ** 2).sum(axis=2)
    nearest = np.minimum(apart, (gradients**2).sum(axis=1)[None])
    after = law @ (nearest / nearest.sum(axis=1, keepdims=True))
    assert np.abs(firsts / runs - law).max() < 4 * 0.5 / np.sqrt(runs)
    assert np.abs(seconds / runs - after).max() < 4 * 0.5 / np.sqrt(runs)


def test_badge_of_a_large_batch_draws_like_one_gradient_after_the_other():
    """Distances that are old, and draws that are refused, leave the law of the last draws alone."""
    p, h = P[0, :40], X[:40]
    g = np.array(
        [np.outer(q - np.eye(3)[q.argmax()], v).ravel() for q, v in zip(p, h, strict=True)]
    )
    apart = ((g[:, None] - g[None]) ** 2).sum(axis=2)
    rng, runs, wanted, found = generator(0, "large batch"), 300, [], []
    for _ in range(runs):
        nearest, far = (g**2).sum(axis=1), []
        for _ in range(22):
            item = rng.choice(40, p=nearest / nearest.sum())
            far.append(np.sqrt(nearest[item]))
            nearest = np.minimum(nearest, apart[item])
        wanted.append(np.mean(far[17:]))
        items, distances = badge(p, h, 22, np.ones(40), rng)
        found.append(distances[17:].mean())
        assert len(set(items.tolist())) == 22
    error = np.hypot(np.std(wanted), np.std(found)) / np.sqrt(runs)
    assert abs(np.mean(wanted) - np.mean(found)) < 4 * error


def test_prices_choose_the_item_and_the_question():
    votes = np.array([[0.5, 0.5, 0], [0.4, 0.3, 0.3], [0.34, 0.33, 0.33]])
    prices = {"label": 3, "yes/no": 1}
    asked = acquire(votes, labelled=[-1] * 3, batch=3, by="uncertain", cost=prices, seed=0)
    assert dict(zip(asked.items.tolist(), asked.question.tolist(), strict=True)) == dict.fromkeys(
        range(3), "yes/no"
    )
    dear = acquire(votes, labelled=[-1] * 3, batch=1, by="uncertain", cost=[1, 9, 9], seed=0)
    assert (dear.items.tolist(), dear.question.tolist()) == ([0], ["label"])
    cheap = {"label": 1, "yes_no": 1}
    even = acquire(votes, labelled=[-1] * 3, batch=3, by="uncertain", cost=cheap, seed=0)
    assert set(even.question) == {"label"} or even.question[even.items == 0] == ["yes/no"]


@record
class LogOdds:
    """What `similarity.evidence` returns, as far as it is read here."""

    scores: np.ndarray


def test_log_odds_are_a_distance_turned_round():
    odds = -np.array(euclidean(X))
    np.fill_diagonal(odds, np.nan)  # as evidence has it
    asked = chosen("far", features=None, distance=LogOdds(scores=odds))
    assert asked.items.tolist() == k_centre(euclidean(X), range(6), 7)
    with pytest.raises(InputError, match=r"^distance: wanted finite"):
        chosen("far", distance=LogOdds(scores=np.full((60, 60), np.nan)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch": 55}, "batch: wanted at most 54"),
        ({"votes": np.full((1, 60, 3), np.nan)}, "votes: wanted finite"),
        ({"votes": np.ones((60, 1))}, "votes: wanted at least two classes"),
        ({"votes": P[:, :59]}, "votes: wanted votes of 60 items"),
        ({"votes": P[:1], "by": "bald"}, "votes: wanted at least two members"),
        ({"votes": None, "by": "margin"}, "votes: wanted votes"),
        ({"features": None, "by": "far"}, "features: wanted features"),
        ({"labelled": np.full(60, 3)}, "batch: wanted at most 0"),
        ({"labelled": np.where(np.arange(60) < 1, 7, -1)}, "labelled: wanted columns 0 to 2"),
        ({"cost": -1}, "cost: wanted a number > 0"),
        ({"cost": {"pair": 1}}, "cost: wanted prices of 'label'"),
        ({"distance": np.ones((3, 3))}, "distance: wanted a symmetric 60 x 60"),
    ],
)
def test_what_does_not_fit_is_refused(options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        chosen(options.pop("by", "uncertain"), **options)


def test_a_strategy_of_another_library_is_asked_and_checked():
    class Last:
        def query(self, X, y, candidates, batch_size, clf=None):
            assert np.isnan(y[candidates]).all()
            assert clf == "theirs"
            return candidates[-batch_size:]

    by = acquisition_from(Last(), classifier="theirs")
    assert chosen(by, votes=None).items.tolist() == list(range(53, 60))
    with pytest.raises(InputError, match=r"^by: wanted a strategy that returns 2 items"):
        chosen(lambda features, labelled, batch: [0, 0], batch=2)


def test_harmful_ways_say_so():
    assert "rare class" in chosen("typical").note
    assert "near-copies" in chosen("rare").note
    assert not chosen("far").note


def test_a_column_is_one_feature_of_each_item():
    x = np.array([0.0, 5.0, 1.0, 9.0])
    told = {"labelled": [0, -1, -1, -1], "batch": 2, "by": "far", "seed": 0}
    flat, column = acquire(None, features=x, **told), acquire(None, features=x[:, None], **told)
    np.testing.assert_array_equal(flat.items, column.items)
    with pytest.raises(InputError, match=r"^features: wanted a 2-D array of real numbers, got"):
        acquire(None, features=np.zeros((4, 2, 2)), **told)
