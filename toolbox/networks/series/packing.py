"""What a network for series reads: bands, whether the date is clear, and the day of the year.

Clouds are masked, not interpolated: a cloudy date's bands are zero and its last-but-one channel
says so, and no network may let such a date count otherwise.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

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
