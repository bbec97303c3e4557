"""The pictures of a report about fetal heart rates."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

ILL, WELL, LINE = "#c8323c", "#0b4f8a", "#5b6875"
SHADES = {
    "acceleration": "#2f9e5b",
    "early": "#8c6bb1",
    "late": "#c8323c",
    "variable": "#e08214",
    "prolonged": "#7f0000",
    "gradual": "#969696",
}
PAPER = "#f6d5d3"  # of a cardiotocograph
SHOWN = 40.0  # minutes of a trace


def traces(recordings: Any, features: Any, shown: list[int], titles: list[str]) -> Figure:
    """Return recordings as a cardiotocograph draws them, baseline and events marked."""
    figure = Figure(figsize=(10, 3.1 * len(shown)), layout="constrained")
    grid = figure.subplots(2 * len(shown), 1, height_ratios=[2.4, 1] * len(shown), squeeze=False)
    span = min(SHOWN, max(len(recordings.heart_rate[i]) / recordings.rate[i] / 60 for i in shown))
    for k, (i, title) in enumerate(zip(shown, titles, strict=True)):
        _trace(grid[2 * k, 0], recordings, features, i)
        _uterus(grid[2 * k + 1, 0], recordings, i)
        for axes in grid[2 * k : 2 * k + 2, 0]:
            _minutes(axes, span)
        grid[2 * k + 1, 0].tick_params(labelbottom=k == len(shown) - 1)
        grid[2 * k, 0].set_title(title, loc="left", fontsize=10.5, color="#1d2733")
    grid[-1, 0].set_xlabel("minutes before the end of the recording")
    kinds = [kind for kind in SHADES if kind in set(features.kind.tolist())]
    handles = [Patch(color=SHADES[kind], alpha=0.35, label=kind) for kind in kinds]
    if handles:
        options = {"ncols": len(handles), "frameon": False, "fontsize": 9}
        figure.legend(handles=handles, loc="outside lower left", **options)
    return figure


def _time(x: np.ndarray, rate: float) -> tuple[np.ndarray, int]:
    """Return minutes before the end, and the first sample that is shown."""
    minutes = (np.arange(len(x)) - len(x)) / rate / 60
    return minutes, int(np.searchsorted(minutes, -SHOWN))


def _minutes(axes: Axes, span: float) -> None:
    """Count the minutes before the end: a line each, as on a monitor's paper, a number per five."""
    step = 5 if span > 12 else 1
    ticks = np.arange(0, np.floor(span) + 1, step)
    axes.set_xlim(-span, 0)
    axes.set_xticks(-ticks, [f"{tick:.0f}" for tick in ticks])
    axes.set_xticks(-np.arange(0, np.floor(span) + 1), minor=True)


def _paper(axes: Axes, low: float, high: float) -> None:
    axes.set(ylim=(low, high))
    axes.grid(visible=True, which="major", color=PAPER, lw=0.9)
    axes.grid(visible=True, which="minor", color=PAPER, lw=0.35)
    axes.minorticks_on()
    axes.set_axisbelow(True)
    axes.tick_params(which="both", length=0)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)


def _trace(axes: Axes, recordings: Any, features: Any, i: int) -> None:
    x, rate = recordings.heart_rate[i], recordings.rate[i]
    minutes, first = _time(x, rate)
    _paper(axes, 60, 200)
    length = len(x) / rate
    for e in np.flatnonzero(features.item == i):
        span = [(features.onset[e] - length) / 60, (features.end[e] - length) / 60]
        axes.axvspan(*span, color=SHADES[features.kind[e]], alpha=0.16, lw=0)
    level = features.baseline[i][: int(length)]
    axes.plot((np.arange(len(level)) - length) / 60, level, color=WELL, lw=1.1, ls=(0, (4, 2)))
    axes.plot(minutes[first:], x[first:], color="#1d2733", lw=0.6)
    axes.set_ylabel("beats / min", fontsize=9)
    axes.tick_params(labelbottom=False)


def _uterus(axes: Axes, recordings: Any, i: int) -> None:
    u = recordings.contractions[i]
    minutes, first = _time(u, recordings.rate[i])
    there = u[~np.isnan(u)]
    _paper(axes, 0, max(1.0, float(np.percentile(there, 99.8)) * 1.1 if len(there) else 1.0))
    axes.fill_between(minutes[first:], 0, np.nan_to_num(u[first:]), color="#9db4c8", lw=0)
    axes.set_ylabel("uterus", fontsize=9)


