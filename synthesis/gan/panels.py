"""The four panels of a report on trainings from scratch."""

from typing import TYPE_CHECKING, Any

import numpy as np

from toolbox.core.panels import panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def four_panels(report: Any, ax: Any = None) -> "Figure":
    """Return structure functions, log-cumulants, index by training, a priori against a posteriori.

    `report` is a `Reproducibility`.
    """
    figure, grid = panels(ax, 2, 2, size=(11, 7.2))
    four = grid.ravel()
    report.curves.draw(four[0], "log2_S2")
    four[0].set(xlabel="scale j", ylabel="log₂ S(j, 2)", title="structure functions")
    report.curves.draw(four[1], "C")
    four[1].set(xlabel="scale j", ylabel="C(j)", title="log-cumulants of the leaders")
    by_training(four[2], report)
    relation(four[3], report)
    for axes in four:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


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
