"""Hyperbolic (fully separable) wavelet transform: independent scales along the two axes.

With d_j the one-dimensional details of `toolbox.kernels.wavelet`, taken down the rows and then
along the columns, c_{j1,j2} = 2^{-(j1 + j2)/2} d_{j1} d_{j2} x, and the energy of a pair of scales
is the mean of c^2 over the positions whose wavelet lies inside the image.

The details of all scales along one axis together are about as long as the axis: kept in one array,
all pairs of scales cost two passes, and few shapes are compiled.
"""

from functools import partial

from jaxtyping import Float

from toolbox.kernels.arrays import Array, kernel, numpy_on_cpu, stack, version_for
from toolbox.kernels.cpu import engine
from toolbox.kernels.wavelet import filter_axis


@numpy_on_cpu
def hyperbolic_energies(
    x: Float[Array, "batch rows columns"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    levels: tuple[int, int],
) -> Float[Array, "batch J1 J2"]:
    """Return the mean squared L1-normalised coefficient of every pair of scales."""
    down = details_along(x, low, high, axis=-2, levels=levels[0])
    sizes = tuple(d.shape[-2] for d in down)
    both = details_along(
        x.__array_namespace__().concatenate(down, axis=-2), low, high, axis=-1, levels=levels[1]
    )
    energies = partial(version_for(x, segment_energies), sizes=sizes)
    return stack(list(map(energies, both)), -1)


def details_along(
    x: Float[Array, "batch rows columns"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    axis: int,
    levels: int,
) -> list[Float[Array, "batch ..."]]:
    """Return the L1-normalised details of every scale along one axis, finest first."""
    details, analysis = [], version_for(x, analysis_along)
    for j in range(1, levels + 1):
        x, d = analysis(x, low, high, axis=axis)
        details.append(d * 2.0 ** (-j / 2))
    return details


# Compiled by itself, one scale after the other: without one program around them, no fences.
@kernel("axis", cpu=engine.analysis_along)
def analysis_along(
    a: Float[Array, "batch rows columns"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    axis: int,
) -> tuple[Float[Array, "batch ..."], Float[Array, "batch ..."]]:
    """Return the next approximation and the details of one scale along one axis."""
    return filter_axis(a, low, axis), filter_axis(a, high, axis)


@kernel("sizes")
def segment_energies(
    d: Float[Array, "batch rows columns"], *, sizes: tuple[int, ...]
) -> Float[Array, "batch J1"]:
    """Return the mean square over the columns and over each of the consecutive parts of rows."""
    rows = (d**2).mean(axis=-1)
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    parts = [rows[:, s : s + n].mean(axis=-1) for s, n in zip(starts, sizes, strict=True)]
    return stack(parts, -1)
