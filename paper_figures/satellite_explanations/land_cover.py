"""Land cover from seasons under clouds: networks against the Bayes rule, and what they look at.

Simulated seasons of six crops; and, where Debian's package r-cran-mlbench (GPL-2) and PyPI's rdata
are installed, its table of real Landsat pixels: four bands of 3 x 3 pixels, six covers of soil.
"""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from confidence import classify_series, explain, score_explanation
from paper_figures.runner.drawing import noted_figure
from toolbox import phenology

REAL = Path("/usr/lib/R/site-library/mlbench/data/Satellite.rda")
QUICK = {
    "mode": "quick",
    "items": 240,
    "asked": 200,
    "members": 6,
    "worlds": 1,
    "pairs": 3,
    "seed": 50,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "items": 900, "members": 20, "worlds": 4, "pairs": 12},
    "tiny": QUICK | {"mode": "tiny", "items": 40, "asked": 30, "members": 2, "pairs": 1},
}
NETWORKS = ("linear", "tempcnn", "channel attention", "l-tae")
PAIR = ("winter wheat", "winter barley")  # told apart by their ripening alone
METHODS = ("integrated gradients", "pattern")
DAYS = range(30, 330, 12)
FIRST_TRAINING = 4435  # items of the real table that come first are its training set
TONES = dict(zip(NETWORKS, ("0.6", "#08519c", "#d94801", "#238b45"), strict=True))


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return accuracies on all crops, the roles of a pair of crops, and the real table's scores."""
    worlds = [settings["seed"] + w for w in range(settings["worlds"])]
    parts = [(w, n) for w in worlds for n in NETWORKS]
    rows = [
        step(f"crops {w} {n}", on_crops, w, n, settings)
        for w, n in tqdm(parts, desc="land cover", disable=None)
    ]
    pairs = [step(f"pair {p}", on_a_pair, p, settings) for p in range(settings["pairs"])]
    real = step("landsat", on_landsat, settings) if available() else {"accuracy": np.zeros(0)}
    shape = (len(worlds), len(NETWORKS))
    return {
        "mode": settings["mode"],
        "items": settings["items"],
        "accuracy": np.reshape([row["accuracy"] for row in rows], shape),
        "bayes": np.reshape([row["bayes"] for row in rows], shape),
        "precision": np.array([pair["precision"] for pair in pairs]),
        "roles": pairs[0]["roles"],
        "truth": pairs[0]["truth"],
        "landsat": real["accuracy"],
    }


def available() -> bool:
    """Say whether the real table can be read here."""
    return REAL.exists() and importlib.util.find_spec("rdata") is not None


