"""Draws of Gaussian mixtures, and clusterers that come near the theory's best."""

import numpy as np

STEPS = 60


def mixture(
    rng: np.random.Generator, *, separation: float, items: int, dimensions: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors (n, p) of two equal classes with centres +-mu, and the classes, +-1."""
    mu = rng.standard_normal(dimensions)
    mu *= np.sqrt(separation) / np.linalg.norm(mu)
    y = rng.permutation(np.repeat([1.0, -1.0], [items - items // 2, items // 2]))
    return y[:, None] * mu + rng.standard_normal((items, dimensions)), y


def principal_signs(x: np.ndarray) -> np.ndarray:
    """Return the sign of the first principal component."""
    return np.where(np.linalg.eigh(x @ x.T)[1][:, -1] >= 0, 1.0, -1.0)


def lloyd(x: np.ndarray, start: np.ndarray, steps: int = 50) -> np.ndarray:
    """Return the fixed point of alternating centre and nearest centre (k-means, centres +-mu)."""
    y = start
    for _ in range(steps):
        new = np.where(x @ (y @ x) >= 0, 1.0, -1.0)
        if (new == y).all():
            break
        y = new
    return y


def message_passing(
    x: np.ndarray, separation: float, labels: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Return posterior means of the classes by approximate message passing.

    `labels` is +-1 where known and 0 elsewhere; `start` the first guess of the others. The terms
    that subtract the estimate of the step before keep an item's own noise out of its evidence
    (Lesieur, Krzakala & Zdeborova 2017); what it reaches is what the recursion of
    `similarity.clusterable` states.
    """
    known = labels != 0
    u = np.where(known, labels, 0.9 * start)
    slack, v = np.where(known, 0.0, 1 - u**2), np.zeros(x.shape[1])
    for _ in range(STEPS):
        variance = 1 / (x.shape[1] / separation + u @ u)
        v = variance * (x.T @ u - slack.sum() * v)
        new = np.tanh(x @ v - x.shape[1] * variance * u)
        change = np.where(known, 0.0, 0.5 * (new - u))  # half a step: the full one may oscillate
        u = u + change
        slack = np.where(known, 0.0, 1 - u**2)
        if np.abs(change).max() < 1e-6:
            break
    return u


def oriented(first: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the first component's signs, named as the labels (0 where unknown) have it."""
    return first if first @ labels >= 0 else -first


def wrong(found: np.ndarray, y: np.ndarray, *, among: np.ndarray | None = None) -> float:
    """Return the share of wrong signs; without labels (`among` None) either naming will do."""
    if among is not None:
        return float((found[among] != y[among]).mean())
    share = float((found != y).mean())
    return min(share, 1 - share)
