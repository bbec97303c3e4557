"""The panels of the accuracy figure: small multiples of errors, and the coverage."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from paper_figures.multiscale.multiscale_accuracy_numbers import ESTIMATORS, PEER, numbers, verdict

LOOKS = {  # label, marker, colour
    "leaders, raw": ("leaders, raw", "o", "#7fb3d9"),
    "leaders, calibrated": ("leaders, calibrated", "o", "#08519c"),
    "p=2, calibrated": ("p-leaders (p = 2), calibrated", "s", "#238b45"),
    "whittle": ("Whittle likelihood (c₂ of fields alone)", "^", "#6a51a3"),
    "peer": (PEER, "D", "#e6550d"),
}
TITLES = {
    "motion H=.7": "fractional Brownian\nmotion\nH = .7",
    "motion H=.3": "fractional Brownian\nmotion\nH = .3",
    "walk H=.5": "multifractal\nwalk\nH = .5, λ² = .05",
    "walk H=.3": "multifractal\nwalk\nH = .3, λ² = .05",
    "walk H=.8": "multifractal\nwalk\nH = .8, λ² = .05",
    "cascade": "log-Poisson cascade,\nits running sum\n(not a walk)",
    "field H=.7": "fractional Brownian\nfield\nH = .7",
    "multifractal field H=.7": "multifractal\nfield\nH = .7, λ² = .05",
}
SYMBOLS = ("c₁", "c₂", "c₃")
BAR = 2  # standard errors of a bias


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: errors of c_1 to c_3 law by law, and the intervals' coverage."""
    found = numbers(results)
    laws = found["laws"]
    figure = Figure(figsize=(15.5, 11.5), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[3.3, 1])
    rows = above.subplots(len(SYMBOLS), len(laws), sharey="row")
    for m, row in enumerate(rows):
        for axes, (law, entry) in zip(row, laws.items(), strict=True):
            errors(axes, entry, m)
            if m == 0:
                axes.set_title(TITLES[law], fontsize=9.5)
        row[0].set_ylabel(f"{SYMBOLS[m]}: estimate − truth", fontsize=10)
        letter = {"xycoords": "axes fraction", "ha": "right", "va": "bottom", "weight": "bold"}
        row[0].annotate("abc"[m], (-0.3, 1.0), **letter)
    above.suptitle(verdict(found), fontsize=12.5)
    key_axes, *others = below.subplots(1, 3, width_ratios=[1.2, 1, 1])
    key(key_axes, found, results)
    for letter, axes, (law, both) in zip("de", others, found["coverage"].items(), strict=True):
        coverage(axes, both, f"{letter}   {' '.join(TITLES[law].split())}")
    lowest = min(axes.get_ylim()[0] for axes in others)
    for axes in others:
        axes.set_ylim(bottom=lowest)
    figure.text(0.004, 0.002, f"mode: {results['mode']}", fontsize=7, color="gray")
    return figure


def errors(axes: Axes, entry: dict[str, Any], m: int) -> None:
    """Show each estimator's bias, +-1 standard deviation, and +-2 standard errors of the bias."""
    axes.axhline(0, color="black", lw=0.8)
    shown = [name for name in ESTIMATORS if name in entry["estimators"]]
    for x, name in enumerate(shown):
        figures = entry["estimators"][name]
        bias, sd, error = (figures[key][m] for key in ("bias", "sd", "error_of_bias"))
        if np.isnan(bias):
            continue  # Whittle's likelihood gives c_2 alone
        _, marker, colour = LOOKS[name]
        axes.errorbar(x, bias, BAR * error, color=colour, lw=6, alpha=0.35)
        axes.errorbar(x, bias, sd, fmt=marker, color=colour, lw=1.3, capsize=3.5, ms=5.5)
    axes.set_xlim(-0.7, len(shown) - 0.3)
    axes.set_xticks([])
    axes.margins(y=0.12)  # so that the truth is inside
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    truth = f"true {SYMBOLS[m]} = {entry['truth'][m]:.3g}".replace("-", "−")
    axes.text(0.98, 1.0, truth, transform=axes.transAxes, ha="right", va="top", fontsize=8)


def key(axes: Axes, found: dict[str, Any], results: dict[str, Any]) -> None:
    """Say what the colours are, what the bars are, and how many draws there were."""
    peer = found["peer"]
    lines = []
    for name, (label, marker, colour) in LOOKS.items():
        if name == "peer":
            label = f"{label} {peer['version']} (leaders, signals alone):\n{peer['source']}"
        lines.append(Line2D([], [], marker=marker, color=colour, lw=1.3, ms=5.5, label=label))
    axes.legend(handles=lines, loc=(0.03, 0.42), fontsize=9, frameon=False)
    signals, fields, size, side = (results[k] for k in ("signals", "fields", "samples", "side"))
    text = (
        f"Marker: bias. Bar: ±1 standard deviation of one estimate. Shade: ±{BAR} standard errors\n"
        f"of the bias. {signals} signals of {size} samples a law, calibrated by "
        f"{results['signal_simulations']} simulations of each\nmodel; {fields} fields of "
        f"{side} × {side}, by {results['field_simulations']}. Default scales; db3, Whittle: db2.\n"
        "Leaders of the walks of H = .5 and .3 and of the multifractal field are fractionally\n"
        "integrated, by γ = .25, .5 and .5, everyone's alike."
    )
    axes.text(0.045, 0, text, transform=axes.transAxes, fontsize=8, va="bottom", color="0.25")
    axes.set_axis_off()


def coverage(axes: Axes, both: dict[str, Any], title: str) -> None:
    """Show how often 95 % intervals of c_1 and c_2 hold the truth, raw and calibrated."""
    axes.axhline(0.95, color="black", lw=0.8, ls="--")
    for side, how in ((-1, "raw"), (1, "calibrated")):
        _, marker, colour = LOOKS[f"leaders, {how}"]
        for m, share in enumerate(both[how][:2]):
            value, x = share["value"], m + 0.1 * side
            bar = [[value - share["low"]], [share["high"] - value]]
            axes.errorbar(x, value, bar, fmt=marker, color=colour, capsize=3.5, ms=5.5)
            axes.annotate(
                f"{how} {value:.1%}",
                (x, value),
                (9 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
                fontsize=8.5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
    axes.set_xlim(-0.6, 1.6)
    axes.set_ylim(top=1.01)
    axes.set_xticks([0, 1], SYMBOLS[:2])
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.spines[["top", "right"]].set_visible(False)
    draws = both["raw"][0]["draws"]
    held = f"how often 95 % intervals hold the truth ({draws} draws; bars: 95 %)"
    axes.set_title(f"{title}\n{held}", fontsize=9.5, loc="left")