def outcome(recordings: Any, threshold: float) -> Figure:
    """Return the pH of the births, and how much of their signal was lost."""
    figure = Figure(figsize=(10, 2.7), layout="constrained")
    left, right = figure.subplots(1, 2)
    ph = recordings.ph[~np.isnan(recordings.ph)]
    if len(ph):
        edges = np.arange(np.floor(ph.min() * 50) / 50, ph.max() + 0.021, 0.02)
        for those, colour in ((ph <= threshold, ILL), (ph > threshold, WELL)):
            left.hist(ph[those], edges, color=colour, rwidth=0.92)
        left.axvline(threshold + 0.005, color=LINE, lw=1, ls=":")
    left.set(xlabel="pH of the umbilical artery", ylabel="recordings")
    right.hist(100 * recordings.missing, np.linspace(0, 100, 26), color="#9db4c8", rwidth=0.92)
    right.set(xlabel="signal lost, %", ylabel="recordings", xlim=(0, 100))
    for axes in (left, right):
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _bare(left, right)
    return figure


def answers(scores: Any) -> Figure:
    """Return the ROC curve, the members' areas, and every subject's probability."""
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=[1.15, 0.75, 1.5])
    scores.plot(left)
    left.set_title("cases found, false alarms", fontsize="medium")  # the table has the numbers
    _spread(middle, scores)
    _subjects(right, scores)
    _bare(left, middle, right)
    return figure


def _spread(axes: Axes, scores: Any) -> None:
    rng = np.random.default_rng(0)  # where dots stand beside each other: not a result
    x = rng.uniform(-0.16, 0.16, len(scores.auc_members))
    axes.plot(x, scores.auc_members, "o", ms=3.5, color=WELL, alpha=0.45, mew=0)
    for place, (low, high), colour in (
        (0.42, scores.auc_retraining, WELL),
        (0.75, scores.auc_interval, ILL),
    ):
        axes.plot([place, place], [low, high], color=colour, lw=3, solid_capstyle="butt")
    axes.plot([0.75], [scores.auc], "o", color=ILL, ms=5)
    axes.axhline(0.5, color=LINE, lw=0.8, ls=":")
    axes.set_xticks([0, 0.42, 0.75], ["each\ntraining", "one\nmore", "other\nsubjects"], fontsize=8)
    axes.set(xlim=(-0.3, 0.95), ylabel="AUC")
    axes.set_title("what moves the AUC", fontsize="medium")


def _subjects(axes: Axes, scores: Any) -> None:
    order = np.argsort(scores.probabilities, kind="stable")
    ill = scores.outcome[order] == 1
    place, p = np.arange(len(order)), scores.probabilities[order]
    axes.plot(place[~ill], p[~ill], "o", ms=2.2, color=WELL, alpha=0.5, mew=0, label="others")
    axes.vlines(place[ill], 0, p[ill], color=ILL, lw=0.7, alpha=0.5)
    axes.plot(place[ill], p[ill], "o", ms=4, color=ILL, mew=0, label="acidotic")
    axes.set(
        xlabel="subjects, in the order of their probability", ylabel="probability", ylim=(0, None)
    )
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    axes.set_title("every subject, judged by others' trainings", fontsize="medium")


def feature_panels(features: Any, ill: np.ndarray, names: list[tuple[str, str]]) -> Figure:
    """Return the distribution of features in the two outcomes."""
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    for axes, (name, label) in zip(figure.subplots(2, 4).flat, names, strict=True):
        column = features.values[:, features.names.index(name)]
        known = column[~np.isnan(column)]
        axes.set_title(label, fontsize=9.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        _bare(axes)
        if not len(known):
            axes.text(0.5, 0.5, "not known", ha="center", color=LINE, transform=axes.transAxes)
            axes.set_xticks([])
            continue
        edges = _edges(known)
        for those, colour in ((~ill, WELL), (ill, ILL)):
            values = column[those & ~np.isnan(column)]
            if len(values):
                axes.hist(values, edges, density=True, color=colour, alpha=0.5, lw=0)
                axes.axvline(np.median(values), color=colour, lw=1.4)
    return figure


def _edges(known: np.ndarray) -> np.ndarray:
    """Return the bins of a histogram, one unit wide in all where every value is the same."""
    low, high = np.percentile(known, (0.5, 99.5))
    return np.linspace(low, high, 22) if high > low else np.linspace(low - 0.5, low + 0.5, 22)


def _bare(*several: Axes) -> None:
    for axes in several:
        axes.spines[["top", "right"]].set_visible(False)
