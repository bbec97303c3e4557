"""Border-free decimated wavelet transform: one scale at a time, every coefficient exact.

With the Daubechies low-pass filter h of length L and g[n] = (-1)^n h[L-1-n],

    a_j[k] = sum_n h[n] a_{j-1}[2k + n]
    d_j[k] = sum_n g[n] a_{j-1}[2k + 2 - L + n]

so that the wavelet is centred on the dyadic interval [k 2^j, (k+1) 2^j). Both sums read windows
that start at even samples: window i gives a_j[i] and d_j[i + L/2 - 1]. Windows that would leave the
signal are never formed, hence nothing is padded and validity is known from the sizes alone.

Each scale is compiled by itself: in one large program XLA on a CPU fuses across scales and computes
the fine ones again for every coarse one.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def details_per_scale(
    x: Float[Array, "batch *space"],
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
        x, d = analysis(x, low, high)
        details.append(d * 2.0 ** (-j * dim / 2))
    return tuple(details), x


def filter_axis(
    x: Float[Array, "..."], taps: Float[Array, " length"], axis: int
) -> Float[Array, "..."]:
    """Return sum_n taps[n] x[2i + n] along one axis, for each window i that lies inside.

    Even and odd samples are separated first and the sum runs over contiguous slices: on a CPU this
    is many times faster than a strided convolution.
    """
    x = jnp.moveaxis(x, axis, -1)
    windows = (x.shape[-1] - len(taps)) // 2 + 1
    pairs = x[..., : x.shape[-1] // 2 * 2].reshape(*x.shape[:-1], -1, 2)
    even, odd = pairs[..., 0], pairs[..., 1]
    total = 0.0
    for m in range(len(taps) // 2):
        total = total + taps[2 * m] * even[..., m : m + windows]
        total = total + taps[2 * m + 1] * odd[..., m : m + windows]
    return jnp.moveaxis(total, -1, axis)


@jax.jit
def analysis_1d(
    a: Float[Array, "batch n"], low: Float[Array, " length"], high: Float[Array, " length"]
) -> tuple[Float[Array, "batch windows"], Float[Array, "batch windows"]]:
    """Return the next approximation and the details of one scale of signals."""
    return filter_axis(a, low, -1), filter_axis(a, high, -1)


def analysis_2d(
    a: Float[Array, "batch h w"], low: Float[Array, " length"], high: Float[Array, " length"]
) -> tuple[Float[Array, "batch rows columns"], Float[Array, "batch 3 box_h box_w"]]:
    """Return the next approximation and the details of one scale of images.

    Details are in PyWavelets' order: H (high-pass down the rows), V (high-pass along the columns),
    D (both), cropped to the box of positions that all three have. The two passes are compiled
    apart: as one, XLA would compute the first again for every use in the second.
    """
    return over_columns(*over_rows(a, low, high), low, high)


@jax.jit
def over_rows(
    a: Float[Array, "batch h w"], low: Float[Array, " length"], high: Float[Array, " length"]
) -> tuple[Float[Array, "batch rows w"], Float[Array, "batch rows w"]]:
    """Filter and decimate down the rows: low-pass, high-pass."""
    return filter_axis(a, low, -2), filter_axis(a, high, -2)


@jax.jit
def over_columns(
    rows_low: Float[Array, "batch rows w"],
    rows_high: Float[Array, "batch rows w"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
) -> tuple[Float[Array, "batch rows columns"], Float[Array, "batch 3 box_h box_w"]]:
    """Filter and decimate along the columns: the approximation, and H, V, D in their box."""
    approximation = filter_axis(rows_low, low, -1)
    horizontal = filter_axis(rows_high, low, -1)
    vertical = filter_axis(rows_low, high, -1)
    diagonal = filter_axis(rows_high, high, -1)
    # Position k is window k of a low-pass and window k - lead of a high-pass filter.
    lead = len(low) // 2 - 1
    rows, columns = approximation.shape[-2] - lead, approximation.shape[-1] - lead
    details = jnp.stack(
        [
            horizontal[..., :rows, lead:],
            vertical[..., lead:, :columns],
            diagonal[..., :rows, :columns],
        ],
        axis=1,
    )
    return approximation, details
