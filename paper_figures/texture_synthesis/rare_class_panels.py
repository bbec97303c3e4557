"""The panels of the rare-class figure; each draws one thing from the study's results."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_figures.texture_synthesis.rare_class_numbers import numbers, verdict

ARMS = (
    ("nothing", "tab:gray"),
    ("class\nweights", "tab:blue"),
    ("phase-r.\nungated", "tab:red"),
    ("synthesis\nungated", "tab:orange"),
    ("synthesis\ngated", "tab:green"),
)
SETS = {
    "synthesis": ("neural\nsynthesis", "tab:green"),
    "phase": ("phase-\nrandomised", "tab:red"),
    "real": ("real,\nsame half", "tab:gray"),
    "other half": ("real,\nother half", "black"),
}


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: what was made, how good it is, what it is worth, what is alike."""
    found = numbers(results)
    figure = Figure(figsize=(16, 12), layout="constrained")
    grid = figure.add_gridspec(3, 4, width_ratios=[1.15, 1, 1, 1])
    gallery(figure.add_subplot(grid[0, 0:2]), results)
    index(figure.add_subplot(grid[0, 2]), found)
    gate(figure.add_subplot(grid[0, 3]), results, found)
    score(figure.add_subplot(grid[1, 0]), found, "balanced_accuracy", "balanced accuracy")
    score(figure.add_subplot(grid[1, 1]), found, "rare_recall", "recall of the rare class")
    calibration(figure.add_subplot(grid[1, 2]), found)
    probabilities(figure.add_subplot(grid[1, 3]), results)
    alike = np.clip(results["similarity/log_odds"], -6, 6)
    matrix(figure.add_subplot(grid[2, 0]), results, alike, "pooled evidence, score", 6)
    cosine = results["similarity/cosine"]
    matrix(figure.add_subplot(grid[2, 1]), results, cosine, "Siamese network, cosine", 1)
    retrieval(figure.add_subplot(grid[2, 2:4]), found)
    figure.suptitle(verdict(found), fontsize=13)
    figure.text(0.004, 0.002, f"mode: {results['mode']}", fontsize=7, color="gray")
    return figure


