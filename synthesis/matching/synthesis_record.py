"""The record that every synthesiser returns."""

from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from toolbox.core.panels import panels
from toolbox.core.records import record, stands_for
from toolbox.core.units import no_units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_SHOWN = 16


@record
class Synthesis:
    """Synthetic items with the exemplar that each was made from.

    Attributes
    ----------
    samples : ndarray, shape (n, [K,] *size)
        The children, in the exemplars' units and precision; the axis of components is there when
        the exemplars had one.
    losses : ndarray, shape (n, iterations)
        The objective of each child along its optimisation, smaller is closer to the exemplar's
        statistics; ``n x 0`` for a method that does not iterate.
    parents : ndarray of int, shape (n,)
        Index of the exemplar that each child was made from.
    method : str
        Name of the function that made them.
    dim : int
        Number of spatial axes.
    units : ndarray, shape (n,)
        What each child descends from: its exemplar's unit where the exemplars came with units,
        else the exemplar itself, by a label of its values. Functions that count independent units
        take them from here.
    """

    samples: np.ndarray
    losses: np.ndarray
    parents: np.ndarray
    method: str
    dim: int
    units: np.ndarray = field(default_factory=no_units)

    __array__ = stands_for("samples")

    def plot(self, ax: Any = None) -> "Figure":
        """Return a gallery of the first children (at most 16): images or curves.

        Items of several components show their first one.
        """
        n_shown = min(len(self.samples), _MOST_SHOWN)
        columns = min(n_shown, 4)
        rows = -(-n_shown // columns)
        figure, grid = panels(ax, rows, columns, size=(2.2 * columns, 2.2 * rows))
        axes = np.ravel(grid)
        for panel, child in zip(axes, range(n_shown), strict=False):
            _draw(panel, self._first_component(child))
            panel.set_title(f"child {child} of exemplar {self.parents[child]}", fontsize=7)
        for panel in axes:
            panel.set_xticks([])
            panel.set_yticks([])
        for panel in axes[n_shown:]:
            panel.set_axis_off()
        if ax is None:
            figure.suptitle(self.method, fontsize=9)
        return figure

    def _first_component(self, child: int) -> np.ndarray:
        sample = self.samples[child]
        return sample[0] if sample.ndim > self.dim else sample


def _draw(panel: object, item: np.ndarray) -> None:
    """Draw an image in grey, or a signal as a curve."""
    if item.ndim == 2:
        panel.imshow(item, cmap="gray", interpolation="nearest")
    else:
        panel.plot(item, linewidth=0.6)
