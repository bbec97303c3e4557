"""When can clusters be found without labels, and what are labels worth: theory and simulation.

Two Gaussian classes in as many dimensions as items, clustered by the first principal component and
by Lloyd's iteration, placed by message passing with 5 % of the labels and by the mean of all of
them, over a range of separations around the threshold.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

import similarity
from paper_figures.runner.drawing import noted_figure
from paper_figures.task_limits.clustering_simulations import (
    lloyd,
    message_passing,
    mixture,
    oriented,
    principal_signs,
    wrong,
)
from toolbox.retraining.streams import generator

QUICK = {
    "mode": "quick",
    "size": 400,  # items, and dimensions
    "draws": 60,
    "separations": [0.4, 0.7, 0.9, 1.1, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0],
    "labelled": [0.05, 0.2],
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "draws": 200},
    "tiny": QUICK | {"mode": "tiny", "size": 200, "draws": 16, "separations": [0.7, 1.3, 2.0, 3.0]},
}
METHODS = ("first component", "Lloyd", "5 % of labels", "20 % of labels", "all labels")
COLOURS = ("#74a9cf", "#08519c", "#d94801", "#a63603", "#238b45")
RESAMPLES = 500


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return each method's errors, draw by draw, and what the theory states."""
    results: dict[str, Any] = {name: settings[name] for name in ("mode", "size", "draws", "seed")}
    results["separations"] = np.array(settings["separations"])
    for k, separation in enumerate(tqdm(settings["separations"], desc="thresholds", disable=None)):
        got = step(f"separation{k}", at_separation, separation, settings)
        results[f"{k}/errors"] = got["errors"]
    dense = np.geomspace(settings["separations"][0], settings["separations"][-1], 40)
    stated = [similarity.clusterable(separation=s, **shape(settings), labelled=0.05) for s in dense]
    results["dense"] = dense
    for name in ("error_pca", "error_limit", "error_unlabelled", "error_labelled"):
        results[name] = np.array([getattr(v, name) for v in stated])
    results["error_supervised"] = np.array([v.error_supervised for v in stated])
    shares = [*settings["labelled"], 1.0]
    results["shares"] = np.array(shares)
    results["value"] = np.array(
        [similarity.label_value(s, **shape(settings), labelled=shares).value for s in dense]
    )
    return results


def shape(settings: dict[str, Any]) -> dict[str, int]:
    """Return the numbers of items and dimensions, as the functions call them."""
    return {"items": settings["size"], "dimensions": settings["size"]}


