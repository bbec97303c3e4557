"""Two sets of feature vectors as they are given, with what was drawn independently in each."""

from typing import Any, NamedTuple

import numpy as np

from synthesis.evaluation.near_copies import copies_told
from toolbox.core import checks
from toolbox.core.units import units_of_both
from toolbox.distances.clouds import cloud
from toolbox.multiscale.descriptions import Description, described


class FeatureSets(NamedTuple):
    """Samples and reference: their features, their units numbered 0, 1, ... within each set."""

    samples: np.ndarray
    reference: np.ndarray
    units: np.ndarray
    reference_units: np.ndarray
    shared: bool  # a unit is on both sides
    assumed: bool  # nobody said what was drawn independently

    @property
    def n_units(self) -> tuple[int, int]:
        """The number of units on each side."""
        return int(self.units.max()) + 1, int(self.reference_units.max()) + 1

    @property
    def note(self) -> str:
        """What the reader must know of the two sets."""
        return copies_told(self.samples, self.reference)

    @property
    def pooled(self) -> np.ndarray:
        """All features, samples first."""
        return np.concatenate([self.samples, self.reference])

    @property
    def own(self) -> np.ndarray:
        """Each item's unit, numbered through both sets, samples first."""
        return np.concatenate([self.units, self.n_units[0] + self.reference_units])


def feature_sets(
    samples: Any,
    reference: Any,
    *,
    dim: int,
    units: Any,
    reference_units: Any,
    fewest: int,
) -> FeatureSets:
    """Return two sets of at least `fewest` units with the same features."""
    dim = checks.dimension(dim, allowed=(0, 1, 2))
    b, real = _features(reference, "reference", dim=dim)
    a, made = _features(samples, "samples", dim=dim, like=real)
    if a.shape[1] != b.shape[1]:
        checks.refuse("samples", f"{b.shape[1]} features, as in the reference", a.shape[1])
    units, reference_units = (
        checks.known_units(of, given) for of, given in ((made, units), (real, reference_units))
    )
    labels = checks.units(units, "units", length=len(a))
    real_labels = checks.units(reference_units, "reference_units", length=len(b))
    told = units is not None and reference_units is not None
    shared = told and bool(units_of_both(labels, real_labels))
    numbered, real_numbered = (np.unique(x, return_inverse=True)[1] for x in (labels, real_labels))
    for argument, numbers in (("samples", numbered), ("reference", real_numbered)):
        if numbers.max() + 1 < fewest:
            checks.refuse(argument, f"at least {fewest} independent units", numbers.max() + 1)
    return FeatureSets(a, b, numbered, real_numbered, shared, not told)


def _features(
    x: Any, argument: str, *, dim: int, like: Description | None = None
) -> tuple[np.ndarray, Description | None]:
    """Return features (n, F), and the Description where there is one."""
    if dim == 0 and not isinstance(x, Description):
        return cloud(x, argument), None
    description = described(x, argument, dim=max(dim, 1), like=like)
    return description.values, description
