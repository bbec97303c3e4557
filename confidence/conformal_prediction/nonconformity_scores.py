"""How ill each class conforms to an item's probabilities: the smaller, the likelier."""

import numpy as np

from toolbox.core.streams import generator
from toolbox.resampling.near_ties import TOLD_APART

SCORES = ("lac", "aps", "raps")


def class_scores(
    p: np.ndarray, *, score: str, u: np.ndarray | None, penalty: tuple[float, int]
) -> np.ndarray:
    """Return the score of every class of every item, from probabilities (..., C) and u (...).

    lac:  1 - p_y
    aps:  sum of the probabilities above p_y, plus u p_y
    raps: that plus lambda max(0, rank_y - k), the likeliest class of rank 1
    """
    if score == "lac":
        return 1 - p
    order = np.argsort(-p, axis=-1, kind="stable")
    sorted_p = np.take_along_axis(p, order, axis=-1)
    above = np.cumsum(sorted_p, axis=-1) - sorted_p
    mass = above + u[..., None] * sorted_p
    if score == "raps":
        strength, free = penalty
        mass = mass + strength * np.maximum(np.arange(1, p.shape[-1] + 1) - free, 0)
    result = np.empty_like(mass)
    np.put_along_axis(result, order, mass, axis=-1)
    return result


def conforming(scores: np.ndarray, limits: np.ndarray, *, score: str) -> np.ndarray:
    """Say which scores are at most their limit, or not told apart from it by float32.

    A limit is the score of a calibration item: where an item in another precision has the same
    probabilities, their last bit must not decide. What counts is the relative error of p_y for
    "lac", whose scores crowd at 1, and of the score itself for the others.
    """
    if score == "lac":
        return 1 - scores >= (1 - limits) * (1 - TOLD_APART)
    return scores <= limits * (1 + TOLD_APART)


def random_shares(seed: int, name: str, n: int) -> np.ndarray | None:
    """Return the u of every item, None without a seed (below 0)."""
    return None if seed < 0 else generator(seed, "conformal", name).random(n)
