"""P@1, R-precision and MAP@R of many queries at once, in expectation over the order of ties."""

import numpy as np


def ranked_scores(distances: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the expected P@1, R-precision and MAP@R (B, 3) of a block of queries.

    `distances` (B, n), `same` says which items are relevant, R a query. Only the items up to the
    R-th nearest count, with all that are tied with it.
    """
    total = same.sum(axis=1)
    ordered = np.partition(distances, np.unique(total - 1), axis=1)
    farthest = np.take_along_axis(ordered, total[:, None] - 1, axis=1)
    near = distances <= farthest
    width = int(near.sum(axis=1).max())
    value, relevant = _gathered(distances, same, near, width)
    place = np.arange(width)
    new = np.ones(value.shape, dtype=bool)
    new[:, 1:] = value[:, 1:] != value[:, :-1]
    first = np.maximum.accumulate(np.where(new, place, 0), axis=1)  # of the place's tie group
    ends = np.where(np.roll(new, -1, axis=1), place + 1, width)
    ends[:, -1] = width
    ends = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    passed = np.pad(np.cumsum(relevant, axis=1), ((0, 0), (1, 0)))
    before = np.take_along_axis(passed, first, axis=1)  # M, relevant in earlier groups
    inside = np.take_along_axis(passed, ends, axis=1) - before  # m, relevant in the group
    return _expected(place - first + 1, inside, ends - first, before, total)


def _gathered(
    distances: np.ndarray, same: np.ndarray, near: np.ndarray, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the near items' distances (B, width), sorted and filled with inf, and relevance."""
    row, column = np.nonzero(near)
    counts = near.sum(axis=1)
    spot = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    value = np.full((len(near), width), np.inf)
    relevant = np.zeros((len(near), width), dtype=bool)
    value[row, spot], relevant[row, spot] = distances[row, column], same[row, column]
    order = np.argsort(value, axis=1)
    return np.take_along_axis(value, order, axis=1), np.take_along_axis(relevant, order, axis=1)


def _expected(
    t: np.ndarray, m: np.ndarray, g: np.ndarray, before: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Return the scores from each place's t, and m, g, M of its group (see `retrieval_scores`)."""
    place = np.arange(1, t.shape[1] + 1)
    counted = place <= total[:, None]
    chance = np.where(counted, m / g, 0)
    already = (t - 1) * (m - 1) / np.maximum(g - 1, 1)
    precision = chance * (before + 1 + already) / place
    return np.column_stack(
        [chance[:, 0], chance.sum(axis=1) / total, precision.sum(axis=1) / total]
    )
