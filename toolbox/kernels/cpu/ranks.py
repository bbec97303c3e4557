"""How numbers pass many sorted ones, and which of a row are near: one number after the other."""

import numpy as np

from toolbox.kernels.cpu.compiling import compiled

# Without a sign, so that no place counts from the end: three times as fast.
ONE, STEPS = np.uint64(1), np.uint64(8)


@compiled()
def search(ordered: np.ndarray, first: int, last: int, x: float) -> int:
    """Return the place of the first sorted number from `first` that is not below x, or `last`."""
    while first < last:
        middle = (first + last) >> ONE
        if ordered[middle] < x:
            first = middle + ONE
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

    `ordered` are the sorted distances, `ends` say where the equals of each end; both have one place
    more. Those of cell c = (x - low) scale begin at starts[c]. An infinite distance, of a query to
    itself, is none.
    """
    highest = len(starts) - 2.0
    for row in range(len(distances)):
        total = np.uint64(0)
        for column in range(distances.shape[1]):
            x = distances[row, column]
            if same[row, column] or x == np.inf:
                continue
            cell = np.uint64(min(max((x - low) * scale, 0.0), highest))
            first = left = np.uint64(starts[cell])
            while ordered[left] < x:
                left += ONE
                if left == first + STEPS:
                    left = search(ordered, left, np.uint64(starts[cell + ONE]), x)
                    break
            if ordered[left] == x:
                right = np.uint64(ends[left])
                twice_passed[left] += 1
                twice_passed[right] += 1
                total += left + right
            else:
                twice_passed[left] += 2
                total += left + left
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


@compiled(makes_arrays=True)
def place_smallest(rows: np.ndarray, places: np.ndarray) -> None:
    """Write the columns (n, k) of the k smallest numbers of rows (n, m), the smallest first.

    Of equal numbers the first count; at least k must be finite.
    """
    k = places.shape[1]
    last, smallest = k - 1, np.empty(k)
    for row in range(len(rows)):
        smallest[:] = np.inf
        for column in range(rows.shape[1]):
            x = rows[row, column]
            if x < smallest[last]:
                spot = last
                while spot > 0 and x < smallest[spot - 1]:
                    smallest[spot] = smallest[spot - 1]
                    places[row, spot] = places[row, spot - 1]
                    spot -= 1
                smallest[spot] = x
                places[row, spot] = column
