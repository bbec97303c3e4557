"""Multifractal analysis: log-cumulants of leaders, their slopes, spectra and intervals."""

from functools import partial
from math import inf, prod
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.device import items_together
from toolbox.core.lazy_blocks import lazy_items, lazy_record
from toolbox.core.panels import panels
from toolbox.core.records import nested, record
from toolbox.multifractals.block_bootstrap import block_paddings
from toolbox.multifractals.exponents import estimates
from toolbox.multifractals.leader_regularity import (
    check_leaders,
    gamma_argument,
    notes_of,
    without_low_leaders,
)
from toolbox.multifractals.leader_sums import Q, leader_sums
from toolbox.multifractals.scaling_range import check_scales, leader_boxes, scales_beside_gaps
from toolbox.multiscale.gaps import one_mask, varying_items
from toolbox.multiscale.leaders import check_range, order_of_leaders, remaining_share
from toolbox.multiscale.wavelet_transform import filters

FEWEST_RESAMPLES = (
    20  # a standard deviation of 20 is uncertain by a sixth, one of fewer tells little
)

OF_ITEMS = ("cumulants", "interval", "standard_error", "systematic", "log_cumulants", "fit")
OF_ITEMS += ("structure_functions", "zeta", "h", "D", "hmin", "eta", "gamma", "share")
OF_ITEMS += ("slope_weights",)  # fields with the items in front


@record
class Analysis:
    """How items were analysed; ``...`` are the leading axes of the input.

    Attributes
    ----------
    scales : tuple (j1, j2)
        The scales, both included, over which slopes were taken.
    space : tuple of int
        Samples along each axis.
    wavelet : str
    p : float
        inf for leaders, finite for p-leaders.
    share : array (..., J)
        Share of the leaders of each scale that remains beside the gaps; 1 without.
    slope_weights : array (..., j2 - j1 + 1, M)
        Weights over the scales: a cumulant is their sum of products with `log_cumulants`, for c_1
        minus gamma.
    blocks : int
        B, the number of intervals (squares) of the scale j2 that are resampled, of the item with
        the fewest where gaps empty some; 0 without resamples.
    level : float
        Nominal level of the interval.
    notes : tuple of str
        What to know before trusting the numbers, one by one; `note` is all of them.
    """

    scales: tuple[int, int]
    space: tuple[int, ...]
    wavelet: str
    p: float
    share: np.ndarray
    slope_weights: np.ndarray
    blocks: int
    level: float
    notes: tuple[str, ...] = ()

    @property
    def dim(self) -> int:
        """1 of signals, 2 of images."""
        return len(self.space)


