"""Pooled statistics: one mean for each kind of statistic, over its scales, directions and axes.

Most departures move all statistics of one kind together, but the errors of the coarse scales are
large and shared with the fine ones. So each scale counts as many times as it has coefficients.
"""

import re

import numpy as np

_LABEL = re.compile(r"(?P<kind>[^\[]+)\[(?P<words>[^\]]*)\]")  # energy[k=0,j=1,H]
_COMPONENTS = re.compile(r"k=\d+|\d+x\d+")
_SCALE = re.compile(r"j=(\d+)")


def pooling(names: tuple[str, ...], *, dim: int) -> np.ndarray:
    """Return weights (F, P), one column a kind (and component), that sum to 1 in every column.

    Scale j weighs 2^(-dim j). A statistic whose name is of another form is a kind of its own.
    """
    kinds, scales = zip(*(_kind_and_scale(name) for name in names), strict=True)
    columns = list(dict.fromkeys(kinds))
    weights = np.zeros((len(names), len(columns)))
    for row, (kind, scale) in enumerate(zip(kinds, scales, strict=True)):
        weights[row, columns.index(kind)] = 2.0 ** (-dim * scale)
    return weights / weights.sum(axis=0)


def _kind_and_scale(name: str) -> tuple[str, int]:
    label = _LABEL.fullmatch(name)
    if label is None:
        return name, 0
    words = label["words"].split(",")
    components = [word for word in words if _COMPONENTS.fullmatch(word)]
    scales = [int(found[1]) for word in words if (found := _SCALE.fullmatch(word))]
    return " ".join([label["kind"], *components]), sum(scales)
