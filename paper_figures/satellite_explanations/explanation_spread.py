"""How far an explanation moves when the training is repeated, where the truth is known exactly.

Worlds of `additive_phenology`: the log-odds are a sum over few planted cells, so that the Shapley
value of every cell is known. Networks are retrained on resampled items, and on the same items.

Until the weights of these networks decayed and noise was added to their cells in training, the
figure claimed that 20 members correlate with the exact values by .2 more than one. Members agree
better now: one alone is nearer by some .15, so that averaging has less left to gain, and together
they are nearer than before. What is claimed is that the gain is there, by its interval over the
worlds, and how near the members come.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from confidence import classify_series, explain, score_explanation
from paper_figures.runner.drawing import noted_figure
from paper_figures.runner.intervals import interval
from toolbox import additive_phenology

QUICK = {"mode": "quick", "items": 150, "asked": 120, "members": 20, "worlds": 4, "seed": 40}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "worlds": 20},
    "tiny": QUICK | {"mode": "tiny", "items": 40, "asked": 20, "members": 3, "worlds": 1},
}
WAYS = {"resampled": ("init", "order", "resample"), "not resampled": ("init", "order")}
NETWORKS = ("tempcnn", "linear")
SIZES = (1, 2, 5, 10, 20)
NEAR = 0.78  # correlation of 20 members with the exact values, asked for in the mean of the worlds
FALSE = 0.03  # share of the cells without a role, allowed to be confident
FEWER = 3  # times fewer false cells with the items resampled


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the scores of every world, network and way of retraining; maps of the first world."""
    worlds = [settings["seed"] + w for w in range(settings["worlds"])]
    parts = [(w, n, r) for w in worlds for n in NETWORKS for r in WAYS]
    rows = [
        step(f"{w} {n} {r}", scored, w, n, r, settings)
        for w, n, r in tqdm(parts, desc="explaining", disable=None)
    ]
    shape = (len(worlds), len(NETWORKS), len(WAYS))
    names = [name for name in rows[0] if name not in ("single", "together", "truth", "curve")]
    results = {name: np.reshape([row[name] for row in rows], shape) for name in names}
    return results | {
        "mode": settings["mode"],
        "items": settings["items"],
        "members": settings["members"],
        "curve": np.reshape([row["curve"] for row in rows], (*shape, -1)),
        **{name: rows[0][name] for name in ("single", "together", "truth")},
    }


