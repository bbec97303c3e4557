"""What a distance between two sets is reported as, and its permutation test by whole units."""

from collections.abc import Callable

import numpy as np

from synthesis.evaluation.feature_sets import FeatureSets
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.core.units import ASSUMED
from toolbox.resampling.arrangements import assignments, p_values, smallest_p_value

_FEWEST_UNITS = 2  # on each side, for a p-value


@record
class SetDistance:
    """A distance between two sets of items.

    Attributes
    ----------
    value : float
        The estimate without the bias of small sets: 0 on average for two sets of one law, so that
        it may be negative; larger is worse.
    plug_in : float
        The usual estimate, >= 0 and too large for small sets.
    p_value : float
        Against "both sets have the same law"; NaN where the units allow none, or with no resamples.
    units : tuple of int
        Number of independent units on each side.
    note : str
        What the reader must know.
    """

    value: float
    plug_in: float
    p_value: float
    units: tuple[int, int]
    note: str


def permutation_test(
    statistic: Callable[[np.ndarray], float],
    sets: FeatureSets,
    *,
    name: str,
    seed: int,
    resamples: int,
) -> tuple[float, str]:
    """Return the p-value of a statistic of the items in the first set, (N,) bool, and a note.

    Whole units change sides. Large values of the statistic speak against one law.
    """
    n, m = sets.n_units
    if sets.shared:
        return np.nan, "a unit is on both sides: no p-value"
    if resamples == 0:
        return np.nan, ""
    if min(n, m) < _FEWEST_UNITS:
        return np.nan, "fewer than two independent units on a side: no p-value"
    stream = generator(seed, name, "permutations")
    table = assignments(n, m, resamples=resamples, generator=stream)[:, sets.own]
    values = np.array([[statistic(first)] for first in table])
    smallest = smallest_p_value(n, m, resamples)
    note = f"the units cannot go below p = {smallest:.3g}" if smallest > 0.05 else ""
    return float(p_values(values)[0, 0]), remarks(note, ASSUMED if sets.assumed else "")


def remarks(*notes: str) -> str:
    """Return the notes that say something, as one."""
    return "; ".join(filter(None, notes))
