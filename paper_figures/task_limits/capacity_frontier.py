"""Separation of a task x size of a network: which tasks are learned, predicted and observed.

The task: a number of Gaussian clusters in a few dimensions, each with a label drawn by lot, so that
a network must store as many labels as there are clusters, and tell the clusters apart. Predicted
from two measurements that know nothing of the task's trainings: what the nearest cluster mean
achieves (do the data allow it?) and how many random labels the network fits (does the network?).
Observed: networks of several widths, retrained from scratch. They also fit the noise of their
training items, which no part of the prediction knows of: it is a bound, not an estimate.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

import similarity
from paper_figures.runner.drawing import noted_figure
from similarity.network_capacity.memorisation import built, margins, train_module
from toolbox import retrain
from toolbox.retraining.streams import generator, integer, numpy_generator

QUICK = {
    "mode": "quick",
    "features": 8,
    "clusters": 64,
    "a_cluster": 8,  # training items
    "tested": 2048,
    "separations": [0.5, 1.0, 2.0, 4.0, 8.0, 16.0],
    "widths": [1, 2, 4, 8, 16, 32],
    "members": 4,
    "trials": 4,
    "stored": 512,  # vectors that the capacity is measured on
    "steps": 500,
    "rate": 0.05,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "members": 20, "trials": 20, "steps": 2000},
    "tiny": QUICK
    | {"mode": "tiny", "features": 4, "clusters": 24, "widths": [1, 4, 16], "members": 2}
    | {"separations": [0.5, 4.0, 16.0], "stored": 96, "steps": 200, "tested": 512, "trials": 4},
}
ASKED = 0.8  # accuracy that counts as learned
FITTED = 0.85  # training accuracy on random labels at which capacities are compared


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return capacities by width, ceilings by separation, and accuracies by both."""
    results: dict[str, Any] = {name: settings[name] for name in ("mode", "clusters", "members")}
    for name in ("separations", "widths"):
        results[name] = np.array(settings[name], dtype=float)
    work = tqdm(settings["widths"], desc="capacity", disable=None)
    stored = [step(f"capacity{width}", stored_labels, width, settings) for width in work]
    for name in ("capacity", "low", "high", "share", "parameters"):
        results[name] = np.array([s[name] for s in stored])
    observed, ceilings = [], []
    for k, separation in enumerate(tqdm(settings["separations"], desc="tasks", disable=None)):
        got = step(f"task{k}", one_task, separation, settings)
        observed.append(got["accuracy"])
        ceilings.append(got["ceiling"])
    return results | {"observed": np.array(observed), "ceiling": np.array(ceilings)}


def network(features: int, width: int) -> Any:
    """Return a network of one hidden layer."""
    from torch import nn

    return nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Linear(width, 1))


