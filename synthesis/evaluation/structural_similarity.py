"""Structural texture similarity (STSIM) between images or signals, pair by pair."""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import torch

from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent, unit_items
from toolbox.processes.periodic_fields import periodic_component
from toolbox.torch_features.steerable_pyramid import Bands, complex_bands, pyramid_filters

_STEADY = 1e-6  # of the variances of all bands, so that an empty band has no say
_LARGEST = 2**22  # samples transformed at once
_SMALLEST_BAND = 4  # samples along an axis of the coarsest band


class _Statistics(NamedTuple):
    """What is compared, (items, components, number) each; `lag` has a last axis of axes."""

    mean: np.ndarray
    deviation: np.ndarray
    lag: np.ndarray
    cross: np.ndarray


def stsim(
    x: Any,
    y: Any = None,
    *,
    dim: int,
    kind: str = "STSIM-2",
    levels: int = 3,
    orientations: int = 4,
    invariant: bool = False,
) -> np.ndarray:
    r"""Return the structural texture similarity of every pair; larger = more alike, 1 = equal.

    Parameters
    ----------
    x : array ``([n, [components,]] *space)``
        Intensities; a component's size may differ from those of `y`.
    y : array, optional
        The same of m items; by default `x` itself.
    dim : int
        1 (signals) or 2 (images).
    kind : {"STSIM-2", "STSIM-1"}
        With or without the correlations between bands.
    levels : int
        Number of octaves. An axis is cut at its end to a multiple of :math:`2^{levels}` samples, at
        least four of which must remain in the coarsest band.
    orientations : int
        Number of orientations of images, at least 2; signals have none.
    invariant : bool
        Whether to take mean and standard deviation off each item first, so that brightness and
        contrast do not matter.

    Returns
    -------
    array (n, m)
        Similarities, the mean over components.

    Raises
    ------
    InputError
        If an item is not finite, constant or too small for the levels, or `y` has other components.

    Notes
    -----
    Each band of a complex steerable pyramid (Portilla & Simoncelli, 2000) of the item's periodic
    component, both residuals included, has over the whole item the mean :math:`\mu`, the standard
    deviation :math:`\sigma` and the correlation :math:`\rho` of neighbours along each axis; two
    items a, b are compared by

    .. math:: l = \frac{2 |\mu_a| |\mu_b| + c}{|\mu_a|^2 + |\mu_b|^2 + c}, \quad
              s = \frac{2 \sigma_a \sigma_b + c}{\sigma_a^2 + \sigma_b^2 + c}, \quad
              r = 1 - \frac12 |\rho_a - \rho_b|,

    with c a millionth of the variances of all bands (added to the denominators of the correlations
    too, so that empty bands are equal), and STSIM-1 is the mean over bands of
    :math:`(l\, s\, r_1 r_2)^{1/4}` (Zhao et al., 2008). STSIM-2 averages these with the terms r of
    the correlations between magnitudes of bands: all orientations of a level, and levels next to
    each other in one orientation (Zujovic, Pappas & Neuhoff, 2013). Statistics are global, as suits
    homogeneous textures; the authors also use sliding windows and, where pairs of a database are
    known, weights (STSIM-M), which are not done here. Only the low-pass residual has a mean that is
    not 0, so that :math:`l` compares brightness. Nothing says which value is good: compare with
    real against real.

    References
    ----------
    J. Zujovic, T. N. Pappas, D. L. Neuhoff, Structural texture similarity metrics for image
    analysis and retrieval, IEEE Transactions on Image Processing 22 (2013) 2545-2558. X. Zhao,
    M. G. Reyes, T. N. Pappas, D. L. Neuhoff, Structural texture similarity metrics for retrieval
    applications, ICIP 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import stsim
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((3, 64, 64))
    >>> noise[2] = np.cumsum(noise[2], axis=0)
    >>> (stsim(noise, dim=2) > 0.95).tolist()
    [[True, True, False], [True, True, False], [False, False, True]]
    """
    dim = checks.dimension(dim)
    kind = checks.choice(kind, "kind", ("STSIM-2", "STSIM-1"))
    levels = checks.count(levels, "levels", maximum=30)
    orientations = checks.count(orientations, "orientations", minimum=2) if dim == 2 else 1
    invariant = checks.flag(invariant, "invariant")
    first = _items(x, "x", dim=dim, levels=levels, invariant=invariant)
    second = first if y is None else _items(y, "y", dim=dim, levels=levels, invariant=invariant)
    if first.shape[1] != second.shape[1]:
        checks.refuse("y", f"{first.shape[1]} components, as in x", second.shape[1])
    first, second = _in_range(first, second)
    a = _statistics(first, levels=levels, orientations=orientations)
    b = a if y is None else _statistics(second, levels=levels, orientations=orientations)
    rows = [_row(a, i, b, crossed=kind == "STSIM-2") for i in range(len(first))]
    return np.stack(rows).astype(first.dtype)


