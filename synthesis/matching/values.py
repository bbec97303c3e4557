"""Exact transfer of an exemplar's values, and of its components' correlations."""

import numpy as np

ROUNDS = 8  # each about halves what the other condition spoils; 1 % is left of 8 %


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


def match_components(children: np.ndarray, exemplars: np.ndarray, *, dim: int) -> np.ndarray:
    """Return children (n, K, *size) with the exemplars' (n, K, *space) values and correlations.

    The exchange of values by ranks is exact and spoils the correlations between components, the
    linear map that restores these spoils the values: they alternate, values last.
    """
    if children.shape[1] == 1:
        return match_values(children, exemplars, dim=dim)
    for _ in range(ROUNDS):
        children = match_values(_with_correlations(children, exemplars), exemplars, dim=dim)
    return children


def _with_correlations(children: np.ndarray, exemplars: np.ndarray) -> np.ndarray:
    """Return A x with A = T^(1/2) S^(-1/2), S the children's correlation and T the exemplars'.

    Their covariances would do as well, but not where components are in units far apart.
    """
    flat, known = (x.reshape(*x.shape[:2], -1).astype(np.float64) for x in (children, exemplars))
    (flat, own), (_, wanted) = _correlated(flat), _correlated(known)
    return (_power(wanted, 0.5) @ _power(own, -0.5) @ flat).reshape(children.shape)


def _correlated(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, K, positions) standardised, and the correlations (n, K, K)."""
    flat = flat - flat.mean(axis=2, keepdims=True)
    spread = flat.std(axis=2, keepdims=True)
    flat = flat / np.where(spread > 0, spread, 1)
    return flat, flat @ flat.transpose(0, 2, 1) / flat.shape[2]


def _power(correlations: np.ndarray, exponent: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(correlations)
    values = np.maximum(values, 1e-9 * values[:, -1:])
    return (vectors * values[:, None] ** exponent) @ vectors.transpose(0, 2, 1)
