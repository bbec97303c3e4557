"""Intervals of what figures show."""

from typing import Any

import toolbox


def interval(values: list[float]) -> dict[str, Any]:
    """Return the mean over draws with its 95 % interval: NaN where the draws are all equal."""
    found = toolbox.bootstrap_interval(values, level=0.95, seed=0)
    return {"value": found.value, "low": found.low, "high": found.high, "draws": values}
