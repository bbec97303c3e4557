"""In which order to pool an ensemble and to calibrate it: digits with few labels.

Members that are calibrated one by one are under-confident once pooled (Rahaman and Thiery, 2021).
Each split draws anew which digits are trained on, calibrated on and tested on.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

import confidence
from paper_figures.runner.drawing import noted_figure
from paper_figures.runner.intervals import interval
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "splits": 20,
    "labelled": 200,  # digits trained on
    "calibration": 300,  # digits that the temperature is fitted on; tested on all others
    "members": 20,
    "steps": 150,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "splits": 60, "members": 50},
    "tiny": QUICK | {"mode": "tiny", "splits": 4, "members": 5},
}
ORDERS = {  # name: label, colour
    "none": ("not\ncalibrated", "tab:gray"),
    "member-then-pool": ("each member,\nthen pool", "tab:orange"),
    "shared-then-pool": ("one for all,\nthen pool", "tab:green"),
    "pool-then-temperature": ("pool, then\ntemperature", "tab:blue"),
}
BEST = "pool-then-temperature"
BINS = 10


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the scores of every order in every split; each split is one step."""
    results: dict[str, Any] = {name: settings[name] for name in ("mode", "members", "labelled")}
    for k in tqdm(range(settings["splits"]), desc="pool then calibrate", disable=None):
        got = step(f"split{k}", one_split, k, settings)
        results |= {f"{k}/{name}": value for name, value in got.items() if name != "seconds"}
    return results | {"splits": settings["splits"]}


