"""Consensus clustering cuts a single Gaussian into clusters; a null of one cluster says so.

One Gaussian cloud and three separate ones, drawn many times. The number of clusters is chosen by
the least ambiguous consensus (Senbabaoglu et al. 2014 on its limits), by the silhouette, and by the
clusters' confidence, which is held against clouds of one cluster.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import binomtest
from tqdm import tqdm

import confidence
from paper_figures.runner.drawing import noted_figure
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "draws": 12,
    "subjects": 102,
    "apart": 6.0,  # standard deviations between the centres of the three
    "most": 6,  # clusters
    "resamples": 40,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "draws": 100, "resamples": 100},
    "tiny": QUICK | {"mode": "tiny", "draws": 1, "most": 4, "resamples": 12},
}
CLOUDS = {"one": ("one Gaussian", "#d94801"), "three": ("three Gaussians", "#08519c")}
RULES = {
    "pac": "least ambiguous\nconsensus (PAC)",
    "silhouette": "largest\nsilhouette",
    "null": "cluster_confidence\n(held against nulls)",
}
NOMINAL = 0.05
STRICT = 1e-3  # binomial p-value below which more clusters are claimed than nominal
STABLE = 0.9


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return every draw's choices; each draw of each cloud is one step."""
    results: dict[str, Any] = {"mode": settings["mode"], "most": settings["most"]}
    draws = [(cloud, k) for cloud in CLOUDS for k in range(settings["draws"])]
    kept: dict[str, list] = {}
    for cloud, k in tqdm(draws, desc="single Gaussian", disable=None):
        got = step(f"{cloud}{k}", one_draw, cloud, k, settings)
        for name, value in got.items():
            kept.setdefault(f"{cloud}/{name}", []).append(value)
    shown = step("shown", shown_draw, int(kept["one/pac choice"][0]), settings)
    return results | {name: np.array(values) for name, values in kept.items()} | shown


def points(cloud: str, k: int, settings: dict[str, Any]) -> np.ndarray:
    """Return the points of a draw: one Gaussian, or three on the corners of a triangle."""
    n = settings["subjects"]
    x = generator(settings["seed"], cloud, k).standard_normal((n, 2))
    angles = np.pi * (0.5 + 2 * np.arange(3) / 3)
    corners = settings["apart"] / np.sqrt(3) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return x if cloud == "one" else x + corners[np.arange(n) % 3]


