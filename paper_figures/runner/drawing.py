"""What figures share: a title above their panels, and below them a note in small type."""

from matplotlib.figure import Figure


def noted_figure(
    size: tuple[float, float],
    title: str,
    note: str,
    *,
    room: float = 0.03,
    title_size: float = 11,
    low: float = 0.004,
) -> Figure:
    """Return a figure whose panels leave room, a share of its height, for the note below them."""
    figure = Figure(figsize=size, layout="constrained")
    figure.get_layout_engine().set(rect=(0, room, 1, 1 - room))
    figure.suptitle(title, fontsize=title_size)
    figure.text(0.004, low, note, fontsize=7, color="gray")
    return figure
