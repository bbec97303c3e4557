"""What moves the answer of a retrained network: initial weights, order of the items, or the items.

Crossed designs of retrainings on digits with few labels; the whole design is repeated with fresh
levels, so that the standard error of an ensemble's mean is seen and not only stated.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import softmax
from tqdm import tqdm

import confidence
from paper_figures.runner.drawing import noted_figure
from paper_figures.runner.intervals import interval
from toolbox import retrain
from toolbox.networks.classifier_training import classifier_logits, classifier_member, training_data
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "levels": 5,  # of each stream
    "designs": 20,
    "labelled": 100,  # digits trained on, the same in all designs
    "asked": 128,  # digits that the networks are asked about
    "steps": 200,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "levels": 7, "designs": 100},
    "tiny": QUICK | {"mode": "tiny", "levels": 3, "designs": 8},
}
NETWORK, BATCH, RATE = "multilayer_perceptron", 32, 3e-3
STREAMS = ("init", "order", "resample")
SEVERAL = 2.0  # the claim: s / sqrt(R) is so many times too small, at least
FAIR = 1.25  # and the components' standard error not more than this, either way


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return every design's shares, means and standard errors; each design is one step."""
    kept: dict[str, list] = {}
    for k in tqdm(range(settings["designs"]), desc="variance shares", disable=None):
        got = step(f"design{k}", one_design, k, settings)
        for name, value in got.items():
            kept.setdefault(name, []).append(value)
    stacked = {name: np.stack(values) for name, values in kept.items() if name != "seconds"}
    about = {name: settings[name] for name in ("mode", "levels", "labelled")}
    return stacked | about | {"terms": stacked["terms"][0]}


