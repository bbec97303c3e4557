"""Synthesis from Gram matrices of random rectified filters."""

from itertools import pairwise
from math import log2
from typing import Any

import numpy as np
import torch

from synthesis.matching.exemplars import read_task
from synthesis.matching.periodic_canvas import canvas_for
from synthesis.matching.statistics import Normalised, exemplar_views, match_statistics
from synthesis.matching.synthesis_record import Synthesis
from toolbox.core import checks
from toolbox.core.streams import generator
from toolbox.torch_features.random_filters import (
    FilterBank,
    blur_and_halve,
    filter_features,
    patches,
    random_bank,
)

_SMALLEST = 16
_TAPS = {1: (9,), 2: (3, 3)}
# The least eigenvalue of the patches, against the largest, that whitening still amplifies fully.
_FLOOR = 1e-3
# A channel that hardly responds is not amplified beyond five times the others.
_LEAST_RESPONSE = 0.2


def filter_synthesis(
    exemplars: Any,
    *,
    dim: int,
    n: int = 1,
    size: Any = None,
    seed: int,
    channels: int = 48,
    iterations: int = 100,
    progress: bool = True,
) -> Synthesis:
    r"""Synthesise textures or signals that share the exemplar's random-filter Gram matrices.

    Weight-free texture synthesis by a network that was never trained; cheap and good on stochastic
    textures.

    Parameters
    ----------
    exemplars : array_like, shape ([m, [K,]] *space)
        Images or signals to imitate, at least 16 long along every axis. They need not be periodic.
    dim : int
        Number of spatial axes, 1 or 2.
    n : int
        Number of children. Each is made from one exemplar, dealt in turn.
    size : int or sequence of int, optional
        Size of the children; the exemplars' own by default.
    seed : int
        Seed of the filters and of the initial textures; child i is the same for every `n`, up to
        round-off.
    channels : int
        Number of filters a level; the cost of a Gram matrix grows as its square.
    iterations : int
        Number of evaluations of the L-BFGS optimiser.
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    Synthesis
        ``.samples`` (n, [K,] *size); ``.losses`` (n, iterations), the relative misfit of the Gram
        matrices, 0 when they match; ``.parents`` (n,).

    Raises
    ------
    InputError
        If the exemplars are constant, shorter than 16 along an axis, or not finite.

    Notes
    -----
    On each level :math:`x_j` of a dyadic pyramid, random filters of 3 x 3 (9 on signals) whitened
    by the exemplars' patches, thresholds :math:`b_c` from 0 to 2 deviations and a rectifier give
    :math:`f_{j,c} = \mathrm{ReLU}(w_{j,c} * x_j - b_c)`; the statistics are

    .. math:: G_{j,cc'} = \langle f_{j,c}(t) f_{j,c'}(t) \rangle_t

    and the same between neighbouring levels, each divided by the root mean squares of its two
    channels in the exemplar (after Ustyuzhaninov, Brendel, Gatys & Bethge, 2016, who use one layer
    of large filters; the pyramid, the whitening and the thresholds are ours). Exemplars, canvas,
    start and values as in `wavelet_synthesis`. Several components are decorrelated first and each
    filter spans all of them. Computed in float32.

    References
    ----------
    I. Ustyuzhaninov, W. Brendel, L. A. Gatys, M. Bethge, "What does it take to generate natural
    textures?", ICLR 2017 (arXiv:1606.00021, 2016).

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import filter_synthesis
    >>> image = np.random.default_rng(0).standard_normal((24, 24)).cumsum(axis=1)
    >>> filter_synthesis(image, dim=2, n=2, seed=0, iterations=20).samples.shape
    (2, 24, 24)
    """
    task = read_task(exemplars, dim=dim, n=n, size=size, seed=seed, smallest=_SMALLEST)
    channels = checks.count(channels, "channels")
    iterations = checks.count(iterations, "iterations")
    levels = max(1, int(log2(min(*task.space, *task.size) / 8)))
    multiple = 2 ** (levels - 1)
    normalised = Normalised(task.exemplars)
    # At level j, half a filter and the blurs before it.
    half = _TAPS[task.dim][0] // 2
    reaches = [half * 2.0**level + 2.0 * (2**level - 1) for level in range(levels)]
    views, weights = exemplar_views(
        task, normalised.values, levels=levels, multiple=multiple, reaches=reaches
    )
    bank = _bank(views, weights, channels=channels, seed=task.seed)
    grams = [gram_matrices(filter_features(view, bank), weights) for view in views]
    raw = [torch.cat(parts) for parts in zip(*grams, strict=True)]
    inverse = _inverse_norms(raw)

    def statistics(x: torch.Tensor, rows: torch.Tensor) -> list[torch.Tensor]:
        found = gram_matrices(filter_features(x, bank), None)
        return [gram * norm[rows] for gram, norm in zip(found, inverse, strict=True)]

    return match_statistics(
        task,
        normalised,
        [gram * norm for gram, norm in zip(raw, inverse, strict=True)],
        statistics,
        canvas=canvas_for(task.size, multiple=multiple),
        iterations=iterations,
        progress=progress,
        method="filter_synthesis",
    )


def gram_matrices(
    features: list[torch.Tensor], weights: list[torch.Tensor] | None
) -> list[torch.Tensor]:
    """Return the Gram matrices (B, C, C) of all levels, then those of each level with the finer.

    `weights` sum to one over the positions of a level, None counts all positions alike.
    """
    within, between = [], []
    for level, u in enumerate(features):
        counted = u / u[0, 0].numel() if weights is None else u * weights[level]
        counted = counted.flatten(2)
        within.append(counted @ u.flatten(2).transpose(1, 2))
        if level:
            every_other = (..., *[slice(None, None, 2)] * (u.ndim - 2))
            finer = features[level - 1][every_other]
            between.append(counted @ finer.flatten(2).transpose(1, 2))
    return within + between


def _inverse_norms(grams: list[torch.Tensor]) -> list[torch.Tensor]:
    """Return one over the product of the two channels' root mean squares, for every entry."""
    levels = (len(grams) + 1) // 2
    sizes = []
    for gram in grams[:levels]:
        response = gram.diagonal(dim1=1, dim2=2).sqrt()
        least = _LEAST_RESPONSE * response.mean(dim=1, keepdim=True)
        sizes.append(torch.maximum(response, least.clamp(min=1e-6)))
    within = [1 / (s[:, :, None] * s[:, None]) for s in sizes]
    return within + [1 / (coarse[:, :, None] * fine[:, None]) for fine, coarse in pairwise(sizes)]


def _bank(
    views: list[torch.Tensor], weights: list[torch.Tensor], *, channels: int, seed: int
) -> FilterBank:
    """Draw the filters and whiten them by all exemplars' patches."""
    components, dim = views[0].shape[1], views[0].ndim - 2
    taps = _TAPS[dim]
    draws, covariances = [], []
    for level, weight in enumerate(weights):
        if level:
            views = [blur_and_halve(view) for view in views]
        rng = generator(seed, "synthesis", "filters", level)
        draws.append(rng.standard_normal((channels, components, *taps)))
        covariances.append(_patch_covariance(views, weight, taps))
    return random_bank(draws, covariances, floor=_FLOOR)


def _patch_covariance(
    views: list[torch.Tensor], weight: torch.Tensor, taps: tuple[int, ...]
) -> np.ndarray:
    total = 0.0
    for view in views:
        p = patches(view, taps).double()
        total = total + ((p * weight.flatten()) @ p.transpose(1, 2)).sum(dim=0)
    return (total / sum(map(len, views))).numpy()
