"""Intervals of what figures show."""

from typing import Any

import toolbox


def interval(values: list[float], bounds: tuple[float, float] | None = None) -> dict[str, Any]:
    """Return the mean over draws with its 95 % interval: NaN where the draws are all equal.

    The interval ends at the bounds of what is averaged.
    """
    found = toolbox.bootstrap_interval(values, level=0.95, bounds=bounds, seed=0)
    return {"value": found.value, "low": found.low, "high": found.high, "draws": values}