def one_design(k: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train every combination of one design and split the variance of its answers."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = ((x - x.mean()) / x.std()).astype(np.float32)
    order = generator(settings["seed"], "digits").permutation(len(x))
    training, asked = np.split(order, [settings["labelled"]])
    asked = asked[: settings["asked"]]
    member = classifier_member(NETWORK, classes=10, batch=BATCH, resample=True, flips=False)
    options = {"steps": settings["steps"], "learning_rate": RATE}
    runs = retrain(
        member,
        training_data(x[training], y[training], np.ones(len(training)), **options),
        seed=integer(settings["seed"], "design", k),
        redraw=dict.fromkeys(STREAMS, settings["levels"]),
        progress=False,
    )
    votes = softmax(runs.predict(classifier_logits(NETWORK), x[asked]).astype(float), axis=-1)
    found = confidence.variance_components(votes, runs.design)
    return {
        "terms": np.array(found.terms),
        "shares": found.shares,
        "mean": found.mean,
        "standard_error": found.standard_error,
        "mean_interval": found.mean_interval,
        "naive": confidence.assess(votes).standard_error,
    }


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the shares of the terms, and how stated errors of the mean compare with the spread.

    Both are root mean squares over all items and classes: variances are what is unbiased.
    """
    spread = np.sqrt(results["mean"].var(axis=0, ddof=1).mean())
    low, high = np.moveaxis(results["mean_interval"], -1, 0)
    grand, designs = results["mean"].mean(axis=0), len(results["mean"])
    # The grand mean holds the design itself: fresh levels are what the interval is about.
    held = (designs * grand - results["mean"]) / (designs - 1)
    moves = results["mean"].std(axis=0, ddof=1)
    covers = (low <= held) & (held <= high)
    stated = {}
    for name in ("standard_error", "naive"):
        over = np.sqrt((results[name] ** 2).mean(axis=(1, 2)))
        stated[name] = interval((spread / over).tolist())
        stated[name]["stated"] = float(np.sqrt((results[name] ** 2).mean()))
    terms = [str(t) for t in results["terms"]]
    total = {
        name: results["shares"][:, [name in t.split(":") for t in terms]].sum(axis=1)
        for name in STREAMS
    }
    shares = dict(zip(terms, results["shares"].T, strict=True))
    return {
        "levels": results["levels"],
        "members": results["levels"] ** len(STREAMS),
        "labelled": results["labelled"],
        "designs": designs,
        "shares": {term: interval(values.tolist()) for term, values in shares.items()},
        "part_in": {name: interval(values.tolist()) for name, values in total.items()},
        "missed_by_seeds": interval(shares["resample"].tolist()),
        "spread_of_the_mean": float(spread),
        "too_small_by": stated,
        "intervals_that_hold_the_mean": {
            f"sd above {least:g}": float(covers[:, moves > least].mean()) for least in (0.01, 0.1)
        },
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    fair = found["too_small_by"]["standard_error"]["value"]
    others = [v["high"] for t, v in found["shares"].items() if t != "resample"]
    return {
        "of all terms the items drawn have the largest share": bool(
            found["shares"]["resample"]["low"] > max(others)
        ),
        "the items drawn have a part in more than half of the variance": bool(
            found["part_in"]["resample"]["low"] > 0.5
        ),
        "the order of the items has a part in less than a tenth": bool(
            found["part_in"]["order"]["high"] < 0.1
        ),
        "seeds alone miss at least a quarter of the variance": bool(
            found["missed_by_seeds"]["low"] > 0.25
        ),
        f"s / sqrt(R) is at least {SEVERAL:g} times too small": bool(
            found["too_small_by"]["naive"]["low"] >= SEVERAL
        ),
        f"the components' standard error is right within a factor of {FAIR:g}": bool(
            1 / FAIR <= fair <= FAIR
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what moves the answers, and which standard error says so."""
    part = {name: f"{100 * value['value']:.0f} %" for name, value in found["part_in"].items()}
    naive, fair = (found["too_small_by"][name]["value"] for name in ("naive", "standard_error"))
    n, missed = found["levels"], 100 * found["missed_by_seeds"]["value"]
    return (
        f"Which items were drawn has a part in {part['resample']} of the variance of a retrained "
        f"network's answer, initial weights in {part['init']}, order in {part['order']}: "
        f"redrawing seeds alone misses {missed:.0f} %.\n"
        f"Over repeated {n} × {n} × {n} designs the ensemble's mean varies {naive:.1f} times as "
        f"much as s/√R states, and {fair:.2f} times as much as the variance components state"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""

    def cell(v: dict[str, Any]) -> str:
        return f"{v['value']:8.3f} [{v['low']:.3f}, {v['high']:.3f}]"

    lines = [f"{'share of the variance':36}"]
    lines += [f"{term:36}{cell(value)}" for term, value in found["shares"].items()]
    lines += [f"{'any part of ' + name:36}{cell(v)}" for name, v in found["part_in"].items()]
    lines += ["", f"{'sd of the mean over designs':36}{found['spread_of_the_mean']:8.4f}"]
    for name, what in (("naive", "s / sqrt(R)"), ("standard_error", "the components")):
        entry = found["too_small_by"][name]
        lines.append(f"{'stated by ' + what:36}{entry['stated']:8.4f}; ratio {cell(entry)}")
    for which, held in found["intervals_that_hold_the_mean"].items():
        lines.append(f"{'95 % intervals that hold the other designs’ mean, ' + which:66}{held:.3f}")
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: the shares, stated against realised errors, their ratios."""
    found = numbers(results)
    about = f"{found['designs']} designs of {found['members']} networks, {found['labelled']} labels"
    note = f"mode: {results['mode']}; {about}"
    figure = noted_figure((14, 4.8), verdict(found), note, title_size=11.5, low=0.002)
    panels = figure.subplots(1, 3, width_ratios=[1.1, 1, 1])
    terms(panels[0], found)
    realised(panels[1], results)
    ratios(panels[2], found)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def terms(axes: Axes, found: dict[str, Any]) -> None:
    """Show the share of every term: the designs and their mean."""
    for row, (term, value) in enumerate(found["shares"].items()):
        colour = "#d94801" if "resample" in term else "#08519c"
        axes.barh(row, 100 * value["value"], color=colour, alpha=0.75)
        spread = row + np.linspace(-0.25, 0.25, len(value["draws"]))
        axes.plot(100 * np.array(value["draws"]), spread, ".", color="black", ms=2.5, alpha=0.6)
    axes.set_yticks(range(len(found["shares"])), [t.replace(":", " × ") for t in found["shares"]])
    axes.invert_yaxis()
    axes.set_xlabel("% of the variance of one network's answer (points: designs)")
    axes.set_title("a   shares of the variance", loc="left", fontsize=10)


def realised(axes: Axes, results: dict[str, Any]) -> None:
    """Show, for each item and class, the stated errors against the spread of the mean."""
    spread = results["mean"].std(axis=0, ddof=1).ravel()
    shown = np.flatnonzero(spread > 1e-3)
    looks = (("naive", "s/√R", "#d94801"), ("standard_error", "from the components", "#08519c"))
    for name, label, colour in looks:
        stated = np.sqrt((results[name] ** 2).mean(axis=0)).ravel()
        axes.plot(spread[shown], stated[shown], ".", ms=3, alpha=0.4, color=colour, label=label)
    ends = np.array([spread[shown].min(), spread.max()])
    axes.plot(ends, ends, color="black", lw=0.9, label="stated = realised")
    axes.set(xscale="log", yscale="log")
    axes.set_xlabel("realised: sd of the ensemble's mean over designs")
    axes.set_ylabel("stated standard error")
    axes.legend(fontsize=8.5, frameon=False, loc="upper left", markerscale=3)
    axes.set_title("b   each digit and class", loc="left", fontsize=10)


def ratios(axes: Axes, found: dict[str, Any]) -> None:
    """Show how many times too small each stated error is, design by design."""
    looks = (("naive", "s/√R", "#d94801"), ("standard_error", "components", "#08519c"))
    for x, (name, _, colour) in enumerate(looks):
        value = found["too_small_by"][name]
        spread = x + np.linspace(-0.2, 0.2, len(value["draws"]))
        axes.plot(spread, value["draws"], ".", color=colour, alpha=0.5)
        bar = [[value["value"] - value["low"]], [value["high"] - value["value"]]]
        axes.errorbar(x, value["value"], bar, fmt="D", color=colour, capsize=4)
        text = f"× {value['value']:.2f}"
        axes.annotate(text, (x + 0.28, value["value"]), va="center", fontsize=10)
    axes.axhline(1, color="black", lw=0.9)
    axes.set_xlim(-0.5, 1.7)
    axes.set_ylim(bottom=0)
    axes.set_xticks(range(len(looks)), [label for _, label, _ in looks])
    axes.set_title("c   realised over stated (1 is right)", loc="left", fontsize=10)
