"""Statistics of each direction of a scale, and between its directions."""

from jaxtyping import Float

from toolbox.kernels.arrays import Array, stack
from toolbox.kernels.stages import stage
from toolbox.kernels.statistics.transform import (
    FLOOR,
    Bands,
    Measured,
    Transform,
    correlation,
    over_scales,
)


def measure(transform: Transform) -> Measured:
    """Return the statistics of the bands of every scale."""
    return over_scales(list(map(band_statistics, transform.bands)))


@stage
def band_statistics(d: Bands) -> Measured:
    """Return the statistics of each direction of one scale, and between its directions."""
    dim = d.ndim - 3
    space = tuple(range(-dim, 0))
    xp = d.__array_namespace__()
    energy = (d**2).mean(axis=space) + FLOOR**2
    unit = d / xp.sqrt(energy).reshape(*energy.shape, *(1,) * dim)
    magnitude, squares = abs(unit), unit**2
    tiny = xp.finfo(d.dtype).tiny
    # Logarithms and arc tangents bring every statistic to one footing: of moments as they are, one
    # large coefficient would decide the distance between two textures.
    statistics = {
        "energy": xp.log2(energy),  # log2 E c^2
        "sparsity": xp.log2(magnitude.mean(axis=space) + FLOOR),  # log2 E|c| / sqrt(E c^2)
        "kurtosis": xp.log((squares**2).mean(axis=space) + tiny + FLOOR),  # ln E c^4 / (E c^2)^2
        "skewness": xp.arctan((unit * squares).mean(axis=space)),  # atan E c^3 / (E c^2)^{3/2}
        "neighbour_correlation": _neighbours(unit),
        "neighbour_dependence": _neighbours(magnitude),
    }
    if d.shape[2] > 1:
        pairs = [(0, 1), (0, 2), (1, 2)]
        dependence = [correlation(magnitude[:, :, a], magnitude[:, :, b], dim) for a, b in pairs]
        statistics["orientation_dependence"] = stack(dependence, -1)
    return statistics


def _neighbours(x: Bands) -> Float[Array, "items components bands dim"]:
    """Return the correlation of each position with the next, along each axis."""
    dim, found = x.ndim - 3, []
    for axis in range(-dim, 0):
        along = x.__array_namespace__().moveaxis(x, axis, -1)
        found.append(correlation(along[..., :-1], along[..., 1:], dim))
    return stack(found, -1)
