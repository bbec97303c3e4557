"""Moments of the logarithms of wavelet leaders."""

from jaxtyping import Float

from toolbox.kernels.arrays import Array, stack
from toolbox.kernels.stages import stage
from toolbox.kernels.statistics.transform import FLOOR, Measured, Transform


def measure(transform: Transform) -> Measured:
    """Return the statistics of the leaders of every scale that has leaders enough."""
    scales = [leader_statistics(v) for v in transform.leaders]
    result = {}
    for name in scales[0]:
        values = stack([s[name] for s in scales], 1)
        result[name] = values.reshape(*transform.x.shape[:2], -1)
    return result


@stage
def leader_statistics(leaders: Float[Array, " batch *space"]) -> dict[str, Float[Array, " batch"]]:
    """Return mean, log-variance and skewness of the natural logarithm of the leaders."""
    space = tuple(range(1, leaders.ndim))
    xp = leaders.__array_namespace__()
    y = xp.log(xp.maximum(leaders, FLOOR))
    mean = y.mean(axis=space)
    centred = y - mean.reshape(-1, *(1,) * len(space))
    squares = centred**2
    # Under the logarithm: leaders of a scale with few positions can all be the same one.
    variance = squares.mean(axis=space) + FLOOR
    return {
        "leader_mean": mean,
        "leader_variance": xp.log(variance),
        "leader_skewness": xp.arctan((centred * squares).mean(axis=space) / variance**1.5),
    }
