"""The four panels of a report on trainings from scratch."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def four_panels(report: Any) -> "Figure":
    """Return structure functions, log-cumulants, index by training, a priori against a posteriori.

    `report` is a `Reproducibility`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7.2), layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    curves(panels[0], report.curves, "log2_S2")
    panels[0].set(xlabel="scale j", ylabel="log₂ S(j, 2)", title="structure functions")
    curves(panels[1], report.curves, "C")
    panels[1].set(xlabel="scale j", ylabel="C(j)", title="log-cumulants of the leaders")
    by_training(panels[2], report)
    relation(panels[3], report)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def curves(axes: "Axes", found: Any, start: str) -> None:
    """Draw the model's statistics with a band of 1.96 standard deviations of a field, and ours."""
    chosen = [s for s, name in enumerate(found.statistic_names) if name.startswith(start)]
    last = 0
    for colour, s in enumerate(chosen):
        there = np.isfinite(found.model[s])
        j = np.flatnonzero(there) + 1
        last = max(last, *j)
        middle, half = found.model[s, there], 1.96 * found.model_spread[s, there]
        shade = f"C{colour}"
        axes.fill_between(j, middle - half, middle + half, color=shade, alpha=0.15, linewidth=0)
        axes.plot(j, found.statistics[:, s, there].T, color=shade, linewidth=0.6, alpha=0.7)
        axes.plot(j, middle, "o-", color=shade, linewidth=2, label=found.statistic_names[s])
    axes.set_xticks(range(1, last + 1))
    axes.legend(fontsize=7, frameon=False, title="bold: model; thin: trainings", title_fontsize=7)


def by_training(axes: "Axes", report: Any) -> None:
    """Draw the index of every training in order, with the median and those that failed."""
    order = np.argsort(report.index, kind="stable")
    index, there = report.index[order], np.isfinite(report.index[order])
    place = np.arange(len(order))
    axes.plot(place[there], index[there], "o", color="C0")
    for x in place[~there]:
        axes.axvline(x, color="C3", linewidth=1, linestyle=":")
    axes.axhline(1, color="k", linewidth=1)
    if np.isfinite(report.median):
        axes.axhline(report.median, color="C0", linewidth=1, linestyle="--")
    axes.set_yscale("log")
    axes.set_xticks(place, report.ids[order], fontsize=7)
    failed = f", {np.sum(~there)} failed" if not there.all() else ""
    axes.set(xlabel="training, best first", ylabel="index (1 = model)")
    axes.set_title(f"median {report.median:.3g}, worst {report.worst:.3g}{failed}")


def relation(axes: "Axes", report: Any) -> None:
    """Draw the declared a priori index against the a posteriori one."""
    told = report.a_priori
    x = told.training_indices[:, told.training_index_names.index(told.declared)]
    axes.plot(x, np.where(np.isfinite(report.index), report.index, np.nan), "o", color="C2")
    axes.set_yscale("log")
    low, high = told.rank_interval
    axes.set(xlabel=told.declared.replace("_", " ") + " (a priori)", ylabel="index (a posteriori)")
    axes.set_title(
        f"Spearman {told.rank_correlation:.2f} [{low:.2f}, {high:.2f}], "
        f"p = {told.rank_p_value:.2g}\nskill of all {told.skill:.2f} "
        f"(by chance {told.skill_by_chance:.2f}), p = {told.skill_p_value:.2g}",
        fontsize=10,
    )