def on_crops(world: int, network: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return a network's accuracy on six crops, and that of the Bayes rule."""
    n = settings["items"]
    fields = phenology(n=n + settings["asked"], dates=DAYS, noise=0.03, seed=world)
    trained = _trained(fields, n, network, world, settings)
    votes = trained.votes(fields.values[n:], fields.clear[n:]).mean(axis=0)
    return {
        "accuracy": float((votes.argmax(axis=1) == fields.labels[n:]).mean()),
        "bayes": float((fields.posterior[n:].argmax(axis=1) == fields.labels[n:]).mean()),
    }


def on_a_pair(number: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the roles of the cells that tell two crops apart, by two methods, and the truth."""
    n = settings["items"]
    fields = phenology(
        n=n + settings["asked"], classes=PAIR, dates=DAYS, noise=0.03, seed=1000 + number
    )
    trained = _trained(fields, n, "tempcnn", number, settings)
    asked = {"series": fields.values[n:], "clear": fields.clear[n:]}
    found = [explain(trained, **asked, method=method) for method in METHODS]
    truth = fields.truth[0, 1]
    ordered = np.sort(truth, axis=None)[::-1]
    k = int((np.cumsum(ordered) < 0.5 * truth.sum()).sum()) + 1
    return {
        "precision": [score_explanation(one, truth, k=k).precision for one in found],
        "roles": np.stack([one.role for one in found]),
        "truth": truth,
    }


def _trained(fields: Any, n: int, network: str, world: int, settings: dict[str, Any]) -> Any:
    return classify_series(
        fields.values[:n],
        fields.labels[:n],
        clear=fields.clear[:n],
        dates=fields.dates,
        members=settings["members"],
        network=network,
        seed=world,
        progress=False,
    )


def on_landsat(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the accuracy of linear and of convolutional networks on real pixels, and the chance.

    The nine pixels of a neighbourhood stand where dates do in a series.
    """
    import rdata

    told = rdata.read_rda(str(REAL))["Satellite"]
    values = told.iloc[:, :36].to_numpy(dtype=np.float64).reshape(-1, 9, 4)
    labels = told["classes"].astype(str).to_numpy()
    n = settings["items"] if settings["mode"] != "full" else FIRST_TRAINING
    few = np.linspace(0, FIRST_TRAINING - 1, n).round().astype(int)  # its rows are in no fair order
    asked = slice(FIRST_TRAINING, None)
    found = []
    for network in ("linear", "tempcnn"):
        trained = classify_series(
            values[few],
            labels[few],
            steps=max(400, n),
            members=settings["members"],
            network=network,
            seed=settings["seed"],
            progress=False,
        )
        votes = trained.votes(values[asked]).mean(axis=0)
        found.append(float((trained.classes[votes.argmax(axis=1)] == labels[asked]).mean()))
    commonest = np.unique(labels[asked], return_counts=True)[1].max() / len(labels[asked])
    return {"accuracy": np.array([*found, float(commonest)])}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return accuracies, shares of the Bayes rule's, and precision of the explanations."""
    share = (results["accuracy"] / results["bayes"]).mean(axis=0)
    found = {
        "bayes": float(results["bayes"].mean()),
        "share": dict(zip(NETWORKS, share.tolist(), strict=True)),
        "precision": dict(zip(METHODS, results["precision"].mean(axis=0).tolist(), strict=True)),
    }
    if len(results["landsat"]):
        names = ("linear", "tempcnn", "commonest")
        found["landsat"] = dict(zip(names, results["landsat"].tolist(), strict=True))
    return found


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    share, precision = found["share"], found["precision"]
    held = {
        "a network that knows dates beats the linear baseline": bool(
            max(share[n] for n in NETWORKS[1:]) > share["linear"]
        ),
        "no network beats the Bayes rule": max(share.values()) <= 1,
        "the pattern finds more of what tells the crops apart than integrated gradients": bool(
            precision["pattern"] > precision["integrated gradients"]
        ),
    }
    if "landsat" in found:
        real = found["landsat"]
        held["on real pixels the networks beat the commonest cover"] = bool(
            min(real["linear"], real["tempcnn"]) > real["commonest"]
        )
    return held


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    best = max(NETWORKS, key=found["share"].get)
    precision = found["precision"]
    real = found.get("landsat")
    said = f"; on real Landsat pixels {real['tempcnn']:.0%}" if real else ""
    return (
        f"{best} reaches {found['share'][best]:.0%} of the Bayes rule's accuracy, the linear "
        f"baseline {found['share']['linear']:.0%}{said}.\nOf the cells that tell wheat from barley "
        f"the pattern finds {precision['pattern']:.0%}, integrated gradients "
        f"{precision['integrated gradients']:.0%}"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"Bayes rule {found['bayes']:.3f}; share of it:"]
    lines += [f"  {name:<22}{share:.3f}" for name, share in found["share"].items()]
    lines += ["precision of the explanation:"]
    lines += [f"  {name:<22}{value:.3f}" for name, value in found["precision"].items()]
    lines += [f"  Landsat {n:<14}{v:.3f}" for n, v in found.get("landsat", {}).items()]
    return "\n".join([*lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: the season's maps, accuracies, and the real table where it was read."""
    found = numbers(results)
    real = "and Landsat pixels of r-cran-mlbench" if "landsat" in found else "only"
    about = f"simulated seasons {real}; {results['items']} items"
    figure = noted_figure((12, 4.6), verdict(found), f"mode: {results['mode']}; {about}", room=0.04)
    panels = figure.subplots(1, 4, width_ratios=[1, 1, 1, 1.2])
    maps = {"truth": results["truth"], **dict(zip(METHODS, np.abs(results["roles"]), strict=True))}
    for axes, (name, values) in zip(panels, maps.items(), strict=False):
        axes.imshow(values.T, cmap="magma", aspect="auto", vmin=0)
        told = "what tells wheat from barley" if name == "truth" else name
        axes.set_title(told, fontsize=10)
        ticks = np.arange(0, len(DAYS), 8)
        axes.set_xticks(ticks, [str(DAYS[t]) for t in ticks])
        axes.set(xlabel="day of the year", ylabel="band", yticks=[])
    _accuracies(panels[3], found)
    return figure


def _accuracies(axes: Any, found: dict[str, Any]) -> None:
    shares = [found["share"][name] for name in NETWORKS]
    axes.barh(range(len(NETWORKS)), shares, color=[TONES[name] for name in NETWORKS])
    for place, share in enumerate(shares):
        axes.text(0.02, place, f"{NETWORKS[place]} {share:.2f}", va="center", color="white")
    axes.axvline(1, color="black", lw=1)
    axes.set(xlim=(0, 1.05), yticks=[], xlabel="accuracy, as share of the Bayes rule's")
    axes.set_title("six crops, half of the dates cloudy", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
