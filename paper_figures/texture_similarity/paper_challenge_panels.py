"""The panels of the paper challenge."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata

from paper_figures.runner.drawing import noted_figure
from paper_figures.texture_similarity.paper_challenge_numbers import LEVELS, mean, outlyingness
from paper_figures.texture_similarity.twins_scores import FAMILIES, ORACLE, POOLED

TONES = {"sheet": "#08519c", "package": "#4292c6", "maker": "#9ecae1", "single": "#d94801"}


def draw_panels(results: dict[str, Any], found: dict[str, Any], title: str) -> Figure:
    """Return the figure: papers, affinities, P@1 a level, outliers."""
    note = (
        f"mode: {results['mode']}; {found['draws']} draw(s) of {found['items']} "
        f"{found['source']} papers, {found['groups']} of them in groups, "
        f"{results['size']} x {results['size']} pixels"
    )
    figure = noted_figure((16, 5.2), title, note, title_size=12)
    grid = figure.add_gridspec(1, 4, width_ratios=[1, 1.15, 1, 1])
    gallery(figure.add_subplot(grid[0]), results["examples"], results["example_levels"])
    affinities(figure.add_subplot(grid[1]), results)
    relations(figure.add_subplot(grid[2]), found)
    singles(figure.add_subplot(grid[3]), results, found)
    return figure


def gallery(axes: Axes, images: np.ndarray, levels: np.ndarray) -> None:
    """Show up to four papers of each level, and four singles."""
    size = images.shape[-1]
    pitch = size + size // 16
    for row, level in enumerate(TONES):
        for column, image in enumerate(images[levels == level]):
            left, top = column * pitch, row * pitch
            extent = (left, left + size, top + size, top)
            axes.imshow(image, cmap="gray", vmin=-2.5, vmax=2.5, extent=extent)
    axes.set(xlim=(0, 4 * pitch), ylim=(4 * pitch, 0), xticks=[])
    names = [LEVELS.get(level, "singles") for level in TONES]
    axes.set_yticks(size / 2 + pitch * np.arange(4), names, rotation=90, va="center", fontsize=7.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("a   papers", loc="left", fontsize=10)


def affinities(axes: Axes, results: dict[str, Any]) -> None:
    """Show the first draw's pooled scores, ordered by group."""
    matrix, levels = results[POOLED][0], results["levels"][0]
    low, high = np.nanquantile(matrix, [0.05, 0.98])
    image = axes.imshow(matrix, cmap="Blues", vmin=low, vmax=high)
    colourbar = axes.figure.colorbar(image, ax=axes, shrink=0.7, extend="both")
    colourbar.set_label("pooled score: higher = more alike", fontsize=9)
    ticks, names = [], []
    for level in TONES:
        place = np.flatnonzero(levels == level)
        if not len(place):
            continue
        ticks.append(place.mean())
        names.append(LEVELS.get(level, "singles"))
        for line in (axes.axhline, axes.axvline):
            line(place[-1] + 0.5, color="black", lw=0.7)
    axes.set_xticks([])
    axes.set_yticks(ticks, names, rotation=90, va="center", fontsize=8)
    axes.tick_params(length=0)
    axes.set_title("b   affinities, ordered by group", loc="left", fontsize=10)


def relations(axes: Axes, found: dict[str, Any]) -> None:
    """Show P@1 of each level and method."""
    methods_ = list(found["methods"])
    y = np.arange(len(methods_))
    for shift, level in zip((-0.25, 0, 0.25), LEVELS, strict=True):
        if level not in found["levels"]:
            continue
        values = [mean(found, m, level) for m in methods_]
        axes.barh(y + shift, values, 0.24, color=TONES[level], label=LEVELS[level])
    axes.set_yticks(y, methods_, fontsize=9)
    axes.invert_yaxis()
    axes.axhline(len(FAMILIES) - 0.5, color="0.6", lw=0.8)
    axes.set(xlim=(0, 1), xlabel="P@1")
    axes.legend(
        frameon=False, fontsize=8.5, ncols=3, loc="lower center", bbox_to_anchor=(0.45, -0.27)
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("c   the nearest is a relative", loc="left", fontsize=10)


def singles(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the trade-off of singles found against members called single, by method."""
    labels = {POOLED: ("black", 2.0), ORACLE: ("black", 1.2)}
    colours = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#a6761d", "#1f78b4")
    levels = results["levels"]
    axes.set_title("d   singles as outliers", loc="left", fontsize=10)
    if "singles" not in found["methods"][POOLED]:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no singles in the folder", ha="center", color="gray")
        return
    for k, method in enumerate(found["methods"]):
        score = np.array([rankdata(outlyingness(m)) for m in results[method]]).ravel()
        single = (levels == "single").ravel()
        order = np.argsort(-score)
        hits = np.r_[0, np.cumsum(single[order])] / single.sum()
        false = np.r_[0, np.cumsum(~single[order])] / (~single).sum()
        colour, width = labels.get(method, (colours[k % len(colours)], 1.1))
        text = f"{method} {mean(found, method, 'singles'):.2f}"
        dashes = "--" if method == ORACLE else "-"
        axes.plot(false, hits, color=colour, lw=width, ls=dashes, label=text)
    axes.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls=":")
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="members called single", ylabel="singles found")
    axes.legend(frameon=False, fontsize=8.5, title="AUC", loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
