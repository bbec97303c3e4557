"""Dawid and Skene's model: each expert has a matrix of confusions, each item one hidden class."""

from typing import NamedTuple

import numpy as np

ROUNDS = 2000
SETTLED = 1e-10  # largest change of a posterior probability at which the iteration stops
TINY = 1e-300  # a probability that is zero in the fit; its logarithm stays finite


class Votes(NamedTuple):
    """The last answer of each expert about each item, and how much it counts."""

    items: np.ndarray
    experts: np.ndarray
    classes: np.ndarray
    weights: np.ndarray


def vote_shares(votes: Votes, items: int, classes: int) -> np.ndarray:
    """Return the weight that each class of each item was given (items, classes)."""
    shares = np.zeros((items, classes))
    np.add.at(shares, (votes.items, votes.classes), votes.weights)
    return shares


def dawid_skene(
    votes: Votes, items: int, experts: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return P(class | answers) (items, classes) and the confusions (experts, true, said).

    EM from the shares of votes: the M-step takes the prevalence and confusions that the posteriors
    give, the E-step the posteriors that these give. Items without an answer stay at zero.
    """
    posterior = vote_shares(votes, items, classes)
    answered = posterior.sum(axis=1) > 0
    posterior[answered] /= posterior[answered].sum(axis=1, keepdims=True)
    for _ in range(ROUNDS):
        before = posterior
        prevalence, confusions = _maximise(before, votes, answered, experts)
        posterior = _expect(prevalence, confusions, votes, answered)
        if np.abs(posterior - before).max() < SETTLED:
            break
    return posterior, _maximise(posterior, votes, answered, experts)[1]


def _maximise(
    posterior: np.ndarray, votes: Votes, answered: np.ndarray, experts: int
) -> tuple[np.ndarray, np.ndarray]:
    classes = posterior.shape[1]
    mass = np.zeros((experts, classes, classes))
    weighed = votes.weights[:, None] * posterior[votes.items]
    np.add.at(mass.swapaxes(1, 2), (votes.experts, votes.classes), weighed)
    total = mass.sum(axis=2, keepdims=True)
    confusions = np.where(total > 0, mass / np.where(total > 0, total, 1), 1 / classes)
    return posterior[answered].mean(axis=0), confusions


def _expect(
    prevalence: np.ndarray, confusions: np.ndarray, votes: Votes, answered: np.ndarray
) -> np.ndarray:
    log = np.tile(np.log(np.maximum(prevalence, TINY)), (len(answered), 1))
    said = np.log(np.maximum(confusions[votes.experts, :, votes.classes], TINY))
    np.add.at(log, votes.items, votes.weights[:, None] * said)
    likely = np.exp(log - log.max(axis=1, keepdims=True))
    return np.where(answered[:, None], likely / likely.sum(axis=1, keepdims=True), 0.0)
