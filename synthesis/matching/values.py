"""Exact transfer of an exemplar's grey levels."""

import numpy as np


def match_values(samples: np.ndarray, references: np.ndarray, *, dim: int) -> np.ndarray:
    """Give each item the values of its reference, in the order of the item's own ranks.

    With as many positions as the reference the values are the reference's own, each used once;
    otherwise they are its quantiles at the mid-ranks, linearly interpolated.

    Parameters
    ----------
    samples : ndarray, shape (..., *size)
    references : ndarray, shape (..., *space)
        The leading axes match those of `samples`.
    dim : int
        Number of spatial axes.
    """
    lead = samples.shape[: samples.ndim - dim]
    flat = samples.reshape(*lead, -1)
    values = np.sort(references.reshape(*lead, -1), axis=-1)
    order = np.argsort(flat, axis=-1, kind="stable")
    matched = np.empty(flat.shape, dtype=references.dtype)
    np.put_along_axis(matched, order, mid_rank_quantiles(values, flat.shape[-1]), axis=-1)
    return matched.reshape(samples.shape)


def mid_rank_quantiles(values: np.ndarray, n: int) -> np.ndarray:
    """Return `n` mid-rank quantiles of sorted values along the last axis."""
    length = values.shape[-1]
    if n == length:
        return values
    position = np.clip((np.arange(n) + 0.5) * length / n - 0.5, 0, length - 1)
    below = np.minimum(position.astype(int), length - 2)
    weight = position - below
    result = (1 - weight) * values[..., below] + weight * values[..., below + 1]
    return result.astype(values.dtype)
