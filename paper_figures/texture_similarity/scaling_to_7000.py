"""Pooled evidence of all pairs as sets grow to 7000 images: seconds, memory, retrieval.

Seconds and memory are those of `benchmarks/results/all_pairs_cpu.json`, measured by
`benchmarks/all_pairs.py`; the retrieval of smaller sets is computed here, on the same groups of
simulated textures, and the large sets' is the benchmark's.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator
from tqdm import tqdm

import similarity
from paper_figures.runner.drawing import noted_figure
from similarity.benchmark_sets import field_laws
from toolbox.retraining.streams import generator

# Each group of textures has a law of its own, drawn uniformly from these ranges.
HURST = (0.2, 0.8)
MODULATION = (0.0, 0.6)  # of the spectrum with the angle
INTERMITTENCY = (0.0, 0.08)  # lambda^2
MEASURED = Path(__file__).parent / "../../benchmarks/results/all_pairs_cpu.json"
QUICK = {
    "mode": "quick",
    "groups": [8, 16, 32],
    "each": 10,
    "size": 64,
    "draws": 2,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "groups": [8, 16, 32, 64, 128], "draws": 10},
    "tiny": QUICK | {"mode": "tiny", "groups": [4, 8], "each": 4, "size": 32, "draws": 1},
}
BAR = 20.0  # seconds, all pairs of 7000 on two cores
LARGEST = 7000
TABLES = 3  # log-odds, p-values and statistics
TONES = {"log-odds": "#08519c", "chance": "0.55", "seconds": "#d94801", "memory": "#238b45"}


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the retrieval of each set, and what the benchmark measured."""
    parts = [(k, d) for k in settings["groups"] for d in range(settings["draws"])]
    scores = np.array(
        [
            step(f"{k}groups{d}", scored, k, d, settings)["scores"]
            for k, d in tqdm(parts, desc="growing sets", disable=None)
        ]
    ).reshape(len(settings["groups"]), settings["draws"], 2)
    return {
        "mode": settings["mode"],
        "each": settings["each"],
        "size": settings["size"],
        "items": np.array(settings["groups"]) * settings["each"],
        "scores": scores,
    }


