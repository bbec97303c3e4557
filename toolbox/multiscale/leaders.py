"""Wavelet leaders and p-leaders of signals and images."""

from functools import lru_cache, partial
from itertools import islice
from math import inf
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.device import block_samples, blocks_for_kernels, compute_each, items_together
from toolbox.core.item_blocks import rounding_floor
from toolbox.core.lazy_blocks import lazy_items, lazy_record
from toolbox.core.records import record
from toolbox.kernels.boxes import scale_boxes
from toolbox.multiscale.gaps import items_with_gaps, one_mask
from toolbox.multiscale.wavelet_transform import check_levels, filters

LARGEST_P = 1e6  # from 1e5 on p-leaders equal leaders to six digits; larger powers have no range
# Of the logarithm of a type's largest number, what p and gamma may make of leaders; the rest is
# for the values themselves.
RANGE_SHARE = 0.75


@record
class Leaders:
    """Wavelet leaders, one array a scale, finest first.

    Attributes
    ----------
    values : tuple of J arrays
        ``(..., n_j)`` for signals, ``(..., h_j, w_j)`` for images; all >= 0, NaN where a gap is.
    first : array (J, dim)
        The leader at index i of scale j sits on [k 2^j, (k+1) 2^j) with k = first + i: exactly the
        k whose whole 3-lambda neighbourhood exists at every finer scale.
    share : array (..., J)
        Of the leaders of each item and scale, the share that no gap touches; 1 without gaps.
    p, gamma : float
        The p of p-leaders (inf: the supremum) and the order of fractional integration.
    """

    values: tuple[np.ndarray, ...]
    first: np.ndarray
    share: np.ndarray
    p: float
    gamma: float


def wavelet_leaders(
    x: Any,
    *,
    dim: int,
    wavelet: str = "db3",
    levels: int | None = None,
    p: float = inf,
    gamma: float = 0.0,
    missing: Any = None,
    device: str = "auto",
) -> Leaders:
    r"""Compute wavelet leaders: the largest coefficient near a position at its and finer scales.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``, or a dask array of blocks of items
    dim : 1 (signals) or 2 (images)
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    levels : number of scales; by default all that have a leader
    p : > 0; inf for leaders, finite for p-leaders
    gamma : order of fractional integration >= 0, applied as 2^{gamma j} c_j
    missing : boolean array of the shape of `x`, or of its space, optional
        True where a sample is missing; what `x` holds there does not matter.
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    Leaders

    Raises
    ------
    InputError
        When `x` is not finite outside the gaps or too small for `levels` scales, when p <= 0 or
        gamma < 0, when `missing` does not fit or leaves nothing of an item.

    Notes
    -----
    Leaders (Wendt, Abry & Jaffard 2007) and p-leaders (Jaffard, Melot, Leonarduzzi, Wendt, Abry,
    Roux & Torres 2016) are

    .. math:: l_{j,k} = \max |c_{\lambda'}|, \qquad
        l^{(p)}_{j,k} = \Bigl(\sum |c_{\lambda'}|^p\, 2^{-d(j - j')}\Bigr)^{1/p}

    over :math:`\lambda' \subset 3 \lambda_{j,k}` at the scales :math:`j' \le j`, all directions;
    p-leaders without finite-resolution correction.

    Gaps are never interpolated: a leader is NaN when one of the coefficients in it, down to the
    finest scale, is a sum that reads a missing sample. A gap of g samples costs about
    (g + L 2^j) / 2^j + 3 leaders of scale j for a filter of length L.

    Of a dask array `values` and `share` are dask arrays, computed block by block where and when
    they are asked for, to the bits of the same items in memory; `missing` is then one mask, of the
    space, for all items.

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> x = np.zeros(64)
    >>> x[32] = 1.0                                       # a spike: its leaders see it
    >>> leaders = toolbox.wavelet_leaders(x, dim=1, wavelet="db1", levels=2)
    >>> [v.shape for v in leaders.values]
    [(30,), (14,)]
    >>> np.flatnonzero(leaders.values[0]) + leaders.first[0]
    array([15, 16, 17])
    """
    dim = checks.dimension(dim)
    p = order_of_leaders(p)
    gamma = checks.number(gamma, "gamma", minimum=0)
    if (items := lazy_items(x)) is not None:
        options = {"wavelet": wavelet, "levels": levels, "p": p, "gamma": gamma, "device": device}
        options["missing"] = one_mask(missing, dim=dim)
        return lazy_record(
            partial(wavelet_leaders, dim=dim, **options),
            items,
            "x",
            fields=("values", "share"),
            # One more than go together: as all items, the block is then cut as soon as these are.
            together=1
            + items_together(items.shape[items.ndim - dim :], items.dtype, device=device),
        )
    bank = filters(wavelet)
    batch = items_with_gaps(x, missing, dim=dim)
    lead, space = np.shape(x)[: np.ndim(x) - dim], batch.shape[2:]
    scales = check_levels(space, levels, length=len(bank[0]))
    first = first_positions(space, scales, length=len(bank[0]))
    if not first or (levels is not None and len(first) < levels):
        wanted = f"an array large enough for leaders at {max(1, scales)} scales"
        checks.refuse("x", wanted, f"one with leaders at {len(first)}")
    check_range(batch.dtype, levels=len(first), dim=dim, p=p, gamma=gamma)
    from toolbox.kernels.leaders import leaders_of

    flat = batch.reshape(-1, *space)
    largest = block_samples(flat.dtype, device=device)
    blocks = [flat]
    if flat.size > largest:
        blocks = blocks_for_kernels(flat, largest=largest, device=device)
    taps = [a.astype(batch.dtype) for a in bank]
    calls = [(block, *taps, np.full(len(block), gamma, batch.dtype)) for block in blocks]
    parts = list(compute_each(leaders_of, calls, levels=len(first), p=p, device=device))
    values = parts[0]
    if len(parts) > 1:
        values = [np.concatenate(scale)[: len(flat)] for scale in zip(*parts, strict=True)]
    share = np.ones((len(flat), len(values)), batch.dtype)
    if missing is not None:
        inside = [np.isfinite(v).reshape(len(v), -1).mean(axis=1) for v in values]
        share = np.stack(inside, axis=1).astype(batch.dtype)
    return Leaders(
        share=share.reshape(*lead, len(values)),
        values=tuple(v.reshape(*lead, *v.shape[1:]) for v in values),
        first=np.array(first),
        p=float(p),
        gamma=gamma,
    )


