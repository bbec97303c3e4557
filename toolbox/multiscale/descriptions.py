"""Descriptions: the multiscale statistics of each item, which every other package reads."""

import re
from collections.abc import Iterator
from dataclasses import field, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import moderate_items
from toolbox.core.lazy_blocks import lazy_items, lazy_record
from toolbox.core.records import record
from toolbox.core.units import no_units
from toolbox.kernels.boxes import scale_boxes
from toolbox.kernels.statistics.registry import STATISTICS
from toolbox.multiscale.wavelet_transform import filters

WAVELET = "db2"
GAMMA = 0.5  # fixed, so that the descriptions of two sets are comparable
FEWEST = 16  # coefficients under every statistic

Measured = dict[str, np.ndarray]  # (items, components or pairs, scales, ...) by name


@record
class Description:
    """The multiscale statistics of n items.

    Attributes
    ----------
    values : array (n, F)
    names : tuple of F strings, such as ``"energy[j=1,H]"``
    groups : tuple of F strings: spectrum, sparsity, leaders, dependence or asymmetry
    kinds : tuple of F strings
        What each is one of over scales, directions and axes: the statistic, with several components
        also the component or the pair of them, such as ``"energy k=0"``; empty where nobody said.
    scales : array (F,) of int
        The scale j of each, 0 for none; empty where nobody said.
    units : ndarray, shape (n,)
        What each item was drawn from, where the items came with units; else empty.
    """

    values: np.ndarray
    names: tuple[str, ...]
    groups: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    scales: np.ndarray = field(default_factory=partial(np.zeros, 0, int))
    units: np.ndarray = field(default_factory=no_units)


