"""How much an answer about an item would tell."""

import numpy as np


def entropy(p: np.ndarray) -> np.ndarray:
    """Return H = -sum p log p over the last axis, in nats."""
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0.0).sum(axis=-1)


def margin(p: np.ndarray) -> np.ndarray:
    """Return 1 minus the distance of the two most probable classes; larger is less sure."""
    second, first = np.moveaxis(np.partition(p, -2, axis=-1)[..., -2:], -1, 0)
    return 1 - (first - second)


def bald(votes: np.ndarray) -> np.ndarray:
    """Return H(mean) - mean H over members (R, n, C): what they contradict each other about."""
    return entropy(votes.mean(axis=0)) - entropy(votes).mean(axis=0)


def rarity(p: np.ndarray, labelled: np.ndarray, power: float = 1.0) -> np.ndarray:
    """Return sum_c p_c / (1 + labels of class c)^power: high for what looks seldom seen."""
    seen = np.bincount(labelled[labelled >= 0], minlength=p.shape[1])
    return p @ (1 + seen) ** -power
