"""An expert's seconds, spent on masks, on weaker labels or on points; or pictures without labels.

Worlds of mosaics with a rare class. An expert has time for 2, 4 or 8 masks, or for about as many
seconds of scribbles, boxes, tags or points on more images. Then the pictures that are wanted, of
textures that share no pixel with those: consistency uses them without labels, for nothing; 60
points on them either guard that map, or are told to the model. All maps are scored on them.

Where PyPI's wheel stardist is installed, the same is done with tiles of its picture of nuclei.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from labelling import (
    WeakLabels,
    disagreements,
    guarded,
    segment,
    segment_votes,
    segmentation_scores,
    weaken,
)
from paper_figures.labelling_costs import nuclei_tiles
from paper_figures.labelling_costs.nuclei_tiles import Tiles
from paper_figures.labelling_costs.points_or_consistency_panels import BEYOND, WAYS, draw_panels
from paper_figures.runner.intervals import interval
from synthesis import Scenes, scenes

QUICK = {"mode": "quick", "worlds": 4, "size": 32, "classes": 4, "rare": 0.03, "steps": 20}
QUICK |= {"wanted": 10, "draws": 6, "seed": 0}
SETTINGS = {
    "quick": QUICK,
    "full": QUICK | {"mode": "full", "worlds": 14, "size": 64, "classes": 6, "steps": 100},
    "tiny": QUICK | {"mode": "tiny", "worlds": 2, "steps": 5, "wanted": 4, "draws": 2},
}
MASKS, POINTS = (2, 4, 8), 60
MASK_SECONDS, POINT_SECONDS = 60, 2
# Images a mask's seconds are good for, about: 10 s of scribbles, some six boxes of 7 s, some four
# tags of 1 s (fewer than that: nobody has so many images), ten points of 2 s.
IMAGES = {"scribble": 6, "box": 2, "tag": 6, "points": 3}
WEAK_TIMES = (2, 4)  # of the masks' seconds
MOST = max(MASKS[-1], WEAK_TIMES[-1] * max(IMAGES.values()))  # images that are labelled
LEAST = 0.005  # of the mean IoU, by which a guarded map may be worse on average

ROWS = (
    *(("masks", n) for n in MASKS),
    *((kind, n) for kind in IMAGES for n in WEAK_TIMES),
    *((way, n) for way in BEYOND for n in MASKS),
)
# Every tile holds background and nuclei, so that its tags would say nothing.
NUCLEI_ROWS = tuple(row for row in ROWS if row[0] != "tag")
Rows = tuple[tuple[str, int], ...]


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return seconds asked (worlds, rows), IoU (worlds, rows, C), and how often the guard erred.

    And the same of draws of tiles of the real picture, where it can be read.
    """
    worlds = tqdm(range(settings["worlds"]), desc="worlds of mosaics", disable=None)
    found = [step(f"world {w}", one_world, settings["seed"] + w, settings) for w in worlds]
    results = _stacked(found) | {
        name: settings[name] for name in ("mode", "size", "wanted", "draws", "rare")
    }
    if nuclei_tiles.available():
        draws = tqdm(range(settings["worlds"]), desc="draws of tiles", disable=None)
        real = [step(f"nuclei {d}", on_nuclei, settings["seed"] + d, settings) for d in draws]
        results |= {f"nuclei {name}": values for name, values in _stacked(real).items()}
        results["nuclei picture"] = nuclei_tiles.read()[0]
    return results


