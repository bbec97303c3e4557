"""Descriptions: the multiscale statistics of each item, which every other package reads."""

from dataclasses import field
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.device import compute, result_shapes
from toolbox.core.item_blocks import item_blocks
from toolbox.core.records import record
from toolbox.core.units import no_units
from toolbox.multiscale.wavelet_transform import filters

WAVELET = "db2"
GAMMA = 0.5  # fixed, so that the descriptions of two sets are comparable
FEWEST = 16  # coefficients under every statistic
LARGEST_BLOCK = 2**22  # samples described at once

# statistic: (group, what its axes after the component axis count)
STATISTICS = {
    "energy": ("spectrum", ("scale", "band")),
    "sparsity": ("sparsity", ("scale", "band")),
    "kurtosis": ("sparsity", ("scale", "band")),
    "leader_mean": ("leaders", ("scale",)),
    "leader_variance": ("leaders", ("scale",)),
    "leader_skewness": ("leaders", ("scale",)),
    "orientation_dependence": ("dependence", ("scale", "bands")),
    "neighbour_correlation": ("dependence", ("scale", "band", "axis")),
    "neighbour_dependence": ("dependence", ("scale", "band", "axis")),
    "scale_dependence": ("dependence", ("scale", "band")),
    "component_correlation": ("dependence", ("scale", "band")),
    "component_dependence": ("dependence", ("scale", "band")),
    "skewness": ("asymmetry", ("scale", "band")),
    "time_asymmetry": ("asymmetry", ("scale",)),  # of signals
}


@record
class Description:
    """The multiscale statistics of n items.

    Attributes
    ----------
    values : array (n, F)
    names : tuple of F strings, such as ``"energy[j=1,H]"``
    groups : tuple of F strings: spectrum, sparsity, leaders, dependence or asymmetry
    units : ndarray, shape (n,)
        What each item was drawn from, where the items came with units; else empty.
    """

    values: np.ndarray
    names: tuple[str, ...]
    groups: tuple[str, ...]
    units: np.ndarray = field(default_factory=no_units)


def describe(
    x: Any,
    *,
    dim: int,
    levels: int | None = None,
    units: Any = None,
    device: str = "auto",
) -> Description:
    """Describe each item by its multiscale statistics, without knowledge of what it shows.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``
    dim : 1 (signals) or 2 (images)
    levels : number of scales; by default as many as leave 16 coefficients under every statistic
    units : one label an item, optional
        What was drawn independently (a subject, a photograph); it goes into the description, and
        is taken from a record of items, such as `Crops`, that knows its units.
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    Description
        Of an image with four scales 129 statistics: per scale and direction log-energy, sparsity,
        kurtosis, skewness and the correlations of neighbours; per scale mean, variance and
        skewness of the log-leaders; the correlations of magnitudes between directions and between
        scales. Signals have one direction, and per scale their asymmetry in time. K components add
        the correlations between every two of them.

    Raises
    ------
    InputError
        When `x` is not finite, is constant in an item, or too small for `levels` scales, or there
        is not one unit an item.

    Notes
    -----
    Each item is standardised first, so nothing depends on its gain and offset; log-energies (and
    the mean log-leader) are taken relative to their mean over all bands. Leaders use the fixed
    fractional integration 2^{j/2} c_j and appear at the scales that have at least 16. Energies are
    floored at 10^-12 of the item's variance, correlations cut at +-.9999 before Fisher's atanh.
    The asymmetry of a signal in time is the atan of the skewness of its increments over 2^j
    samples, their mean taken off: it turns its sign when time (or the signal) is turned, and is
    zero on average where the law does not know the direction of time, Gaussian ones for instance;
    that of the coefficients, whose wavelet is not symmetric, is neither odd nor even. The choice
    of statistics follows Portilla & Simoncelli (2000), the leaders Wendt, Abry & Jaffard (2007),
    the asymmetry in time Schreiber & Schmitz (2000).

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((3, 40, 40))
    >>> description = toolbox.describe(noise, dim=2)
    >>> description.values.shape, sorted(set(description.groups))
    ((3, 63), ['asymmetry', 'dependence', 'leaders', 'sparsity', 'spectrum'])
    >>> brighter = toolbox.describe(5 * noise + 100, dim=2)
    >>> bool(np.allclose(description.values, brighter.values))
    True
    """
    dim = checks.dimension(dim)
    return _described(x, "x", dim=dim, levels=levels, units=units, device=device)


def description_of(x: Any, argument: str, *, dim: int) -> Description:
    """Return `x` itself when it is a Description already, otherwise describe it."""
    if isinstance(x, Description):
        return x
    return _described(x, argument, dim=checks.dimension(dim))


