"""How numbers pass many sorted ones, and what ranks are worth: one number after the other."""

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
def part_by_label(
    distances: np.ndarray,
    queries: np.ndarray,
    labels: np.ndarray,
    same: np.ndarray,
    others: np.ndarray,
) -> None:
    """Write each query's distances to its label's items and to all others, infinite behind them.

    That to itself is in neither.
    """
    for row in range(len(queries)):
        query, alike, apart = queries[row], 0, 0
        own = labels[query]
        for column in range(len(labels)):
            if labels[column] != own:
                others[row, apart] = distances[row, column]
                apart += 1
            elif column != query:
                same[row, alike] = distances[row, column]
                alike += 1
        same[row, alike:], others[row, apart:] = np.inf, np.inf


@compiled()
def gather_same(
    distances: np.ndarray, queries: np.ndarray, labels: np.ndarray, found: np.ndarray
) -> None:
    """Write each query's distances to the other items of its label, one query after the other."""
    spot = 0
    for row in range(len(queries)):
        query = queries[row]
        own = labels[query]
        for column in range(len(labels)):
            if labels[column] == own and column != query:
                found[spot] = distances[row, column]
                spot += 1


@compiled(inline=True)
def place(
    x: float, ordered: np.ndarray, starts: np.ndarray, low: float, scale: float, highest: float
) -> int:
    """Return the place of the first sorted number that is not below x.

    Those of cell c = (x - low) scale begin at starts[c]. Few stand in one cell, most often.
    """
    cell = np.uint64(min(max((x - low) * scale, 0.0), highest))
    first = left = np.uint64(starts[cell])
    while ordered[left] < x:
        left += ONE
        if left == first + STEPS:
            return search(ordered, left, np.uint64(starts[cell + ONE]), x)
    return left


@compiled()
def places(
    values: np.ndarray,
    ordered: np.ndarray,
    starts: np.ndarray,
    low: float,
    scale: float,
    found: np.ndarray,
) -> None:
    """Write the place of each value among the sorted numbers, the first where several tie."""
    highest = len(starts) - 2.0
    for i in range(len(values)):
        found[i] = place(values[i], ordered, starts, low, scale, highest)


@compiled()
def count_passed(
    distances: np.ndarray,
    ordered: np.ndarray,
    ends: np.ndarray,
    starts: np.ndarray,
    low: float,
    scale: float,
    twice_passed: np.ndarray,
    twice_ranks: np.ndarray,
) -> None:
    """Add each row's distances, in any order, to what has passed; write twice their ranks.

    Infinite ones fill rows up and do not count. `ordered` are the sorted distances that they pass,
    `ends` say where the equals of each end; both have one place more. `starts`, `low` and `scale`
    are as for `place`.
    """
    highest = len(starts) - 2.0
    for row in range(len(distances)):
        total = np.uint64(0)
        for column in range(distances.shape[1]):
            x = distances[row, column]
            if x == np.inf:
                continue
            left = place(x, ordered, starts, low, scale, highest)
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
def equals(row: np.ndarray, start: int, value: float, ordered: int) -> int:
    """Return how many numbers of a row equal a value, from the place where they begin.

    So many numbers of the row are sorted, and those behind, in any order, are not smaller.
    """
    end = start
    while end < ordered and row[end] == value:
        end += 1
    found = end - start
    if end == ordered:
        for column in range(ordered, len(row)):
            found += row[column] == value
    return found


@compiled()
def score_ranks(
    same: np.ndarray, others: np.ndarray, totals: np.ndarray, scores: np.ndarray
) -> None:
    """Write P@1, R-precision and MAP@R of each row's two lists of distances.

    Those to items of its label are sorted; of the others as many of the smallest as these are.
    In expectation over the order of ties: of g tied items m are relevant, after `before` items of
    which `passed` are (see `similarity.retrieval_scores`). There are `totals` relevant ones.
    """
    ordered = min(same.shape[1], others.shape[1])
    for row in range(len(totals)):
        total, passed, before = totals[row], 0, 0
        scores[row] = 0.0
        while before < total:
            nearest = min(same[row, passed], others[row, before - passed])
            m = equals(same[row], passed, nearest, len(same[row]))
            g = m + equals(others[row], before - passed, nearest, ordered)
            chance = m / g
            if before == 0:
                scores[row, 0] = chance
            for t in range(1, min(g, total - before) + 1):
                already = (t - 1) * (m - 1) / max(g - 1, 1)
                scores[row, 1] += chance / total
                scores[row, 2] += chance * (passed + 1 + already) / (before + t) / total
            passed, before = passed + m, before + g


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