def gallery(axes: Axes, results: dict[str, Any]) -> None:
    """Show real rare crops, their children (refused ones crossed out) and the baseline."""
    shown = 8
    accepted = results["draw0/synthesis/accepted"]
    chosen = np.r_[np.flatnonzero(accepted)[: shown - 1], np.flatnonzero(~accepted)[:1]]
    chosen = np.r_[chosen, np.flatnonzero(accepted)[shown - 1 :]][:shown]
    rows = {
        "real": (results["rare_crops"][:shown], np.ones(shown, dtype=bool)),
        "neural\nsynthesis": (results["draw0/synthesis/samples"][chosen], accepted[chosen]),
        "phase-\nrandomised": (
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
                axes.plot([left, left + size], [top, top + size], color="tab:red", lw=1.5)
    axes.set_xlim(-2, shown * pitch)
    axes.set_ylim(len(rows) * pitch, -2)
    axes.set_yticks([size / 2 + row * pitch for row in range(len(rows))], list(rows))
    axes.set_xticks([])
    axes.set_title("a  rare crops of the first draw (struck out: refused by the gate)", loc="left")


def index(axes: Axes, found: dict[str, Any]) -> None:
    """Show the quality index of each set against held-out real crops, draw by draw."""
    for x, (name, (_, colour)) in enumerate(SETS.items()):
        values = found["quality_index"][name]["draws"]
        axes.plot(np.full(len(values), x), values, "o", color=colour, alpha=0.6)
        axes.plot([x - 0.3, x + 0.3], [found["quality_index"][name]["value"]] * 2, color=colour)
    axes.axhline(1, color="black", lw=0.8, ls=":")
    axes.set_yscale("log")
    axes.set_xticks(range(len(SETS)), [label for label, _ in SETS.values()])
    axes.tick_params(axis="x", labelsize=7)
    axes.set_title("b  index against held-out real crops\n    (1: as two real sets)", loc="left")


def gate(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the gate's p-values of both kinds of candidates."""
    draws = len(found["quality_index"]["synthesis"]["draws"])
    levels = np.linspace(0, 1, 14)
    for name in ("synthesis", "phase"):
        p = np.concatenate([results[f"draw{d}/{name}/p_values"] for d in range(draws)])
        label, colour = SETS[name]
        share = found["share_kept_by_the_gate"][name]["value"]
        axes.hist(
            p,
            levels,
            color=colour,
            alpha=0.5,
            label=f"{label}: {share:.0%} kept".replace("\n", " "),
        )
    axes.set_xlabel("conformal p-value of a candidate")
    axes.set_ylabel("candidates, all draws")
    axes.legend(fontsize=8)
    axes.set_title("c  the gate", loc="left")


def score(axes: Axes, found: dict[str, Any], name: str, label: str) -> None:
    """Show one score of every arm: the draws, their mean and its 95 % interval."""
    arms = list(found["arms"].values())
    draws = np.array([arm[name]["draws"] for arm in arms])
    axes.plot(range(len(arms)), draws, color="lightgray", lw=0.8, zorder=0)
    for x, (arm, (_, colour)) in enumerate(zip(arms, ARMS, strict=True)):
        axes.plot(np.full(draws.shape[1], x), arm[name]["draws"], ".", color=colour, alpha=0.5)
        low, high = arm[name]["low"], arm[name]["high"]
        error = np.array([[arm[name]["value"] - low], [high - arm[name]["value"]]])
        axes.errorbar(x, arm[name]["value"], error, fmt="D", color=colour, capsize=4)
    axes.set_xticks(range(len(arms)), [label for label, _ in ARMS], fontsize=7)
    letter = "d" if name == "balanced_accuracy" else "e"
    axes.set_ylim(top=min(1.02, axes.get_ylim()[1]))
    axes.set_title(f"{letter}  {label}\n    (grey: draws; bars: 95 %)", loc="left")


def calibration(axes: Axes, found: dict[str, Any]) -> None:
    """Show each arm's calibration error beside that of a perfectly calibrated model."""
    for x, (arm, (_, colour)) in enumerate(zip(found["arms"].values(), ARMS, strict=True)):
        axes.bar(x, arm["ece"]["value"], color=colour, alpha=0.7)
        axes.plot(np.full(len(arm["ece"]["draws"]), x), arm["ece"]["draws"], "k.", ms=4)
        axes.plot([x - 0.4, x + 0.4], [arm["ece_null"]["value"]] * 2, "k--", lw=1)
    axes.set_xticks(range(len(ARMS)), [label for label, _ in ARMS], fontsize=7)
    axes.set_title("f  calibration error (ECE)\n    dashed: if perfectly calibrated", loc="left")


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
        axes.errorbar(x, p[own], 2 * error[own], fmt=".", ms=3, lw=0.6, label=str(name))
        start += len(own) + 6
    axes.set_ylim(-0.05, 1.05)
    axes.set_xlabel("test crops, sorted in each class")
    axes.legend(fontsize=8, loc="lower right")
    axes.set_title("g  P(true class) ± 2 SE\n    (gated, first draw)", loc="left")


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
        x = np.arange(len(names)) + offset
        axes.bar(x, value, 0.34, yerr=error, capsize=3, label=label)
    chance = np.mean(np.array(found["chance"]))
    axes.axhline(chance, color="black", ls=":", lw=0.8, label="P@1 by chance")
    axes.set_ylim(0, 1.2)
    axes.set_xticks(range(len(names)), [name.replace(" ", "\n") for name in names], fontsize=8)
    axes.legend(fontsize=8, loc="upper left", ncols=3)
    axes.set_title("j  retrieval among the test crops", loc="left")
