"""Whether some vectors are near-copies of others, from the spacings of neighbours' distances."""

import numpy as np
from scipy.stats import poisson

OUTER = 4  # spacings from the fifth neighbour on: what few near copies leave as it was
NEIGHBOURS = 10  # of which distances are read
DEPTHS = np.array([2, 2.5, 3, 4, 5, 6])  # of a spacing, that e^-depth of all pass by chance
# Probabilities of so many long spacings: of the first (pairs), then of the next two (triples,
# quadruples), which curved clouds of few points lengthen as well. Of 4200 clouds without copies
# (uniform, Gaussian, heavy-tailed, rolls, spheres; 60 to 1000 points) .8 % are told.
CHANCES = (2e-3, 1e-5, 1e-5)
NAMED = 3  # vectors in the note


def near_copies(logs: np.ndarray, names: np.ndarray) -> list[str]:
    """Return what is to be said of near-copies among points with log-distances (n, k).

    Where points lie evenly at the scale of their neighbours, s_j = j d log(r_{j+1} / r_j) are
    independent exponential variables of mean 1 (Renyi 1953). The outer ones tell d; near-copies at
    a distance of their own make too many of the first ones long. A copy and what it was taken from
    are each other's neighbours, so that it is pairs that are counted.

    `names` are the indices that the user knows the points by.
    """
    spacings = np.arange(1, logs.shape[1]) * np.diff(logs, axis=1)
    outer = spacings[:, OUTER:].mean() if spacings.shape[1] > OUTER else 0.0
    if outer == 0:  # a grid, or too few neighbours
        return []
    for long, chance in zip(spacings[:, : len(CHANCES)].T / outer, CHANCES, strict=True):
        expected = len(long) * np.exp(-DEPTHS)
        counts = (long[:, None] > DEPTHS).sum(axis=0)
        chances = poisson.sf(np.ceil(counts / 2) - 1, expected / 2)
        best = int(chances.argmin())
        if chances[best] < chance:
            return [_text(long, names, counts[best], expected[best], 1 / outer)]
    return []


def _text(
    long: np.ndarray, names: np.ndarray, count: int, expected: float, dimension: float
) -> str:
    clearest = np.argsort(-long, kind="stable")[: min(NAMED, count)]
    first = ", ".join(str(i) for i in np.sort(names[clearest]))
    return (
        f"{count} vectors have neighbours closer than {expected:.0f} would have by chance "
        f"(near-copies, most clearly among items {first}): both estimates may be too small; "
        f"the neighbours {OUTER + 1} to {NEIGHBOURS} alone say {dimension:.3g}"
    )