def one_split(k: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train an ensemble, fit the temperature in each order, score it on the other digits."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = generator(settings["seed"], "split", k).permutation(len(x))
    sizes = np.cumsum([settings["labelled"], settings["calibration"]])
    training, fitting, testing = np.split(order, sizes)
    trained = confidence.ensemble(
        x[training],
        y[training],
        dim=0,
        members=settings["members"],
        steps=settings["steps"],
        seed=integer(settings["seed"], "ensemble", k),
        progress=False,
    )
    known = trained.votes(x[fitting])
    asked = trained.votes(x[testing])
    found: dict[str, Any] = {}
    for name in ORDERS:
        answers = asked.mean(axis=0)
        if name != "none":
            fit = confidence.temperature(known, y[fitting], how=name, classes=trained.classes)
            answers = fit.apply(asked)
            found[f"{name}/temperature"] = fit.values.mean()
        labels = {"labels": y[testing], "classes": trained.classes}
        measured = confidence.reliability(answers, **labels, bins=BINS, seed=k, resamples=39)
        found |= {
            f"{name}/nll": confidence.nll(answers, **labels).value,
            f"{name}/ece": measured.ece,
            f"{name}/null": measured.null,
            f"{name}/confidence": measured.bin_confidence,
            f"{name}/accuracy": measured.bin_accuracy,
            f"{name}/count": measured.bin_count,
        }
    return found


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return every order's scores, and what the others' cost beyond the best's, split by split."""

    def over_splits(name: str) -> list[float]:
        return [float(results[f"{k}/{name}"]) for k in range(results["splits"])]

    orders: dict[str, Any] = {}
    for name in ORDERS:
        orders[name] = {s: interval(over_splits(f"{name}/{s}")) for s in ("nll", "ece", "null")}
        if name != "none":
            orders[name]["temperature"] = interval(over_splits(f"{name}/temperature"))
        if name != BEST:
            for score in ("nll", "ece"):
                more = np.subtract(over_splits(f"{name}/{score}"), over_splits(f"{BEST}/{score}"))
                orders[name][f"{score}_more_than_the_best"] = interval(more.tolist())
    about = {name: results[name] for name in ("members", "labelled", "splits")}
    return about | {"orders": orders}


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    others = {name: entry for name, entry in found["orders"].items() if name != BEST}
    return {
        f"{BEST} has a lower NLL than {name}, its 95 % interval over splits above 0": bool(
            entry["nll_more_than_the_best"]["low"] > 0
        )
        for name, entry in others.items()
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words which order is best, and by how much."""
    orders, held = found["orders"], claims(found)
    beaten = [
        name
        for name, holds in zip([n for n in ORDERS if n != BEST], held.values(), strict=True)
        if holds
    ]
    if len(beaten) == len(held):
        words = "Pooling first and then fitting one temperature has the lowest NLL"
    else:
        words = f"Pooling first beats {', '.join(beaten) or 'no other order'} in NLL"
    values = ", ".join(f"{entry['nll']['value']:.3f}" for entry in orders.values())
    first, last = orders["none"]["ece"]["value"], orders[BEST]["ece"]["value"]
    null = orders[BEST]["null"]["value"]
    temperature = orders[BEST]["temperature"]["value"]
    side = "under-confident" if temperature < 1 else "over-confident"
    return (
        f"{words} ({values} in the order of panel a).\nThe pooled ensemble is {side}: temperature "
        f"{temperature:.2f}, calibration error {first:.3f} before and {last:.3f} after, where a "
        f"perfect model has {null:.3f}"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""

    def cell(value: dict[str, Any]) -> str:
        return f"{value['value']:.4f} [{value['low']:.4f}, {value['high']:.4f}]"

    heads = ("NLL", "ECE", "NLL more than the best")
    lines = [f"{'order':24}" + "".join(f"{head:28}" for head in heads)]
    for name, entry in found["orders"].items():
        shown = [entry[key] for key in ("nll", "ece", "nll_more_than_the_best") if key in entry]
        lines.append(f"{name:24}" + "".join(f"{cell(value):28}" for value in shown))
    return "\n".join([*lines, "", verdict(found), "Intervals: 95 %, over splits of one data set."])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: scores, differences to the best, reliability, temperatures."""
    found = numbers(results)
    about = (
        f"digits, {found['labelled']} labels, {found['members']} networks, {found['splits']} splits"
    )
    note = f"mode: {results['mode']}; {about}; diamonds and bars: mean and its 95 % interval"
    figure = noted_figure((14, 4.6), verdict(found), note, title_size=11.5, low=0.002)
    panels = figure.subplots(1, 4)
    scores(panels[0], found, "nll")
    panels[0].set_title("a   negative log-likelihood, nats", loc="left", fontsize=10)
    differences(panels[1], found)
    panels[1].set_title("b   NLL beyond that of pooling first", loc="left", fontsize=10)
    scores(panels[2], found, "ece")
    panels[2].set_title("c   ECE (dashes: a perfect model's)", loc="left", fontsize=10)
    reliabilities(panels[3], results)
    panels[3].set_title("d   reliability, all splits together", loc="left", fontsize=10)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def scores(axes: Axes, found: dict[str, Any], score: str) -> None:
    """Show one score of every order: the splits, their mean and its interval."""
    entries = list(found["orders"].values())
    draws = np.array([entry[score]["draws"] for entry in entries])
    axes.plot(range(len(entries)), draws, color="0.85", lw=0.7, zorder=0)
    for x, (entry, (_, colour)) in enumerate(zip(entries, ORDERS.values(), strict=True)):
        marked(axes, x, entry[score], colour)
        if score == "ece":
            axes.plot([x - 0.35, x + 0.35], [entry["null"]["value"]] * 2, "k--", lw=1)
    axes.set_xticks(range(len(entries)), [label for label, _ in ORDERS.values()], fontsize=7)
    if score == "ece":
        axes.set_ylim(bottom=0)


def differences(axes: Axes, found: dict[str, Any]) -> None:
    """Show how much more each other order costs, split by split."""
    others = [name for name in ORDERS if name != BEST]
    for x, name in enumerate(others):
        value = found["orders"][name]["nll_more_than_the_best"]
        spread = x + np.linspace(-0.15, 0.15, len(value["draws"]))
        axes.plot(spread, value["draws"], ".", color=ORDERS[name][1], alpha=0.35, ms=5)
        marked(axes, x, value, ORDERS[name][1])
    axes.axhline(0, color="black", lw=0.8)
    axes.set_xlim(-0.5, len(others) - 0.5)
    axes.set_xticks(range(len(others)), [ORDERS[name][0] for name in others], fontsize=8)


def marked(axes: Axes, x: float, value: dict[str, Any], colour: str) -> None:
    """Mark a mean with its interval."""
    bar = [[value["value"] - value["low"]], [value["high"] - value["value"]]]
    axes.errorbar(x, value["value"], bar, fmt="D", color=colour, capsize=4, ms=5)


def reliabilities(axes: Axes, results: dict[str, Any]) -> None:
    """Show the share right against the confidence, over all splits, before and after."""
    axes.plot([0, 1], [0, 1], color="black", lw=0.8)
    for name in ("none", "member-then-pool", BEST):
        label, colour = ORDERS[name]

        def total(what: str, name: str = name) -> np.ndarray:
            keys = [(f"{k}/{name}/count", f"{k}/{name}/{what}") for k in range(results["splits"])]
            return sum(results[count] * np.nan_to_num(results[key]) for count, key in keys)

        count = sum(results[f"{k}/{name}/count"] for k in range(results["splits"]))
        full = count >= 20
        x, y = total("confidence")[full] / count[full], total("accuracy")[full] / count[full]
        axes.plot(x, y, "o-", color=colour, ms=4, lw=1.3, label=label.replace("\n", " "))
    axes.set(xlabel="probability of the predicted class", ylabel="share right", xlim=(0.15, 1.01))
    axes.set_ylim(0.15, 1.01)
    axes.legend(fontsize=8, frameon=False)
