"""Dependence of each scale on the next coarser one."""

from jaxtyping import Float

from toolbox.kernels.arrays import Array, slice_along, stack
from toolbox.kernels.stages import stage
from toolbox.kernels.statistics.transform import Measured, Transform, correlation


def measure(transform: Transform) -> Measured:
    """Return the dependence of every scale but the last on its parent scale."""
    bands = transform.bands
    if len(bands) < 2:
        return {}
    dependence = [parent_dependence(bands[j], bands[j + 1]) for j in range(len(bands) - 1)]
    return {"scale_dependence": stack(dependence, 2)}


@stage
def parent_dependence(
    fine: Float[Array, "items components bands *children"],
    coarse: Float[Array, "items components bands *parents"],
) -> Float[Array, "items components bands"]:
    """Return the correlation of |c| at k with the mean |c| of its children 2k, 2k + 1."""
    xp, dim = fine.__array_namespace__(), fine.ndim - 3
    fine, coarse = abs(fine), abs(coarse)
    for axis in range(3, fine.ndim):
        # Both scales start at the same k = first >= 0; parent k needs child 2k, index 2k - first.
        # The kernel is called with db2, first = 1: parent index i has children 2i + 1, 2i + 2.
        x = xp.moveaxis(fine, axis, -1)
        parents = min((x.shape[-1] - 1) // 2, coarse.shape[axis])
        pairs = x[..., 1 : 2 * parents + 1].reshape(*x.shape[:-1], parents, 2)
        fine = xp.moveaxis(pairs.mean(axis=-1), -1, axis)
        coarse = slice_along(coarse, 0, parents, axis)
    return correlation(fine, coarse, dim)
