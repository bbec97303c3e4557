"""Sizes of all that is made of an item, as a table that compiled functions read."""

from functools import lru_cache
from itertools import islice

import numpy as np

from toolbox.kernels.boxes import scale_boxes

# Columns, each a pair (rows, columns); a signal is an image of one row.
APPROXIMATION, DETAILS, POOLED, OFFSET, START, LEADERS = range(6)


@lru_cache(maxsize=256)
def geometry(space: tuple[int, ...], levels: int, length: int) -> np.ndarray:
    """Return sizes and places of each scale, (levels, 6, 2), finest first.

    Sizes of the approximation, the details, their supremum with all finer scales and the leaders;
    how much further on a position's own detail stands than its supremum, and where the children of
    the first position begin. Without leaders their size is 0.
    """
    table, before = np.zeros((levels, 6, 2), np.int64), None
    table[:, [APPROXIMATION, DETAILS, POOLED, LEADERS], 0] = 1
    windows = space
    boxes = islice(scale_boxes(space, length=length), levels)
    for row, (own, pooled) in zip(table, boxes, strict=True):
        windows = tuple((n - length) // 2 + 1 for n in windows)
        inside = slice(2 - len(space), 2)
        row[APPROXIMATION, inside], row[DETAILS, inside] = windows, own.size
        row[POOLED, inside] = pooled.size
        row[OFFSET, inside] = [k - f for k, f in zip(pooled.first, own.first, strict=True)]
        if before is not None:
            row[START, inside] = [
                2 * k - f for k, f in zip(pooled.first, before.first, strict=True)
            ]
        row[LEADERS, inside] = [max(0, n - 2) for n in pooled.size]
        before = pooled
    table.flags.writeable = False
    return table
