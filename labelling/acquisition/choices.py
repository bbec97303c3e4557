"""The ways to choose what to ask, each by what it needs."""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from labelling.acquisition.farthest_first import chooser
from labelling.acquisition.gradient_embeddings import badge
from labelling.acquisition.questions import bald, entropy, margin, rarity
from toolbox.core.item_blocks import binary_exponent

NEIGHBOURS = 20  # of TypiClust (Hacohen et al. 2022)
CLOSEST = 5  # candidates for each question of "uncertain-and-far": the least sure, of which it
# takes the farthest; 2, 3, 5, 10, 20 were alike on six draws of digits with a rare class
CLUSTERED = 10  # candidates for each question of "balanced"; 5 needed more labels in most of six
# kinds of simulated classes and digits (other rare ones than the benchmark's), the farthest of 5
# fewer where classes are normal, and more where they have heavy tails and for digits
SOUGHT = 0.2  # share of a batch of "balanced" that is sought among what looks like the fewest
# labels: up to twice as many of a rare class as without, and no slower, in simulated classes
SELDOM = 0.5  # power of a class's labels by which "balanced" divides; 1 was worse after 60 labels
# in four of those six kinds


class Pool(NamedTuple):
    """What there is to choose by; weights are 0 for items that are labelled.

    `rate` is what the best question about each item tells for its price, where there are several.
    """

    votes: np.ndarray | None
    features: np.ndarray | None
    distances: np.ndarray | None
    labelled: np.ndarray
    batch: int
    weight: np.ndarray
    rate: np.ndarray | None
    rng: np.random.Generator


class Way(NamedTuple):
    """A way to choose: the function, and whether it needs votes or places of the items."""

    choose: Callable[[Pool], tuple[np.ndarray, np.ndarray]]
    votes: bool = False
    places: bool = False


