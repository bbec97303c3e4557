"""Multifractal analysis of several components together: cross-cumulants and correlations."""

from math import inf
from typing import Any

import numpy as np

from toolbox import doors
from toolbox.device import compute
from toolbox.item_blocks import item_blocks
from toolbox.leader_regularity import check_leaders, gamma_argument, note_of
from toolbox.records import record
from toolbox.regressions import slope_weights
from toolbox.scaling_range import check_scales, leader_boxes
from toolbox.wavelets import filters

LARGEST_BLOCK = 2**22  # samples analysed at once


@record
class CrossMultifractal:
    """Estimated dependence between the K components of each item, over its scales.

    Attributes
    ----------
    c11 : array (items, K, K)
        Second-order cross-cumulants: on the diagonal c_2 of each component, beside it c_11, minus
        the common width of the spectra of two components (positive where one is regular where the
        other is irregular).
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
    wavelet : str
    note : str
        What to know before trusting the numbers; empty when there is nothing to say.
    """

    c11: np.ndarray
    rho_mf: np.ndarray
    rho_ss: np.ndarray
    coherence: np.ndarray
    log_covariance: np.ndarray
    counts: np.ndarray
    scales: tuple[int, int]
    hmin: np.ndarray
    gamma: np.ndarray
    wavelet: str
    note: str = ""


def cross_multifractal(
    x: Any,
    *,
    dim: int,
    scales: Any = None,
    wavelet: str = "db3",
    gamma: Any = "auto",
    device: str = "auto",
) -> CrossMultifractal:
    """Estimate how far the components of each item are irregular at the same places.

    Parameters
    ----------
    x : array ``(items, components, *space)``
        At least two components; one item alone is ``x[None]``.
    dim : 1 (signals) or 2 (images)
    scales : (j1, j2), optional
        The octaves, both included, over which slopes are taken; by default as in `multifractal`.
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    gamma : "auto" or a number >= 0
        Order of the fractional integration that makes leaders meaningful. "auto" takes for each
        item the smallest of 0, .25, ..., 2 with hmin + gamma > 0 for all of its components.
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    CrossMultifractal

    Raises
    ------
    InputError
        When `x` is not finite, lacks an axis, is constant in a component or over a stretch as long
        as a wavelet at the scales, too small for the scales, or not regular enough for `gamma`.

    Notes
    -----
    With y_a the natural logarithms of the leaders of component a at scale j,
    Cov(y_a, y_b) = const + c_11 ln 2^j, so that c_11 = log2(e) x slope, from a straight line
    weighted by n_j; the covariance is the unbiased one, which on the diagonal is the C_2(j) of
    `multifractal`. Correlated coefficients (rho_ss) and correlated fluctuations of regularity
    (rho_mf) are independent properties: components with uncorrelated coefficients can be irregular
    at the same places (Wendt et al. 2018). rho_mf is a ratio, and every c_2 in it that sampling
    pulls towards 0 pushes it away from 0: for walks of H = .6 and .8, lambda^2 = .08 and .04 and
    rho_mf = 1, the ratio of the means of 60 signals of 8192 samples is 1.07, the median of their
    single estimates 1.1.

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
    dim = doors.dimension(dim)
    gamma = gamma_argument(gamma)
    bank = filters(wavelet)
    batch = doors.items(x, "x", dim=dim)
    if np.ndim(x) != dim + 2 or batch.shape[1] < 2:
        doors.refuse("x", "(items, components, *space), two components or more", np.shape(x))
    doors.not_constant(batch, "x")
    space = batch.shape[2:]
    scales = check_scales(scales, space, length=len(bank[0]))
    counts = np.array([np.prod(b.size) for b in leader_boxes(space, length=len(bank[0]))])
    inside = slice(scales[0] - 1, scales[1])
    n = counts[inside]
    weights = slope_weights(np.arange(scales[0], scales[1] + 1), n)
    options = {"levels": len(counts), "first_scale": scales[0], "gamma": gamma, "device": device}
    moments = _moments(batch, *bank, weights, **options)
    each = {name: moments[name].reshape(-1) for name in ("h_min", "gamma", "floored")}
    check_leaders(each, p=inf, gamma=gamma, lead=batch.shape[:2])

    C = moments["covariances"]
    c11 = np.einsum("j,ijab->iab", weights / np.log(2), C[:, inside])
    correlation = _normalised(moments["spectra"])
    width = np.maximum(-np.diagonal(c11, axis1=1, axis2=2), 0)
    gamma_note = note_of(moments["gamma"], chosen=gamma is None, resamples=0)
    estimate = {
        "c11": c11,
        "rho_mf": _normalised(-c11, width),
        "rho_ss": np.einsum("j,ijab->iab", n / n.sum(), correlation[:, inside]),
        "coherence": correlation**2,
        "log_covariance": C,
        "hmin": moments["h_min"],
        "gamma": moments["gamma"],
    }
    return CrossMultifractal(
        **{k: v.astype(batch.dtype) for k, v in estimate.items()},
        counts=counts,
        scales=scales,
        wavelet=wavelet,
        note="; ".join(filter(None, (_flat_note(width), gamma_note))),
    )


def _moments(
    batch: np.ndarray, low: np.ndarray, high: np.ndarray, weights: np.ndarray, **options: Any
) -> dict[str, np.ndarray]:
    """Return the kernel's moments of all items in float64, its matrices exactly symmetric."""
    from toolbox.kernels.cross_leaders import cross_moments

    dtype, parts = batch.dtype, []
    for block in item_blocks(batch, largest=LARGEST_BLOCK):
        # Below this a coefficient is what rounding has left of an empty one.
        size = np.abs(block).reshape(*block.shape[:2], -1).max(axis=2)
        arrays = (block, low, high, np.finfo(dtype).eps * size, weights)
        parts.append(compute(cross_moments, *(a.astype(dtype) for a in arrays), **options))
    moments = {
        name: np.concatenate([part[name] for part in parts])[: len(batch)].astype(np.float64)
        for name in parts[0]
    }
    for name in ("spectra", "covariances"):
        moments[name] = (moments[name] + moments[name].swapaxes(-1, -2)) / 2
    return moments


def _normalised(matrix: np.ndarray, variance: np.ndarray | None = None) -> np.ndarray:
    """Return m_ab / sqrt(v_a v_b), by default v_a = m_aa; NaN where a variance is 0."""
    if variance is None:
        variance = np.diagonal(matrix, axis1=-2, axis2=-1)
    root = np.sqrt(np.where(variance > 0, variance, np.nan))
    return matrix / (root[..., :, None] * root[..., None, :])


def _flat_note(width: np.ndarray) -> str:
    flat = np.count_nonzero(width == 0)
    if not flat:
        return ""
    return (
        f"{flat} of {width.size} components show no multifractality (c_2 >= 0): their "
        "multifractal correlations are NaN"
    )
