"""Where a record draws: a figure of its own, or the place of the user's axes."""

from typing import Any


def panels(
    ax: Any,
    rows: int = 1,
    columns: int = 1,
    *,
    size: tuple[float, float],
    height_ratios: tuple[float, ...] | None = None,
    sharex: bool = False,
) -> tuple[Any, Any]:
    """Return the figure and its panels: one Axes, or an array of them as `Figure.subplots` gives.

    Without `ax` the figure is new, of `size` inches. One panel is drawn into `ax` itself; several
    share its place, and it is taken away.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from toolbox.core.checks import describe_value, refuse

    options = {"height_ratios": height_ratios, "sharex": sharex}
    if ax is None:
        figure = Figure(figsize=size, layout="constrained")
        return figure, figure.subplots(rows, columns, **options)
    if not isinstance(ax, Axes):
        refuse("ax", "Axes of matplotlib", describe_value(ax))
    if rows * columns == 1:
        return ax.figure, ax
    figure, place = ax.figure, ax.get_subplotspec()
    if place is None:
        refuse("ax", f"Axes on a grid, to be split into {rows} x {columns}", "Axes placed freely")
    ax.remove()
    ratios = {} if height_ratios is None else {"height_ratios": height_ratios}
    return figure, place.subgridspec(rows, columns, **ratios).subplots(sharex=sharex)