def order_of_leaders(p: Any) -> float:
    """Return the p asked for: above 0, inf for leaders."""
    if np.ndim(p) == 0 and p == inf:
        return inf
    p = checks.number(p, "p", above=0)
    if p > LARGEST_P:
        checks.refuse("p", f"a number > 0 and <= {LARGEST_P:g}, or inf", p)
    return p


def check_range(dtype: np.dtype, *, levels: int, dim: int, p: float, gamma: float) -> None:
    """Refuse a p so small, or a gamma so large, that leaders leave the range of their type.

    A leader of scale j is at most 2^{gamma j} (3^d b j)^{1/p} times the largest coefficient, b the
    number of directions.
    """
    room = RANGE_SHARE * np.log(np.finfo(dtype).max)
    growth = gamma * levels * np.log(2)
    most = np.floor(room / 2 / (levels * np.log(2)))
    if gamma > most:
        checks.refuse("gamma", f"at most {most:g} for {levels} scales of {dtype} values", gamma)
    terms = np.log(3**dim * (2**dim - 1) * levels)
    if p * (room - growth) < terms:
        least = np.ceil(1000 * terms / (room - growth)) / 1000
        wanted = f"at least {least:g} for {levels} scales of {dtype} values"
        checks.refuse("p", wanted + (" (float64 allows less)" * (dtype != np.float64)), p)


@lru_cache  # a tenth of the time of a call, otherwise
def first_positions(
    space: tuple[int, ...], levels: int, *, length: int
) -> tuple[tuple[int, ...], ...]:
    """Return the first position of the leaders of every scale of `levels` that has some."""
    boxes = [pooled.inside for _, pooled in islice(scale_boxes(space, length=length), levels)]
    return tuple(box.first for box in boxes if min(box.size) > 0)


def log_leaders(
    batch: np.ndarray, *, dim: int, scales: tuple[int, int], **options: Any
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the natural logarithms, (items x components, *sides) in float64, and first positions.

    One array for each scale from the first to the last of `scales`, both included.
    """
    flat = batch.reshape(-1, *batch.shape[2:])
    leaders = wavelet_leaders(flat, dim=dim, levels=scales[1], **options)
    inside = slice(scales[0] - 1, scales[1])
    floor = rounding_floor(flat, dim=dim)
    # Coarser leaders contain the finest: they are zero only where these are.
    finest = leaders.values[inside][0].reshape(len(flat), -1)
    lead = () if len(flat) == 1 else batch.shape[: 2 if batch.shape[1] > 1 else 1]
    refuse_zero(np.count_nonzero(finest <= floor[:, None], axis=1), lead=lead)
    logs = [np.log(values.astype(np.float64)) for values in leaders.values[inside]]
    return logs, leaders.first[inside]


def refuse_zero(zero: np.ndarray, *, lead: tuple[int, ...]) -> None:
    """Refuse items, whose leading axes are `lead`, of which so many leaders are zero."""
    some = np.flatnonzero(zero)
    if len(some):
        item = place(some[0], lead)
        wanted = "variation everywhere (crop constant or straight stretches, or add noise of the "
        wanted += "size of the quantisation)"
        got = f"{int(zero[some[0]])} leaders{of_item(some[0], lead)} that are zero, or rounding"
        checks.refuse("x", wanted, got, item=item[0])


def place(i: int, lead: tuple[int, ...]) -> list[int]:
    """Return where the i-th of all fields stands in the leading axes."""
    return [int(k) for k in np.unravel_index(i, lead)] if lead else [0]


def of_item(i: int, lead: tuple[int, ...]) -> str:
    """Return words for which item that is; none for an input of one field."""
    return f" of item {', '.join(map(str, place(i, lead)))}" if lead else ""


def remaining_share(flat: np.ndarray, *, levels: int, wavelet: str, device: str) -> np.ndarray:
    """Return which share of the leaders of each item and scale no missing sample touches."""
    from toolbox.multiscale.leaders import wavelet_leaders

    mask = np.isnan(flat)
    options = {"dim": flat.ndim - 1, "levels": levels, "wavelet": wavelet, "device": device}
    unique, member = np.unique(mask.reshape(len(mask), -1), axis=0, return_inverse=True)
    masks = unique.reshape(-1, *mask.shape[1:])
    share = wavelet_leaders(np.zeros(masks.shape), missing=masks, **options).share
    return share[member.reshape(-1)]