def scored(world: int, network: str, redrawn: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Train, explain and score in one world."""
    n = settings["items"]
    drawn = additive_phenology(n=n + settings["asked"], seed=world)
    few, asked = slice(0, n), slice(n, None)
    trained = classify_series(
        drawn.values[few],
        drawn.labels[few],
        dates=drawn.dates,
        members=settings["members"],
        seed=world,
        network=network,
        redraw=WAYS[redrawn],
        progress=False,
    )
    found = explain(trained, drawn.values[asked])
    truth = drawn.contributions[asked]
    scores = score_explanation(found, truth)
    return {
        "found": scores.found,
        "false": scores.false,
        "plain_false": _plain_false(found, drawn.truth[0, 1] > 0),
        "shrunk": scores.shrunk_correlation,
        "curve": [_correlation(found.values[:size].mean(axis=0), truth) for size in SIZES],
        "single": found.roles[0],
        "together": found.role,
        "truth": np.einsum("ntb,n->tb", truth, found.side) / len(truth),
    }


def _plain_false(found: Any, planted: np.ndarray) -> float:
    """Return the share of false cells where the members' interval alone decides."""
    low, high = np.moveaxis(found.role_interval, -1, 0)
    return float(((low > 0) | (high < 0))[~planted].mean())


def _correlation(mean: np.ndarray, truth: np.ndarray) -> float:
    pairs = zip(mean, truth, strict=True)
    return float(np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]))


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the means over the worlds."""
    curve = results["curve"].mean(axis=0)
    table = {
        network: {
            way: {
                name: float(results[name][:, i, j].mean())
                for name in ("found", "false", "plain_false", "shrunk")
            }
            | {"one": float(curve[i, j, 0]), "all": float(curve[i, j, -1])}
            | {"gain": _gain(results["curve"][:, i, j])}
            for j, way in enumerate(WAYS)
        }
        for i, network in enumerate(NETWORKS)
    }
    return {"worlds": len(results["found"]), **table}


def _gain(curve: np.ndarray) -> dict[str, Any]:
    """Return what averaging gains in a world, over the worlds (worlds, sizes)."""
    return interval((curve[:, -1] - curve[:, 0]).tolist(), bounds=(-2.0, 2.0))


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    cnn, linear = (found[network]["resampled"] for network in NETWORKS)
    fixed = found["linear"]["not resampled"]
    return {
        "20 members together are nearer to the exact values than one": bool(cnn["gain"]["low"] > 0),
        "they correlate with them by .78 or more": bool(cnn["all"] >= NEAR),
        "shrinking unsure cells brings them nearer still": bool(cnn["shrunk"] > cnn["all"]),
        "at most 3 % of the cells without a role are confident": bool(cnn["false"] <= FALSE),
        "a linear network's intervals hold 3 times fewer false cells with items resampled": bool(
            linear["plain_false"] * FEWER <= fixed["plain_false"]
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    cnn = found["tempcnn"]["resampled"]
    gain = cnn["gain"]
    return (
        f"One network's explanation correlates {cnn['one']:.2f} with the exact one, the mean of 20 "
        f"{cnn['all']:.2f} (a gain of {gain['low']:.2f} to {gain['high']:.2f}), with unsure cells "
        f"shrunk {cnn['shrunk']:.2f};\n{cnn['found']:.0%} of the planted cells are confident, and "
        f"{cnn['false']:.1%} of those without a role"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    columns = ("one", "all", "shrunk", "found", "false", "plain_false")
    head = f"{'network':<10}{'':<15}" + "".join(f"{c:>12}" for c in columns)
    lines = [
        f"{network:<10}{way:<15}" + "".join(f"{found[network][way][c]:12.3f}" for c in columns)
        for network in NETWORKS
        for way in WAYS
    ]
    return "\n".join([head, *lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: three maps, the gain of averaging, false cells."""
    found = numbers(results)
    about = f"{found['worlds']} worlds of 24 dates x 6 bands, {results['items']} items; simulated"
    figure = noted_figure((12, 6), verdict(found), f"mode: {results['mode']}; {about}")
    grid = figure.add_gridspec(2, 6)
    titles = {
        "single": "one network",
        "together": f"mean of {results['members']}, each on its own items",
        "truth": "truth",
    }
    for k, (name, title) in enumerate(titles.items()):
        axes = figure.add_subplot(grid[0, 2 * k : 2 * k + 2])
        _map(axes, results[name], title)
    _curves(figure.add_subplot(grid[1, :3]), results)
    _bars(figure.add_subplot(grid[1, 3:]), found)
    return figure


def _map(axes: Any, values: np.ndarray, title: str) -> None:
    largest = np.abs(values).max()
    axes.imshow(values.T, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto")
    axes.set_title(title, fontsize=10)
    axes.set(xlabel="date", ylabel="band", xticks=[], yticks=[])


def _curves(axes: Any, results: dict[str, Any]) -> None:
    tones = {"tempcnn": "#08519c", "linear": "#d94801"}
    for i, network in enumerate(NETWORKS):
        for j, way in enumerate(WAYS):
            mean = results["curve"][:, i, j].mean(axis=0)
            style = {"color": tones[network], "ls": "--" if j else "-", "marker": "o", "ms": 4}
            axes.plot(SIZES, mean, label=f"{network}, {way}", **style)
    axes.set(xscale="log", xlabel="members averaged", ylabel="correlation with the exact values")
    axes.set_xticks(SIZES, list(map(str, SIZES)))
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _bars(axes: Any, found: dict[str, Any]) -> None:
    rows = [(network, way) for network in NETWORKS for way in WAYS]
    places = np.arange(len(rows))
    for offset, name, tone, label in (
        (-0.2, "plain_false", "0.7", "the members' 95 % interval alone"),
        (0.2, "false", "#238b45", "against the null of all cells, 97 %"),
    ):
        shares = [100 * found[network][way][name] for network, way in rows]
        axes.bar(places + offset, shares, 0.38, color=tone, label=label)
    axes.axhline(100 * FALSE, color="black", lw=0.8)
    axes.set_xticks(places, [f"{network}\n{way}" for network, way in rows], fontsize=8)
    axes.set(ylabel="false cells, %")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