def scored(groups: int, draw: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return P@1 and MAP@R of the pooled evidence of one set."""
    seed = settings["seed"] + draw
    options = {"each": settings["each"], "size": settings["size"], "seed": seed}
    images, labels = many_textures(groups, **options)
    found = similarity.evidence(images, dim=2, family="pooled", seed=seed)
    score = similarity.retrieval_scores(-found.scores, labels, seed=0, resamples=0)
    return {"scores": np.array([score.p_at_1, score.map_at_r])}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return mean scores by number of images, and the measured seconds and memory."""
    means = results["scores"].mean(axis=1)
    return {
        "retrieval": {
            str(n): {"p_at_1": float(p), "map_at_r": float(m), "chance": chance(n, results)}
            for n, (p, m) in zip(results["items"].tolist(), means, strict=True)
        },
        "measured": {
            n: {
                "seconds": row["pairs_seconds"],
                "describing": row["describe_seconds"],
                "added_gb": row["pairs_peak_gb"] - row["before_gb"],
                "tables_gb": TABLES * 4 * int(n) ** 2 / 2**30,
                "p_at_1": row["p_at_1"],
                "map_at_r": row["map_at_r"],
            }
            for n, row in json.loads(MEASURED.read_text())["images"].items()
        },
    }


def chance(n: int, results: dict[str, Any]) -> float:
    """Return the P@1 of a random order."""
    return float((results["each"] - 1) / (n - 1))


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    largest = found["measured"][str(LARGEST)]
    small = list(found["retrieval"].values())
    return {
        "all pairs of pooled evidence of 7000 images take at most 20 s on two cores": bool(
            largest["seconds"] <= BAR
        ),
        "memory beyond the three tables is less than one and a half of them more": bool(
            largest["added_gb"] <= 2.5 * largest["tables_gb"]
        ),
        "at every size the nearest image is found more often than three times chance": all(
            entry["p_at_1"] > 3 * entry["chance"] for entry in small
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words how it grows."""
    largest = found["measured"][str(LARGEST)]
    sets = list(found["retrieval"].items())
    first, last = sets[0], sets[-1]
    return (
        f"All 24.5 million pairs of {LARGEST} images, seven families pooled: "
        f"{largest['seconds']:.1f} s on two cores, {largest['added_gb']:.1f} GB. The nearest image "
        f"is of the same law for {first[1]['p_at_1']:.0%} of {first[0]} images,\n"
        f"{last[1]['p_at_1']:.0%} of {last[0]} and {largest['p_at_1']:.0%} of {LARGEST}, whose "
        "laws are ever closer to one another"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'images':>8}{'P@1':>8}{'MAP@R':>8}{'pairs, s':>10}{'describe, s':>13}{'GB':>7}"]
    for n, e in found["retrieval"].items():
        lines.append(f"{n:>8}{e['p_at_1']:8.3f}{e['map_at_r']:8.3f}")
    for n, e in found["measured"].items():
        lines.append(
            f"{n:>8}{e['p_at_1']:8.3f}{e['map_at_r']:8.3f}{e['seconds']:10.2f}"
            f"{e['describing']:13.1f}{e['added_gb']:7.2f}"
        )
    return "\n".join([*lines, "", verdict(found)])


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: seconds, memory, retrieval."""
    found = numbers(results)
    about = f"groups of {results['each']} images of {results['size']} x {results['size']} pixels"
    figure = noted_figure((13, 4.4), verdict(found), f"mode: {results['mode']}; {about}")
    panels = figure.subplots(1, 3)
    seconds(panels[0], found)
    memory(panels[1], found)
    for axes in panels[:2]:
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    retrieval(panels[2], results, found)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set(xscale="log", xlabel="images")
        axes.set_xticks([100, 500, 1000, 2000, 4000, 7000][axes is not panels[2] :])
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    return figure


def seconds(axes: Axes, found: dict[str, Any]) -> None:
    """Show seconds by number of images, and the bar."""
    n = np.array([int(k) for k in found["measured"]])
    took = [e["seconds"] for e in found["measured"].values()]
    axes.plot(n, took, "o-", color=TONES["seconds"], label="all pairs, two cores")
    described = [e["describing"] for e in found["measured"].values()]
    axes.plot(n, described, "s:", color=TONES["chance"], label="describing the images")
    axes.plot(LARGEST, BAR, "v", color="black", label=f"asked for: {BAR:g} s")
    axes.set(yscale="log", ylabel="seconds")
    axes.set_title("a   seconds", loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8)


def memory(axes: Axes, found: dict[str, Any]) -> None:
    """Show the memory that weighing all pairs adds, beside the three tables it returns."""
    n = np.array([int(k) for k in found["measured"]])
    added = [e["added_gb"] for e in found["measured"].values()]
    axes.plot(n, added, "o-", color=TONES["memory"], label="peak beyond the features")
    tables = [e["tables_gb"] for e in found["measured"].values()]
    axes.plot(n, tables, ":", color=TONES["chance"], label="the three tables returned")
    axes.set(yscale="log", ylabel="GB")
    axes.set_title("b   memory of all pairs", loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8)


def retrieval(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show P@1 by number of images: computed here, and the benchmark's."""
    for scores in results["scores"][..., 0].T:
        axes.plot(results["items"], scores, ".", color=TONES["log-odds"], alpha=0.5)
    here = [e["p_at_1"] for e in found["retrieval"].values()]
    axes.plot(results["items"], here, "-", color=TONES["log-odds"], label="computed here")
    n = np.array([int(k) for k in found["measured"]])
    there = [e["p_at_1"] for e in found["measured"].values()]
    axes.plot(n, there, "o--", color=TONES["log-odds"], mfc="white", label="the benchmark's")
    every = np.geomspace(results["items"][0], n[-1], 50)
    axes.plot(every, (results["each"] - 1) / (every - 1), color=TONES["chance"], label="chance")
    axes.set(ylim=(0, 1), ylabel="P@1")
    axes.set_title("c   the nearest image is of the same law", loc="left", fontsize=10)
    axes.legend(frameon=False, fontsize=8)


def many_textures(groups: int, *, each: int, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 images (groups x each, size, size) and their groups.

    H, the strength and the direction of anisotropy, and lambda^2 are uniform and independent.
    Group k is the same in sets of any number of groups.
    """
    images = np.empty((groups * each, size, size), np.float32)
    for k in range(groups):
        rng = generator(seed, "law", k)
        hurst, modulation, strength = (rng.uniform(*r) for r in (HURST, MODULATION, INTERMITTENCY))
        spectrum = field_laws.modulated(
            field_laws.power_law(size, hurst), modulation, rng.uniform(0, np.pi)
        )
        spectrum = field_laws.normalised(spectrum)
        volatility = field_laws.log_volatility(size, strength)
        for i in range(each):
            images[k * each + i] = field_laws.draw(spectrum, volatility, rng)
    return images, np.repeat(np.arange(groups), each)
