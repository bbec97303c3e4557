"""From sums of log-leaders to estimates and standard errors, with the leaders that gaps leave."""

from typing import Any

import numpy as np

from toolbox.multifractals.exponents import exponents
from toolbox.multifractals.leader_sums import Q
from toolbox.multifractals.slopes import bootstrap_slopes, count_weights

Sums = dict[str, np.ndarray]


def estimates(sums: Sums, boxes: list[Any], scales: tuple[int, int], **options: Any) -> Sums:
    """Return the figures of every item, with "blocks", how many blocks were resampled."""
    counts = np.array([np.prod(box.size) for box in boxes])
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
    boxes: list[Any],
    scales: tuple[int, int],
    *,
    p: float,
    dim: int,
    resamples: int,
    seed: int,
    generalised: bool,
) -> Sums:
    """Return the figures of items that all have these counts of leaders."""
    items, _, orders = sums["power_sums"].shape
    weights = np.repeat(count_weights(counts, scales)[None, :, None], orders, axis=2)
    errors, blocks = np.full((1, orders), np.nan), 0
    if resamples:
        inside = boxes[scales[0] - 1 : scales[1]]
        kept = _kept_blocks(sums)
        drawing = {"resamples": resamples, "seed": seed, "generalised": generalised}
        drawing |= {"block_counts": kept.get("block_counts")}
        weights, errors = bootstrap_slopes(kept["block_sums"], inside, scales, **drawing)
        blocks = kept["block_sums"].shape[2]
    figures = exponents(sums, counts, scales, weights=weights, q=np.array(Q), p=p, dim=dim)
    return figures | {
        "standard_error": np.broadcast_to(errors, (items, orders)),
        "slope_weights": np.broadcast_to(weights, (items, *weights.shape[1:])),
        "blocks": np.full(items, blocks),
    }


def _kept_blocks(sums: Sums) -> Sums:
    """Return the block sums without blocks that gaps have emptied, of a single item with gaps."""
    if "block_counts" not in sums:
        return {"block_sums": sums["block_sums"]}
    full = sums["block_counts"][0, 0] > 0
    return {
        "block_sums": sums["block_sums"][:, :, full],
        "block_counts": sums["block_counts"][0][:, full],
    }
