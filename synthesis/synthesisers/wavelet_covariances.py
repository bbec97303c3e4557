"""Synthesis from covariances of rectified wavelet coefficients."""

from math import log2
from typing import Any, NamedTuple

import torch

from synthesis.matching.exemplars import Task, read_task
from synthesis.matching.periodic_canvas import canvas_for
from synthesis.matching.shifted_products import shifted_products, weighted_products
from synthesis.matching.statistics import Normalised, exemplar_views, match_statistics
from synthesis.matching.synthesis_record import Synthesis
from toolbox.core import checks
from toolbox.networks.torch_devices import checked_device, torch_device
from toolbox.torch_features.steerable_pyramid import (
    grid_levels,
    on_coarser_grid,
    pyramid_filters,
    rectified_bands,
)

_SMALLEST = 16
# Of images: 45 degrees apart. The statistics, and the time, grow with their square.
_ORIENTATIONS = 4
_SHIFTS = {
    1: ((1,), (2,), (4,)),
    2: ((0, 1), (1, 0), (1, 1), (1, -1), (0, 2), (2, 0), (2, 2), (2, -2)),
}
# A channel that hardly varies is not amplified beyond ten times the others.
_LEAST_DEVIATION = 0.1
# Positions an axis of the coarsest grid that children start from.
_COARSEST_CANVAS = 16
# Weight of the values' squared distance beside the statistics' relative misfit: without it bricks
# lose by the final exchange of values, ten times more hampers the optimiser on gravel.
_VALUES = 0.1


