"""Asymmetry of signals in time."""

from jaxtyping import Float

from toolbox.kernels.arrays import Array, stack
from toolbox.kernels.stages import stage
from toolbox.kernels.statistics.transform import FLOOR, Measured, Transform


def measure(transform: Transform) -> Measured:
    """Return the asymmetry of signals in time; images have none."""
    if transform.dim > 1:
        return {}
    return {"time_asymmetry": time_asymmetry(transform.x, levels=len(transform.bands))}


@stage
def time_asymmetry(
    x: Float[Array, "items components n"], *, levels: int
) -> Float[Array, "items components levels"]:
    """Return atan of the skewness of the increments over 2^j samples, j = 1 to `levels`."""
    xp, scales = x.__array_namespace__(), []
    for lag in (2**j for j in range(1, levels + 1)):
        d = x[..., lag:] - x[..., :-lag]
        d = d - d.mean(axis=-1, keepdims=True)
        unit = d / xp.sqrt((d**2).mean(axis=-1, keepdims=True) + FLOOR**2)
        scales.append(xp.arctan((unit * unit**2).mean(axis=-1)))
    return stack(scales, -1)
