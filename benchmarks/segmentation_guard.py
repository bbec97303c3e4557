"""Does the guard let a worse map in? ``python -m benchmarks.segmentation_guard FOLDER [NETWORKS]``.

Worlds of mosaics (64 x 64, six textures, the last class 2 % of the pixels), 2, 4 or 8 of them
labelled and 40 not; the logistic model and the discriminant in 14 worlds, three retrained U-Nets in
12, or those of them that are named. Other maps: what images without labels make of the
network, one that is harmful on purpose (a sixth of the pixels moved to the next class, the rare
class gone) and the truth. 60 points a draw on the 40 images, answered rightly; the classes with a
test of their own are those of the default, or the rare class by name. FOLDER keeps each cell, so
that a run that was stopped goes on. Some 25 minutes of one core for the logistic model, a fifth of
that for the discriminant, two hours for the U-Nets.
"""

import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import provenance
from benchmarks.kept_results import kept
from benchmarks.segmentation_neighbours import HEARD
from labelling import (
    Segmenter,
    disagreements,
    guarded,
    segment,
    segment_votes,
    segmentation_scores,
)
from synthesis import scenes
from toolbox.retraining.streams import generator

WORLDS = {"linear": 14, "discriminant": 14, "unet": 12}
LABELLED, POOL, POINTS, DRAWS = (2, 4, 8), 40, 60, 100
CLASSES, SIZE, RARE = 6, 64, 0.02
METHODS = {
    "linear": ("equivariance", "weak-to-strong", "distillation", "harmful", "oracle"),
    "discriminant": ("mixture", "distillation", "harmful", "oracle"),
    "unet": ("equivariance", "mixture", "mixture, neighbours", "harmful", "oracle"),
}
TRAINED = {"unet": {"members": 3, "steps": 100}}  # others as they are, one member
PROTECTED = {"default": None, "rare class named": [CLASSES - 1]}
LEAST = 0.001  # of the mean IoU: maps nearer than this are neither worse nor better


def cell(network: str, world: int, labelled: int, draws: int = DRAWS) -> dict[str, Any]:
    """Return, of each other map, its gain and what the guard makes of it."""
    drawn = scenes(n=8 + POOL, size=SIZE, classes=CLASSES, rare=RARE, seed=world)
    pool, truth = drawn.images[8:], drawn.masks[8:]
    known = {"masks": drawn.masks[:labelled], "unlabelled": pool, "classes": CLASSES}
    how = {"members": 1, "network": network, "seed": world, "progress": False}
    how |= TRAINED.get(network, {})

    @cache
    def trained(consistency: str) -> Segmenter:
        return segment(drawn.images[:labelled], **known, **how, consistency=consistency)

    def labels(method: str) -> np.ndarray:  # neighbours of the method's map: not of the supervised
        consistency, _, heard = method.partition(", ")
        votes = segment_votes(trained(consistency), pool, neighbours=HEARD[heard or "alone"])
        return votes.mean(axis=0).argmax(axis=1)

    supervised = labels("none")
    found = {"supervised": overlap(supervised, truth).tolist()}
    for method in METHODS[network]:
        if method == "harmful":
            other = harmful(supervised, world)
        else:
            other = truth if method == "oracle" else labels(method)
        found[method] = judged(supervised, other, truth, draws)
    return found


