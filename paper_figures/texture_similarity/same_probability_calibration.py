"""Whether P(same) is what it says, on pairs of images that nobody judged.

The images of a benchmark set are put into two halves. Judged pairs of the first half calibrate the
pooled evidence; all pairs of the second half are asked. The pairs are judged at random, or half of
them sought out to be the same (then the share of same pairs is stated), or not at all: then the
scores of the evidence are read as if they were log-odds, which they are not.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import expit
from tqdm import tqdm

import similarity
from toolbox.retraining.streams import generator, integer

QUICK = {
    "mode": "quick",
    "sets": ["hurst", "angle", "mixed"],
    "draws": 1,
    "size": 64,
    "items": 200,
    "judged": 300,
    "seed": 0,
}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK
    | {
        "mode": "full",
        "sets": ["hurst", "angle", "intermittency", "mixed", "crops"],
        "draws": 6,
        "items": 300,
    },
    "tiny": QUICK | {"mode": "tiny", "sets": ["angle"], "size": 32, "items": 60, "judged": 60},
}
CLASSES = {"hurst": 10, "angle": 10, "intermittency": 8, "mixed": 12, "crops": 8}
FAMILIES = ("spectrum", "wavelet", "whitened")
HOW = ("at random", "sought out", "without pairs")
COLOURS = ("tab:blue", "tab:green", "tab:red", "tab:purple", "tab:brown")
BINS = 15
BAR = 0.05
FEWEST = 20  # pairs in a bin that is shown


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return, for each set, draw and way of judging, the sums over bins of P(same)."""
    results = {name: settings[name] for name in ("mode", "draws", "items", "judged")}
    results["sets"] = np.array(settings["sets"])
    parts = [(kind, d) for kind in settings["sets"] for d in range(settings["draws"])]
    for kind, d in tqdm(parts, desc="P(same)", disable=None):
        for name, value in step(f"{kind}{d}", one_draw, kind, d, settings).items():
            if name != "seconds":
                results[f"{kind}/{d}/{name}"] = value
    return results


