"""The panels of the twins table."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from paper_figures.runner.drawing import noted_figure
from paper_figures.texture_similarity.twins_scores import FAMILIES, METHODS, ORACLE, POOLED

SETS = {
    "angle": "angle\n(equal radial spectra)",
    "hurst": "H\n(steps of .05)",
    "intermittency": "λ²\n(equal spectra)",
    "mixed": "H × angle × λ²",
    "zooms": "photographs,\nzoomed",
    "crops": "photographs,\ncrops",
    "papers": "photographic papers\n(synthetic)",
}
MARKS = "osD^vP*Xph<>8"
COLOURS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#a6761d", "#1f78b4", "#999999")


def draw_panels(results: dict[str, Any], found: dict[str, Any], title: str) -> Figure:
    """Return the figure."""
    draws = found["sets"]["mixed"]["draws"]
    size = f"{found['size']} x {found['size']} pixels"
    note = f"mode: {results['mode']}; {draws} draw(s) of each set, {size}"
    figure = noted_figure((16, 8), title, note, room=0.025, title_size=12)
    grid = figure.add_gridspec(1, 4, width_ratios=[0.52, 1.25, 1, 0.8])
    gallery(figure, grid, results)
    table = figure.add_subplot(grid[1])
    dots(table, found, "p_at_1", "b   P@1: the nearest image is of the class")
    dots(figure.add_subplot(grid[2], sharey=table), found, "map_at_r", "c   MAP@R")
    handles, labels = table.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=11, frameon=False, fontsize=9)
    right = grid[3].subgridspec(2, 1)
    for row, (kind, entry) in enumerate(found["closed"].items()):
        bayes(figure.add_subplot(right[row]), kind, entry, "de"[row])
    return figure


def gallery(figure: Figure, grid: GridSpec, results: dict[str, Any]) -> None:
    """Show two classes of each set."""
    inner = grid[0].subgridspec(len(SETS), 2, wspace=0.02, hspace=0.02)
    for row, kind in enumerate(SETS):
        for column, image in enumerate(results[f"example/{kind}"]):
            axes = figure.add_subplot(inner[row, column])
            low, high = np.quantile(image, [0.01, 0.99])
            axes.imshow(image, cmap="gray", vmin=low, vmax=high)
            axes.set(xticks=[], yticks=[])
            if row == 0 and column == 0:
                axes.set_title("a   two classes each", loc="left", fontsize=10)


def dots(axes: Axes, found: dict[str, Any], score: str, title: str) -> None:
    """Show every method's score on every set, chance and the oracle as upright lines."""
    families = list(FAMILIES)
    for row, kind in enumerate(SETS):
        entry = found["sets"][kind]
        if row % 2:
            axes.axhspan(row - 0.5, row + 0.5, color="0.96", zorder=0)
        values = entry[score]
        if score == "p_at_1":
            upright(
                axes, entry["chance"], row, color="0.6", ls=":", label="chance" if not row else ""
            )
        if ORACLE in values:
            upright(
                axes, values[ORACLE], row, color="black", lw=2.2, label="oracle" if not row else ""
            )
        shifts = np.linspace(-0.3, 0.3, len(METHODS) - 1)
        for k, method in enumerate(m for m in METHODS if m != ORACLE):
            at = families.index(method) if method in families else None
            style = {"ms": 7, "lw": 0, "alpha": 0.9, "label": method if not row else ""}
            if at is not None:
                style |= {"marker": MARKS[at % len(MARKS)], "color": COLOURS[at % len(COLOURS)]}
            else:
                face = {"mfc": "white"} if method == POOLED else {}
                style |= {"marker": "d", "color": "black", "ms": 8} | face
            axes.plot(values[method], row + shifts[k], **style)
    axes.set_ylim(len(SETS) - 0.5, -0.5)
    axes.set_xlim(-0.03, 1.03)
    if score == "p_at_1":
        axes.set_yticks(range(len(SETS)), list(SETS.values()), fontsize=9)
    else:
        axes.tick_params(labelleft=False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.9", lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.set_title(title, loc="left", fontsize=10)


def upright(axes: Axes, x: float, row: int, **style: Any) -> None:
    """Draw an upright line across a row."""
    axes.plot([x, x], [row - 0.42, row + 0.42], zorder=1, **style)


def bayes(axes: Axes, kind: str, entry: dict[str, Any], letter: str) -> None:
    """Show the printed accuracy as a line, that of simulated oracles as points."""
    p = np.array(entry["simulated"])
    error = 1.96 * np.sqrt(np.maximum(p * (1 - p), 1e-9) / entry["fields"])
    axes.plot(entry["values"], entry["printed"], color="black", lw=1.5, label="closed formula")
    axes.errorbar(
        entry["values"], p, yerr=error, fmt="o", color="#d94801", capsize=3, label="simulated"
    )
    varied = {"step": "step of H", "modulation": "modulation of the spectrum"}[entry["varied"]]
    axes.set_xlabel(varied)
    axes.set_ylim(0, 1.03)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    name = {"hurst": "H", "angle": "angle"}[kind]
    axes.set_title(f"{letter}   Bayes accuracy, {name} (64 × 64)", loc="left", fontsize=10)