def harmful(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return a map with a sixth of its pixels moved to the next class, and no rare class."""
    moved = generator(seed, "harmful").random(labels.shape) < 1 / 6
    other = np.where(moved, (labels + 1) % CLASSES, labels)
    return np.where(other == CLASSES - 1, 0, other)


def overlap(labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the IoU of each class."""
    return segmentation_scores(labels, truth, classes=CLASSES, border=0).iou


def judged(
    supervised: np.ndarray, other: np.ndarray, truth: np.ndarray, draws: int
) -> dict[str, Any]:
    """Return the gain of another map, and what the guard makes of it with each protection."""
    before = overlap(supervised, truth)
    gain = overlap(other, truth) - before
    found = {
        "gain": float(gain.mean()),
        "gain, worst class": float(gain.min()),
        "gain, rare class": float(gain[-1]),
    }
    if (supervised == other).all():
        return found | {name: NOTHING for name in PROTECTED}
    scored: dict[bytes, np.ndarray] = {}
    return found | {
        name: let_in(supervised, other, truth, protect=protect, draws=draws, scored=scored)
        for name, protect in PROTECTED.items()
    }


NOTHING = {"accepted": 0.0, "made worse": 0.0, "expected": 0.0, "classes": [0.0] * CLASSES}
NOTHING |= {"rare class lower": 0.0}


def let_in(
    supervised: np.ndarray,
    other: np.ndarray,
    truth: np.ndarray,
    *,
    protect: list[int] | None,
    draws: int,
    scored: dict[bytes, np.ndarray],
) -> dict[str, Any]:
    """Return how often changes are let in, and what that does on average; `scored` holds scores."""
    before = overlap(supervised, truth)
    accepted, changes = [], []
    for seed in range(draws):
        points = disagreements(supervised, other, n=POINTS, protect=protect, seed=seed)
        answers = truth[points.items, points.rows, points.columns]
        found = guarded(supervised, other, points=points, answers=answers)
        accepted.append(bool(found.kept))
        made = np.packbits(found.used != supervised).tobytes()
        if made not in scored:
            scored[made] = overlap(found.used, truth) - before
        changes.append(scored[made])
    return {
        "accepted": float(np.mean(accepted)),
        "made worse": float(np.mean([change.mean() < 0 for change in changes])),
        "expected": float(np.mean(changes)),
        "classes": np.mean(changes, axis=0).tolist(),
        "rare class lower": float(np.mean([change[-1] < 0 for change in changes])),
    }


def of_worlds(cells: list[dict]) -> dict[str, Any]:
    """Return what must hold, for each other map."""
    row: dict[str, Any] = {"supervised": float(np.mean([cell["supervised"] for cell in cells]))}
    for method in [name for name in cells[0] if name != "supervised"]:
        row[method] = of_method([cell[method] for cell in cells])
    return row


def of_method(each: list[dict]) -> dict[str, Any]:
    """Return the figures of one other map over its worlds."""
    gain = np.array([w["gain"] for w in each])
    return {
        "mean gain, unguarded": float(gain.mean()),
        "worst gain, unguarded": float(gain.min()),
        "worst class, unguarded": float(min(w["gain, worst class"] for w in each)),
        "worlds where it is worse": int((gain < -LEAST).sum()),
        "worlds where it is better": int((gain > LEAST).sum()),
    } | {name: of_guard(gain, [w[name] for w in each]) for name in PROTECTED}


def of_guard(gain: np.ndarray, each: list[dict]) -> dict[str, float]:
    """Return how one protection fared, over worlds where the other map has these gains."""
    accepted, expected = (np.array([w[name] for w in each]) for name in ("accepted", "expected"))
    worse, better = gain < -LEAST, gain > LEAST
    return {
        "accepted where worse": float(accepted[worse].mean()) if worse.any() else 0.0,
        "accepted where better": float(accepted[better].mean()) if better.any() else 0.0,
        "made worse, worst world": float(max(w["made worse"] for w in each)),
        "mean gain": float(expected.mean()),
        "mean gain where better": float(expected[better].mean()) if better.any() else 0.0,
        "worst expected": float(expected.min()),
        "worst expected, a class": float(min(min(w["classes"]) for w in each)),
        "rare class lower": float(np.mean([w["rare class lower"] for w in each])),
        "rare class lower, worst world": float(max(w["rare class lower"] for w in each)),
    }


def measured(folder: Path | None, network: str) -> dict[str, Any]:
    """Return the figures of one network, from 2, 4 and 8 labelled images."""
    cells: dict[int, list[dict]] = {labelled: [] for labelled in LABELLED}
    for world in range(WORLDS[network]):
        for labelled in LABELLED:
            name = f"guard_{network}_{world}_{labelled}"
            found = kept(folder, name, cell, network, world, labelled)
            cells[labelled].append(found)
            print(network, world, labelled, round(float(np.mean(found["supervised"])), 3))
    figures = {str(labelled): of_worlds(each) for labelled, each in cells.items()}
    figures["all"] = of_worlds([cell for each in cells.values() for cell in each])
    for labelled, row in figures.items():
        for method, values in row.items():
            print(network, labelled, method, values)
    return figures


def main(folder: str = "", *networks: str) -> None:
    """Measure, print and keep, a file for each network."""
    place = Path(folder) if folder else None
    for network in networks or WORLDS:
        start = time.process_time()
        figures: dict[str, Any] = {"worlds": WORLDS[network], "points": POINTS, "draws": DRAWS}
        figures |= measured(place, network)
        figures["cpu_s"] = time.process_time() - start  # of this run: less where cells were kept
        libraries = ("numpy", "torch", "scikit-image")
        provenance.write(f"segmentation_guard_{network}", figures, libraries=libraries)


if __name__ == "__main__":
    main(*sys.argv[1:])