def stored_labels(width: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return a width's capacity, and the share of random labels that it fits of one a cluster."""
    rng = generator(settings["seed"], "vectors")
    found = similarity.capacity(
        partial(network, settings["features"], width),
        rng.standard_normal((settings["stored"], settings["features"])),
        seed=integer(settings["seed"], "capacity", width),
        trials=settings["trials"],
        accuracy=FITTED,
        steps=settings["steps"],
        rate=settings["rate"],
        progress=False,
    )
    share = np.interp(np.log(settings["clusters"]), np.log(found.items), found.accuracies)
    limits = {"low": found.interval[0], "high": found.interval[1]}
    sizes = {"capacity": found.capacity, "parameters": found.parameters}
    return {**sizes, **limits, "share": float(share)}


def one_task(separation: float, settings: dict[str, Any]) -> dict[str, Any]:
    """Return accuracies (widths, members) on one task, and that of the nearest cluster mean."""
    rng = generator(settings["seed"], "task")
    clusters, features = settings["clusters"], settings["features"]
    centres = np.sqrt(separation) * rng.standard_normal((clusters, features))
    labels = rng.permutation(np.arange(clusters) % 2)
    own = np.repeat(np.arange(clusters), settings["a_cluster"])
    other = rng.integers(clusters, size=settings["tested"])
    scale = np.sqrt(1 + separation)
    x = (centres[own] + rng.standard_normal((len(own), features))) / scale
    new = (centres[other] + rng.standard_normal((len(other), features))) / scale
    means = np.array([x[own == c].mean(axis=0) for c in range(clusters)])
    nearest = ((new[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    data = {"x": x, "y": labels[own], "new": new, "truth": labels[other]}
    accuracy = []
    for width in settings["widths"]:
        member = partial(learn, width=width, steps=settings["steps"], rate=settings["rate"])
        runs = retrain(
            member,
            data,
            members=settings["members"],
            seed=integer(settings["seed"], "network", width),
            progress=False,
        )
        accuracy.append(runs.outputs["accuracy"])
    return {
        "accuracy": np.array(accuracy),
        "ceiling": float((labels[nearest] == labels[other]).mean()),
    }


def learn(
    streams: dict[str, np.ndarray],
    data: dict[str, np.ndarray],
    *,
    width: int,
    steps: int,
    rate: float,
) -> dict[str, Any]:
    """Train one network from scratch; return its accuracy on new items."""
    import torch

    seed = int(numpy_generator(streams["init"]).integers(2**31))
    module = built(partial(network, data["x"].shape[1], width), seed)
    train_module(module, data["x"], data["y"], steps=steps, rate=rate)
    with torch.no_grad():
        out = margins(module, torch.tensor(data["new"], dtype=torch.float32)).numpy()
    return {"accuracy": float(((out > 0) == (data["truth"] > 0)).mean())}


# ---------------------------------------------------------------------------------- the numbers


def predicted(results: dict[str, Any]) -> np.ndarray:
    """Return 1/2 + 2 (ceiling - 1/2)(share of labels stored - 1/2), (separations, widths)."""
    return 0.5 + 2 * np.outer(results["ceiling"] - 0.5, results["share"] - 0.5)


def crossing(x: np.ndarray, values: np.ndarray) -> float:
    """Return where values first rise through the accuracy asked, interpolated in log x."""
    rising = np.maximum.accumulate(values)
    above = np.flatnonzero(rising >= ASKED)
    if len(above) == 0 or above[0] == 0:
        return float("nan") if len(above) == 0 else float(x[0])
    i = above[0]
    part = (ASKED - rising[i - 1]) / (rising[i] - rising[i - 1])
    return float(np.exp(np.log(x[i - 1]) + part * np.log(x[i] / x[i - 1])))


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return predicted and observed frontiers, and how far accuracies are off."""
    stated, seen = predicted(results), results["observed"].mean(axis=2)
    widths, separations = results["widths"], results["separations"]
    return {
        "width_needed": {
            "predicted": crossing(widths, stated[-1]),
            "observed": crossing(widths, seen[-1]),
        },
        "separation_needed": {
            "predicted": crossing(separations, stated[:, -1]),
            "observed": crossing(separations, seen[:, -1]),
        },
        "mean_miss": float(np.abs(stated - seen).mean()),
        "bias": float((stated - seen).mean()),
        "learned_beyond": int(((stated < ASKED) & (seen >= ASKED)).sum()),
        "beyond": int((stated < ASKED).sum()),
        "same_side": float(((stated >= ASKED) == (seen >= ASKED)).mean()),
        "spread_over_retrainings": float(results["observed"].std(axis=2, ddof=1).mean()),
        "capacity": dict(zip(widths.astype(int).astype(str), results["capacity"], strict=True)),
        "parameters": dict(zip(widths.astype(int).astype(str), results["parameters"], strict=True)),
        "clusters": int(results["clusters"]),
        "members": int(results["members"]),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""

    def near(entry: dict[str, float], factor: float) -> bool:
        return bool(abs(np.log(entry["predicted"] / entry["observed"])) <= np.log(factor))

    return {
        "the width that a well separated task needs is predicted within a factor of 2": near(
            found["width_needed"], 2
        ),
        "the separation that a wide network needs is predicted within a factor of 2": near(
            found["separation_needed"], 2
        ),
        "nothing beyond the predicted frontier is learned": found["learned_beyond"] == 0,
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words whether the frontier is where it is predicted."""
    width, apart = found["width_needed"], found["separation_needed"]
    holds = "is a bound" if all(claims(found).values()) else "IS NO bound"
    return (
        f"To be learned, {found['clusters']} clusters must be apart and the network able to store "
        f"their labels. The predicted frontier {holds}: of {found['beyond']} cells beyond it "
        f"{found['learned_beyond']} are learned.\nWithin it training needs more than predicted: "
        f"width {width['observed']:.2g} for {width['predicted']:.2g}, separation "
        f"{apart['observed']:.2g} for {apart['predicted']:.2g}; "
        f"{100 * found['same_side']:.0f} % of all cells are on the predicted side"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'width':>6}{'parameters':>12}{'capacity':>10}"]
    for width, stored in found["capacity"].items():
        lines.append(f"{width:>6}{found['parameters'][width]:>12}{stored:>10.0f}")
    lines.append(
        f"accuracies are off by {found['mean_miss']:.3f} on average (bias {found['bias']:+.3f}); "
        f"spread over retrainings {found['spread_over_retrainings']:.3f}"
    )
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: predicted and observed accuracy with the frontiers, capacities."""
    found = numbers(results)
    about = f"mode: {results['mode']}; learned: accuracy >= {ASKED}; one hidden layer"
    figure = noted_figure((14, 4.7), verdict(found), about, title_size=11.5, low=0.002)
    panels = figure.subplots(1, 3, width_ratios=[1, 1, 0.95])
    stated, seen = predicted(results), results["observed"].mean(axis=2)
    for axes, values, title in (
        (panels[0], stated, "a   predicted accuracy; dashed: its frontier"),
        (panels[1], seen, f"b   observed, {found['members']} retrainings; line: its frontier"),
    ):
        image = accuracies(axes, results, values)
        frontier(axes, stated, "white", "--")
        axes.set_title(title, loc="left", fontsize=10)
    frontier(panels[1], seen, "black", "-")
    figure.colorbar(image, ax=panels[:2], label="accuracy on new items", shrink=0.85)
    capacities(panels[2], results)
    return figure


def accuracies(axes: Axes, results: dict[str, Any], values: np.ndarray) -> Any:
    """Show accuracies, separation to the right, width upwards."""
    image = axes.imshow(values.T, origin="lower", vmin=0.5, vmax=1, cmap="viridis", aspect="auto")
    axes.set_xticks(range(values.shape[0]), [f"{s:g}" for s in results["separations"]])
    axes.set_yticks(range(values.shape[1]), [f"{w:g}" for w in results["widths"]])
    axes.set(xlabel="separation of the clusters", ylabel="width of the network")
    for i, j in np.ndindex(values.shape):
        axes.text(
            i,
            j,
            f"{values[i, j]:.2f}",
            ha="center",
            va="center",
            fontsize=8,
            zorder=5,
            color="0.9" if values[i, j] < 0.8 else "0.1",
        )
    return image


def frontier(axes: Axes, values: np.ndarray, colour: str, style: str) -> None:
    """Draw where accuracy is as asked."""
    if values.min() < ASKED < values.max():
        axes.contour(values.T, levels=[ASKED], colors=colour, linestyles=style, linewidths=2)


def capacities(axes: Axes, results: dict[str, Any]) -> None:
    """Show the number of random labels that each width stores, and the number of clusters."""
    high = np.where(np.isfinite(results["high"]), results["high"], results["capacity"])
    bars = [results["capacity"] - results["low"], high - results["capacity"]]
    axes.errorbar(
        results["widths"],
        results["capacity"],
        np.maximum(bars, 0),
        fmt="o-",
        color="#08519c",
        capsize=3,
        label="random labels stored",
    )
    axes.plot(results["widths"], results["parameters"], "s:", color="0.5", ms=4, label="parameters")
    axes.axhline(results["clusters"], color="#d94801", lw=1.2)
    axes.text(
        results["widths"][-1],
        results["clusters"] * 1.08,
        "clusters of the task",
        ha="right",
        color="#d94801",
        fontsize=8.5,
    )
    for k in np.flatnonzero(np.isinf(results["high"])):  # all that there were: a lower bound
        axes.annotate(
            "≥",
            (results["widths"][k], results["capacity"][k]),
            (-2, 7),
            textcoords="offset points",
            color="#08519c",
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(results["widths"], [f"{w:g}" for w in results["widths"]])
    axes.set(xlabel="width of the network", ylabel="items")
    axes.set_title(f"c   random labels stored ({FITTED:.0%} fitted)", loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8.5, frameon=False, loc="upper left")
