"""Sums of log-leaders of many items, analysed a block of items at a time, and their lowest ones."""

import math
from typing import Any

import numpy as np

from toolbox.core.device import block_samples, blocks_for_kernels, compute_each, jax_device
from toolbox.core.item_blocks import largest_magnitude, usable_cores
from toolbox.multifractals.scaling_range import leader_boxes
from toolbox.multifractals.slopes import slope_weights

Q = tuple(range(-5, 6))
# What `lowest_block` must be above to matter: of what random walks may have, and next to zeros the
# usual depth of the lowest of a thousand.
SOMEWHAT, LOW_ON_FLAT = 0.75, 0.45
SHARES = 2  # of each core: one that another program holds up hands its second to the others


def leader_sums(
    flat: np.ndarray,
    bank: Any,
    scales: tuple[int, int],
    *,
    device: str,
    gaps: bool = False,
    largest: np.ndarray | None = None,
    **options: Any,
) -> dict[str, np.ndarray]:
    """Return the kernel's sums of all items, (items, *space), in float64.

    They are those of items scaled to a largest magnitude from .5 to 1, whose powers stay in range;
    "log_gain" is what the logarithms lack for it, "lowest" how far down the finest of them lie (see
    `lowest_block`). With `gaps` NaN marks samples that are missing; "counts" then says how many
    leaders of each item and scale remain, "block_counts" how many of each block. `largest`, the
    largest magnitude of each item, is looked for unless it is known.
    """
    from toolbox.kernels.cpu.magnitudes import magnitudes
    from toolbox.kernels.log_leaders import sums_of_unit_items

    if largest is None and gaps:
        largest = largest_magnitude(flat, dim=flat.ndim - 1)
    elif largest is None:
        largest, _ = magnitudes(flat.reshape(len(flat), -1))
    unit, exponent = np.frexp(largest)
    floor = np.finfo(flat.dtype).eps * unit
    boxes = leader_boxes(flat.shape[1:], length=len(bank[0]))
    counts = np.array([math.prod(box.size) for box in boxes])
    j = np.arange(scales[0], scales[1] + 1)
    options |= {"levels": len(boxes), "first_scale": scales[0], "gaps": gaps}
    shared = (slope_weights(j, counts[j - 1]), np.array(Q))
    blocks = blocks_for_kernels(flat, largest=samples_together(flat, device=device), device=device)
    together = 1 << (len(blocks[0]) - 1).bit_length()  # items, of which a single block lacks some
    places = blocks_for_kernels(np.arange(len(flat)), largest=together, device=device)
    calls = [
        (block, exponent[i], *(a.astype(flat.dtype) for a in (*bank, floor[i], *shared)))
        for block, i in zip(blocks, places, strict=True)
    ]
    parts = []
    # While the lowest block of some items is looked for, the sums of the next are computed.
    for part in compute_each(sums_of_unit_items, calls, device=device, **options):
        matters = np.where(part["flat"] > 0, LOW_ON_FLAT, SOMEWHAT)
        parts.append(part | {"lowest": lowest_block(part.pop("finest"), matters=matters)})
    sums = {
        name: np.concatenate([part[name] for part in parts])[: len(flat)].astype(
            np.float64, copy=False
        )
        for name in parts[0]
    }
    return sums | {"log_gain": exponent * np.log(2)}


def samples_together(flat: np.ndarray, *, device: str) -> int:
    """Return how many samples to give the kernel at once."""
    most = block_samples(flat.dtype, device=device)
    if jax_device(device).platform == "cpu":  # item by item: few calls, if all cores have some
        most = max(most, flat.size // (SHARES * usable_cores()))
    return most


def lowest_block(e: np.ndarray, *, matters: float | np.ndarray = 0.0) -> np.ndarray:
    """Return how deep the lowest block of log-leaders, (items, *sides), lies: (items,).

    Of the means of blocks of 1, 2, 4, ... leaders along each axis: median minus minimum over the
    spread of the others, in units of what random walks may have, so that above 1 a stretch is flat
    or damped. A block is as long as a stretch once: its mean has the stretch's whole depth, and
    varies little elsewhere. NaN marks gaps; a block that touches one is left out. What is surely
    below what `matters` may be given as 0: to find it would take several times as long.
    """
    from toolbox.kernels.cpu.engine import as_images
    from toolbox.kernels.cpu.low_blocks import lowest_blocks

    deepest = np.zeros(len(e))
    least = np.broadcast_to(matters, len(e)).astype(float)
    lowest_blocks(as_images(e), e.ndim - 1, least, deepest)
    return deepest