def describe(
    x: Any,
    *,
    dim: int,
    levels: int | None = None,
    units: Any = None,
    device: str = "auto",
) -> Description:
    r"""Describe each item by its multiscale statistics, without knowledge of what it shows.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``, or a dask array of blocks of items
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
    Each item is standardised first, so nothing depends on its gain and offset; log-energies of the
    B bands of coefficients c_b (scales and directions) are taken relative to their mean over all
    bands, and so is the mean log-leader:

    .. math:: \log_2 \overline{c_b^2} - \frac1B \sum_{b'} \log_2 \overline{c_{b'}^2}.

    Leaders use the fixed fractional integration 2^{j/2} c_j and appear at the scales that have at
    least 16. What Gaussian noise of 10^-12 of the item's variance would add is added to E c^2, to
    (E|c|)^2, to E c^4 and to the variances that covariances are divided by: bands empty but for
    rounding are as Gaussian noise without correlations. These are cut at +-.9999 before Fisher's
    atanh. The asymmetry of a signal in time is the atan of the skewness of its increments over 2^j
    samples, their mean taken off: it turns its sign when time (or the signal) is turned, and is
    zero on average where the law does not know the direction of time, Gaussian ones for instance;
    that of the coefficients, whose wavelet is not symmetric, is neither odd nor even. The choice of
    statistics follows Portilla & Simoncelli (2000), the leaders Wendt,
    Abry & Jaffard (2007), the asymmetry in time Schreiber & Schmitz (2000).

    Of a dask array `values` is one too, computed block by block where and when it is asked for
    (``dask.compute(description.values)``), to the bits of the same items in memory.

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
    units = checks.known_units(x, units)
    if (items := lazy_items(x)) is not None:
        return _described_lazily(items, units, dim, levels, device)
    batch = checks.not_constant(checks.items(x, "x", dim=dim), "x")
    parts = list(measured(batch, "x", levels=levels, device=device))
    return description_of(parts, batch.shape, units=units)


def described(
    x: Any, argument: str, *, dim: int, fewest: int = 1, like: Description | None = None
) -> Description:
    """Return what was described, or describe it: finite, in float64, with kinds and scales.

    At least `fewest` items, with the statistics of `like`.
    """
    known = x
    if not isinstance(x, Description):
        items = checks.items(x, argument, dim=checks.dimension(dim))
        parts = list(measured(checks.not_constant(items, argument), argument))
        known = description_of(parts, items.shape, units=checks.known_units(x))
    values = checks.real_array(known.values, argument, ndim=2).astype(np.float64)
    if len(values) < fewest:
        checks.refuse(argument, f"at least {fewest} items", len(values))
    if like is not None and tuple(known.names) != tuple(like.names):
        wanted = f"the same {len(like.names)} statistics as the other items (equal sizes)"
        checks.refuse(argument, wanted, f"{len(known.names)} statistics")
    if len(known.kinds) == len(known.scales) == len(known.names):
        return replace(known, values=values)
    kinds, scales = zip(*map(_read_name, known.names), strict=True)
    return replace(known, values=values, kinds=kinds, scales=np.array(scales))


def columns(description: Description, keep: np.ndarray) -> Description:
    """Return the description with some of its statistics."""
    chosen = np.flatnonzero(keep)
    words = {
        name: tuple(getattr(description, name)[k] for k in chosen)
        for name in ("names", "groups", "kinds")
    }
    values, scales = description.values[:, chosen], description.scales[chosen]
    return replace(description, values=values, scales=scales, **words)


def kind_means(description: Description, *, dim: int) -> np.ndarray:
    """Return weights (F, P) that sum to 1 in each column, one a kind: its mean over scales and all.

    Most departures move all statistics of one kind together, but the errors of the coarse scales
    are large and shared with the fine ones. So each scale counts as many times as it has
    coefficients: scale j weighs 2^(-dim j).
    """
    kinds = list(dict.fromkeys(description.kinds))
    weights = np.zeros((len(description.kinds), len(kinds)))
    places = [kinds.index(kind) for kind in description.kinds]
    weights[np.arange(len(places)), places] = 2.0 ** (-dim * description.scales)
    return weights / weights.sum(axis=0)


def measured(
    batch: np.ndarray, argument: str, *, levels: int | None = None, device: str = "auto"
) -> Iterator[Measured]:
    """Return the statistics of checked ``(items, components, *space)``, one block after the other.

    Off a CPU the last block is filled up with copies of the last item.
    """
    batch = moderate_items(batch, dim=batch.ndim - 2)
    low, high = (taps.astype(batch.dtype) for taps in filters(WAVELET))
    levels, leader_levels = _levels(batch.shape[2:], levels, argument, length=len(low))
    from toolbox.core.device import block_samples, blocks_for_kernels, compute_each
    from toolbox.kernels.texture_statistics import texture_statistics

    largest = block_samples(batch.dtype, device=device)
    blocks = blocks_for_kernels(batch, largest=largest, device=device)
    calls = [(block, low, high) for block in blocks]
    options = {"levels": levels, "leader_levels": leader_levels, "gamma": GAMMA}
    return compute_each(texture_statistics, calls, device=device, **options)


def description_of(
    parts: list[Measured], described: tuple[int, ...], *, units: Any = None
) -> Description:
    """Return the description of items of a shape from the statistics of all their blocks."""
    n, present = described[0], [name for name in STATISTICS if name in parts[0]]
    found = [np.concatenate([part[name] for part in parts])[:n] for name in present]
    shapes = {name: v.shape for name, v in zip(present, found, strict=True)}
    names, groups, kinds, scales = zip(*_labels(shapes, described), strict=True)
    return Description(
        values=np.concatenate([v.reshape(n, -1) for v in found], axis=1),
        names=names,
        groups=groups,
        kinds=kinds,
        scales=np.array(scales),
        units=no_units() if units is None else checks.labels(units, "units", length=n),
    )


def _described_lazily(
    items: Any, units: Any, dim: int, levels: int | None, device: str
) -> Description:
    from toolbox.core.device import items_together

    known = {} if units is None else {"units": checks.labels(units, "units", length=len(items))}
    return lazy_record(
        partial(describe, dim=dim, levels=levels, device=device),
        items,
        "x",
        fields=("values",),
        together=items_together(items.shape[items.ndim - dim :], items.dtype, device=device),
        **known,
    )


def _levels(
    space: tuple[int, ...], levels: int | None, argument: str, *, length: int
) -> tuple[int, int]:
    """Return the number of scales, and of those that have leaders enough."""
    wanted = None if levels is None else checks.count(levels, "levels")
    fine, with_leaders = 0, 0
    for own, pooled in scale_boxes(space, length=length):
        if fine == wanted or min(own.size) < 2 or np.prod(own.size) < FEWEST:
            break
        fine, leaders = fine + 1, pooled.inside.size
        if min(leaders) > 0 and np.prod(leaders) >= FEWEST:
            with_leaders = fine
    if with_leaders == 0 or (wanted is not None and fine < wanted):
        scales = f"levels={wanted}" if levels is not None else "one scale"
        checks.refuse(
            argument, f"space large enough for {scales} with {FEWEST} coefficients", space
        )
    return fine, with_leaders


Label = tuple[str, str, str, int]  # name, group, kind, scale


def description_labels(shape: tuple[int, ...]) -> list[Label]:
    """Return name, group, kind and scale of all that describes (items, components, *space).

    Nothing is computed: the kernel is only asked for the shapes of its results.
    """
    from toolbox.core.device import result_shapes
    from toolbox.kernels.texture_statistics import texture_statistics

    taps = np.shape(filters(WAVELET)[0])
    levels, leader_levels = _levels(shape[2:], None, "x", length=taps[0])
    options = {"levels": levels, "leader_levels": leader_levels, "gamma": GAMMA}
    found = result_shapes(texture_statistics, shape, taps, taps, **options)
    return _labels({name: found[name] for name in STATISTICS if name in found}, shape)


def _labels(found: dict[str, tuple[int, ...]], described: tuple[int, ...]) -> list[Label]:
    """Return the label of every value of statistics of these shapes, in the order of their axes."""
    K, dim = described[1], len(described) - 2
    words = {
        "component": [f"k={k}" for k in range(K)] if K > 1 else [""],
        "pair": [f"{a}x{b}" for a in range(K) for b in range(a + 1, K)],
        "band": ["H", "V", "D"] if dim == 2 else [""],
        "bands": ["HxV", "HxD", "VxD"],
        "axis": [f"axis={a}" for a in range(dim)] if dim == 2 else [""],
    }
    labels = []
    for statistic, shape in found.items():
        _, group, (first, _, *rest) = STATISTICS[statistic]
        for head, j, *tail in product(
            words[first], range(1, shape[2] + 1), *(words[axis] for axis in rest)
        ):
            inside = ",".join(filter(None, (head, f"j={j}", *tail)))
            labels.append((f"{statistic}[{inside}]", group, f"{statistic} {head}".rstrip(), j))
    return labels


def _read_name(name: str) -> tuple[str, int]:
    """Return kind and scale of a name such as energy[k=0,j=1,H]; of another form, itself and 0.

    For descriptions made by hand, and those of version 0.1, which had names alone.
    """
    found = re.fullmatch(r"([^\[]+)\[([^\]]*)\]", name)
    if found is None:
        return name, 0
    words = found[2].split(",")
    heads = [word for word in words if re.fullmatch(r"k=\d+|\d+x\d+", word)]
    scale = sum(int(word[2:]) for word in words if re.fullmatch(r"j=\d+", word))
    return " ".join([found[1], *heads]), scale
