"""The statistics of a description: a new one is a file in this folder and a line in this table."""

from typing import NamedTuple


class Statistic(NamedTuple):
    """One statistic: the file that computes it, its group, and what its axes after the items count.

    Axes: "component" or "pair" (of components) first, then "scale", then perhaps "band" (the three
    directions of images), "bands" (pairs of them) and "axis" (of space).
    """

    file: str  # of this folder; its function `measure` returns the file's statistics by name
    group: str
    axes: tuple[str, ...]


STATISTICS = {
    "energy": Statistic("moments", "spectrum", ("component", "scale", "band")),
    "sparsity": Statistic("moments", "sparsity", ("component", "scale", "band")),
    "kurtosis": Statistic("moments", "sparsity", ("component", "scale", "band")),
    "leader_mean": Statistic("moments", "leaders", ("component", "scale")),
    "leader_variance": Statistic("moments", "leaders", ("component", "scale")),
    "leader_skewness": Statistic("moments", "leaders", ("component", "scale")),
    "orientation_dependence": Statistic("moments", "dependence", ("component", "scale", "bands")),
    "neighbour_correlation": Statistic(
        "moments", "dependence", ("component", "scale", "band", "axis")
    ),
    "neighbour_dependence": Statistic(
        "moments", "dependence", ("component", "scale", "band", "axis")
    ),
    "scale_dependence": Statistic("moments", "dependence", ("component", "scale", "band")),
    "component_correlation": Statistic("moments", "dependence", ("pair", "scale", "band")),
    "component_dependence": Statistic("moments", "dependence", ("pair", "scale", "band")),
    "skewness": Statistic("moments", "asymmetry", ("component", "scale", "band")),
    "time_asymmetry": Statistic("moments", "asymmetry", ("component", "scale")),  # of signals
}