def _highest(pool: Pool, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the open items of the highest score for the money, ties by lot."""
    value = np.where(pool.weight > 0, score * pool.weight, -np.inf)
    order = np.lexsort((pool.rng.random(len(value)), -value))[: pool.batch]
    return order, score[order]


def _random(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    return _highest(_unpriced(pool), np.ones(len(pool.labelled)))


def _far(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    start = np.flatnonzero(pool.labelled >= 0)
    return chooser(pool.features, pool.distances)(start, pool.batch, pool.weight)


def _unsure(pool: Pool, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the items of the highest score for the money, which a rate is already."""
    if pool.rate is None:
        return _highest(pool, score)
    return _highest(_unpriced(pool), pool.rate)


def _unpriced(pool: Pool) -> Pool:
    return pool._replace(weight=(pool.weight > 0) * 1.0)


def _uncertain_and_far(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    """Take the farthest of the least sure; without votes, the farthest of all."""
    if pool.votes is None:
        return _far(pool)
    return _far_of_best(pool, margin(pool.votes.mean(axis=0)))


def _far_of_best(pool: Pool, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    few = min(CLOSEST * pool.batch, int((pool.weight > 0).sum()))
    candidates, _ = _unsure(pool._replace(batch=few), score)
    weight = np.zeros(len(pool.weight))
    weight[candidates] = pool.weight[candidates]
    return _far(pool._replace(weight=weight))


def _balanced(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    """Take some that look like classes of few labels, then middles of clusters of the least sure.

    Without votes, middles of all items. With distances alone, the farthest of the least sure.
    """
    if pool.votes is None:
        return _far(pool) if pool.features is None else _middles(pool, np.flatnonzero(pool.weight))
    p = pool.votes.mean(axis=0)
    first, chance = _like_the_fewest(pool, p, int(SOUGHT * pool.batch))
    weight, known = pool.weight.copy(), pool.labelled.copy()
    weight[first], known[first] = 0, 0
    rest = pool._replace(batch=pool.batch - len(first), weight=weight, labelled=known)
    seldom = rarity(p, pool.labelled, SELDOM)
    score, rate = margin(p) * seldom, None if pool.rate is None else pool.rate * seldom
    rest = rest._replace(rate=rate)
    if pool.features is None:
        items, value = _far_of_best(rest, score)
    else:
        few = min(CLUSTERED * rest.batch, int((weight > 0).sum()))
        candidates, value = _unsure(rest._replace(batch=few), score)
        items, value = _middles(rest, candidates, value)
    return np.append(first, items), np.append(chance, value)


def _like_the_fewest(pool: Pool, p: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the most probable items of the classes of fewest labels, and their probabilities.

    One after the other, each counted as a label of its class; classes never seen have no image.
    """
    seen = np.bincount(pool.labelled[pool.labelled >= 0], minlength=p.shape[1]).astype(np.float64)
    seen[seen == 0] = np.inf
    still_open, items, chances = pool.weight > 0, [], []
    for _ in range(number):
        wanted = int(seen.argmin())
        chance = np.where(still_open, p[:, wanted], -1)
        items.append(int(chance.argmax()))
        chances.append(float(chance.max()))
        still_open[items[-1]] = False
        seen[wanted] += 1
    return np.array(items, dtype=np.int64), np.array(chances)


def _middles(
    pool: Pool, candidates: np.ndarray, value: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return of as many clusters as are asked for the item nearest to each centre, and its value.

    k-means, each candidate weighed by its value, by default 1; the most valuable cluster first.
    """
    from sklearn.cluster import KMeans

    x = np.ldexp(pool.features, -binary_exponent(pool.features)).astype(np.float64)[candidates]
    value = np.ones(len(x)) if value is None or value.max() <= 0 else np.maximum(value, 0)
    model = KMeans(pool.batch, n_init=1, random_state=int(pool.rng.integers(2**31)))
    with warnings.catch_warnings():  # of fewer distinct items than clusters
        warnings.simplefilter("ignore")
        apart = model.fit(x, sample_weight=value + 1e-9 * value.max()).transform(x)
    worth = np.bincount(model.labels_, weights=value, minlength=pool.batch)
    order, picked = np.argsort(-worth, kind="stable"), []
    for centre in order:
        apart[picked, centre] = np.inf  # items that are alike may be nearest to two centres
        picked.append(int(apart[:, centre].argmin()))
    return candidates[picked], worth[order]


def _typical(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    return _highest(pool, 1 / np.maximum(_neighbour_distance(pool), 1e-300))


def _neighbour_distance(pool: Pool) -> np.ndarray:
    """Return the mean distance of each item to its nearest neighbours, itself left out."""
    number = min(NEIGHBOURS, len(pool.labelled) - 1)
    if pool.distances is not None:
        apart = pool.distances.copy()
        np.fill_diagonal(apart, np.inf)
        return np.partition(apart, number - 1, axis=1)[:, :number].mean(axis=1)
    from sklearn.neighbors import NearestNeighbors

    x = np.ldexp(pool.features, -binary_exponent(pool.features))
    return NearestNeighbors(n_neighbors=number).fit(x).kneighbors()[0].mean(axis=1)


def _badge(pool: Pool) -> tuple[np.ndarray, np.ndarray]:
    return badge(pool.votes.mean(axis=0), pool.features, pool.batch, pool.weight, pool.rng)


WAYS = {
    "uncertain-and-far": Way(_uncertain_and_far, places=True),
    "balanced": Way(_balanced, places=True),
    "uncertain": Way(lambda pool: _unsure(pool, entropy(pool.votes.mean(axis=0))), votes=True),
    "margin": Way(lambda pool: _highest(pool, margin(pool.votes.mean(axis=0))), votes=True),
    "bald": Way(lambda pool: _highest(pool, bald(pool.votes)), votes=True),
    "badge": Way(_badge, votes=True, places=True),
    "far": Way(_far, places=True),
    "typical": Way(_typical, places=True),
    "rare": Way(
        lambda pool: _highest(pool, rarity(pool.votes.mean(axis=0), pool.labelled)), votes=True
    ),
    "random": Way(_random),
}
