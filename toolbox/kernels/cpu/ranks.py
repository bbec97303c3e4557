"""Where numbers stand among many sorted ones, and which of a row are near, one after the other."""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled


@compiled()
def cell_of(x: float, low: float, scale: float, cells: int) -> int:
    """Return the cell from 0 to cells - 1, a monotone function of x >= low."""
    place = (float(x) - low) * scale
    return cells - 1 if place >= cells else int(place)


@compiled()
def rank(
    x: float, ordered: np.ndarray, starts: np.ndarray, low: float, scale: float, cells: int
) -> int:
    """Return how many of the sorted numbers are below x; those of cell c begin at starts[c]."""
    if not x > low:
        return 0
    cell = cell_of(x, low, scale, cells)
    first, last = starts[cell], starts[cell + 1]
    while first < last:
        middle = (first + last) // 2
        if ordered[middle] < x:
            first = middle + 1
        else:
            last = middle
    return first


@compiled()
def count_passed(
    distances: np.ndarray,
    same: np.ndarray,
    ordered: np.ndarray,
    ends: np.ndarray,
    starts: np.ndarray,
    low: float,
    scale: float,
    twice_passed: np.ndarray,
    twice_ranks: np.ndarray,
) -> None:
    """Add each row's distances of two labels to what has passed, and write twice their ranks.

    `ends` says where the equals of a sorted number end. An infinite distance, of the query to
    itself, is none.
    """
    cells = len(starts) - 1
    for row in range(len(distances)):
        total = 0
        for column in range(distances.shape[1]):
            x = distances[row, column]
            if same[row, column] or x == np.inf:
                continue
            left = rank(x, ordered, starts, low, scale, cells)
            right = ends[left] if left < len(ordered) and ordered[left] == x else left
            twice_passed[left] += 1
            twice_passed[right] += 1
            total += left + right
        twice_ranks[row] = total


@compiled()
def gather_near(
    distances: np.ndarray,
    same: np.ndarray,
    farthest: np.ndarray,
    value: np.ndarray,
    relevant: np.ndarray,
) -> None:
    """Write each row's distances up to the farthest, and whether they are of its label."""
    for row in range(len(distances)):
        spot, most = 0, farthest[row]
        for column in range(distances.shape[1]):
            if distances[row, column] <= most:
                value[row, spot] = distances[row, column]
                relevant[row, spot] = same[row, column]
                spot += 1
