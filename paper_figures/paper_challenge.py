"""The photographic-paper challenge on its synthetic twin: affinities, levels and outliers.

Nine groups of ten (three of one sheet, three of one package, three of one maker) and thirty
singles, as in Johnson et al. (2014); the evidence is blind to the groups.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import rankdata
from tqdm import tqdm

import similarity
from paper_figures.twins_scores import ORACLE, POOLED
from similarity.pair_evidence import FAMILIES
from toolbox.retraining.streams import integer

QUICK = {"mode": "quick", "draws": 2, "items": 10, "size": 96, "seed": 0}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "draws": 20, "size": 128},
    "tiny": QUICK | {"mode": "tiny", "draws": 1, "items": 4, "size": 32},
}
METHODS = (*FAMILIES, POOLED, ORACLE)
LEVELS = {"sheet": "same sheet", "package": "same package", "maker": "same maker"}
TONES = {"sheet": "#08519c", "package": "#4292c6", "maker": "#9ecae1", "single": "#d94801"}
NEAREST = 3  # items whose mean log-odds say how much of an outlier an item is


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the log-odds of every method on every draw, and the first draw's images."""
    results: dict[str, Any] = {"mode": settings["mode"], "size": settings["size"]}
    kept: dict[str, list] = {}
    for d in tqdm(range(settings["draws"]), desc="papers", disable=None):
        found = step(f"draw{d}", one_draw, d, settings)
        for name in (*METHODS, "labels", "levels"):
            kept.setdefault(name, []).append(found[name])
        if d == 0:
            results["examples"] = found["examples"]
    return results | {name: np.array(values) for name, values in kept.items()}


