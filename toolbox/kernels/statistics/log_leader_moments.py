"""Moments of the logarithms of wavelet leaders."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from toolbox.kernels.stages import stage
from toolbox.kernels.statistics.transform import FLOOR, Measured, Transform


def measure(transform: Transform) -> Measured:
    """Return the statistics of the leaders of every scale that has leaders enough."""
    scales = [leader_statistics(v) for v in transform.leaders]
    result = {}
    for name in scales[0]:
        values = jnp.stack([s[name] for s in scales], axis=1)
        result[name] = values.reshape(*transform.x.shape[:2], -1)
    return result


@stage
def leader_statistics(leaders: Float[Array, "batch *space"]) -> dict[str, Float[Array, " batch"]]:
    """Return mean, log-variance and skewness of the natural logarithm of the leaders."""
    space = tuple(range(1, leaders.ndim))
    y = jnp.log(jnp.maximum(leaders, FLOOR))
    mean = y.mean(axis=space)
    centred = y - mean.reshape(-1, *(1,) * len(space))
    # Under the logarithm: leaders of a scale with few positions can all be the same one.
    variance = (centred**2).mean(axis=space) + FLOOR
    return {
        "leader_mean": mean,
        "leader_variance": jnp.log(variance),
        "leader_skewness": jnp.arctan((centred**3).mean(axis=space) / variance**1.5),
    }
