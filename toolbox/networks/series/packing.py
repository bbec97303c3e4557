"""What a network for series reads: bands, whether the date is clear, and the day of the year.

Clouds are masked, not interpolated: a cloudy date's bands are zero and its last-but-one channel
says so. Attention and shapelets pass over such a date. Networks with a weight for every date
cannot: they read it filled from the clear dates around it (`cells`), which with 300 training items
is worth a tenth of accuracy.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

# Both chosen on two worlds of `phenology` that no benchmark or figure draws.
WIDTH = 10 / 365.25  # years: two passes of Sentinel-2; the seasons of crops change more slowly
TOWARDS_MEAN = 0.1  # of a clear date at distance 0: what the mean of the training items counts

HARMONICS = 8  # of the year: the finest tells dates some 23 days apart, as seasons need


def pack(
    values: Float[Array, "n t b"], clear: Float[Array, "n t"], years: Float[Array, " t"]
) -> Float[Array, "n t channels"]:
    """Return (n, T, B + 2): bands where clear, clear or not, the date as a share of the year."""
    day = jnp.broadcast_to(years.astype(values.dtype), clear.shape)[..., None]
    seen = clear.astype(values.dtype)[..., None]
    return jnp.concatenate([values * seen, seen, day], axis=-1)


def bands_of(x: Float[Array, "n t channels"]) -> Float[Array, "n t b"]:
    """Return the bands."""
    return x[..., :-2]


def clear_of(x: Float[Array, "n t channels"]) -> Float[Array, "n t"]:
    """Return 1 where a date is clear, else 0."""
    return x[..., -2]


def day_code(x: Float[Array, "n t channels"]) -> Float[Array, "n t codes"]:
    """Return sines and cosines of the day of the year: dates need not be those of training."""
    angles = 2 * jnp.pi * x[..., -1:] * jnp.arange(1, HARMONICS + 1, dtype=x.dtype)
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=-1)


def cells(x: Float[Array, "n t channels"]) -> Float[Array, "n t bands_and_flag"]:
    r"""Return bands and clear or not, a cloudy date filled with its surroundings.

    .. math:: \sum_s k_{ts} c_s x_s / (\sum_s k_{ts} c_s + .1),

    with k_ts = exp(-(t - s)^2 / 2 w^2) the mean of the clear dates s (c_s = 1), the nearer the
    heavier (Nadaraya, 1964; Watson, 1964); the mean of the training items, 0, counts as a tenth of
    a date, so that nothing is made of nothing.
    """
    dates, clear = x[0, :, -1], clear_of(x)  # all items have the same dates
    near = jnp.exp(-0.5 * ((dates[:, None] - dates) / WIDTH) ** 2)
    around = jnp.einsum("ts,nsb->ntb", near, bands_of(x) * clear[..., None])
    fill = around / ((clear @ near)[..., None] + TOWARDS_MEAN)
    seen = clear[..., None]
    return jnp.concatenate([jnp.where(seen > 0, bands_of(x), fill), seen], axis=-1)
