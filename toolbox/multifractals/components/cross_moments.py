"""Moments of log-leaders across components, and what slopes over scales make of them."""

from math import inf
from typing import Any

import numpy as np

from toolbox.core.device import blocks_for_kernels, compute
from toolbox.core.item_blocks import rounding_floor, unit_items
from toolbox.core.streams import generator
from toolbox.kernels.boxes import Box
from toolbox.multifractals.block_bootstrap import block_counts, block_paddings, block_weights
from toolbox.multifractals.exponents import finite_resolution
from toolbox.multifractals.leader_sums import lowest_block
from toolbox.multifractals.scaling_range import leader_boxes
from toolbox.multifractals.slopes import count_weights, slope_weights

FEWEST = 3  # leaders that a resample leaves every scale: the draws are those of `multifractal`


LARGEST_BLOCK = 2**22  # samples analysed at once


def cross_figures(
    batch: np.ndarray,
    bank: Any,
    scales: tuple[int, int],
    *,
    p: float,
    gamma: float | None,
    resamples: int = 0,
    seed: int = 0,
    device: str = "auto",
) -> dict[str, np.ndarray]:
    """Return c11, its standard error, c1 and so on of items (items, K, *space), in float64.

    "floored" (items, K) says how many of the finest leaders are zero or rounding, "flat" how many
    of the next finer scale, "lowest" how deep the lowest of the finest lie (see `lowest_block`).
    """
    batch, _ = unit_items(batch, dim=batch.ndim - 2)  # of no consequence but for squares' range
    boxes = leader_boxes(batch.shape[2:], length=len(bank[0]))
    counts = np.array([np.prod(box.size) for box in boxes])
    inside = slice(scales[0] - 1, scales[1])
    weights = count_weights(counts, scales)
    blocks = block_paddings(boxes[inside]) if resamples else ()
    options = {"levels": len(counts), "first_scale": scales[0], "blocks": blocks}
    slopes = slope_weights(np.arange(scales[0], scales[1] + 1), counts[inside])
    moments = _moments(batch, *bank, slopes, p=p, gamma=gamma, device=device, **options)

    C, correlation = moments["covariances"], normalised(moments["spectra"])
    shares = counts[inside] / counts[inside].sum()
    c11 = np.einsum("j,ijab->iab", weights, C[:, inside])
    errors = np.full(c11.shape, np.nan)
    if resamples:
        drawing = {"resamples": resamples, "seed": seed}
        errors = cross_errors(moments["block_sums"], boxes[inside], weights, **drawing)
    order, mean = moments["gamma"][:, None], moments["mean"]
    if p != inf:
        regularity = (moments["eta"] + p * order).reshape(-1)
        mean = mean + finite_resolution(regularity, len(counts), p=p).reshape(mean.shape)
    return {
        "c11": c11,
        "standard_error": errors,
        "c1": mean[..., inside] @ weights - order,
        "rho_ss": np.einsum("j,ijab->iab", shares, correlation[:, inside]),
        "coherence": correlation**2,
        "log_covariance": C,
        "hmin": moments["h_min"],
        "eta": moments["eta"],
        "gamma": moments["gamma"],
        **{name: moments[name] for name in ("floored", "flat", "lowest")},
    }


def multifractal_correlation(c11: np.ndarray) -> np.ndarray:
    """Return -c_11 / sqrt(c_20 c_02), NaN where one of the two is not negative."""
    return normalised(-c11, np.maximum(-np.diagonal(c11, axis1=-2, axis2=-1), 0))


def normalised(matrix: np.ndarray, variance: np.ndarray | None = None) -> np.ndarray:
    """Return m_ab / sqrt(v_a v_b), by default v_a = m_aa; NaN where a variance is 0."""
    if variance is None:
        variance = np.diagonal(matrix, axis1=-2, axis2=-1)
    root = np.sqrt(np.where(variance > 0, variance, np.nan))
    return matrix / (root[..., :, None] * root[..., None, :])


def _moments(
    batch: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    weights: np.ndarray,
    *,
    device: str,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Return the kernel's moments of all items in float64, its matrices exactly symmetric."""
    from toolbox.kernels.cross_leaders import cross_moments

    dtype, parts = batch.dtype, []
    for block in blocks_for_kernels(batch, largest=LARGEST_BLOCK, device=device):
        arrays = (block, low, high, rounding_floor(block, dim=block.ndim - 2), weights)
        arrays = (a.astype(dtype) for a in arrays)
        part = compute(cross_moments, *arrays, device=device, **options)
        finest = part.pop("finest")
        lowest = lowest_block(finest.reshape(-1, *finest.shape[2:]))
        parts.append(part | {"lowest": lowest.reshape(finest.shape[:2])})
    moments = {
        name: np.concatenate([part[name] for part in parts])[: len(batch)].astype(np.float64)
        for name in parts[0]
    }
    for name in ("spectra", "covariances"):
        moments[name] = (moments[name] + moments[name].swapaxes(-1, -2)) / 2
    return moments


def cross_errors(
    sums: np.ndarray, boxes: list[Box], weights: np.ndarray, *, resamples: int, seed: int
) -> np.ndarray:
    """Return the standard errors of c_11, (items, K, K).

    `sums` (items, scales, blocks, K + K(K + 1)/2) are each block's sums of the centred logarithms
    of K components, then of their products a <= b; `weights` turn C_11(j) into c_11. A standard
    error is the spread of the resampled slopes times sqrt(B/(B - 1)) for B blocks.
    """
    counts, rng = block_counts(boxes), generator(seed, "multifractal", "blocks")
    drawn = list(block_weights(counts, resamples=resamples, fewest=FEWEST, rng=rng))
    blocks = counts.shape[1]
    factor = np.sqrt(blocks / (blocks - 1))
    return np.stack([factor * _spread(item, counts, weights, drawn) for item in sums])


def _spread(
    sums: np.ndarray, counts: np.ndarray, weights: np.ndarray, drawn: list[np.ndarray]
) -> np.ndarray:
    """Return the standard deviation of one item's resampled c_11: (K, K)."""
    scales, blocks, columns = sums.shape
    components = round(np.sqrt(2 * columns + 2.25) - 1.5)  # K + K(K + 1)/2 columns
    a, b = np.triu_indices(components)
    table = np.concatenate([counts[..., None], sums], axis=-1)
    table = np.moveaxis(table, 1, 0).reshape(blocks, -1)
    slopes = []
    for chosen in drawn:
        S = (chosen @ table).reshape(len(chosen), scales, columns + 1)
        n, first, second = S[..., :1], S[..., 1 : components + 1], S[..., components + 1 :]
        C = (second - first[..., a] * first[..., b] / n) / (n - 1)
        slopes.append(np.einsum("j,rjp->rp", weights, C))
    spread = np.empty((components, components))
    spread[a, b] = spread[b, a] = np.concatenate(slopes).std(axis=0, ddof=1)
    return spread
