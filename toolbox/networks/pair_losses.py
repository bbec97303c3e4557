"""Losses of unit vectors whose pairs are the same (1), different (0) or unknown (-1), in JAX."""

import jax.numpy as jnp
from jax.nn import logsumexp
from jaxtyping import Array, Float, Int

TEMPERATURE = 0.1
CONTRASTIVE_MARGIN = 1.0
TRIPLET_MARGIN = 0.2
TINY = 1e-12


def ntxent(z: Float[Array, "m d"], relation: Int[Array, "m m"]) -> Float[Array, ""]:
    """Return the normalised temperature-scaled cross-entropy (Chen et al., 2020).

    The mean over same pairs (i, p) of -log(e_ip / (e_ip + sum over n different from i of e_in)),
    e = exp(cosine / temperature).
    """
    cosine = z @ z.T / TEMPERATURE
    same, different = _masks(relation)
    others = logsumexp(jnp.where(different, cosine, -jnp.inf), axis=1, keepdims=True)
    others = jnp.where(different.any(axis=1, keepdims=True), others, -1e9)
    return _mean(jnp.logaddexp(cosine, others) - cosine, same)


def contrastive(z: Float[Array, "m d"], relation: Int[Array, "m m"]) -> Float[Array, ""]:
    """Return mean d^2 over same pairs + mean max(0, margin - d)^2 over different ones.

    d is the Euclidean distance (Hadsell, Chopra and LeCun, 2006).
    """
    square = _squares(z)
    same, different = _masks(relation)
    distance = jnp.sqrt(jnp.maximum(square, TINY))
    push = jnp.maximum(0, CONTRASTIVE_MARGIN - distance) ** 2
    return _mean(square, same) + _mean(push, different)


def triplet(z: Float[Array, "m d"], relation: Int[Array, "m m"]) -> Float[Array, ""]:
    """Return the mean over all triplets of max(0, d_ap^2 - d_an^2 + margin) (Schroff et al., 2015).

    p is the same as the anchor a, n is different from it.
    """
    square = _squares(z)
    same, different = _masks(relation)
    hinge = jnp.maximum(0, square[:, :, None] - square[:, None, :] + TRIPLET_MARGIN)
    return _mean(hinge, same[:, :, None] & different[:, None, :])


LOSSES = {"ntxent": ntxent, "contrastive": contrastive, "triplet": triplet}


def _masks(relation: Int[Array, "m m"]) -> tuple:
    itself = jnp.eye(len(relation), dtype=bool)
    return (relation == 1) & ~itself, relation == 0


def _squares(z: Float[Array, "m d"]) -> Float[Array, "m m"]:
    square = (z**2).sum(axis=1)
    return jnp.maximum(square[:, None] + square - 2 * z @ z.T, 0)


def _mean(values: Float[Array, "..."], mask: Array) -> Float[Array, ""]:
    """Return the mean over the mask, zero where it is empty."""
    return jnp.where(mask, values, 0).sum() / jnp.maximum(mask.sum(), 1)
