"""What evaluation takes: sets of items, or what was described already."""

from dataclasses import replace
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.multiscale.descriptions import Description, description_of

ASSUMED = "units are not given: every item counts as drawn independently"


def known(units: Any, description: Description | None) -> Any:
    """Return the units given, else those that the description knows, else None."""
    return checks.known_units(description) if units is None else units


def repeated(samples: np.ndarray, reference: np.ndarray) -> int:
    """Return how many samples have exactly the features of an item of the reference."""
    there = {row.tobytes() for row in reference}
    return sum(row.tobytes() in there for row in samples)


def described(
    x: Any, argument: str, *, dim: int, fewest: int = 1, like: Description | None = None
) -> Description:
    """Return a finite Description of at least `fewest` items with the statistics of `like`."""
    description = description_of(x, argument, dim=dim)
    values = checks.real_array(description.values, argument, ndim=2).astype(np.float64)
    if len(values) < fewest:
        checks.refuse(argument, f"at least {fewest} items", len(values))
    if like is not None and tuple(description.names) != tuple(like.names):
        wanted = f"the same {len(like.names)} statistics as the other items (equal sizes)"
        checks.refuse(argument, wanted, f"{len(description.names)} statistics")
    return replace(description, values=values)
