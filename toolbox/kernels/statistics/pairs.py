"""Statistics between every two components."""

from jaxtyping import Float

from toolbox.kernels.arrays import Array, stack
from toolbox.kernels.stages import stage
from toolbox.kernels.statistics.transform import (
    Bands,
    Measured,
    Transform,
    correlation,
    over_scales,
)


def measure(transform: Transform) -> Measured:
    """Return the correlations between components, of which there must be two."""
    if transform.x.shape[1] < 2:
        return {}
    return over_scales(list(map(component_statistics, transform.bands)))


@stage
def component_statistics(d: Bands) -> dict[str, Float[Array, "items pairs bands"]]:
    """Return the correlations of c and of |c| between every two components."""
    dim, components = d.ndim - 3, d.shape[1]
    pairs = [(a, b) for a in range(components) for b in range(a + 1, components)]
    joined = {"component_correlation": d, "component_dependence": abs(d)}
    return {
        name: stack([correlation(x[:, a], x[:, b], dim) for a, b in pairs], 1)
        for name, x in joined.items()
    }