def at_separation(separation: float, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the errors (draws, methods) of the five ways at one separation."""
    size, errors = settings["size"], []
    for draw in range(settings["draws"]):
        rng = generator(settings["seed"], "mixture", draw)
        x, y = mixture(rng, separation=separation, items=2 * size, dimensions=size)
        x, y, rest, truth = x[:size], y[:size], x[size:], y[size:]
        first = principal_signs(x)
        row = [wrong(first, y), wrong(lloyd(x, first), y)]
        for share in settings["labelled"]:
            known = np.where(rng.permutation(size) < share * size, y, 0)
            posterior = message_passing(x, separation, known, oriented(first, known))
            spoken = np.where(posterior >= 0, 1.0, -1.0)
            row.append(wrong(spoken, y, among=known == 0))
        supervised = np.where(rest @ (y @ x) >= 0, 1.0, -1.0)
        errors.append([*row, wrong(supervised, truth, among=np.arange(size))])
    return {"errors": np.array(errors)}


# ---------------------------------------------------------------------------------- the numbers


def errors_of(results: dict[str, Any]) -> np.ndarray:
    """Return all errors (separations, draws, methods)."""
    return np.array([results[f"{k}/errors"] for k in range(len(results["separations"]))])


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return where the clusters reach ARI .5, and the worth of labels, both ways."""
    errors, separations = errors_of(results), results["separations"]
    ari = (1 - 2 * errors[:, :, 1]) ** 2  # of two equal classes, but for terms of order 1/n
    rng = generator(results["seed"], "bootstrap")
    draws = rng.integers(results["draws"], size=(RESAMPLES, results["draws"]))
    crossings = [np.interp(0.5, ari[:, d].mean(axis=1), separations) for d in draws]
    stated_ari = (1 - 2 * results["error_limit"]) ** 2
    worth = errors[:, :, 1:2] - errors[:, :, 2:]
    stated = np.array(
        [np.interp(separations, results["dense"], results["value"][:, k]) for k in range(3)]
    ).T
    miss = stated - worth.mean(axis=1)
    return {
        "crossing": {
            "value": float(np.interp(0.5, ari.mean(axis=1), separations)),
            "low": float(np.quantile(crossings, 0.025)),
            "high": float(np.quantile(crossings, 0.975)),
            "stated": float(np.interp(0.5, stated_ari, results["dense"])),
        },
        "labels": {
            f"{share:g}": {
                "largest_miss": float(np.abs(miss[:, k]).max()),
                "monte_carlo_error": float(
                    worth[:, :, k].std(axis=1).max() / np.sqrt(results["draws"])
                ),
                "most": float(worth[:, :, k].mean(axis=1).max()),
            }
            for k, share in enumerate(results["shares"])
        },
        "draws": results["draws"],
        "size": results["size"],
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    crossing = found["crossing"]
    misses = [(v["largest_miss"], v["monte_carlo_error"]) for v in found["labels"].values()]
    return {
        "clusters reach ARI .5 within 10 % of where it is predicted": bool(
            abs(crossing["stated"] / crossing["value"] - 1) <= 0.10
        ),
        "the worth of labels is predicted within .02 (and two standard errors)": bool(
            all(miss <= 0.02 + 2 * error for miss, error in misses)
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words whether theory tells when clustering works and what labels are worth."""
    crossing = found["crossing"]
    off = 100 * (crossing["stated"] / crossing["value"] - 1)
    holds = "predicts" if all(claims(found).values()) else "DOES NOT predict"
    few, every = found["labels"]["0.05"], found["labels"]["1"]
    worst = max(v["largest_miss"] for v in found["labels"].values())
    return (
        f"Theory {holds} when clusters can be found: ARI .5 is reached at a separation of "
        f"{crossing['value']:.2f}, predicted {crossing['stated']:.2f} ({off:+.1f} %).\n"
        f"5 % of the labels are worth up to {100 * few['most']:.0f} points of error, all of them "
        f"{100 * every['most']:.0f}; the predictions miss by at most {100 * worst:.1f} points"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    c = found["crossing"]
    lines = [
        f"ARI .5 at {c['value']:.3f} [{c['low']:.3f}, {c['high']:.3f}], stated {c['stated']:.3f}",
        f"{'labels':>8}{'worth at most':>16}{'largest miss':>15}{'its error':>12}",
    ]
    for share, v in found["labels"].items():
        lines.append(
            f"{float(share):>8.0%}{v['most']:>16.3f}{v['largest_miss']:>15.3f}"
            f"{v['monte_carlo_error']:>12.3f}"
        )
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: errors without labels, with labels, what labels are worth."""
    found = numbers(results)
    about = f"mode: {results['mode']}; {found['draws']} draws of {found['size']} items"
    about += f" in {found['size']} dimensions; bars: two standard errors; lines: theory"
    figure = noted_figure((14, 4.6), verdict(found), about, title_size=11.5, low=0.002)
    panels = figure.subplots(1, 3)
    without(panels[0], results)
    with_labels(panels[1], results)
    worth(panels[2], results)
    for axes, title in zip(
        panels,
        ("a   error without labels", "b   error with labels", "c   what labels are worth, points"),
        strict=True,
    ):
        axes.set_title(title, loc="left", fontsize=10)
        axes.axvline(1, color="0.6", lw=0.9, ls=":")
        axes.set_xlabel("separation l (dotted: the threshold)")
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def points(
    axes: Axes, results: dict[str, Any], values: np.ndarray, *, shift: float = 0.0, **look: Any
) -> None:
    """Show means over the draws with two standard errors."""
    error = 2 * values.std(axis=1, ddof=1) / np.sqrt(results["draws"])
    axes.errorbar(
        results["separations"] + shift,
        values.mean(axis=1),
        error,
        fmt="o",
        ms=4.5,
        capsize=2,
        **look,
    )


def without(axes: Axes, results: dict[str, Any]) -> None:
    """Show the first component and Lloyd against the limit and the law of finitely many."""
    errors, x = errors_of(results), results["dense"]
    axes.plot(x, results["error_pca"], color=COLOURS[0], ls="--", lw=1.2, label="component, limit")
    axes.plot(x, results["error_limit"], color="black", ls="--", lw=1.2, label="best, limit")
    size = results["size"]
    axes.plot(x, results["error_unlabelled"], color="black", lw=1.6, label=f"best, n = {size}")
    for k in (0, 1):
        shift = 0.04 * (k - 0.5)
        points(axes, results, errors[:, :, k], shift=shift, color=COLOURS[k], label=METHODS[k])
    axes.legend(fontsize=8, frameon=False)


def with_labels(axes: Axes, results: dict[str, Any]) -> None:
    """Show the errors with 5 % of the labels and with all, beside that without."""
    errors, x = errors_of(results), results["dense"]
    axes.plot(x, results["error_unlabelled"], color="0.6", lw=1.2, label="without labels")
    lines = (("error_labelled", 2), ("error_supervised", 4))
    for name, k in lines:
        axes.plot(x, results[name], color=COLOURS[k], lw=1.6)
        points(axes, results, errors[:, :, k], color=COLOURS[k], label=METHODS[k])
    axes.legend(fontsize=8, frameon=False)


def worth(axes: Axes, results: dict[str, Any]) -> None:
    """Show by how many points labels lower the error, predicted and simulated."""
    errors = errors_of(results)
    for k in range(3):
        axes.plot(results["dense"], 100 * results["value"][:, k], color=COLOURS[k + 2], lw=1.6)
        values = 100 * (errors[:, :, 1] - errors[:, :, k + 2])
        points(axes, results, values, color=COLOURS[k + 2], label=METHODS[k + 2])
    axes.set_ylim(bottom=min(-1, axes.get_ylim()[0]))
    axes.legend(fontsize=8, frameon=False)
