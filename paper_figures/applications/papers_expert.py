"""Pairs of papers that an expert is asked about, chosen or at random, and what audits certify.

Left, the agreement of clusters with the truth against the pairs judged, by the ways to choose them.
Right, audits of "all members of this cluster are one paper": how many pairs they read, and how
often one certifies a cluster that holds one stranger too many. With `--images FOLDER` the papers
are the user's own (toolbox.load_papers), their makers the expert's answers.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import adjusted_rand_score
from tqdm import tqdm

import labelling
import similarity
import toolbox
from paper_figures.runner.drawing import noted_figure
from toolbox import InputError
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "classes": 9,
    "items": 6,
    "size": 96,
    "batch": 20,
    "rounds": 13,
    "draws": 2,
    "audits": 200,
    "images": "",
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK
    | {"mode": "full", "items": 10, "batch": 10, "rounds": 40, "draws": 10, "audits": 2000},
    "tiny": QUICK | {"mode": "tiny", "items": 4, "size": 32, "rounds": 6, "draws": 1, "audits": 20},
}
WAYS = {"alike": "#08519c", "uncertain": "#d94801", "random": "0.5"}
SHARE = 0.6  # of the random pairs, asked for
MEMBERS, TOLERANCE = 60, 0.1  # of the clusters that are audited
STRANGERS = (0, 2, 4, 7)  # the last is one too many


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the agreement of clusters (draws, ways, rounds), and what audits did."""
    draws = 1 if settings["images"] else settings["draws"]
    parts = [(d, way) for d in range(draws) for way in WAYS]
    curves = [
        step(f"{way}{d}", followed, d, way, settings)["agreement"]
        for d, way in tqdm(parts, desc="judging papers", disable=None)
    ]
    audits = [step(f"audits{k}", audited, k, settings)["stops"] for k in STRANGERS]
    return {
        "mode": settings["mode"],
        "source": "images" if settings["images"] else "simulated",
        "asked": settings["batch"] * np.arange(settings["rounds"]),
        "agreement": np.reshape(curves, (draws, len(WAYS), settings["rounds"])),
        "stops": np.array(audits),
    }


