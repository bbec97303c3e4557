"""Multifractal analysis of several components together: cross-cumulants and correlations."""

from math import inf
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import record
from toolbox.multifractals.block_bootstrap import block_counts
from toolbox.multifractals.components.cross_moments import cross_figures, multifractal_correlation
from toolbox.multifractals.leader_regularity import (
    check_leaders,
    gamma_argument,
    has_low_block,
    low_note,
    note_of,
)
from toolbox.multifractals.multifractal_analysis import bootstrap_resamples, interval_around
from toolbox.multifractals.scaling_range import check_cross_scales, leader_boxes
from toolbox.multiscale.leaders import check_range, order_of_leaders
from toolbox.multiscale.wavelet_transform import filters

BIAS_NOTE = "the intervals leave out the estimator's bias, which calibrate_cross takes off"


@record
class CrossMultifractal:
    """Estimated dependence between the K components of each item, over its scales.

    Attributes
    ----------
    c11 : array (items, K, K)
        Second-order cross-cumulants: on the diagonal c_2 of each component, beside it c_11, minus
        the common width of the spectra of two components (positive where one is regular where the
        other is irregular).
    interval : array (items, K, K, 2)
        Low and high limits for `c11`; NaN without resamples.
    level : float
        Nominal level of the interval.
    standard_error : array (items, K, K)
        Spread of `c11` over resamples times sqrt(B/(B - 1)); NaN without resamples.
    blocks : int
        B, the number of intervals (squares) of the scale j2 that are resampled; 0 without.
    systematic : array (items, K, K)
        How far the bias of `c11` depends on what was not known of the process, from
        `calibrate_cross`; NaN before.
    c1 : array (items, K)
        c_1 of each component, its most frequent regularity.
    rho_mf : array (items, K, K)
        Multifractal correlation, -c_11 / sqrt(c_20 c_02): positive where the components are
        irregular at the same places, 1 on the diagonal. An estimate, not confined to [-1, 1]; NaN
        where one of the two c_2 is not negative.
    rho_ss : array (items, K, K)
        Correlation of the wavelet coefficients, the mean over the scales j1 to j2 weighted by the
        number of leaders; from -1 to 1.
    coherence : array (items, J, K, K)
        Squared correlation of the wavelet coefficients at every scale j = 1 to J, from 0 to 1; NaN
        where a component has none but zeros.
    log_covariance : array (items, J, K, K)
        C_11(j), the covariance of the natural logarithms of the leaders at every scale.
    counts : array (J,)
        Number n_j of leaders of a component at each scale.
    scales : tuple (j1, j2)
        The scales, both included, over which slopes and means were taken.
    hmin : array (items, K)
        Minimum regularity of x itself: slope of log2 of the largest coefficient.
    gamma : array (items,)
        Order of the fractional integration of all components before leaders were taken.
    space : tuple of int
        Samples along each axis.
    wavelet : str
    p : float
        inf for leaders, finite for p-leaders.
    note : str
        What to know before trusting the numbers; empty when there is nothing to say.
    """

    c11: np.ndarray
    interval: np.ndarray
    level: float
    standard_error: np.ndarray
    blocks: int
    systematic: np.ndarray
    c1: np.ndarray
    rho_mf: np.ndarray
    rho_ss: np.ndarray
    coherence: np.ndarray
    log_covariance: np.ndarray
    counts: np.ndarray
    scales: tuple[int, int]
    hmin: np.ndarray
    gamma: np.ndarray
    space: tuple[int, ...]
    wavelet: str
    p: float = inf
    note: str = ""


