"""The scales over which exponents are measured, from the size of the space."""

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.kernels.boxes import Box, scale_boxes

FEWEST = 8  # leaders under the statistics of a scale
FINEST = {1: 3, 2: 2}  # signals, images: finer scales feel the sampling; images have few others
FEWEST_SCALES = 2  # a straight line


def leader_boxes(space: tuple[int, ...], *, length: int) -> list[Box]:
    """Return the box of leaders of every scale that has at least `FEWEST`, finest first."""
    return list(_leader_boxes(tuple(space), length))


@lru_cache  # asked for several times in a call, each of which would be a twentieth of it
def _leader_boxes(space: tuple[int, ...], length: int) -> tuple[Box, ...]:
    boxes = []
    for _, pooled in scale_boxes(space, length=length):
        box = pooled.inside
        if min(box.size) < 1 or prod(box.size) < FEWEST:
            break
        boxes.append(box)
    return tuple(boxes)


def check_scales(scales: Any, space: tuple[int, ...], *, length: int) -> tuple[int, int]:
    """Return (j1, j2), by default j2 = J, the last scale, and j1 = 3 (2), or less for 3 scales."""
    if scales is None:
        wanted, first, last = FEWEST_SCALES, None, None
    else:
        try:
            first, last = (checks.count(j, "scales") for j in scales)
        except (TypeError, ValueError):
            first, last = 0, 0
        if first >= last:
            got = checks.describe_value(scales)
            checks.refuse("scales", "two whole numbers 1 <= j1 < j2", got)
        wanted = last
    J = len(leader_boxes(space, length=length))
    if wanted > J:
        need = shortest(wanted, dim=len(space), length=length)
        scales = f"{wanted} scales" if last is None else f"scales up to {last}"
        text = f"at least {need} samples an axis for {scales} of {FEWEST} leaders"
        checks.refuse("x", text, min(space))
    return (max(1, min(FINEST[len(space)], J - 2)), J) if last is None else (first, last)


def check_cross_scales(scales: Any, space: tuple[int, ...], *, length: int) -> tuple[int, int]:
    """Return (j1, j2) for cross-cumulants: by default j1 of a signal grows with its length."""
    first, last = check_scales(scales, space, length=length)
    if scales is not None or len(space) == 2:
        return first, last
    # What is sampled has no fluctuations finer than a sample. The bias of c_11 from that falls by
    # 2^(-.75 j1) whatever the size; the standard deviation is as 2^(j1 / 2) / sqrt(size). Their
    # ratio, which the coverage of intervals rests on, is kept by j1 that grows by 2 in 5 octaves of
    # the size; by 1 in 2 it falls a little.
    return max(first, (last - 3) // 2), last


def shortest(levels: int, *, dim: int, length: int) -> int:
    """Return the side of the smallest signal or square that has so many scales."""

    def enough(n: int) -> bool:
        return len(leader_boxes((n,) * dim, length=length)) >= levels

    high = 1
    while not enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def scales_beside_gaps(
    scales: Any, remaining: np.ndarray, space: tuple[int, ...], *, length: int
) -> Any:
    """Return the scales, by default those at which every item keeps enough leaders.

    `remaining` (items, J) is how many leaders there are.
    """
    fewest = remaining.min(axis=0)
    if scales is None:
        enough = fewest >= FEWEST - 0.5  # whole numbers, but computed as shares times counts
        last = len(enough) if enough.all() else int(np.argmin(enough))
        if last < FEWEST_SCALES:
            wanted = f"gaps that leave {FEWEST} leaders at {FEWEST_SCALES} scales"
            checks.refuse(
                "missing", wanted, f"{fewest[: last + 1].round().astype(int)} from scale 1"
            )
        return max(1, min(FINEST[len(space)], last - 2)), last
    first, last = check_scales(scales, space, length=length)
    for j in range(first, last + 1):
        if fewest[j - 1] < FEWEST - 0.5:
            item, left = int(remaining[:, j - 1].argmin()), round(float(fewest[j - 1]))
            wanted = f"gaps that leave {FEWEST} leaders at scale {j} (or scales up to {j - 1})"
            checks.refuse("missing", wanted, f"{left} in item {item}", item=item)
    return first, last
