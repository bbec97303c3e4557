"""Border-free decimated wavelet transform: one scale at a time, every coefficient exact.

With the Daubechies low-pass filter h of length L and g[n] = (-1)^n h[L-1-n],

    a_j[k] = sum_n h[n] a_{j-1}[2k + n]
    d_j[k] = sum_n g[n] a_{j-1}[2k + 2 - L + n]

so that the wavelet is centred on the dyadic interval [k 2^j, (k+1) 2^j). Both sums read windows
that start at even samples: window i gives a_j[i] and d_j[i + L/2 - 1]. Windows that would leave the
signal are never formed, hence nothing is padded and validity is known from the sizes alone.

Each scale is a stage (see `toolbox.kernels.stages`): fused, the fine ones would be computed again
for every coarse one.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Float

from toolbox.kernels.arrays import (
    Array,
    differentiable,
    kernel,
    numpy_on_cpu,
    slice_along,
    stack,
)
from toolbox.kernels.cpu import engine
from toolbox.kernels.stages import fenced, stage


@numpy_on_cpu
@kernel("levels", cpu=engine.details_per_scale)
def details_per_scale(
    x: Float[Array, " batch *space"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    levels: int,
) -> tuple[tuple[Float[Array, "batch ..."], ...], Float[Array, "batch ..."]]:
    """Return the L1-normalised details of every scale, finest first, and the approximation."""
    dim = x.ndim - 1
    analysis = analysis_1d if dim == 1 else analysis_2d
    details = []
    for j in range(1, levels + 1):
        x, d = analysis(x, low, high, norm=2.0 ** (-j * dim / 2))
        details.append(d)
    return tuple(details), x


def _filter_forward(x: Array, taps: Array, axis: int) -> tuple[Array, tuple[Array, Array]]:
    return filter_axis(x, taps, axis), (x, taps)


def _filter_back(axis: int, arguments: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    """Return sum_m taps[2m] g[k - m] for even samples 2k, sum_m taps[2m + 1] g[k - m] for odd."""
    x, taps = arguments
    axis %= x.ndim
    n, half = x.shape[axis] // 2, len(taps) // 2
    g = padded(gradient, half - 1, axis)
    shifted = [slice_along(g, half - 1 - m, half - 1 - m + n, axis) for m in range(half)]
    even, odd = (sum(taps[2 * m + i] * v for m, v in enumerate(shifted)) for i in (0, 1))
    of_x = _interleaved(even, odd, axis, x.shape[axis])
    # Linear in the taps, too; their gradient is hardly ever asked for, and JAX's transpose will do.
    of_taps = jax.linear_transpose(lambda t: _windowed(x, t, axis), taps)(gradient)[0]
    return of_x, of_taps


@differentiable(_filter_forward, _filter_back, options=(2,))
def filter_axis(
    x: Float[Array, "..."], taps: Float[Array, " length"], axis: int
) -> Float[Array, "..."]:
    """Return sum_n taps[n] x[2i + n] along one axis, for each window i that lies inside.

    Even and odd samples are separated first and the sum runs over contiguous slices: on a CPU this
    is many times faster than a strided convolution. No axis is ever moved: XLA would turn it back
    inside the sum and read every sample from a different line of memory.
    """
    return _windowed(x, taps, axis)


def _windowed(x: Array, taps: Array, axis: int) -> Array:
    """Return the sum of `filter_axis`, whose gradient is JAX's own."""
    axis %= x.ndim
    windows = (x.shape[axis] - len(taps)) // 2 + 1
    even, odd = even_and_odd(x, axis)
    total = 0.0
    for m in range(len(taps) // 2):
        total = total + taps[2 * m] * slice_along(even, m, m + windows, axis)
        total = total + taps[2 * m + 1] * slice_along(odd, m, m + windows, axis)
    return total


def padded(x: Float[Array, "..."], width: int, axis: int) -> Float[Array, "..."]:
    """Return x with zeros before and behind, laid out in memory: not a test for every sample."""
    widths = [(0, 0)] * x.ndim
    widths[axis] = (width, width)
    return fenced(lambda v: jnp.pad(v, widths), x)


def _interleaved(even: Array, odd: Array, axis: int, length: int) -> Array:
    """Return the array of that length along an axis that has these even and odd samples."""
    pairs = jnp.stack([even, odd], axis=axis + 1)
    x = pairs.reshape(*even.shape[:axis], -1, *even.shape[axis + 1 :])
    if x.shape[axis] == length:
        return x
    # The last sample of an odd number was in no window: nothing depends on it.
    return jnp.concatenate([x, jnp.zeros_like(slice_along(x, 0, 1, axis))], axis=axis)


def _split_forward(x: Array, axis: int) -> tuple[tuple[Array, Array], Array]:
    return even_and_odd(x, axis), x


def _split_back(axis: int, x: Array, gradients: tuple[Array, Array]) -> tuple[Array]:
    return (_interleaved(*gradients, axis, x.shape[axis]),)


@differentiable(_split_forward, _split_back, options=(1,))
def even_and_odd(
    x: Float[Array, "..."], axis: int
) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """Return the samples 0, 2, ... and 1, 3, ... along an axis; a last one without partner goes."""
    n = x.shape[axis] // 2
    x = slice_along(x, 0, 2 * n, axis)
    pairs = x.reshape(*x.shape[:axis], n, 2, *x.shape[axis + 1 :])
    return tuple(slice_along(pairs, i, i + 1, axis + 1).squeeze(axis + 1) for i in (0, 1))


@stage
def analysis_1d(
    a: Float[Array, "batch n"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    norm: float,
) -> tuple[Float[Array, "batch windows"], Float[Array, "batch windows"]]:
    """Return the next approximation and `norm` times the details of one scale of signals."""
    return filter_axis(a, low, -1), filter_axis(a, high, -1) * norm


def analysis_2d(
    a: Float[Array, "batch h w"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    norm: float,
) -> tuple[Float[Array, "batch rows columns"], Float[Array, "batch 3 box_h box_w"]]:
    """Return the next approximation and `norm` times the details of one scale of images.

    Details are in PyWavelets' order: H (high-pass down the rows), V (high-pass along the columns),
    D (both), cropped to the box of positions that all three have.
    """
    return over_columns(*over_rows(a, low, high), low, high, norm=norm)


@stage
def over_rows(
    a: Float[Array, "batch h w"], low: Float[Array, " length"], high: Float[Array, " length"]
) -> tuple[Float[Array, "batch rows w"], Float[Array, "batch rows w"]]:
    """Filter and decimate down the rows: low-pass, high-pass."""
    return filter_axis(a, low, -2), filter_axis(a, high, -2)


@stage
def over_columns(
    rows_low: Float[Array, "batch rows w"],
    rows_high: Float[Array, "batch rows w"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    norm: float,
) -> tuple[Float[Array, "batch rows columns"], Float[Array, "batch 3 box_h box_w"]]:
    """Filter and decimate along the columns: the approximation, and H, V, D in their box."""
    approximation = filter_axis(rows_low, low, -1)
    horizontal = filter_axis(rows_high, low, -1)
    vertical = filter_axis(rows_low, high, -1)
    diagonal = filter_axis(rows_high, high, -1)
    # Position k is window k of a low-pass and window k - lead of a high-pass filter.
    lead = len(low) // 2 - 1
    rows, columns = approximation.shape[-2] - lead, approximation.shape[-1] - lead
    details = stack(
        [
            horizontal[..., :rows, lead:],
            vertical[..., lead:, :columns],
            diagonal[..., :rows, :columns],
        ],
        1,
    )
    return approximation, details * norm
