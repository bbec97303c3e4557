"""Strings and objects in MATLAB's files."""

from typing import Any

import numpy as np


def text(rows: list[str]) -> Any:
    """Return the text of a char matrix: a string, or an object array of its rows."""
    return "".join(rows) if len(rows) < 2 else objects(rows, (len(rows), 1))


def objects(values: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    """Return an object array of the given values, whatever they are."""
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array.reshape(shape)
