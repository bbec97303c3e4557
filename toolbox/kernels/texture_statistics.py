"""Multiscale statistics of textures: what `toolbox.describe` gathers.

Every statistic is a mean over the positions of one scale j and direction b of the coefficients
c_{j,b}, and does not change with the gain of the item.
"""

from importlib import import_module
from math import log

from jaxtyping import Float

from toolbox.kernels.arrays import Array, kernel, numpy_on_cpu, version_for
from toolbox.kernels.averages import standardised
from toolbox.kernels.leaders import leaders_per_scale
from toolbox.kernels.statistics.moments import Measured, Transform
from toolbox.kernels.statistics.registry import STATISTICS
from toolbox.kernels.wavelet import details_per_scale


@numpy_on_cpu
@kernel("levels", "leader_levels", "gamma")
def texture_statistics(
    x: Float[Array, "items components *space"],
    low: Float[Array, " length"],
    high: Float[Array, " length"],
    *,
    levels: int,
    leader_levels: int,
    gamma: float,
) -> Measured:
    """Return each statistic as (items, components or pairs of them, scales, [bands, ...])."""
    dim = x.ndim - 2
    x = version_for(x, standardised)(x, dim=dim)
    flat = x.reshape(-1, *x.shape[2:])
    details, _ = version_for(x, details_per_scale)(flat, low, high, levels=levels)
    first = len(low) // 2 - 1
    leaders, _ = version_for(x, leaders_per_scale)(
        details[:leader_levels], first=first, dim=dim, p=float("inf"), gamma=gamma
    )
    bands = [d if dim == 2 else d[:, None] for d in details]
    bands = [d.reshape(*x.shape[:2], *d.shape[1:]) for d in bands]
    transform = Transform(x=x, bands=bands, leaders=list(leaders))
    result: Measured = {}
    for file in dict.fromkeys(statistic.file for statistic in STATISTICS.values()):
        result |= import_module(f"toolbox.kernels.statistics.{file}").measure(transform)
    return relative(result)


def relative(measured: Measured) -> Measured:
    """Take levels relative to the mean log-energy of all bands.

    Free of the gain, and of the noise that the lowest frequencies would bring in through the item's
    own standard deviation.
    """
    reference = measured["energy"].mean(axis=(2, 3), keepdims=True)
    # `reference` is log2 of an energy: half of it times ln 2 is the ln of an amplitude.
    gain = 0.5 * log(2) * reference[..., 0]
    return measured | {
        "energy": measured["energy"] - reference,
        "leader_mean": measured["leader_mean"] - gain,
    }