def _items(value: Any, argument: str, *, dim: int, levels: int, invariant: bool) -> np.ndarray:
    """Return items cut to whole cells of the coarsest band, without a jump across their frame."""
    batch = checks.not_constant(checks.items(value, argument, dim=dim), argument)
    space = batch.shape[2:]
    whole = [length >> levels << levels for length in space]
    if min(whole) < _SMALLEST_BAND << levels:
        wanted = f"at least {_SMALLEST_BAND << levels} samples an axis for levels={levels}"
        checks.refuse(argument, wanted, space)
    batch = batch[(..., *(slice(length) for length in whole))]
    batch = checks.not_constant(batch, argument)
    if invariant:
        axes = tuple(range(2, batch.ndim))
        batch, _ = unit_items(batch, dim=dim)
        batch = batch - batch.mean(axis=axes, keepdims=True)
        batch = batch / batch.std(axis=axes, keepdims=True)
    return periodic_component(batch, dim=dim).astype(batch.dtype)


def _in_range(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both with each component scaled by one power of two, so that squares stay in range."""
    exponents = [binary_exponent(first[:, k], second[:, k]) for k in range(first.shape[1])]
    column = np.array(exponents).reshape(-1, *(1,) * (first.ndim - 2))
    return np.ldexp(first, -column), np.ldexp(second, -column)


def _statistics(batch: np.ndarray, *, levels: int, orientations: int) -> _Statistics:
    filters = pyramid_filters(batch.shape[2:], levels=levels, orientations=orientations)
    step = max(1, _LARGEST // batch[0].size)
    parts = [
        _band_statistics(complex_bands(torch.tensor(batch[i : i + step]), filters))
        for i in range(0, len(batch), step)
    ]
    return _Statistics(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _band_statistics(bands: Bands) -> _Statistics:
    centred = [_centred(z) for z in (*bands.own, bands.high[:, :, None], bands.low[:, :, None])]
    floor = _STEADY * torch.cat([_power(z) for _, z in centred], dim=2).sum(dim=2, keepdim=True)
    single = [(mean, _power(z).sqrt(), _lags(z, floor)) for mean, z in centred]
    magnitudes = [_standard(z.abs(), floor) for z in bands.own]
    wider = [_standard(z.abs(), floor) for z in bands.coarser]
    cross = [
        (m[:, :, i] * m[:, :, j]).flatten(2).mean(dim=2)
        for m in magnitudes
        for i, j in combinations(range(m.shape[2]), 2)
    ]
    for fine, coarse in zip(magnitudes[:-1], wider, strict=True):
        cross += list((fine * coarse).flatten(3).mean(dim=3).unbind(dim=2))
    joined = (torch.cat(part, dim=2).numpy() for part in zip(*single, strict=True))
    none = torch.zeros((*bands.high.shape[:2], 0))
    return _Statistics(*joined, (torch.stack(cross, dim=2) if cross else none).numpy())


def _centred(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return |mean| (B, K, L) of bands (B, K, L, *space), and the bands without their mean."""
    mean = z.flatten(3).mean(dim=3)
    return mean.abs(), z - mean.reshape(*mean.shape, *[1] * (z.ndim - 3))


def _power(z: torch.Tensor) -> torch.Tensor:
    return (z.abs() ** 2).flatten(3).mean(dim=3)


def _lags(z: torch.Tensor, floor: torch.Tensor) -> torch.Tensor:
    """Return the complex correlations (B, K, L, axes) of neighbours; the grid is periodic."""
    products = [z * z.roll(-1, dims=axis).conj() for axis in range(3, z.ndim)]
    lags = torch.stack([p.flatten(3).mean(dim=3) for p in products], dim=-1)
    correlations = lags / (_power(z) + floor)[..., None]
    return correlations + 0j


def _standard(magnitude: torch.Tensor, floor: torch.Tensor) -> torch.Tensor:
    _, centred = _centred(magnitude)
    size = (_power(centred) + floor).sqrt()
    return centred / size.reshape(*size.shape, *[1] * (magnitude.ndim - 3))


def _row(a: _Statistics, i: int, b: _Statistics, *, crossed: bool) -> np.ndarray:
    """Return the similarity of item i of a with every item of b."""
    variances = [(s.deviation**2).sum(axis=2, keepdims=True) for s in (a, b)]
    c = _STEADY * (variances[0][i] + variances[1]) / 2
    terms = [
        (2 * ours[i] * theirs + c) / (ours[i] ** 2 + theirs**2 + c)
        for ours, theirs in ((a.mean, b.mean), (a.deviation, b.deviation))
    ]
    lags = _alike(a.lag[i], b.lag)
    product = terms[0] * terms[1] * lags.prod(axis=-1)
    scores = product ** (1 / (2 + lags.shape[-1]))
    if crossed:
        scores = np.concatenate([scores, _alike(a.cross[i], b.cross)], axis=2)
    return scores.mean(axis=(1, 2))


def _alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return 1 - np.abs(a - b) / 2
