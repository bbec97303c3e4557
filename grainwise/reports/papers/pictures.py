"""The pictures of a report about photographic papers."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

LEVELS = {
    3: ("one sheet", "#08306b"),
    2: ("one package", "#2171b5"),
    1: ("one maker", "#6baed6"),
    0: ("two makers", "#c8323c"),
}
ACROSS = 10  # images in a row, and of one group
FRAMES = ("#0b4f8a", "#c8732c")  # of one group and of the next
MOST = 60  # images on the sheet of contacts
EDGE = 96  # pixels of an image that are shown
FINEST = 600  # rows of the drawn table of pairs: what a page can show


def contacts(values: np.ndarray, groups: list[tuple[str, np.ndarray]]) -> Figure:
    """Return images of groups, a frame around each group, which begins with its name.

    Of a group that is larger than a row the first are shown, and of many groups the first.
    """
    cells = contact_cells(groups)
    rows = -(-len(cells) // ACROSS)
    figure = Figure(figsize=(10, 1.16 * rows + 0.1), layout="constrained")
    grid = figure.subplots(rows, ACROSS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (name, group, i) in zip(grid.flat, cells, strict=False):
        image = values[i]
        low, high = np.percentile(image, (1, 99))
        top, left = ((n - min(n, EDGE)) // 2 for n in image.shape)
        shown = image[top : top + EDGE, left : left + EDGE]
        axes.imshow(shown, cmap="gray", vmin=low, vmax=max(high, low + 1e-9))
        axes.set_title(name, fontsize=8, loc="left", color=FRAMES[group % 2], pad=2)
        axes.set_axis_on()
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(color=FRAMES[group % 2], linewidth=2.5)
    return figure


def contact_cells(groups: list[tuple[str, np.ndarray]]) -> list[tuple[str, int, int]]:
    """Return (name of a group that begins, its place, an image) for each image that is shown."""
    cells = [
        (name if k == 0 else "", group, int(i))
        for group, (name, those) in enumerate(groups)
        for k, i in enumerate(those[:ACROSS])
    ]
    return cells[:MOST]


def resemblances(scores: np.ndarray, order: np.ndarray, bounds: np.ndarray, known: Any) -> Figure:
    """Return the table of pairs in an order, and scores by what is known of the pairs."""
    figure = Figure(figsize=(10, 4.3), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.05])
    table = scores[np.ix_(order, order)]
    off = table[~np.eye(len(table), dtype=bool)]
    low, high = np.nanpercentile(off, (2, 99.5))
    side = (-0.5, len(table) - 0.5)
    drawn = left.imshow(
        _block_means(table),
        extent=(*side, *side[::-1]),
        cmap="magma",
        vmin=low,
        vmax=high,
        interpolation="nearest",
    )
    for bound in bounds:
        left.axhline(bound - 0.5, color="white", lw=0.6)
        left.axvline(bound - 0.5, color="white", lw=0.6)
    left.set(xticks=[], yticks=[], xlabel="papers", ylabel="papers")
    figure.colorbar(drawn, ax=left, label="alike", shrink=0.85)
    _by_relation(right, scores, known)
    return figure


def _block_means(table: np.ndarray) -> np.ndarray:
    """Return means over blocks, without the diagonal, of a table of more rows than are drawn."""
    n = len(table)
    if n <= FINEST:
        return table
    begins = np.arange(0, n, -(-n // FINEST))
    sizes = np.diff(np.append(begins, n))
    known = np.where(np.eye(n, dtype=bool), 0, table)
    sums = np.add.reduceat(np.add.reduceat(known, begins, axis=0), begins, axis=1)
    return sums / np.maximum(np.outer(sizes, sizes) - np.diag(sizes), 1)


def _by_relation(axes: Any, scores: np.ndarray, known: np.ndarray) -> None:
    i, j = np.triu_indices(len(scores), 1)
    values, relation = scores[i, j], known[i, j]
    edges = np.linspace(*np.nanpercentile(values, (0.2, 99.9)), 50)
    for level, (name, colour) in LEVELS.items():
        those = values[relation == level]
        if len(those):
            label = f"{name} ({len(those)} pairs)"
            axes.hist(those, edges, density=True, color=colour, alpha=0.55, label=label)
    if (relation < 0).any() and not (relation >= 0).any():
        axes.hist(values, edges, density=True, color="#9db4c8", label="all pairs")
    axes.set(xlabel="less alike      more alike", yticks=[])
    axes.legend(frameon=False, fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)


def nearest(values: np.ndarray, names: Any, scores: np.ndarray, shown: np.ndarray) -> Figure:
    """Return papers, each with the three that are most alike."""
    figure = Figure(figsize=(10, 1.55 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 4, squeeze=False)
    off = np.where(np.eye(len(scores), dtype=bool), -np.inf, scores)
    for row, i in zip(grid, shown, strict=True):
        close = np.argsort(-off[i], kind="stable")[:3]
        for k, (axes, item) in enumerate(zip(row, (i, *close), strict=True)):
            image = values[item]
            axes.imshow(image[:EDGE, : 2 * EDGE], cmap="gray", aspect="equal")
            text = str(names[item]) if k == 0 else f"{names[item]}  {off[i, item]:+.1f}"
            axes.set_title(text[-34:], fontsize=8, loc="left", color="#0b4f8a" if k == 0 else "0.3")
            axes.set_axis_off()
    return figure
