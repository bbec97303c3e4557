"""Exponents from the sums of log-leaders: slopes over scales, and what goes with them."""

from math import inf, prod
from typing import Any

import numpy as np

from toolbox.kernels.boxes import Box
from toolbox.multifractals.k_statistics import k_statistics
from toolbox.multifractals.leader_sums import Q
from toolbox.multifractals.slopes import bootstrap_errors, count_weights, r_squared

Sums = dict[str, np.ndarray]


def exponents(
    sums: dict[str, np.ndarray],
    counts: np.ndarray,
    scales: tuple[int, int],
    *,
    weights: np.ndarray,
    q: np.ndarray,
    p: float,
    dim: int,
) -> dict[str, np.ndarray]:
    """Return cumulants and spectra of each item from `toolbox.kernels.log_leaders`' sums.

    `weights` (items or 1, range, orders) are those of the cumulants' slopes; spectra have those of
    the counts.
    """
    j = np.arange(scales[0], scales[1] + 1)
    n = counts[j - 1]
    slope = count_weights(counts, scales)
    gamma = sums["gamma"][:, None]

    mean = sums["mean"]
    if p != inf:
        mean = mean + finite_resolution(sums["eta"] + p * sums["gamma"], len(counts), p=p)
    # A scale outside the range may have too few leaders for a statistic; it has none then.
    enough = np.where(counts > weights.shape[-1], counts, np.nan)
    C = k_statistics(enough + 0.0 * mean, sums["power_sums"])
    C[..., 0] += mean  # the sums are of e = y - mean, which no higher cumulant sees
    inside = C[:, j - 1]
    cumulants = (weights * inside).sum(axis=1)
    cumulants[:, 0] -= sums["gamma"]

    # With u = e^{q e}, e = ln leader - mean: A = mean u, B = mean u e.
    A, B = sums["exponentials"][..., 0], sums["exponentials"][..., 1]
    level = mean[:, j - 1, None]
    log_A, tilted = np.log(A), B / A
    log_moments = q * level + log_A  # ln S(j, q)
    # The gain enters here alone: slopes do not see it, not even by rounding.
    log_gain = sums.get("log_gain", np.zeros(len(mean)))[:, None]
    C[..., 0] += log_gain
    return {
        "structure_functions": (log_moments + q * log_gain[..., None]) / np.log(2),
        "cumulants": cumulants,
        "log_cumulants": C,
        "fit": r_squared(inside.swapaxes(1, 2), j, n),
        "zeta": np.einsum("j,ijq->iq", slope, log_moments) - q * gamma,
        "h": np.einsum("j,ijq->iq", slope, level + tilted) - gamma,
        "D": dim + np.einsum("j,ijq->iq", slope, q * tilted - log_A),
    }


def finite_resolution(regularity: np.ndarray, levels: int, *, p: float) -> np.ndarray:
    """Return what ln of p-leaders lacks since no scale is finer than 1: (items, levels).

    Sums over all finer scales would be geometric, 1 / (1 - 2^{-eta}); those over j scales are
    (1 - 2^{-j eta}) / (1 - 2^{-eta}) of the term at scale j; at eta = 0, j terms that are equal.
    """
    eta, j = regularity[:, None], np.arange(1, levels + 1)
    size = np.log(2) * np.abs(eta)
    # Where eta < 0 both are divided by their largest term, which would overflow.
    largest = np.where(eta < 0, (j - 1) * size, 0)
    flat = size == 0
    size = np.where(flat, 1, size)
    ratio = np.where(flat, j, np.expm1(-j * size) / np.expm1(-size))
    return -(largest + np.log(ratio)) / p


def estimates(sums: Sums, boxes: list[Box], scales: tuple[int, int], **options: Any) -> Sums:
    """Return the figures of every item, with "blocks", how many blocks were resampled."""
    counts = np.array([prod(box.size) for box in boxes])
    if "counts" not in sums:
        return _alike(sums, counts, boxes, scales, **options)
    parts = [
        _alike({k: v[i : i + 1] for k, v in sums.items()}, n, boxes, scales, **options)
        for i, n in enumerate(sums["counts"])
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _alike(
    sums: Sums,
    counts: np.ndarray,
    boxes: list[Box],
    scales: tuple[int, int],
    *,
    p: float,
    dim: int,
    resamples: int,
    seed: int,
) -> Sums:
    """Return the figures of items that all have these counts of leaders."""
    items, _, orders = sums["power_sums"].shape
    weights = np.repeat(count_weights(counts, scales)[None, :, None], orders, axis=2)
    errors, blocks = np.full((1, orders), np.nan), 0
    if resamples:
        inside = boxes[scales[0] - 1 : scales[1]]
        kept = _kept_blocks(sums)
        held = kept.get("block_counts")
        drawing = {"resamples": resamples, "seed": seed, "block_counts": held}
        errors = bootstrap_errors(kept["block_sums"], inside, scales, **drawing)
        blocks = kept["block_sums"].shape[2]
    figures = exponents(sums, counts, scales, weights=weights, q=np.array(Q), p=p, dim=dim)
    return figures | {
        "standard_error": np.broadcast_to(errors, (items, orders)),
        "slope_weights": np.broadcast_to(weights, (items, *weights.shape[1:])),
        "blocks": np.full(items, blocks),
    }


def _kept_blocks(sums: Sums) -> Sums:
    """Return the block sums without blocks that gaps have emptied, of a single item with gaps."""
    # An emptied block cannot be drawn: it would stand for a stretch of which nothing is known.
    if "block_counts" not in sums:
        return {"block_sums": sums["block_sums"]}
    full = sums["block_counts"][0, 0] > 0
    return {
        "block_sums": sums["block_sums"][:, :, full],
        "block_counts": sums["block_counts"][0][:, full],
    }