@record
class Multifractal:
    """Estimated multifractal properties of each item; ``...`` are the leading axes of the input.

    Attributes
    ----------
    cumulants : array (..., M)
        c_1, ..., c_M: the most frequent regularity, minus the width of the spectrum of
        regularities, its asymmetry and so on.
    interval : array (..., M, 2)
        Low and high limits for the cumulants; NaN without resamples.
    standard_error : array (..., M)
        Spread of the cumulants over resamples times sqrt(B/(B - 1)); NaN without resamples.
    systematic : array (..., M)
        How far the bias of each cumulant depends on what was not known of the process, from
        `calibrate`; NaN before.
    log_cumulants : array (..., J, M)
        C_m(j), the cumulants of the natural logarithm of the leaders at every scale j = 1 to J, of
        the coefficients integrated by `gamma`.
    counts : array (J,)
        Number n_j of leaders at each scale, those that gaps have taken included.
    fit : array (..., M)
        Share of the n_j-weighted variance of C_m(j) over these scales that the straight line
        explains: near 1 for c_1 where there is scaling; low for c_2 and above wherever they are
        close to 0. NaN for a C_m that is exactly constant.
    q : array (Q,)
        Orders of the moments.
    structure_functions : array (..., j2 - j1 + 1, Q)
        log2 S(j, q), S the mean of leader^q, at the scales of the range, of the coefficients
        integrated by `gamma`.
    zeta : array (..., Q)
        Scaling exponents zeta(q), their slopes.
    h, D : arrays (..., Q)
        The multifractal spectrum in parametric form: the set of regularity h(q) has dimension D(q).
    hmin : array (...)
        Minimum regularity of x itself: slope of log2 of the largest coefficient.
    eta : array (...)
        zeta_c(p), slope of log2 mean |c|^p, of x itself; NaN for p = inf.
    gamma : array (...)
        Order of the fractional integration before leaders were taken. It has been taken off again
        from `cumulants`, `zeta` and `h`.
    analysis : Analysis
        The scales, the wavelet and what else the numbers were made with.
    note : str
        What to know before trusting the numbers; empty when there is nothing to say.
    """

    cumulants: np.ndarray
    interval: np.ndarray
    standard_error: np.ndarray
    systematic: np.ndarray
    log_cumulants: np.ndarray
    counts: np.ndarray
    fit: np.ndarray
    q: np.ndarray
    structure_functions: np.ndarray
    zeta: np.ndarray
    h: np.ndarray
    D: np.ndarray
    hmin: np.ndarray
    eta: np.ndarray
    gamma: np.ndarray
    analysis: Analysis = nested()
    note: str = ""

    @property
    def scales(self) -> tuple[int, int]:
        """The scales (j1, j2), both included, over which slopes were taken."""
        return self.analysis.scales

    @staticmethod
    def with_fields_of_now(saved: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of a saved record; version 0.1 kept the notes as one text."""
        return {"notes": tuple(filter(None, saved["note"].split("; ")))} | saved

    def plot(self, ax: Any = None) -> Any:
        """Draw the log-cumulants against the scale with the range of the slopes, and D(h)."""
        J, M = self.log_cumulants.shape[-2:]
        figure, (*before, last) = panels(ax, 1, M + 1, size=(2.8 * (M + 1), 2.8))
        for m, axes in enumerate(before):
            axes.plot(np.arange(1, J + 1), self.log_cumulants[..., m].reshape(-1, J).T, ".-")
            axes.axvspan(*self.scales, color="C7", alpha=0.2)
            axes.set(xlabel="scale j", ylabel=f"C_{m + 1}(j)")
        Q = len(self.q)
        last.plot(self.h.reshape(-1, Q).T, self.D.reshape(-1, Q).T, ".-")
        last.set(xlabel="h", ylabel="D")
        return figure


def multifractal(
    x: Any,
    *,
    dim: int,
    scales: Any = None,
    wavelet: str = "db3",
    p: float = inf,
    gamma: Any = "auto",
    orders: int = 3,
    resamples: int = 0,
    level: float = 0.95,
    missing: Any = None,
    seed: int | None = None,
    device: str = "auto",
) -> Multifractal:
    r"""Estimate how regular each item is and how much its regularity varies, over its scales.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``, or a dask array of blocks of items
        Components are analysed one by one.
    dim : 1 (signals) or 2 (images)
    scales : (j1, j2), optional
        The octaves, both included, over which slopes are taken. By default j2 = J, the coarsest
        scale with at least 8 leaders, and j1 = 3 for signals, 2 for images, or less where that
        would leave fewer than three.
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    p : > 0; inf for leaders, finite for p-leaders
    gamma : "auto" or a number >= 0
        Order of the fractional integration that makes leaders meaningful. "auto" takes for each
        item the smallest of 0, .25, ..., 2 with hmin + gamma > 0 (p-leaders: eta + p gamma > 0). To
        compare items give all of them the same number.
    orders : 1 to 4
        Number M of cumulants.
    resamples : 0, or at least 20, bootstrap resamples for the interval
    level : nominal level of the interval, above 0 and below 1
    missing : boolean array of the shape of `x`, or of its space, optional
        True where a sample is missing; what `x` holds there does not matter. By default the scales
        are then those at which every item keeps at least 8 leaders.
    seed : of the resampling; needed with resamples
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    Multifractal

    Raises
    ------
    InputError
        When `x` is not finite outside the gaps, is constant in an item or over a stretch as long as
        a wavelet at the scales, too small for the scales, or not regular enough for `gamma`; when
        `missing` leaves fewer than 8 leaders at a scale.

    Notes
    -----
    With :math:`C_m(j)` the m-th cumulant of the natural logarithm of the leaders at scale j,
    estimated without bias by k-statistics,

    .. math:: C_m(j) = \mathrm{const} + c_m \ln 2^j,

    so that :math:`c_m = \log_2(e)` x slope, from a straight line weighted by :math:`n_j` (Wendt,
    Abry & Jaffard 2007). With l the leaders at scale j and :math:`U = l^q / \sum l^q` (Chhabra &
    Jensen 1989), the slopes against j of the following are :math:`\zeta(q)`, :math:`h(q)` and
    :math:`D(q) - dim`:

    .. math:: \log_2 \overline{l^q}, \qquad \sum U \log_2 l, \qquad
        \sum U \log_2 U + \log_2 n_j.

    The logarithms of p-leaders are corrected for the finite resolution (Leonarduzzi et al. 2017) by

    .. math:: -\frac1p \ln \frac{1 - 2^{-j e}}{1 - 2^{-e}}, \qquad e = \eta + p \gamma.

    Leaders that read a missing sample, at any finer scale, are dropped, never interpolated; n_j are
    the leaders that remain.

    Negative q and cumulants above c_2 are decided by the smallest leaders. They are NaN, and the
    note says so, where at least one leader in a thousand at a scale lies more than 6 nats below the
    geometric mean (5 beside a low block): a flat or damped stretch decides them. The note alone
    tells of a low block: where the mean log-leader of a block of 1, 2, 4, ... of the finest scale
    lies farther below the median, in robust standard deviations of n >= 32 such means, than
    max(6, 1.8 sqrt(2 ln n)) (1.4 times as far in those of their upper tenth), or where the lowest
    is somewhat low and leaders of the next finer scale are zero. Rare strong events of log-Poisson
    cascades make such blocks too, and right figures (2^15 samples, c_2 = -.1: all have one); of
    other fields simulated here some 1 in 500 have one. Of 100 walks of 8192 samples were told:

    ============  ===================  ==============  ===============  ==============
    lambda^2      41 samples constant  a tenth x .01   a tenth x .03    a tenth x .1
    ============  ===================  ==============  ===============  ==============
    0             98 to 100            100             100              100
    .02           100                  100             100              80
    .05           89                   99              88               25
    .1            84                   92              42               5
    .2            68                   79              38               8
    ============  ===================  ==============  ===============  ==============

    A damping that is no larger than what intermittency does cannot be told from it: one of .1 that
    is missed moves c_3 by about .1, of .01 by .5 to .8 (clean walks: .01, .02, .05, .1 at lambda^2
    = .02, .05, .1, .2).

    The interval is c_m -+ t sqrt(B/(B - 1)) s, s the spread of the resamples of a time-scale block
    bootstrap of the B intervals of the coarsest scale j2, t of B - 1 degrees of freedom. It is that
    of the estimator's mean: the bias of a sampled process is still inside (of c_1 for instance -.06
    for a fractional Brownian motion of H = .3, ten times its standard deviation at 2^15 samples),
    so without removing it the interval does not cover the true c_1 of rough processes.

    Of a dask array all that has leading axes is one too, computed block by block where and when it
    is asked for (``dask.compute(found.asdict())``), to the bits of the same items in memory;
    `missing` is then one mask, of the space, for all items, and the note says nothing of single
    items.

    References
    ----------
    Wendt, Abry & Jaffard (2007), IEEE Signal Processing Magazine 24(4). Chhabra & Jensen (1989),
    Physical Review Letters 62. Leonarduzzi, Wendt, Abry, Jaffard & Melot (2017), IEEE
    Transactions on Signal Processing 65(13).

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> steps = np.random.Generator(np.random.Philox(0)).standard_normal((4, 2048))
    >>> walk = toolbox.multifractal(np.cumsum(steps, axis=1), dim=1)  # c_1 = .5, c_2 = 0
    >>> walk.cumulants.shape, walk.scales
    ((4, 3), (3, 7))
    >>> bool(np.all(np.abs(walk.cumulants.mean(axis=0) - [0.5, 0, 0]) < 0.1))
    True
    """
    dim = checks.dimension(dim)
    p = order_of_leaders(p)
    gamma = gamma_argument(gamma)
    orders = checks.count(orders, "orders", maximum=4)
    level = checks.number(level, "level", above=0, below=1)
    resamples = bootstrap_resamples(resamples)
    seed = checks.seed(seed) if resamples else 0
    if (items := lazy_items(x)) is not None:
        options = {"p": p, "orders": orders, "level": level, "resamples": resamples, "seed": seed}
        options |= {"scales": scales, "wavelet": wavelet, "gamma": gamma, "device": device}
        return _lazily(items, dim, options | {"missing": one_mask(missing, dim=dim)})
    bank = filters(wavelet)
    batch, largest = varying_items(x, missing, dim=dim)
    space, lead = batch.shape[2:], np.shape(x)[: np.ndim(x) - dim]
    boxes = leader_boxes(space, length=len(bank[0]))
    counts = np.array([prod(box.size) for box in boxes])
    flat = batch.reshape(-1, *space)
    gaps = missing is not None
    share = np.ones((len(flat), len(boxes)))
    if gaps and boxes:
        share = remaining_share(flat, levels=len(boxes), wavelet=wavelet, device=device)
        scales = scales_beside_gaps(scales, share * counts, space, length=len(bank[0]))
    scales = check_scales(scales, space, length=len(bank[0]))
    check_range(batch.dtype, levels=len(boxes), dim=dim, p=p, gamma=gamma or 0.0)

    sums = leader_sums(
        flat,
        bank,
        scales,
        p=p,
        gamma=gamma,
        orders=orders,
        blocks=block_paddings(boxes[scales[0] - 1 : scales[1]]) if resamples else (),
        gaps=gaps,
        largest=largest,
        device=device,
    )
    check_leaders(sums, p=p, gamma=gamma, lead=lead)
    drawing = {"resamples": resamples, "seed": seed}
    estimate = estimates(sums, boxes, scales, p=p, dim=dim, **drawing)
    estimate, low = without_low_leaders(estimate, sums)
    blocks = int(estimate.pop("blocks").min())
    cumulants, errors = estimate["cumulants"], estimate["standard_error"]
    estimate |= {
        "interval": interval_around(cumulants, errors, blocks=blocks, level=level),
        "systematic": np.full(cumulants.shape, np.nan),
        "share": share,
        "hmin": sums["h_min"],
        "eta": sums["eta"],
        "gamma": sums["gamma"],
    }
    shaped = {k: v.astype(batch.dtype).reshape((*lead, *v.shape[1:])) for k, v in estimate.items()}
    analysis = Analysis(
        scales=scales,
        space=space,
        wavelet=wavelet,
        p=p,
        share=shaped.pop("share"),
        slope_weights=shaped.pop("slope_weights"),
        blocks=blocks,
        level=level,
        notes=notes_of(sums["gamma"], chosen=gamma is None, resamples=resamples, low=low),
    )
    return Multifractal(
        **shaped,
        counts=counts,
        q=np.array(Q, dtype=batch.dtype),
        analysis=analysis,
        note="; ".join(analysis.notes),
    )


def _lazily(items: Any, dim: int, options: dict[str, Any]) -> Multifractal:
    """Return the record of dask arrays, whose notes say what holds of any items."""
    notes = notes_of(np.zeros(1), chosen=False, resamples=options["resamples"])
    notes = (*notes, "computed block by block: compare `gamma`, and look for NaN, item by item")
    gamma = "auto" if options["gamma"] is None else options["gamma"]
    return lazy_record(
        partial(multifractal, dim=dim, **options | {"gamma": gamma}),
        items,
        "x",
        fields=OF_ITEMS,
        together=items_together(
            items.shape[items.ndim - dim :], items.dtype, device=options["device"]
        ),
        notes=notes,
        note="; ".join(notes),
    )


def interval_around(
    cumulants: np.ndarray, errors: np.ndarray, *, blocks: int, level: float
) -> np.ndarray:
    """Return c -+ t s, t of B - 1 degrees of freedom: (..., 2); NaN without blocks."""
    from scipy.special import stdtrit

    t = stdtrit(blocks - 1, (1 + level) / 2) if blocks else np.nan
    return cumulants[..., None] + t * errors[..., None] * np.array([-1, 1])


def bootstrap_resamples(resamples: Any) -> int:
    """Return how many resamples were asked for: none, or enough for a spread."""
    resamples = checks.count(resamples, "resamples", minimum=0)
    if 0 < resamples < FEWEST_RESAMPLES:
        checks.refuse("resamples", f"0, or at least {FEWEST_RESAMPLES}", resamples)
    return resamples
