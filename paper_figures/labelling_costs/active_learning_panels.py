"""The panels of the figure `active_learning`."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from paper_figures.runner.drawing import noted_figure

TONES = {
    "uncertain-and-far": "#08519c",
    "uncertain": "#d94801",
    "badge": "#6a51a3",
    "far": "#238b45",
    "random": "0.45",
}
NAMES = {
    "kappa": "models agree\n(kappa > .97, 3 rounds)",
    "plug-in": "plug-in audit\n(30 read each round)",
    "e-value": "e-value audit\n(95 % over all attempts)",
}
MARKS = {"uncertain-and-far": ("#08519c", "o"), "random": ("0.45", "s"), "blind": ("#a50f15", "v")}
Z = 1.96


def draw_panels(results: dict[str, Any], found: dict[str, Any], title: str) -> Figure:
    """Return the figure of results, the numbers made of them, and what they say."""
    draws = results["score"].shape[1]
    about = f"simulated: {results['items']} items, 8 classes of which one has 2 %, {draws} draws"
    read = {rule: f"{each['all']['read']:.0f}" for rule, each in found["rules"].items()}
    about += (
        f"; wrong: of the items without a label; audits read {read['plug-in']} (plug-in) and "
        f"{read['e-value']} (e-value) items a campaign, which the money on the left does not hold"
    )
    figure = noted_figure((12, 8.6), title, f"mode: {results['mode']}; {about}", room=0.02)
    axes = figure.subplots(2, 2).ravel()
    _scores(axes[0], results["money"], results["score"], results["full"].mean())
    axes[0].set_title("what the money buys (mean, 95 % band)", fontsize=10)
    axes[0].legend(frameon=False, fontsize=9, loc="lower right")
    _scores(axes[1], results["money"], results["digit_score"], results["digit_full"].mean())
    axes[1].set_title(
        f"the same of {results['digits']} digits, eights 2 % ({results['digit_score'].shape[1]} "
        "draws)",
        fontsize=10,
    )
    _rare(axes[2], results)
    _stops(axes[3], found["rules"])
    for each in axes:
        each.spines[["top", "right"]].set_visible(False)
    return figure


def _banded(axes: Axes, money: np.ndarray, values: np.ndarray) -> None:
    """Draw the mean over draws of each way (ways, draws, T), within its 95 % band."""
    for (way, tone), each in zip(TONES.items(), values, strict=True):
        mean = each.mean(axis=0)
        half = Z * each.std(axis=0, ddof=1) / np.sqrt(len(each))
        axes.fill_between(money, mean - half, mean + half, color=tone, alpha=0.15, lw=0)
        axes.plot(money, mean, color=tone, lw=1.7, label=way)


def _scores(axes: Axes, money: np.ndarray, score: np.ndarray, full: float) -> None:
    _banded(axes, money, score)
    axes.axhline(full, color="0.3", lw=0.8, ls="--")
    axes.axhline(0.95 * full, color="0.6", lw=0.8, ls=":")
    axes.annotate(
        "95 % of it",
        (money[-1], 0.95 * full),
        (0, -10),
        fontsize=8,
        textcoords="offset points",
        color="0.3",
        ha="right",
    )
    axes.annotate(
        "all labels known",
        (money[0], full),
        (0, 3),
        fontsize=8,
        textcoords="offset points",
        color="0.3",
    )
    axes.set(xlabel="money paid (a label costs 3)", ylabel="balanced accuracy on other items")


def _rare(axes: Axes, results: dict[str, Any]) -> None:
    _banded(axes, results["money"], results["rare"])
    axes.set(xlabel="money paid", ylabel="items of the rare class found", ylim=(0, None))
    axes.set_title("whether the rare class is met", fontsize=10)


def _stops(axes: Axes, rules: dict[str, Any]) -> None:
    """Draw of each rule the share of wrong stops, by how the campaign chose its questions."""
    for row, rule in enumerate(NAMES):
        for offset, (by, (tone, mark)) in zip((-0.22, 0, 0.22), MARKS.items(), strict=True):
            e, y = rules[rule][by], row + offset
            axes.plot([e["low"], e["high"]], [y, y], color=tone, lw=1.5)
            axes.plot(e["share"], y, mark, color=tone, ms=6, label=by if row == 0 else None)
            said = f"{e['stopped']} of {e['campaigns']} stop, {e['wrong']} wrongly"
            axes.annotate(
                said, (1.03, y), va="center", fontsize=8, color=tone, annotation_clip=False
            )
    axes.axvline(0.05, color="0.3", lw=0.8, ls="--")
    axes.annotate("5 %", (0.065, -0.42), fontsize=8, color="0.3")
    axes.set_yticks(range(len(NAMES)), list(NAMES.values()), fontsize=9)
    axes.set(xlim=(-0.02, 1.02), ylim=(len(NAMES) - 0.5, -0.5))
    axes.set_xlabel("share of campaigns that stop with more than 5 % wrong")
    axes.set_title("stopping too early (95 % intervals)", fontsize=10)
    axes.legend(frameon=False, fontsize=8, title="questions chosen", loc="lower right")
