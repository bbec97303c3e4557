"""The turns and mirror images of a square, on arrays and tensors whose last two axes are space.

An element is (transposed, rows reversed, columns reversed), done in that order. Those without
transposition, the group D2, keep the shape of a rectangle.
"""

from itertools import product
from typing import TypeVar

Spatial = TypeVar("Spatial")  # a NumPy array or a torch tensor
Element = tuple[bool, bool, bool]

D4: tuple[Element, ...] = tuple(product((False, True), repeat=3))
D2 = tuple(g for g in D4 if not g[0])
GROUPS = {"none": D4[:1], "d2": D2, "d4": D4}


def moved(x: Spatial, element: Element) -> Spatial:
    """Return x turned or mirrored."""
    transposed, rows, columns = element
    if transposed:
        x = x.swapaxes(-1, -2)
    axes = [-2] * rows + [-1] * columns
    return _reversed(x, axes)


def inverse(element: Element) -> Element:
    """Return the element that undoes this one: reversals change places behind a transposition."""
    transposed, rows, columns = element
    return (True, columns, rows) if transposed else element


def _reversed(x: Spatial, axes: list[int]) -> Spatial:
    if not axes:
        return x
    if hasattr(x, "flip"):  # torch, which has no negative strides
        return x.flip(axes)
    rows = slice(None, None, -1 if -2 in axes else 1)
    columns = slice(None, None, -1 if -1 in axes else 1)
    return x[..., rows, columns]
