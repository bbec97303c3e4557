"""The panels of the study of GANs."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import synthesis
from paper_figures.runner.drawing import noted_figure
from paper_figures.texture_synthesis.gan_training_numbers import INDICES, numbers, verdict

COLOURS = ("#08519c", "#d94801", "#238b45", "#6a51a3", "#a50f15", "#525252")


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: statistics, index by training, by complexity, a priori against it."""
    found = numbers(results)
    about = found["about"]
    text = (
        f"mode: {about['mode']}; fields {about['size']} x {about['size']}, {about['law']}; "
        f"trained on {about['fields']} fields, {about['epochs']} epochs, batch {about['batch']}, "
        f"latent {about['latent']}, learning rate {about['learning_rate']:g}; index of "
        f"{about['reference']} samples against {about['reference']} held-out fields"
    )
    figure = noted_figure((14, 9), verdict(found), text)
    figure.get_layout_engine().set(hspace=0.06)
    above, below = figure.subfigures(2, 1)
    statistics(above.subplots(1, 3), results)
    panels = below.subplots(1, 3)
    by_training(panels[0], results)
    by_complexity(panels[1], results)
    a_priori(panels[2], results, found)
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def statistics(panels: np.ndarray, results: dict[str, Any]) -> None:
    """Show structure functions and log-cumulants of the model and of one architecture."""
    filters, depth = results["architectures"][-1]
    curves = synthesis.ScaleCurves(
        statistics=results["statistics"][-1],
        model=results["model"],
        model_spread=results["model_spread"],
        statistic_names=tuple(str(name) for name in results["statistic_names"]),
    )
    looks = (
        ("log2_S2", "log₂ S(j, 2)", f"a   structure functions, trainings of {filters} x {depth}"),
        ("C1[", "C₁(j)", "log-cumulants of the leaders"),
        (("C2", "C11"), "C₂(j), C₁₁(j)", "the same, and across components"),
    )
    for axes, (start, label, title) in zip(panels, looks, strict=True):
        curves.draw(axes, start)
        axes.set(xlabel="scale j", ylabel=label)
        axes.set_title(title, loc="left", fontsize=10)


def named(results: dict[str, Any]) -> list[tuple[str, str, np.ndarray]]:
    """Return name, colour and indices of every architecture."""
    rows = zip(results["architectures"].tolist(), results["index"], strict=True)
    return [(f"{f} x {d}", COLOURS[i % len(COLOURS)], v) for i, ((f, d), v) in enumerate(rows)]


def by_training(axes: Axes, results: dict[str, Any]) -> None:
    """Show the index of all trainings in order, those of the model beside them."""
    control = np.sort(results["control"])
    axes.plot(np.linspace(0, 1, len(control)), control, ".", color="gray", label="the model itself")
    for name, colour, index in named(results):
        place = np.linspace(0, 1, len(index))
        axes.plot(place, np.sort(index), "o-", ms=4, lw=0.8, color=colour, label=name)
    axes.axhline(1, color="black", lw=0.9)
    axes.set(yscale="log", ylabel="index (1 = the model)", xlabel="share of the trainings")
    axes.legend(fontsize=8, frameon=False, title="filters x depth", title_fontsize=8)
    axes.set_title("b   index of each training, best first", loc="left", fontsize=10)


def by_complexity(axes: Axes, results: dict[str, Any]) -> None:
    """Show the index of every training and the median, by architecture."""
    names = []
    for place, (name, colour, index) in enumerate(named(results)):
        spread = place + np.linspace(-0.15, 0.15, len(index))
        axes.plot(spread, np.sort(index), "o", ms=4, color=colour, alpha=0.7)
        there = index[np.isfinite(index)]
        middle = np.median(there) if len(there) else np.nan
        axes.plot([place - 0.3, place + 0.3], [middle] * 2, color=colour, lw=2.5)
        failed = len(index) - len(there)
        names.append(name + (f"\n{failed} failed" if failed else ""))
    axes.set_xticks(range(len(names)), names)
    axes.set(yscale="log", xlabel="filters x depth", ylabel="index")
    axes.set_title("c   index by complexity (bars: medians)", loc="left", fontsize=10)


def a_priori(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the declared a priori index against the a posteriori one."""
    column = results["training_indices"][..., INDICES.index(results["declared"])]
    for before, (name, colour, index) in zip(column, named(results), strict=True):
        axes.plot(before, index, "o", ms=5, color=colour, alpha=0.8, label=name)
    axes.set(
        yscale="log", xlabel=results["declared"].replace("_", " ") + ", last epochs", ylabel="index"
    )
    value = found["declared"]
    text = f"d   a priori, a posteriori: Spearman {value['value']:.2f} within colours"
    axes.set_title(text, loc="left", fontsize=10)
    axes.locator_params(axis="x", nbins=5)