def _described(
    x: Any,
    argument: str,
    *,
    dim: int,
    levels: int | None = None,
    units: Any = None,
    device: str = "auto",
) -> Description:
    units = checks.known_units(x) if units is None else units
    batch = checks.not_constant(checks.items(x, argument, dim=dim), argument)
    low, high = (taps.astype(batch.dtype) for taps in filters(WAVELET))
    levels, leader_levels = _levels(batch.shape[2:], levels, argument, length=len(low))
    from toolbox.kernels.texture_statistics import texture_statistics

    parts = [
        compute(
            texture_statistics,
            block,
            low,
            high,
            levels=levels,
            leader_levels=leader_levels,
            gamma=GAMMA,
            device=device,
        )
        for block in item_blocks(batch, largest=LARGEST_BLOCK)
    ]
    n = len(batch)
    statistics = {
        name: np.concatenate([part[name] for part in parts])[:n]
        for name in STATISTICS
        if name in parts[0]
    }
    labelled = _all_labels({name: v.shape for name, v in statistics.items()}, batch.shape)
    return Description(
        values=np.concatenate([v.reshape(n, -1) for v in statistics.values()], axis=1),
        names=tuple(name for name, _ in labelled),
        groups=tuple(group for _, group in labelled),
        units=no_units() if units is None else checks.labels(units, "units", length=n),
    )


def _levels(
    space: tuple[int, ...], levels: int | None, argument: str, *, length: int
) -> tuple[int, int]:
    """Return the number of scales, and of those that have leaders enough."""
    from toolbox.kernels.leaders import Box, parent_box

    dim, lead = len(space), length // 2 - 1
    wanted = None if levels is None else checks.count(levels, "levels")
    windows, pooled, fine, with_leaders = space, None, 0, 0
    while fine != wanted:
        windows = tuple((n - length) // 2 + 1 for n in windows)
        details = windows if dim == 1 else tuple(n - lead for n in windows)
        if min(details) < 2 or np.prod(details) < FEWEST:
            break
        box = Box((lead,) * dim, tuple(lead + n for n in details))
        pooled = box if pooled is None else parent_box(box, pooled)
        fine += 1
        if min(pooled.size) > 2 and np.prod(np.subtract(pooled.size, 2)) >= FEWEST:
            with_leaders = fine
    if with_leaders == 0 or (wanted is not None and fine < wanted):
        scales = f"levels={wanted}" if levels is not None else "one scale"
        checks.refuse(
            argument, f"space large enough for {scales} with {FEWEST} coefficients", space
        )
    return fine, with_leaders


def description_labels(shape: tuple[int, ...]) -> list[tuple[str, str]]:
    """Return (name, group) of every value of the description of (items, components, *space).

    Nothing is computed: the kernel is only asked for the shapes of its results.
    """
    from toolbox.kernels.texture_statistics import texture_statistics

    taps = np.shape(filters(WAVELET)[0])
    levels, leader_levels = _levels(shape[2:], None, "x", length=taps[0])
    options = {"levels": levels, "leader_levels": leader_levels, "gamma": GAMMA}
    found = result_shapes(texture_statistics, shape, taps, taps, **options)
    return _all_labels({name: found[name] for name in STATISTICS if name in found}, shape)


def _all_labels(
    found: dict[str, tuple[int, ...]], described: tuple[int, ...]
) -> list[tuple[str, str]]:
    return [label for name, shape in found.items() for label in _labels(name, shape, described)]


def _labels(
    statistic: str, found: tuple[int, ...], described: tuple[int, ...]
) -> list[tuple[str, str]]:
    """Return (name, group) of every value of one statistic, in the order of its axes."""
    group, axes = STATISTICS[statistic]
    components, dim = described[1], len(described) - 2
    crossed = statistic.startswith("component_")
    pairs = [f"{a}x{b}" for a in range(components) for b in range(a + 1, components)]
    heads = pairs if crossed else [f"k={k}" for k in range(components)] * (components > 1) or [""]
    words = {
        "scale": [f"j={j + 1}" for j in range(found[2])],
        "band": ["H", "V", "D"] if dim == 2 else [""],
        "bands": ["HxV", "HxD", "VxD"],
        "axis": [f"axis={a}" for a in range(dim)] if dim == 2 else [""],
    }
    labels = [[head] for head in heads]
    for axis in axes:
        labels = [[*label, word] for label in labels for word in words[axis]]
    return [(f"{statistic}[{','.join(filter(None, label))}]", group) for label in labels]
