"""What statistics are computed from, and what they have in common."""

from typing import NamedTuple

from jaxtyping import Float

from toolbox.kernels.arrays import Array, stack

FLOOR = 1e-6  # relative to the item's standard deviation: a band can be exactly empty
LARGEST_CORRELATION = 0.9999  # where atanh is cut: a band can be an exact copy of another

Bands = Float[Array, "items components bands *space"]
Measured = dict[str, Float[Array, "items ..."]]  # (items, components or pairs, scales, ...) by name


class Transform(NamedTuple):
    """Standardised items, their coefficients and their leaders, finest scale first.

    Signals have one band. There are leaders of the finer scales only.
    """

    x: Float[Array, "items components *space"]
    bands: list[Bands]
    leaders: list[Float[Array, " items_components *space"]]

    @property
    def dim(self) -> int:
        """1 of signals, 2 of images."""
        return self.x.ndim - 2


def over_scales(scales: list[Measured]) -> Measured:
    """Return the statistics of several scales as one array each."""
    return {name: stack([s[name] for s in scales], 2) for name in scales[0]}


def correlation(u: Float[Array, "..."], v: Float[Array, "..."], dim: int) -> Float[Array, "..."]:
    """Return Fisher's z, atanh of the correlation over space; 0 where a band is constant."""
    xp, space = u.__array_namespace__(), tuple(range(-dim, 0))
    u = u - u.mean(axis=space, keepdims=True)
    v = v - v.mean(axis=space, keepdims=True)
    norm = xp.sqrt((u**2).sum(axis=space) * (v**2).sum(axis=space)) + FLOOR**2
    r = (u * v).sum(axis=space) / norm
    return xp.arctanh(xp.clip(r, -LARGEST_CORRELATION, LARGEST_CORRELATION))