def one_draw(kind: str, d: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Return how many pairs of the second half are in each bin, their P(same) and truth."""
    seed, half = integer(settings["seed"], "draw", d), settings["items"] // 2
    found, same, rng = pooled(kind, images=2 * half, size=settings["size"], seed=seed)
    i, j = np.triu_indices(half, 1)
    result = {}
    for how in HOW:
        given = asked(same[:half, :half], how, settings["judged"], rng)
        told = expit(found.scores)
        if given:
            told = similarity.same_probability(found, **given, resamples=39, seed=seed).matrix
        p, truth = told[half:, half:][i, j], same[half:, half:][i, j]
        number = np.minimum((p * BINS).astype(int), BINS - 1)
        result[how] = np.array([np.bincount(number, w, BINS) for w in (np.ones(len(p)), p, truth)])
    return result


def pooled(
    kind: str, *, images: int, size: int, seed: int
) -> tuple[similarity.Evidence, np.ndarray, np.random.Generator]:
    """Return pooled evidence of images of a set in random order, which pairs are the same."""
    drawn = similarity.twins(kind, n=-(-images // CLASSES[kind]), size=size, seed=seed)
    rng = generator(seed, "halves", kind)
    chosen = rng.permutation(len(drawn.labels))[:images]
    found = [
        similarity.evidence(drawn.values[chosen], dim=2, family=f, seed=seed) for f in FAMILIES
    ]
    labels = drawn.labels[chosen]
    return similarity.pool(found), labels[:, None] == labels, rng


def asked(same: np.ndarray, how: str, judged: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return the judged pairs, and the prior where they were sought out."""
    if how == "without pairs":
        return {}
    i, j = np.triu_indices(len(same), 1)
    truth = same[i, j]
    if how == "at random":
        rows = rng.permutation(len(i))[:judged]
    else:
        groups = (np.flatnonzero(truth == answer) for answer in (True, False))
        rows = np.concatenate([rng.permutation(group)[: judged // 2] for group in groups])
    pairs = np.column_stack([i[rows], j[rows], truth[rows]])
    return {"pairs": pairs, "prior": None if how == "at random" else float(truth.mean())}


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return the calibration error of each set and way of judging: mean and draws."""
    errors = {
        how: {
            str(kind): [ece(results[f"{kind}/{d}/{how}"]) for d in range(int(results["draws"]))]
            for kind in results["sets"]
        }
        for how in HOW
    }
    return {
        "errors": errors,
        "means": {how: float(np.mean(list(sets.values()))) for how, sets in errors.items()},
        "judged": int(results["judged"]),
        "held_out_pairs": int(results[f"{results['sets'][0]}/0/{HOW[0]}"][0].sum()),
        "draws": int(results["draws"]),
    }


def ece(sums: np.ndarray) -> float:
    """Return the mean over pairs of the bins' |mean P(same) - share of same|."""
    count, p, truth = sums
    return float(np.abs(p - truth).sum() / count.sum())


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    means, errors = found["means"], found["errors"]
    held = {
        f"pairs judged {how}: the calibration error of each set is at most {BAR:g}": all(
            np.mean(draws) <= BAR for draws in errors[how].values()
        )
        for how in HOW[:2]
    }
    most = max(means[how] for how in HOW[:2])
    return held | {"without judged pairs it is more than twice as large": means[HOW[2]] > 2 * most}


def verdict(found: dict[str, Any]) -> str:
    """Say in words how far P(same) may be trusted."""
    random, sought, without = (found["means"][how] for how in HOW)
    return (
        f"After {found['judged']} judged pairs P(same) of pairs of other images is off by "
        f"{random:.3f} (judged at random)\nor {sought:.3f} (sought out, prior stated) on average; "
        f"without judged pairs by {without:.3f}"
    )


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'calibration error':16}" + "".join(f"{how:>16}" for how in HOW)]
    for kind in found["errors"][HOW[0]]:
        values = "".join(f"{np.mean(found['errors'][how][kind]):16.4f}" for how in HOW)
        lines.append(f"{kind:17}{values}")
    about = f"{found['draws']} draws of {found['held_out_pairs']} held-out pairs a set"
    return "\n".join([*lines, "", verdict(found), about])


# ----------------------------------------------------------------------------------- the panels


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: reliability for each way of judging, calibration errors."""
    found = numbers(results)
    figure = Figure(figsize=(14, 4.2), layout="constrained")
    panels = figure.subplots(1, 4)
    for axes, letter, how in zip(panels, "abc", HOW, strict=False):
        reliabilities(axes, results, how)
        title = how if how == HOW[2] else f"{found['judged']} pairs judged, {how}"
        axes.set_title(f"{letter}   {title}", loc="left", fontsize=10)
    panels[0].set_ylabel("share of same pairs")
    panels[0].legend(fontsize=8, frameon=False)
    bars(panels[3], found)
    panels[3].set_title("d   calibration error, each draw", loc="left", fontsize=10)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(verdict(found), fontsize=11)
    return figure


def reliabilities(axes: Axes, results: dict[str, Any], how: str) -> None:
    """Show the share of same pairs against P(same), all draws of a set together."""
    axes.plot([0, 1], [0, 1], color="black", lw=0.8)
    for kind, colour in zip(results["sets"], COLOURS, strict=False):
        count, p, truth = sum(results[f"{kind}/{d}/{how}"] for d in range(int(results["draws"])))
        shown = count >= FEWEST
        x, y = p[shown] / count[shown], truth[shown] / count[shown]
        axes.plot(x, y, "o-", color=colour, ms=4, lw=1.2, label=str(kind))
    axes.set(xlabel="P(same)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))


def bars(axes: Axes, found: dict[str, Any]) -> None:
    """Show the calibration error of each set, draw by draw, and the bar."""
    kinds = list(found["errors"][HOW[0]])
    for x, how in enumerate(HOW):
        for k, kind in enumerate(kinds):
            values = found["errors"][how][kind]
            place = x + 0.2 * (k - (len(kinds) - 1) / 2) / max(1, len(kinds) - 1)
            axes.plot([place] * len(values), values, "o", color=COLOURS[k], ms=5)
    axes.axhline(BAR, color="black", ls="--", lw=1)
    axes.set_xticks(range(len(HOW)), HOW, fontsize=8)
    axes.set_ylim(bottom=0)
