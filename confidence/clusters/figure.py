"""The picture of clusters' confidence."""

from typing import Any

import numpy as np

from toolbox.core.panels import panels


def cluster_figure(result: Any, ax: Any = None) -> Any:
    """Draw the table criterion x number of clusters beside the stabilities, sorted."""
    figure, (table, sorted_subjects) = panels(ax, 1, 2, size=(9, 3.6))
    _draw_table(table, result)
    _draw_stabilities(sorted_subjects, result)
    return figure


def _draw_table(axes: Any, result: Any) -> None:
    preferred = result.numbers
    axes.imshow(preferred.preference, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    for row, shares in enumerate(preferred.preference):
        for column, share in enumerate(shares):
            colour = "white" if share > 0.6 else "black"
            axes.text(column, row, f"{share:.2f}", ha="center", va="center", color=colour)
    axes.set_xticks(np.arange(len(preferred.ks)), [str(k) for k in preferred.ks])
    axes.set_yticks(np.arange(len(preferred.criteria)), preferred.criteria)
    axes.set(xlabel="number of clusters")
    title = f"share of runs that prefer it\nverdict: {result.number}"
    if np.isfinite(result.p_value):
        title += f" (p of one cluster: {result.p_value:.2g})"
    axes.set_title(title, fontsize="medium")


def _draw_stabilities(axes: Any, result: Any) -> None:
    ever = np.flatnonzero(np.isfinite(result.stability))
    order = ever[np.argsort(result.stability[ever], kind="stable")]
    place = np.arange(len(order))
    low, high = result.stability_interval[order].T
    axes.fill_between(place, low, high, color="C7", alpha=0.4, lw=0)
    axes.plot(place, result.stability[order], ".", color="C0", ms=4)
    axes.set(xlabel="subjects, sorted", ylabel="share of runs in the same cluster", ylim=(0, 1.03))
    title = f"stability in {result.clusters} clusters under resampling\n"
    axes.set_title(title + "(not the probability of membership)", fontsize="medium")