def _stacked(found: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    names = ("asked", "iou", "worse")  # of a step, "seconds" is its own
    return {name: np.array([each[name] for each in found]) for name in names}


def one_world(seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train on everything that the expert could have said, and score the maps of what is wanted."""
    options = {name: settings[name] for name in ("size", "classes", "rare")} | {"seed": seed}
    drawn = scenes(n=MOST, **options)
    wanted = scenes(n=settings["wanted"], part="second", **options)

    def weak(kind: str, n: int) -> WeakLabels:
        return weaken(drawn.masks[:n], kind=kind, classes=settings["classes"], seed=seed)

    return by_rows(ROWS, drawn, wanted, weak, seed, settings)


def on_nuclei(seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Do the same with tiles of one half of the real picture; wanted are tiles of the other."""
    drawn, wanted = nuclei_tiles.halves(labelled=MOST, wanted=settings["wanted"], seed=seed)
    two = settings | {"classes": len(wanted.classes)}

    def weak(kind: str, n: int) -> WeakLabels:
        return nuclei_tiles.weak_labels(drawn, kind, n, seed)

    return by_rows(NUCLEI_ROWS, drawn, wanted, weak, seed, two)


def by_rows(
    rows: Rows,
    drawn: Scenes | Tiles,
    wanted: Scenes | Tiles,
    weak: Callable[[str, int], WeakLabels],
    seed: int,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Return seconds and IoU of each row, and how often the guard made worse."""
    found = {
        (kind, n): from_weak_labels(drawn, wanted, weak(kind, n * IMAGES[kind]), seed, settings)
        for kind, n in rows
        if kind in IMAGES
    }
    worse = []
    for n in MASKS:
        ways, made_worse = from_masks(drawn, wanted, n, seed, settings)
        found |= {(way, n): row for way, row in ways.items()}
        worse.append(made_worse)
    asked, iou = zip(*(found[row] for row in rows), strict=True)
    return {"asked": np.array(asked), "iou": np.array(iou), "worse": np.array(worse)}


def labels_of(
    images: np.ndarray, wanted: Scenes | Tiles, seed: int, settings: dict[str, Any], **told: Any
) -> np.ndarray:
    """Return the classes that a linear model, trained on what is told, gives the wanted pixels."""
    how = {"network": "linear", "members": 1, "progress": False, "seed": seed}
    how |= {"classes": settings["classes"], "steps": settings["steps"]}
    return segment_votes(segment(images, **told, **how), wanted.images)[0].argmax(axis=1)


def overlap(labels: np.ndarray, wanted: Scenes | Tiles) -> np.ndarray:
    """Return the IoU of each class."""
    return segmentation_scores(labels, wanted.masks, classes=len(wanted.classes), border=0).iou


def from_weak_labels(
    drawn: Scenes | Tiles,
    wanted: Scenes | Tiles,
    weak: WeakLabels,
    seed: int,
    settings: dict[str, Any],
) -> tuple[float, np.ndarray]:
    """Return the seconds of the first images' weak labels, and the IoU of each class."""
    images = drawn.images[: len(weak.items)]
    return weak.seconds, overlap(labels_of(images, wanted, seed, settings, weak=weak), wanted)


def from_masks(
    drawn: Scenes | Tiles, wanted: Scenes | Tiles, n: int, seed: int, settings: dict[str, Any]
) -> tuple[dict[str, tuple[float, np.ndarray]], float]:
    """Return seconds and IoU of each way to go on from n masks; and how often the guard erred."""
    images, masks, time = drawn.images[:n], drawn.masks[:n], float(n * MASK_SECONDS)
    alone = labels_of(images, wanted, seed, settings, masks=masks)
    free = {"unlabelled": wanted.images, "consistency": "weak-to-strong"}
    other = labels_of(images, wanted, seed, settings, masks=masks, **free)
    before = overlap(alone, wanted)
    used, told = [], None
    for draw in range(settings["draws"]):
        points = disagreements(alone, other, n=POINTS, seed=draw)
        places = (points.items, points.rows, points.columns)
        answers = wanted.masks[places]
        guard = guarded(alone, other, points=points, answers=answers)
        used.append(overlap(guard.used, wanted) if guard.kept else before)
        if told is None:
            told = np.full(wanted.masks.shape, -1)
            told[places] = answers
    both = {"masks": np.concatenate([masks, told])}
    taught = labels_of(np.concatenate([images, wanted.images]), wanted, seed, settings, **both)
    asked = time + POINTS * POINT_SECONDS
    rows = {
        "masks": (time, before),
        "consistency": (time, overlap(other, wanted)),
        "guarded": (asked, np.mean(used, axis=0)),
        "told": (asked, overlap(taught, wanted)),
    }
    return rows, float(np.mean([each.mean() < before.mean() for each in used]))


# ---------------------------------------------------------------------------------- the numbers


def numbers(results: dict[str, Any]) -> dict[str, Any]:
    """Return seconds, mean IoU and the rare class's, way by way, and the gains over masks alone.

    Where the real picture was read, its are under "nuclei", of which the last class are nuclei.
    """
    found = _numbers(results, ROWS)
    if "nuclei iou" in results:
        of_nuclei = {name: results[f"nuclei {name}"] for name in ("asked", "iou", "worse")}
        found["nuclei"] = _numbers(of_nuclei, NUCLEI_ROWS)
    return found


def _numbers(results: dict[str, Any], order: Rows) -> dict[str, Any]:
    mean, rare = results["iou"].mean(axis=2), results["iou"][..., -1]
    rows = {}
    for k, (way, n) in enumerate(order):
        scores = {"miou": mean[:, k], "rare": rare[:, k]}
        row = {name: interval(values.tolist(), (0, 1)) for name, values in scores.items()}
        rows[f"{way} {n}"] = row | {"seconds": float(results["asked"][:, k].mean())}
    gains = {}
    for way in BEYOND:
        gain, of_rare = (np.array([_gain(x, order, way, n) for n in MASKS]) for x in (mean, rare))
        gains[way] = {
            "mean": gain.mean(axis=1).tolist(),
            "worst": float(gain.min()),
            "worst, rare": float(of_rare.min()),
            "worse": int((gain < -LEAST).sum()),
            "of": int(gain.size),
        }
    return {"rows": rows, "gains": gains, "made worse": float(results["worse"].mean())}


def _gain(scores: np.ndarray, order: Rows, way: str, n: int) -> np.ndarray:
    return scores[:, order.index((way, n))] - scores[:, order.index(("masks", n))]


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    guard, told = found["gains"]["guarded"], found["gains"]["told"]
    held = {
        "the guard never makes worse: nowhere is its expected mean IoU .005 below the masks'": bool(
            guard["worst"] >= -LEAST
        ),
        "60 points that are told raise the mean IoU, after 2, 4 and 8 masks": all(
            gain > 0 for gain in told["mean"]
        ),
        "60 points are worth more as labels than as a guard, after 2, 4 and 8 masks": all(
            one > other for one, other in zip(told["mean"], guard["mean"], strict=True)
        ),
    }
    if "nuclei" in found:
        worst = found["nuclei"]["gains"]["guarded"]["worst"]
        held["on real nuclei the guard never makes worse either"] = bool(worst >= -LEAST)
    return held


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    told, free, guard = (found["gains"][way] for way in ("told", "consistency", "guarded"))
    said = (
        f"Pictures without masks: 60 points on them, as labels, change the mIoU of 2, 4, 8 masks "
        f"by {_all_signed(told)} (the rare class: {_signed(told['worst, rare'])} at worst).\n"
        f"Consistency costs no time and is worse than masks alone in {free['worse']} of "
        f"{free['of']} cases (worst {_signed(free['worst'])}).\nGuarded by 60 points: "
        f"worse in {guard['worse']} of {guard['of']} (worst {_signed(guard['worst'])}), "
        f"but a gain of {_signed(max(guard['mean']))} on average at best"
    )
    return f"{said}.\n{_of_nuclei(found['nuclei'])}" if "nuclei" in found else said


def _of_nuclei(found: dict[str, Any]) -> str:
    told, free, guard = (found["gains"][way] for way in ("told", "consistency", "guarded"))
    return (
        f"On real nuclei 60 points change it by {_all_signed(told)}; consistency is worse in "
        f"{free['worse']} of {free['of']}, guarded in {guard['worse']} (worst "
        f"{_signed(guard['worst'])})"
    )


def _all_signed(gain: dict[str, Any]) -> str:
    return ", ".join(map(_signed, gain["mean"]))


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # no -0.000


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = _lines(found, ROWS, "supervision", "rare")
    if "nuclei" in found:
        lines += ["", *_lines(found["nuclei"], NUCLEI_ROWS, "the same on real nuclei", "nuclei")]
    return "\n".join([*lines, "", verdict(found)])


def _lines(found: dict[str, Any], order: Rows, head: str, last: str) -> list[str]:
    lines = [f"{head:<50}{'masks of time':>14}{'seconds':>9}{'mIoU':>8}{last:>8}"]
    for way, n in order:
        row = found["rows"][f"{way} {n}"]
        scores = f"{row['miou']['value']:8.3f}{row['rare']['value']:8.3f}"
        lines.append(f"{_name(way):<50}{n:14d}{row['seconds']:9.0f}{scores}")
    return lines


def _name(way: str) -> str:
    return f"masks {WAYS[way]}" if way in BEYOND else WAYS[way]


# ---------------------------------------------------------------------------------- the figure


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: weaker labels, and ways on from masks; all classes, and the rare one.

    A row more shows the real picture, where it was read.
    """
    found = numbers(results)
    picture = results.get("nuclei picture")
    return draw_panels(found, verdict(found), _about(results), rare=results["rare"], real=picture)


def _about(results: dict[str, Any]) -> str:
    worlds, _, classes = results["iou"].shape
    said = (
        f"mode: {results['mode']}. Assumed seconds: {MASK_SECONDS} a mask, 10 an image's "
        f"scribbles, 7 a box, 1 a tag, {POINT_SECONDS} a point. Linear models; "
        f"{worlds} worlds of mosaics, {results['size']} x {results['size']}, {classes} textures.\n"
        f"Scored: the maps of {results['wanted']} pictures without masks, whose textures share no "
        f"pixel with the labelled ones. Bands: 95 % intervals over worlds. The guard's score: mean "
        f"over {results['draws']} draws of points"
    )
    return f"{said}.\n{_about_nuclei(results)}" if "nuclei iou" in results else said


def _about_nuclei(results: dict[str, Any]) -> str:
    side, draws = nuclei_tiles.TILE, len(results["nuclei iou"])
    return (
        f"Nuclei: one picture of the 2018 Data Science Bowl, as the wheel stardist ships it; tiles "
        f"of {side} x {side}, labelled in one half of it, scored in the other.\nBands: over "
        f"{draws} draws of tiles, which say nothing of other pictures. A box is around one "
        "nucleus. No tags: every tile holds both classes"
    )
