"""Losses of unit vectors whose pairs are the same (1), different (0) or unknown (-1), in JAX.

`strength`, 0 to 1, is what a known pair counts; None = all alike.
"""

import jax.numpy as jnp
from jax.nn import logsumexp
from jaxtyping import Array, Float, Int

TEMPERATURE = 0.1  # as Chen et al. (2020)
CONTRASTIVE_MARGIN = 1.0  # of unit vectors, which are at most 2 apart
TRIPLET_MARGIN = 0.2  # as Schroff et al. (2015)
TINY = 1e-12


def ntxent(
    z: Float[Array, "m d"],
    relation: Int[Array, "m m"],
    strength: Float[Array, "m m"] | None = None,
) -> Float[Array, ""]:
    """Return the normalised temperature-scaled cross-entropy (Chen et al., 2020).

    The mean over same pairs (i, p) of -log(e_ip / (e_ip + sum over n different from i of s_in
    e_in)), e = exp(cosine / temperature), weighted by the strength s_ip.
    """
    cosine = z @ z.T / TEMPERATURE
    same, different = _weights(relation, strength)
    some = different > 0
    logs = jnp.where(some, cosine + jnp.log(jnp.where(some, different, 1)), -jnp.inf)
    others = logsumexp(logs, axis=1, keepdims=True)
    others = jnp.where(some.any(axis=1, keepdims=True), others, -1e9)
    return _mean(jnp.logaddexp(cosine, others) - cosine, same)


def contrastive(
    z: Float[Array, "m d"],
    relation: Int[Array, "m m"],
    strength: Float[Array, "m m"] | None = None,
) -> Float[Array, ""]:
    """Return mean d^2 over same pairs + mean max(0, margin - d)^2 over different ones.

    d is the Euclidean distance (Hadsell, Chopra and LeCun, 2006).
    """
    square = _squares(z)
    same, different = _weights(relation, strength)
    distance = jnp.sqrt(jnp.maximum(square, TINY))
    push = jnp.maximum(0, CONTRASTIVE_MARGIN - distance) ** 2
    return _mean(square, same) + _mean(push, different)


def triplet(
    z: Float[Array, "m d"],
    relation: Int[Array, "m m"],
    strength: Float[Array, "m m"] | None = None,
) -> Float[Array, ""]:
    """Return the mean over all triplets of max(0, d_ap^2 - d_an^2 + margin) (Schroff et al., 2015).

    p is the same as the anchor a, n is different from it; a triplet's strength is the product of
    those of its two pairs.
    """
    square = _squares(z)
    same, different = _weights(relation, strength)
    hinge = jnp.maximum(0, square[:, :, None] - square[:, None, :] + TRIPLET_MARGIN)
    return _mean(hinge, same[:, :, None] * different[:, None, :])


LOSSES = {"ntxent": ntxent, "contrastive": contrastive, "triplet": triplet}


def _weights(relation: Int[Array, "m m"], strength: Float[Array, "m m"] | None) -> tuple:
    """Return what each pair counts as a same pair, and as a different one."""
    itself = jnp.eye(len(relation), dtype=bool)
    strength = 1.0 if strength is None else strength
    return (
        jnp.where((relation == 1) & ~itself, strength, 0.0),
        jnp.where(relation == 0, strength, 0.0),
    )


def _squares(z: Float[Array, "m d"]) -> Float[Array, "m m"]:
    square = (z**2).sum(axis=1)
    return jnp.maximum(square[:, None] + square - 2 * z @ z.T, 0)


def _mean(values: Float[Array, "..."], weights: Float[Array, "..."]) -> Float[Array, ""]:
    """Return the weighted mean, zero where there is no weight."""
    total = weights.sum()
    return jnp.where(weights > 0, values * weights, 0).sum() / jnp.where(total > 0, total, 1)