def papers(settings: dict[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images and the group of each."""
    if not settings["images"]:
        made = similarity.twins(
            "papers",
            n=settings["items"],
            classes=settings["classes"],
            size=settings["size"],
            seed=seed,
        )
        return made.values.astype(np.float32), made.labels
    found = toolbox.load_papers(settings["images"], size=settings["size"], skip=True)
    known = found.maker != ""
    if len(set(found.maker[known].tolist())) < 2:
        raise InputError("images: wanted papers of two makers at least, got fewer (papers.csv?)")
    return found.values[known], np.unique(found.maker[known], return_inverse=True)[1]


def followed(d: int, way: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the adjusted Rand index after each batch of judged pairs."""
    seed = integer(settings["seed"], "papers", d)
    values, y = papers(settings, seed)
    scores = similarity.pool(similarity.every_evidence(values, dim=2, seed=seed)).scores
    book, found, k = labelling.ledger(), [], len(np.unique(y))
    for time in range(settings["rounds"]):
        settled = labelling.settle_pairs(scores, ledger=book)
        clusters = similarity.cluster(settled.log_odds, k=k, how="agglomerative", seed=0).labels
        found.append(adjusted_rand_score(y, clusters))
        if settled.open == 0:
            break
        size = min(settings["batch"], settled.open)
        asked = labelling.choose_pairs(scores, ledger=book, batch=size, by=way, seed=seed)
        told = {"items": asked.items, "others": asked.others, "who": "expert", "time": time}
        same = y[asked.items] == y[asked.others]
        book = labelling.tell(book, kind="pair", values=same, **told)
    return {"agreement": np.pad(found, (0, settings["rounds"] - len(found)), mode="edge")}


def audited(strangers: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return after how many pairs each audit certified, -1 where it never did."""
    stops = []
    for a in range(settings["audits"]):
        rng = generator(settings["seed"], "audits", strangers, a)
        odd = 1 + rng.permutation(MEMBERS)[:strangers]
        plan = labelling.cluster_audit_plan([0] * (MEMBERS + 1), tolerance=TOLERANCE, seed=a)
        stops.append(labelling.audit(plan.plan, np.isin(plan.items, odd)).at)
    return {"stops": np.array(stops)}


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the pairs that each way needs to be as good as random pairs at their best."""
    curves = dict(zip(WAYS, results["agreement"].mean(axis=0), strict=True))
    goal = curves["random"].max()
    needed = {
        way: float(results["asked"][(c >= goal).argmax()]) if (c >= goal).any() else float("inf")
        for way, c in curves.items()
    }
    certified = results["stops"] > 0
    medians = [
        float(np.median(row[row > 0])) if (row > 0).any() else float("inf")
        for row in results["stops"]
    ]
    return {
        "source": str(results["source"]),
        "goal": float(goal),
        "needed": needed,
        "share": needed["alike"] / needed["random"] if needed["random"] else float("nan"),
        "certified": certified.mean(axis=1).tolist(),
        "median": medians,
        "audits": int(results["stops"].shape[1]),
    }


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    noise = 2 * np.sqrt(0.05 * 0.95 / found["audits"])
    made = {
        "one stranger too many is certified in at most 5 % of audits (two standard errors)": bool(
            found["certified"][-1] <= 0.05 + noise
        ),
        "a pure cluster is certified before all of it is read": found["median"][0] < MEMBERS,
    }
    if found["source"] == "simulated":
        name = "chosen pairs reach what random ones reach with at most 60 % of the pairs"
        made[name] = found["share"] <= SHARE
    return made


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    chosen, at_random = found["needed"]["alike"], found["needed"]["random"]
    false, pure = found["certified"][-1], found["median"][0]
    return (
        f"{chosen:.0f} chosen pairs make the clusters as right as {at_random:.0f} random ones (ARI "
        f"{found['goal']:.2f}). Of clusters with one stranger too many\n{false:.1%} are certified; "
        f"pure ones of {MEMBERS + 1} are after {pure:.0f} pairs"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{way:<10}{pairs:6.0f} pairs" for way, pairs in found["needed"].items()]
    lines += [
        f"{k} strangers of {MEMBERS}: certified {share:.1%}"
        for k, share in zip(STRANGERS, found["certified"], strict=True)
    ]
    return "\n".join([*lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure."""
    found = numbers(results)
    about = f"{results['source']} papers, {len(results['agreement'])} draws"
    figure = noted_figure((12, 4.4), verdict(found), f"mode: {results['mode']}; {about}", room=0.04)
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    of_pairs(left, results, found)
    of_audits(right, found)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def of_pairs(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the agreement against the pairs judged."""
    for way, each in zip(WAYS, results["agreement"].transpose(1, 0, 2), strict=True):
        axes.plot(results["asked"], each.mean(axis=0), color=WAYS[way], lw=1.8, label=way)
        axes.plot(results["asked"], each.T, color=WAYS[way], lw=0.5, alpha=0.5)
    axes.axhline(found["goal"], color="0.8", lw=0.8)
    axes.set(ylim=(0, 1.02), xlabel="pairs judged", ylabel="adjusted Rand index")
    axes.legend(frameon=False, fontsize=9, title="pairs asked about")
    axes.set_title("a   clusters against the truth", loc="left", fontsize=10)


def of_audits(axes: Axes, found: dict[str, Any]) -> None:
    """Show how often audits certify, by the strangers in the cluster."""
    place = np.arange(len(STRANGERS))
    axes.bar(place, found["certified"], color=["#0b4f8a"] * 3 + ["#c8323c"], alpha=0.5, width=0.6)
    for x, share, pairs in zip(place, found["certified"], found["median"], strict=True):
        text = f"after {pairs:.0f}" if np.isfinite(pairs) else ""
        axes.text(x, share + 0.02, text, ha="center", fontsize=9)
    axes.axhline(0.05, color="black", lw=0.8, ls=":")
    axes.set_xticks(place, [str(k) for k in STRANGERS])
    axes.set(ylim=(0, 1.1), xlabel=f"strangers among {MEMBERS}", ylabel="share certified")
    axes.set_title(f"b   audits at a tolerance of {TOLERANCE:.0%}", loc="left", fontsize=10)