def cross_multifractal(
    x: Any,
    *,
    dim: int,
    scales: Any = None,
    wavelet: str = "db3",
    p: float = 2.0,
    gamma: Any = "auto",
    resamples: int = 0,
    level: float = 0.95,
    seed: int | None = None,
    device: str = "auto",
) -> CrossMultifractal:
    r"""Estimate how far the components of each item are irregular at the same places.

    Parameters
    ----------
    x : array ``(items, components, *space)``
        At least two components; one item alone is ``x[None]``.
    dim : 1 (signals) or 2 (images)
    scales : (j1, j2), optional
        The octaves, both included, over which slopes are taken. By default as in `multifractal`,
        but of long signals from j1 = (J - 3) // 2 on: 4 at 2^16 samples, 5 at 2^18.
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    p : > 0; inf for leaders, finite for p-leaders; 2 by default, for what is said below
    gamma : "auto" or a number >= 0
        Order of the fractional integration that makes leaders meaningful. "auto" takes for each
        item the smallest of 0, .25, ..., 2 with hmin + gamma > 0 (p-leaders: eta + p gamma > 0) for
        all of its components.
    resamples : 0, or at least 20, bootstrap resamples for the interval
    level : nominal level of the interval, above 0 and below 1
    seed : of the resampling; needed with resamples
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    CrossMultifractal

    Raises
    ------
    InputError
        When `x` is not finite, lacks an axis, is constant in a component or over a stretch as long
        as a wavelet at the scales, too small for the scales, or not regular enough for `gamma`;
        when there are few `resamples`, or they have no seed.

    Notes
    -----
    With y_a the natural logarithms of the leaders of component a at scale j,

    .. math:: \mathrm{Cov}(y_a, y_b) = \mathrm{const} + c_{11} \ln 2^j, \qquad
        \rho_{mf} = \frac{-c_{11}}{\sqrt{c_{20}\, c_{02}}},

    so that c_11 = log2(e) x slope, from a straight line weighted by n_j; the covariance is the
    unbiased one, which on the diagonal is the C_2(j) of `multifractal`, whose c_2 of the two
    components are c_20 and c_02. Correlated coefficients (rho_ss) and correlated fluctuations of
    regularity (rho_mf) are independent properties: components with uncorrelated coefficients can be
    irregular at the same places (Wendt et al. 2018).

    The interval of c_11 is that of `multifractal`: the time-scale block bootstrap of the B
    intervals of the scale j2, all components by the same draws, and the t quantile of B - 1 degrees
    of freedom. On the diagonal it is the one `multifractal` gives for c_2 with the same scales, p,
    gamma and seed. The bias is inside (`calibrate_cross` takes it off).

    How good they are, over 200 walks (1000 of 2^16 samples) of H = .6 and .7, lambda^2 = .03 and
    rho_mf = .7, so that c_11 = -.021, by default:

    =======  =======  =============  ======  ================  =========================
    samples  scales   bias of c_11   its sd  95 % limits hold  rho_mf: median, quartiles
    =======  =======  =============  ======  ================  =========================
    2^14     3 to 10  +.0013         .0066   94.5 %            .66, .56 to .77
    2^16     4 to 12  +.0010         .0046   92.3 %            .70, .63 to .79
    2^18     5 to 14  +.0005         .0032   94.0 %            .71, .66 to .77
    =======  =======  =============  ======  ================  =========================

    With rho_mf = 0 the limits hold 0 in 93, 93.1 and 94.5 %, and rho_mf has quartiles of +-.14, .1
    and .07. At 2^16, where there are draws enough to tell, the limits are thus a little too narrow,
    with and without bias: blocks depend on their neighbours, which the bootstrap does not see, and
    the standard error is a tenth too small. `calibrate_cross` widens it. There a noise correlation
    of .6 adds -.001 to c_11 where rho_mf is 0.

    What is sampled does not fluctuate between two samples, which takes a share off c_11 that falls
    with j1 and not with the size: .0016, .0008, .0005 for j1 = 3, 4, 5 at 2^18, whatever p. The
    limits of longer signals, which are narrower, then miss (from j1 = 3 they hold in 82.5 % at
    2^18): hence the default. At the default scales leaders of p = inf have an sd of .0070, .0054
    and .0038 and c_2 that are nearer to 0, so that rho_mf is too large (medians .87, .78, .73);
    those of p = 1 an sd of .0058, .0038 and .0026 and c_2 farther from 0 (.53, .61, .65).

    References
    ----------
    H. Wendt, R. Leonarduzzi, P. Abry, S. G. Roux, S. Jaffard and S. Seuret, Assessing
    cross-dependencies using bivariate multifractal analysis, ICASSP 2018.

    Examples
    --------
    >>> import toolbox
    >>> pairs = toolbox.multivariate_field(
    ...     1024, hurst=0.7, intermittency=0.1, noise_correlation=0.0,
    ...     multifractal_correlation=-0.9, n=16, seed=0,
    ... )
    >>> cross = toolbox.cross_multifractal(pairs.values, dim=1)
    >>> cross.c11.shape, cross.coherence.shape
    ((16, 2, 2), (16, 6, 2, 2))
    >>> bool(cross.c11[:, 0, 1].mean() > 0.05)       # one is regular where the other is not
    True
    """
    dim = checks.dimension(dim)
    p = order_of_leaders(p)
    gamma = gamma_argument(gamma)
    level = checks.number(level, "level", above=0, below=1)
    resamples = bootstrap_resamples(resamples)
    seed = checks.seed(seed) if resamples else 0
    bank = filters(wavelet)
    batch = checks.items(x, "x", dim=dim)
    if np.ndim(x) != dim + 2 or batch.shape[1] < 2:
        checks.refuse("x", "(items, components, *space), two components or more", np.shape(x))
    checks.not_constant(batch, "x")
    space = batch.shape[2:]
    scales = check_cross_scales(scales, space, length=len(bank[0]))
    boxes = leader_boxes(space, length=len(bank[0]))
    check_range(batch.dtype, levels=len(boxes), dim=dim, p=p, gamma=gamma or 0.0)
    drawing = {"resamples": resamples, "seed": seed}
    estimate = cross_figures(batch, bank, scales, p=p, gamma=gamma, device=device, **drawing)
    flat = {name: value.reshape(-1) for name, value in estimate.items()}
    regular = {"h_min": flat["hmin"]} | {name: flat[name] for name in ("eta", "gamma", "floored")}
    check_leaders(regular, p=p, gamma=gamma, lead=batch.shape[:2])
    low = has_low_block(estimate["lowest"], estimate["flat"])
    for name in ("floored", "eta", "lowest", "flat"):
        del estimate[name]
    c11, errors = estimate["c11"], estimate["standard_error"]
    blocks = block_counts(boxes[scales[0] - 1 : scales[1]]).shape[1] if resamples else 0
    estimate |= {
        "interval": interval_around(c11, errors, blocks=blocks, level=level),
        "systematic": np.full(c11.shape, np.nan),
        "rho_mf": multifractal_correlation(c11),
    }
    gamma_note = note_of(estimate["gamma"], chosen=gamma is None, resamples=0)
    return CrossMultifractal(
        **{k: v.astype(batch.dtype) for k, v in estimate.items()},
        counts=np.array([np.prod(box.size) for box in boxes]),
        scales=scales,
        level=level,
        blocks=blocks,
        space=space,
        wavelet=wavelet,
        p=p,
        note=note_of_cross(c11, _low(low), gamma_note, BIAS_NOTE if resamples else ""),
    )


def _low(components: np.ndarray) -> str:
    """Return what to know of components (items, K) with leaders that are far too low."""
    if not components.any():
        return ""
    text = f"{low_note(components, 'components')}, as in flat or damped stretches"
    return f"{text}: c11, c1 and rho_mf are those of a mixture"


def note_of_cross(c11: np.ndarray, *others: str) -> str:
    """Return what to know before trusting the numbers: of flat components, then the others."""
    c2 = np.diagonal(c11, axis1=1, axis2=2)
    flat = np.count_nonzero(c2 >= 0)
    own = (
        f"{flat} of {c2.size} components show no multifractality (c_2 >= 0): their "
        "multifractal correlations are NaN"
    )
    return "; ".join(filter(None, (own if flat else "", *others)))
