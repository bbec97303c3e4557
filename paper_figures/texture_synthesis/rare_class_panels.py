"""The panels of the rare-class figure; each draws one thing from the study's results."""

from textwrap import fill
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_figures.texture_synthesis.rare_class_numbers import numbers, verdict

WIDTH, HEIGHT = 85 / 25.4, 8.7  # inches: one column of a journal, where no label is below 6 points
DOTS = 300  # an inch
TEXT = {"font.size": 6, "axes.titlesize": 6.5, "axes.labelsize": 6, "legend.fontsize": 6}
TEXT |= {"xtick.labelsize": 6, "ytick.labelsize": 6, "figure.titlesize": 6.5}
LINES = {"axes.linewidth": 0.5, "xtick.major.size": 2, "ytick.major.size": 2, "xtick.minor.size": 1}
LINES |= {"lines.linewidth": 0.8, "lines.markersize": 3, "axes.titlepad": 3, "axes.labelpad": 2}
LINES |= {"xtick.major.width": 0.5, "ytick.major.width": 0.5, "ytick.minor.size": 1}
LINES |= {"xtick.major.pad": 2, "ytick.major.pad": 2, "legend.handlelength": 1}
LINES |= {"legend.borderpad": 0.3, "legend.labelspacing": 0.2, "legend.columnspacing": 0.8}
LETTERS_A_LINE = 64

ARMS = (
    ("nothing", "tab:gray"),
    ("class weights", "tab:blue"),
    ("phase-random.,\nungated", "tab:red"),
    ("synthesis,\nungated", "tab:orange"),
    ("synthesis,\ngated", "tab:green"),
)
SETS = {
    "synthesis": ("synthesis", "tab:green"),
    "phase": ("phase-random.", "tab:red"),
    "real": ("real, same half", "tab:gray"),
    "other half": ("real, other half", "black"),
}


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: what was made, how good it is, what it is worth, what is alike."""
    found = numbers(results)
    with rc_context(TEXT | LINES):
        figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS, layout="constrained")
        rows = figure.subfigures(5, 1, height_ratios=[1.1, 1.15, 1.15, 1.2, 1.25])
        gallery(rows[0].subplots(), results)
        left, right = rows[1].subplots(1, 2)
        index(left, found)
        gate(right, results, found)
        left, middle, right = rows[2].subplots(1, 3)
        score(left, found, "balanced_accuracy", "balanced acc.")
        score(middle, found, "rare_recall", "rare recall")
        calibration(right, found)
        left, right = rows[3].subplots(1, 2)
        probabilities(left, results)
        retrieval(right, found)
        left, right = rows[4].subplots(1, 2)
        alike = np.clip(results["similarity/log_odds"], -6, 6)
        matrix(left, results, alike, "pooled evidence, score", 6)
        matrix(right, results, results["similarity/cosine"], "Siamese network, cosine", 1)
        words = [fill(line, LETTERS_A_LINE) for line in verdict(found).splitlines()]
        figure.suptitle("\n".join(words))
        figure.get_layout_engine().set(rect=(0, 0.015, 1, 0.985))  # room for the mode
        figure.text(0.004, 0.002, f"mode: {results['mode']}", color="gray")
    return figure


def gallery(axes: Axes, results: dict[str, Any]) -> None:
    """Show real rare crops, their children (refused ones crossed out) and the baseline."""
    shown = 8
    accepted = results["draw0/synthesis/accepted"]
    chosen = np.r_[np.flatnonzero(accepted)[: shown - 1], np.flatnonzero(~accepted)[:1]]
    chosen = np.r_[chosen, np.flatnonzero(accepted)[shown - 1 :]][:shown]
    rows = {
        "real": (results["rare_crops"][:shown], np.ones(shown, dtype=bool)),
        "synthesis": (results["draw0/synthesis/samples"][chosen], accepted[chosen]),
        "phase-\nrandom.": (
            results["draw0/phase/samples"][:shown],
            results["draw0/phase/accepted"][:shown],
        ),
    }
    size = results["rare_crops"].shape[-1]
    pitch = size + 4
    for row, (images, kept) in enumerate(rows.values()):
        for column, (image, good) in enumerate(zip(images, kept, strict=False)):
            left, top = column * pitch, row * pitch
            extent = (left, left + size, top + size, top)
            axes.imshow(image, cmap="gray", vmin=0, vmax=1, extent=extent)
            if not good:
                axes.plot([left, left + size], [top, top + size], color="tab:red", lw=0.8)
    axes.set_xlim(-2, shown * pitch)
    axes.set_ylim(len(rows) * pitch, -2)
    axes.set_yticks([size / 2 + row * pitch for row in range(len(rows))], list(rows))
    axes.set_xticks([])
    axes.set_title("a  the rare class, first draw (struck out: refused)", loc="left")


def index(axes: Axes, found: dict[str, Any]) -> None:
    """Show the quality index of each set against held-out real crops, draw by draw."""
    for row, (name, (_, colour)) in enumerate(SETS.items()):
        values = found["quality_index"][name]["draws"]
        axes.plot(values, np.full(len(values), row), "o", color=colour, alpha=0.6)
        axes.plot([found["quality_index"][name]["value"]] * 2, [row - 0.3, row + 0.3], color=colour)
    axes.axvline(1, color="black", lw=0.6, ls=":")
    axes.set_xscale("log")
    axes.set_yticks(range(len(SETS)), [label for label, _ in SETS.values()])
    axes.set_ylim(len(SETS) - 0.5, -0.5)
    axes.set_xlabel("against held-out crops (1: as real)")
    axes.set_title("b  index", loc="left")


def gate(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the gate's p-values of both kinds of candidates, and the level that they must pass."""
    draws = len(found["quality_index"]["synthesis"]["draws"])
    levels = np.linspace(0, 1, 14)
    for name in ("synthesis", "phase"):
        p = np.concatenate([results[f"draw{d}/{name}/p_values"] for d in range(draws)])
        label, colour = SETS[name]
        share = found["share_kept_by_the_gate"][name]["value"]
        axes.hist(p, levels, color=colour, alpha=0.5, label=f"{label}: {share:.0%}")
    alpha = found["alpha"]
    axes.axvline(alpha, color="black", ls="--", label=f"threshold {alpha:g}")
    axes.set_xlabel("p-value of a candidate")
    axes.set_ylabel("candidates")
    axes.set_ylim(top=1.45 * axes.get_ylim()[1])  # the legend stands above the bars
    axes.legend(loc="upper right")
    axes.set_title("c  the gate: share kept", loc="left")