def one_draw(d: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return log-odds of all pairs of one synthetic challenge, the labels and the levels."""
    seed = integer(settings["seed"], "challenge", d)
    papers = similarity.twins("papers", n=settings["items"], size=settings["size"], seed=seed)
    found = [
        similarity.evidence(papers.values.astype(np.float32), dim=2, family=f, seed=seed)
        for f in FAMILIES
    ]
    oracle = -papers.oracle_distances
    np.fill_diagonal(oracle, np.nan)
    return {
        **{e.family: e.matrix for e in found},
        POOLED: similarity.pool(found).matrix,
        ORACLE: oracle,
        "labels": papers.labels,
        "levels": papers.levels,
        "examples": papers.values[examples(papers.levels)].astype(np.float32),
    }


def examples(levels: np.ndarray) -> np.ndarray:
    """Return four items of the first group of each level, and four singles."""
    return np.concatenate([np.flatnonzero(levels == level)[:4] for level in TONES])


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return P@1 a level and the AUC of the singles, of each method and draw."""
    found: dict[str, Any] = {"draws": len(results["labels"]), "methods": {}}
    labels, levels = results["labels"], results["levels"]
    for method in METHODS:
        rows = [protocol(*draw) for draw in zip(results[method], labels, levels, strict=True)]
        found["methods"][method] = {name: [row[name] for row in rows] for name in rows[0]}
    found["items"], found["groups"] = int(labels.shape[1]), int((levels[0] != "single").sum())
    return found


def protocol(log_odds: np.ndarray, labels: np.ndarray, levels: np.ndarray) -> dict[str, float]:
    """Return P@1 and MAP@R of each level's queries, and the AUC of singles as outliers."""
    scored = similarity.retrieval_scores(-log_odds, labels, seed=0, resamples=0)
    result = {}
    for level in LEVELS:
        mine = levels[scored.queries] == level
        result[level] = float(scored.query_scores[mine, 0].mean())
        result[f"{level}, MAP@R"] = float(scored.query_scores[mine, 2].mean())
    return result | {"singles": auc(outlyingness(log_odds), levels == "single")}


def outlyingness(log_odds: np.ndarray) -> np.ndarray:
    """Return minus the mean log-odds of each item with its nearest."""
    off = np.where(np.eye(len(log_odds), dtype=bool), -np.inf, log_odds)
    return -np.sort(off, axis=1)[:, -NEAREST:].mean(axis=1)


def auc(score: np.ndarray, positive: np.ndarray) -> float:
    """Return the probability that a positive scores higher than another, ties one half."""
    m = positive.sum()
    return float((rankdata(score)[positive].mean() - (m + 1) / 2) / (len(score) - m))


def mean(found: dict[str, Any], method: str, name: str) -> float:
    """Return a score's mean over draws."""
    return float(np.mean(found["methods"][method][name]))


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    by_level = {m: [mean(found, m, level) for level in LEVELS] for m in (POOLED, ORACLE)}
    return {
        "the closer the relation, the better the oracle finds it": (
            by_level[ORACLE] == sorted(by_level[ORACLE], reverse=True)
        ),
        "pooled evidence finds a sheet more often than a maker": (
            by_level[POOLED][0] >= by_level[POOLED][2]
        ),
        "pooled evidence tells singles from members better than chance": bool(
            mean(found, POOLED, "singles") > 0.5
        ),
    }


def verdict(found: dict[str, Any]) -> str:
    """Say in words what pooled evidence finds without labels."""

    def levels(method: str) -> str:
        return ", ".join(f"{mean(found, method, k):.2f}" for k in LEVELS)

    return (
        f"Blind to the groups, pooled evidence finds {levels(POOLED)} of the nearest relatives "
        f"(one sheet, one package, one maker; oracle {levels(ORACLE)});\nsingles stand out with "
        f"an AUC of {mean(found, POOLED, 'singles'):.2f} (oracle "
        f"{mean(found, ORACLE, 'singles'):.2f})"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    columns = (*LEVELS, "singles")
    lines = [f"{'method':12}" + "".join(f"{c:>10}" for c in columns) + "   (P@1; AUC of singles)"]
    for method in METHODS:
        cells = [f"{mean(found, method, c):10.2f}" for c in columns]
        lines.append(f"{method:12}" + "".join(cells))
    return "\n".join([*lines, "", verdict(found)])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: papers, affinities, P@1 a level, outliers."""
    found = numbers(results)
    figure = Figure(figsize=(16, 5.2), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.03, 1, 0.97))  # room for the note below
    grid = figure.add_gridspec(1, 4, width_ratios=[1, 1.15, 1, 1])
    gallery(figure.add_subplot(grid[0]), results["examples"])
    affinities(figure.add_subplot(grid[1]), results)
    relations(figure.add_subplot(grid[2]), found)
    singles(figure.add_subplot(grid[3]), results, found)
    figure.suptitle(verdict(found), fontsize=12)
    note = (
        f"mode: {results['mode']}; {found['draws']} draw(s) of {found['items']} synthetic papers, "
        f"{found['groups']} of them in groups, {results['size']} x {results['size']} pixels"
    )
    figure.text(0.004, 0.004, note, fontsize=7, color="gray")
    return figure


def gallery(axes: Axes, images: np.ndarray) -> None:
    """Show four papers of a group of each level, and four singles."""
    size = images.shape[-1]
    pitch = size + size // 16
    for k, image in enumerate(images):
        left, top = k % 4 * pitch, k // 4 * pitch
        extent = (left, left + size, top + size, top)
        axes.imshow(image, cmap="gray", vmin=-2.5, vmax=2.5, extent=extent)
    axes.set(xlim=(0, 4 * pitch), ylim=(4 * pitch, 0), xticks=[])
    names = [LEVELS.get(level, "singles") for level in TONES]
    axes.set_yticks(size / 2 + pitch * np.arange(4), names, rotation=90, va="center", fontsize=7.5)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("a   papers", loc="left", fontsize=10)


def affinities(axes: Axes, results: dict[str, Any]) -> None:
    """Show the first draw's pooled log-odds, ordered by group."""
    matrix, levels = results[POOLED][0], results["levels"][0]
    low, high = np.nanquantile(matrix, [0.05, 0.98])
    image = axes.imshow(matrix, cmap="Blues", vmin=low, vmax=high)
    colourbar = axes.figure.colorbar(image, ax=axes, shrink=0.7, extend="both")
    colourbar.set_label("pooled log-odds of “same”", fontsize=9)
    ticks, names = [], []
    for level in TONES:
        place = np.flatnonzero(levels == level)
        ticks.append(place.mean())
        names.append(LEVELS.get(level, "singles"))
        for line in (axes.axhline, axes.axvline):
            line(place[-1] + 0.5, color="black", lw=0.7)
    axes.set_xticks([])
    axes.set_yticks(ticks, names, rotation=90, va="center", fontsize=8)
    axes.tick_params(length=0)
    axes.set_title("b   affinities, ordered by group", loc="left", fontsize=10)


def relations(axes: Axes, found: dict[str, Any]) -> None:
    """Show P@1 of each level and method."""
    y = np.arange(len(METHODS))
    for shift, level in zip((-0.25, 0, 0.25), LEVELS, strict=True):
        values = [mean(found, m, level) for m in METHODS]
        axes.barh(y + shift, values, 0.24, color=TONES[level], label=LEVELS[level])
    axes.set_yticks(y, METHODS, fontsize=9)
    axes.invert_yaxis()
    axes.axhline(len(FAMILIES) - 0.5, color="0.6", lw=0.8)
    axes.set(xlim=(0, 1), xlabel="P@1")
    axes.legend(
        frameon=False, fontsize=8.5, ncols=3, loc="lower center", bbox_to_anchor=(0.45, -0.27)
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("c   the nearest is a relative", loc="left", fontsize=10)


def singles(axes: Axes, results: dict[str, Any], found: dict[str, Any]) -> None:
    """Show the trade-off of singles found against members called single, by method."""
    labels = {POOLED: ("black", 2.0), ORACLE: ("black", 1.2)}
    colours = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#a6761d", "#1f78b4")
    levels = results["levels"]
    for k, method in enumerate(METHODS):
        score = np.array([rankdata(outlyingness(m)) for m in results[method]]).ravel()
        single = (levels == "single").ravel()
        order = np.argsort(-score)
        hits = np.r_[0, np.cumsum(single[order])] / single.sum()
        false = np.r_[0, np.cumsum(~single[order])] / (~single).sum()
        colour, width = labels.get(method, (colours[k % len(colours)], 1.1))
        text = f"{method} {mean(found, method, 'singles'):.2f}"
        dashes = "--" if method == ORACLE else "-"
        axes.plot(false, hits, color=colour, lw=width, ls=dashes, label=text)
    axes.plot([0, 1], [0, 1], color="0.7", lw=0.8, ls=":")
    axes.set(xlim=(0, 1), ylim=(0, 1.01), xlabel="members called single", ylabel="singles found")
    axes.legend(frameon=False, fontsize=8.5, title="AUC", loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("d   singles as outliers", loc="left", fontsize=10)
