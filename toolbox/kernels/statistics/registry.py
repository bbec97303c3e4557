"""The statistics of a description: a new one is a file in this folder and a line in this table."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple


class Statistic(NamedTuple):
    """One statistic: the file that computes it, its group, and what its axes after the items count.

    Axes: "component" or "pair" (of components) first, then "scale", then perhaps "band" (the three
    directions of images), "bands" (pairs of them) and "axis" (of space).
    """

    file: str  # of this folder; its function `measure` returns the file's statistics by name
    group: str
    axes: tuple[str, ...]


STATISTICS = {
    "energy": Statistic("bands", "spectrum", ("component", "scale", "band")),
    "sparsity": Statistic("bands", "sparsity", ("component", "scale", "band")),
    "kurtosis": Statistic("bands", "sparsity", ("component", "scale", "band")),
    "leader_mean": Statistic("log_leader_moments", "leaders", ("component", "scale")),
    "leader_variance": Statistic("log_leader_moments", "leaders", ("component", "scale")),
    "leader_skewness": Statistic("log_leader_moments", "leaders", ("component", "scale")),
    "orientation_dependence": Statistic("bands", "dependence", ("component", "scale", "bands")),
    "neighbour_correlation": Statistic(
        "bands", "dependence", ("component", "scale", "band", "axis")
    ),
    "neighbour_dependence": Statistic(
        "bands", "dependence", ("component", "scale", "band", "axis")
    ),
    "scale_dependence": Statistic("parents", "dependence", ("component", "scale", "band")),
    "component_correlation": Statistic("pairs", "dependence", ("pair", "scale", "band")),
    "component_dependence": Statistic("pairs", "dependence", ("pair", "scale", "band")),
    "skewness": Statistic("bands", "asymmetry", ("component", "scale", "band")),
    "time_asymmetry": Statistic("increments", "asymmetry", ("component", "scale")),  # of signals
}


def measures() -> list[Callable[[Any], dict[str, Any]]]:
    """Return the function `measure` of each file; they load JAX."""
    files = dict.fromkeys(statistic.file for statistic in STATISTICS.values())
    return [import_module(f"toolbox.kernels.statistics.{file}").measure for file in files]
