"""Dependence of each scale on the next coarser one."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from toolbox.kernels.stages import stage
from toolbox.kernels.statistics.transform import Measured, Transform, correlation


def measure(transform: Transform) -> Measured:
    """Return the dependence of every scale but the last on its parent scale."""
    bands = transform.bands
    if len(bands) < 2:
        return {}
    dependence = [parent_dependence(bands[j], bands[j + 1]) for j in range(len(bands) - 1)]
    return {"scale_dependence": jnp.stack(dependence, axis=2)}


@stage
def parent_dependence(
    fine: Float[Array, "items components bands *children"],
    coarse: Float[Array, "items components bands *parents"],
) -> Float[Array, "items components bands"]:
    """Return the correlation of |c| at k with the mean |c| of its children 2k, 2k + 1."""
    dim = fine.ndim - 3
    fine, coarse = jnp.abs(fine), jnp.abs(coarse)
    for axis in range(3, fine.ndim):
        # Both scales start at the same k = first >= 0; parent k needs child 2k, index 2k - first.
        # The kernel is called with db2, first = 1: parent index i has children 2i + 1, 2i + 2.
        x = jnp.moveaxis(fine, axis, -1)
        parents = min((x.shape[-1] - 1) // 2, coarse.shape[axis])
        pairs = x[..., 1 : 2 * parents + 1].reshape(*x.shape[:-1], parents, 2)
        fine = jnp.moveaxis(pairs.mean(axis=-1), -1, axis)
        coarse = jax.lax.slice_in_dim(coarse, 0, parents, axis=axis)
    return correlation(fine, coarse, dim)