def wavelet_synthesis(
    exemplars: Any,
    *,
    dim: int,
    n: int = 1,
    size: Any = None,
    seed: int,
    levels: int | None = None,
    iterations: int = 100,
    device: str = "auto",
    progress: bool = True,
) -> Synthesis:
    r"""Synthesise textures or signals that share the exemplar's rectified-wavelet covariances.

    The default synthesiser: no trained weights, edges and asymmetries are kept as well as the
    spectrum, and the values are the exemplar's own.

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
        Seed of the initial textures; child i is the same for every `n`, up to round-off.
    levels : int, optional
        Number of octaves, by default as many as leave the coarsest band about 8 positions an axis.
    iterations : int
        Number of evaluations of the L-BFGS optimiser on the finest grid. Coarser grids get more
        (images) or as many (signals) and take as long together.
    device : str
        Where it is computed: "auto", "cpu", "cuda:0".
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    Synthesis
        ``.samples`` (n, [K,] *size); ``.losses`` (n, iterations), the relative misfit of the
        statistics on the finest grid plus a tenth of the squared distance of the sorted values, 0
        when all match; ``.parents`` (n,).

    Raises
    ------
    InputError
        If the exemplars are constant, too short for the levels, or not finite; if there is no such
        device.

    Notes
    -----
    With :math:`\psi_{j,l}` the one-sided filters of a decimated steerable pyramid (Portilla &
    Simoncelli, 2000) of four orientations l (signals have one), the features are
    :math:`u_{j,l,\alpha} = \mathrm{ReLU}\, \Re(e^{i\alpha} x * \psi_{j,l})` for four phases
    :math:`\alpha`, centred and scaled as in the exemplar, and the statistics are their means and
    covariances (Brochard, Zhang & Mallat, 2022)

    .. math:: \langle u_{j,l,\alpha}(t)\, u_{j',l',\alpha'}(t + \tau) \rangle_t

    for :math:`j' = j` at shifts :math:`\tau` of up to two positions (four on signals), and for
    :math:`j' = j + 1`, interpolated, at :math:`\tau = 0`. Frequencies above the finest
    octave are one more band of every orientation. Rectification makes covariances between scales
    and phases sensitive to edges and asymmetry. The exemplar is continued by its mirror image and
    only positions inside it are counted, about as far from its frame as a filter reaches; children
    are optimised on a periodic canvas, from a phase-randomised start, their low frequencies first:
    from a grid of about 16 positions an axis, which sees the coarsest octaves alone, to grids twice
    finer each. Without that, bricks break. Several components are first
    decorrelated; covariances between them are matched like those between orientations,
    at a cost of K squared. Computed in float32.

    References
    ----------
    A. Brochard, S. Zhang, S. Mallat, "Generalized rectifier wavelet covariance models for texture
    synthesis", ICLR 2022. J. Portilla, E. P. Simoncelli, "A parametric texture model based on
    joint statistics of complex wavelet coefficients", Int. J. Comput. Vis. 40(1), 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import wavelet_synthesis
    >>> image = np.random.default_rng(0).standard_normal((32, 32)).cumsum(axis=1)
    >>> result = wavelet_synthesis(image, dim=2, n=2, seed=0, iterations=20)
    >>> result.samples.shape, bool((result.losses[:, -1] < 0.1).all())
    ((2, 32, 32), True)
    """
    task = read_task(exemplars, dim=dim, n=n, size=size, seed=seed, smallest=_SMALLEST)
    levels = _read_levels(levels, task)
    orientations = _ORIENTATIONS if task.dim == 2 else 1
    iterations = checks.count(iterations, "iterations")
    device = torch_device(checked_device(device))
    normalised = Normalised(task.exemplars)
    # A filter of level j reaches about 2^(j + 1) pixels.
    reaches = [2.0 ** (min(level, levels - 1) + 1) for level in range(levels + 1)]
    views, weights = exemplar_views(
        task,
        normalised.values,
        levels=levels + 1,
        multiple=2**levels,
        reaches=reaches,
        device=device,
    )
    weights = [weights[grid] for grid in grid_levels(levels)]
    scales, targets = _targets(views, weights, levels, orientations)

    canvas = canvas_for(task.size, multiple=2**levels)
    bank = pyramid_filters(canvas, levels=levels, orientations=orientations, device=device)

    def statistics(x: torch.Tensor, rows: torch.Tensor) -> list[torch.Tensor]:
        level = (canvas[0] // x.shape[2]).bit_length() - 1
        bands = rectified_bands(x, on_coarser_grid(bank, level))
        seen = scales[len(scales) - len(bands[0]) :]
        return rectified_covariances(bands, [_Scale(*(v[rows] for v in s)) for s in seen], None)

    return match_statistics(
        task,
        normalised,
        targets,
        statistics,
        canvas=canvas,
        coarsest=_coarsest(canvas, levels),
        values=_VALUES,
        iterations=iterations,
        progress=progress,
        method="wavelet_synthesis",
    )


def _coarsest(canvas: tuple[int, ...], levels: int) -> int:
    """Return how many octaves coarser than the canvas the optimisation starts."""
    return max(0, min(levels - 1, int(log2(min(canvas) / _COARSEST_CANVAS))))


class _Scale(NamedTuple):
    """Mean and inverse deviation of each channel of a level, (B, channels, 1...)."""

    mean: torch.Tensor
    inverse: torch.Tensor


def rectified_covariances(
    bands: tuple[list[torch.Tensor], list[torch.Tensor]],
    scales: list[_Scale],
    weights: list[torch.Tensor] | None,
) -> list[torch.Tensor]:
    """Return, a level, covariances (B, channels, channels x shifts + coarser) and means (B, ., 1).

    `bands` are those of `rectified_bands`; `weights` sum to one over the positions of a level,
    None counts all positions alike.
    """
    own, coarser = bands
    shifts = ((0,) * (own[0].ndim - 2), *_SHIFTS[own[0].ndim - 2])
    normalised = [(u - s.mean) * s.inverse for u, s in zip(own, scales, strict=True)]
    result = []
    for level, u in enumerate(normalised):
        partner = None
        if level < len(coarser) and coarser[level] is own[level + 1]:  # they share a grid
            partner = normalised[level + 1]
        elif level < len(coarser):
            channels = coarser[level].shape[1]
            mean, inverse = (value[:, :channels] for value in scales[level + 1])
            partner = (coarser[level] - mean) * inverse
        if weights is None:
            found = shifted_products(u, shifts, partner=partner)
        else:
            found = weighted_products(u, shifts, weights[level], partner=partner)
        result += [found[:, :, :-1], found[:, :, -1:]]
    return result


def _targets(
    views: list[torch.Tensor], weights: list[torch.Tensor], levels: int, orientations: int
) -> tuple[list[_Scale], list[torch.Tensor]]:
    """Return the exemplars' normalisation and statistics."""
    canvas, device = tuple(views[0].shape[2:]), views[0].device
    filters = pyramid_filters(canvas, levels=levels, orientations=orientations, device=device)
    scales, targets = [], []
    for view in views:
        bands = rectified_bands(view, filters)
        scales.append([_scale(u, w) for u, w in zip(bands[0], weights, strict=True)])
        targets.append(rectified_covariances(bands, scales[-1], weights))
    by_level = zip(*scales, strict=True)
    joined = [_Scale(*map(torch.cat, zip(*parts, strict=True))) for parts in by_level]
    return joined, [torch.cat(parts) for parts in zip(*targets, strict=True)]


def _scale(features: torch.Tensor, weight: torch.Tensor) -> _Scale:
    """Return the weighted mean and the floored inverse deviation of each channel."""
    axes = tuple(range(2, features.ndim))
    mean = (features * weight).sum(axes, keepdim=True)
    deviation = ((features - mean) ** 2 * weight).sum(axes, keepdim=True).sqrt()
    least = _LEAST_DEVIATION * deviation.mean(dim=1, keepdim=True)
    return _Scale(mean, 1 / torch.maximum(deviation, least.clamp(min=1e-6)))


def _read_levels(levels: Any, task: Task) -> int:
    """Return the number of octaves; the coarsest band keeps at least 4 positions an axis."""
    shortest = min(*task.space, *task.size)
    most = int(log2(shortest / 4))
    if levels is None:
        return max(1, int(log2(shortest / 8)))
    return checks.count(levels, "levels", maximum=most)