def score(axes: Axes, found: dict[str, Any], name: str, label: str) -> None:
    """Show one score of every arm: the draws, their mean and its 95 % interval."""
    arms = list(found["arms"].values())
    draws = np.array([arm[name]["draws"] for arm in arms])
    axes.plot(draws, range(len(arms)), color="lightgray", lw=0.5, zorder=0)
    for row, (arm, (_, colour)) in enumerate(zip(arms, ARMS, strict=True)):
        axes.plot(arm[name]["draws"], np.full(draws.shape[1], row), ".", color=colour, alpha=0.5)
        low, high = arm[name]["low"], arm[name]["high"]
        error = np.array([[arm[name]["value"] - low], [high - arm[name]["value"]]])
        axes.errorbar(arm[name]["value"], row, xerr=error, fmt="D", color=colour, capsize=2)
    first = name == "balanced_accuracy"
    arm_rows(axes, named=first)
    axes.set_xlim(right=min(1.02, axes.get_xlim()[1]))
    if not first:
        axes.set_xlabel("lines: draws; bars: 95 %")
    axes.set_title(f"{'d' if first else 'e'}  {label}", loc="left")


def arm_rows(axes: Axes, *, named: bool) -> None:
    """Give every arm a row, the first on top; only the panel at the left names them."""
    axes.set_yticks(range(len(ARMS)), [label for label, _ in ARMS] if named else [])
    axes.set_ylim(len(ARMS) - 0.5, -0.5)


def calibration(axes: Axes, found: dict[str, Any]) -> None:
    """Show each arm's calibration error beside that of a perfectly calibrated model."""
    for row, (arm, (_, colour)) in enumerate(zip(found["arms"].values(), ARMS, strict=True)):
        axes.barh(row, arm["ece"]["value"], color=colour, alpha=0.7)
        axes.plot(arm["ece"]["draws"], np.full(len(arm["ece"]["draws"]), row), "k.", ms=2)
        axes.plot([arm["ece_null"]["value"]] * 2, [row - 0.4, row + 0.4], "k--")
    arm_rows(axes, named=False)
    axes.set_xlabel("dashed: ideal")
    axes.set_title("f  ECE", loc="left")


def probabilities(axes: Axes, results: dict[str, Any]) -> None:
    """Show the probability of the true class of every test crop with its standard error."""
    arm = f"draw0/arm{len(ARMS) - 1}/"
    truth = results[arm + "truth"]
    rows = np.arange(len(truth))
    p = results[arm + "probability"][rows, truth]
    error = results[arm + "standard_error"][rows, truth]
    start = 0
    for c, name in enumerate(results["classes"]):
        own = np.flatnonzero(truth == c)
        own = own[np.argsort(p[own])]
        x = start + np.arange(len(own))
        axes.errorbar(x, p[own], 2 * error[own], fmt=".", ms=1.5, lw=0.3, label=str(name))
        start += len(own) + 6
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel("test crops, sorted")
    axes.legend(loc="lower right")
    axes.set_title("g  P(true class) ± 2 SE", loc="left")


def matrix(
    axes: Axes, results: dict[str, Any], values: np.ndarray, label: str, limit: float
) -> None:
    """Show a matrix of pairs of test crops, ordered by class."""
    order = np.argsort(results["test_labels"], kind="stable")
    image = axes.imshow(
        values[np.ix_(order, order)], cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto"
    )
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
    names, counts = np.unique(results["test_labels"], return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    axes.set_xticks(middles, names)
    axes.set_yticks(middles, names, rotation=90, va="center")
    axes.set_title(f"{'h' if limit > 1 else 'i'}  {label}", loc="left")


def retrieval(axes: Axes, found: dict[str, Any]) -> None:
    """Show P@1 and MAP@R of every similarity, with 95 % intervals over crops."""
    names = list(found["similarity"])
    for offset, (key, label) in zip(
        (-0.18, 0.18), (("p_at_1", "P@1"), ("map_at_r", "MAP@R")), strict=True
    ):
        scores = [found["similarity"][name][key] for name in names]
        value = np.array([s["value"] for s in scores])
        error = [value - [s["low"] for s in scores], [s["high"] for s in scores] - value]
        rows = np.arange(len(names)) + offset
        axes.barh(rows, value, 0.34, xerr=error, capsize=1.5, label=label)
    chance = np.mean(np.array(found["chance"]))
    axes.axvline(chance, color="black", ls=":", label="chance")
    axes.set_yticks(range(len(names)), [name.partition(" ")[0] for name in names])
    axes.set_ylim(len(names) - 0.5, -1.6)  # the legend stands above the bars
    axes.legend(loc="upper center", ncols=3, handletextpad=0.3)
    axes.set_title("j  retrieval of test crops", loc="left")