def one_draw(cloud: str, k: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the number of clusters by each rule, and what it was chosen by."""
    ks = list(range(1, settings["most"] + 1))
    found = confidence.cluster_confidence(
        points(cloud, k, settings),
        ks=ks,
        seed=integer(settings["seed"], cloud, k),
        resamples=settings["resamples"],
    )
    preferred = found.numbers
    silhouette = preferred.preference[preferred.criteria.index("silhouette")]
    return {
        "pac": preferred.pac,
        "pac choice": preferred.ks[np.nanargmin(preferred.pac)],
        "silhouette choice": preferred.ks[silhouette.argmax()],
        "null choice": found.number,
        "p_value": found.p_value,
        "stability": np.sort(found.stability),
    }


def shown_draw(clusters: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the first draw of one Gaussian with the clusters of its least ambiguous consensus."""
    x = points("one", 0, settings)
    found = confidence.cluster_confidence(
        x,
        ks=[clusters],
        seed=integer(settings["seed"], "one", 0),
        resamples=settings["resamples"],
    )
    shared = confidence.consensus_matrix(found.labels).values
    return {"x": x, "consensus": found.consensus, "matrix": shared, "subject": found.stability}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return how often each rule claims clusters, and finds the true number."""
    found: dict[str, Any] = {"clouds": {}}
    for cloud, truth in (("one", 1), ("three", 3)):
        chosen = {rule: results[f"{cloud}/{rule} choice"] for rule in RULES}
        found["clouds"][cloud] = {
            "claims_clusters": {rule: share(values > 1) for rule, values in chosen.items()},
            "is_right": {rule: share(values == truth) for rule, values in chosen.items()},
            "median_stability": float(np.median(results[f"{cloud}/stability"])),
            "stable_subjects": float((results[f"{cloud}/stability"] >= STABLE).mean()),
        }
    return found


def share(values: np.ndarray) -> dict[str, Any]:
    """Return a share of the draws with its exact 95 % interval."""
    counted = binomtest(int(values.sum()), len(values))
    low, high = counted.proportion_ci()
    return {"value": counted.statistic, "low": low, "high": high, "draws": len(values)}


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    one, three = found["clouds"]["one"], found["clouds"]["three"]
    held = one["claims_clusters"]["null"]
    count = round(held["value"] * held["draws"])
    excess = binomtest(count, held["draws"], NOMINAL, alternative="greater").pvalue
    return {
        "PAC and silhouette cut one Gaussian into clusters in every draw": all(
            one["claims_clusters"][rule]["value"] == 1 for rule in ("pac", "silhouette")
        ),
        "a third of its subjects or more look stable": one["stable_subjects"] >= 1 / 3,
        "against the nulls it is cut no more often than the nominal 5 %": bool(excess > STRICT),
        "three separate Gaussians are told to be three in nine draws of ten": bool(
            three["is_right"]["null"]["value"] >= 0.9
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words who finds clusters where there are none, and where there are."""
    one, three = found["clouds"]["one"], found["clouds"]["three"]

    def percent(value: float) -> str:
        return f"{100 * value:.0f} %"

    cut = [percent(one["claims_clusters"][rule]["value"]) for rule in RULES]
    right = [percent(three["is_right"][rule]["value"]) for rule in RULES]
    stable = percent(one["stable_subjects"])
    return (
        "Consensus and silhouette cannot answer “one”: they cut a single Gaussian in "
        f"{cut[0]} and {cut[1]} of the draws, and {stable} of its subjects look stable "
        f"(share ≥ {STABLE}).\nHeld against clouds of one cluster it is cut in {cut[2]}, while "
        f"three separate Gaussians are told to be three in {right[2]} (PAC: {right[0]}, "
        f"silhouette: {right[1]})"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'cloud':18}{'rule':14}{'claims clusters':26}finds the true number"]
    for cloud, entry in found["clouds"].items():
        for rule in RULES:
            cells = [
                f"{v['value']:.2f} [{v['low']:.2f}, {v['high']:.2f}]"
                for v in (entry["claims_clusters"][rule], entry["is_right"][rule])
            ]
            lines.append(f"{CLOUDS[cloud][0]:18}{rule:14}{cells[0]:26}{cells[1]}")
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: the cut, its consensus, PAC, who claims clusters, the p-values."""
    found = numbers(results)
    draws = found["clouds"]["one"]["is_right"]["null"]["draws"]
    about = f"mode: {results['mode']}; {draws} draws of {len(results['x'])} points of each cloud"
    figure = noted_figure((15, 4.2), verdict(found), about, title_size=11.5, low=0.002)
    panels = figure.subplots(1, 5, width_ratios=[1, 1, 1, 1.25, 1])
    number = results["consensus"].max() + 1
    cloud(panels[0], results, f"a   one Gaussian, cut into {number}")
    matrix(panels[1], results)
    ambiguity(panels[2], results)
    claimed(panels[3], found)
    p_values(panels[4], results)
    for axes in panels[2:]:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def cloud(axes: Axes, results: dict[str, Any], title: str) -> None:
    """Show the first draw of one Gaussian in the colours of its consensus clusters."""
    x, given = results["x"], results["consensus"]
    sizes = 8 + 40 * results["subject"] ** 2
    axes.scatter(*x.T, c=given, cmap="tab10", vmin=0, vmax=9, s=sizes, alpha=0.75, lw=0)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.set_xlabel("size: stability of the subject", fontsize=9)
    axes.set_title(title, loc="left", fontsize=10)


def matrix(axes: Axes, results: dict[str, Any]) -> None:
    """Show its consensus matrix, ordered by cluster and stability."""
    order = np.lexsort([-results["subject"], results["consensus"]])
    image = axes.imshow(results["matrix"][np.ix_(order, order)], cmap="Blues", vmin=0, vmax=1)
    axes.figure.colorbar(image, ax=axes, shrink=0.55, ticks=[0, 1])
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel("share of runs in one cluster", fontsize=9)
    axes.set_title("b   its consensus matrix", loc="left", fontsize=10)


def ambiguity(axes: Axes, results: dict[str, Any]) -> None:
    """Show the proportion of ambiguous pairs against the number of clusters."""
    ks = np.arange(1, results["most"] + 1)
    for name, (label, colour) in CLOUDS.items():
        pac = results[f"{name}/pac"]
        axes.plot(ks[1:], pac[:, 1:].T, color=colour, lw=0.5, alpha=0.3)
        axes.plot(ks[1:], pac[:, 1:].mean(axis=0), "o-", color=colour, lw=1.8, label=label)
    axes.set_ylim(-0.02, axes.get_ylim()[1] * 1.2)
    axes.set_xticks(ks[1:])
    axes.set_xlabel("clusters K (no value for K = 1)")
    axes.legend(fontsize=8.5, frameon=False, loc="upper right")
    axes.set_title("c   ambiguous pairs (PAC)", loc="left", fontsize=10)


def claimed(axes: Axes, found: dict[str, Any]) -> None:
    """Show how often each rule claims more than one cluster, in each cloud."""
    for shift, (name, (_, colour)) in zip((-0.19, 0.19), CLOUDS.items(), strict=True):
        values = list(found["clouds"][name]["claims_clusters"].values())
        x = np.arange(len(values)) + shift
        height = 100 * np.array([v["value"] for v in values])
        bars = [
            height - [100 * v["low"] for v in values],
            [100 * v["high"] for v in values] - height,
        ]
        axes.bar(x, height, 0.36, yerr=np.abs(bars), color=colour, alpha=0.8, capsize=3)
    axes.axhline(100 * NOMINAL, color="black", lw=0.9, ls=":")
    axes.set_xticks(range(len(RULES)), list(RULES.values()), fontsize=7.5)
    axes.set_ylim(0, 103)
    axes.set_title("d   more than one cluster, % of draws", loc="left", fontsize=10)


def p_values(axes: Axes, results: dict[str, Any]) -> None:
    """Show the sorted p-values of one cluster; the dotted line is the level."""
    for name, (_, colour) in CLOUDS.items():
        p = np.sort(results[f"{name}/p_value"])
        axes.plot((np.arange(len(p)) + 0.5) / len(p), p, "o-", color=colour, ms=4, lw=1)
    axes.axhline(NOMINAL, color="black", lw=0.9, ls=":")
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="draws, sorted")
    axes.set_title("e   p-value of one cluster", loc="left", fontsize=10)
