"""An expert's seconds, spent on masks, on weaker labels or on points; or pictures without labels.

Worlds of mosaics with a rare class. An expert has time for 2, 4 or 8 masks, or for about as many
seconds of scribbles, boxes, tags or points on more images. Then the pictures that are wanted, of
textures that share no pixel with those: consistency uses them without labels, for nothing; 60
points on them either guard that map, or are told to the model. All maps are scored on them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

from labelling import disagreements, guarded, segment, segment_votes, segmentation_scores, weaken
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
LEAST = 0.005  # of the mean IoU, by which a guarded map may be worse on average

WAYS = {
    "masks": "full masks",
    "scribble": "scribbles",
    "box": "boxes",
    "tag": "tags",
    "points": "points",
    "consistency": "and consistency, not guarded (no more time)",
    "guarded": "and consistency, guarded by 60 points",
    "told": "and the same 60 points as labels",
}
BEYOND = ("consistency", "guarded", "told")  # ways on from masks
TICKS, TOPS = (30, 60, 120, 240, 480), {"miou": 0.65, "rare": 0.22}
TONES = {
    "masks": "black",
    "scribble": "#238b45",
    "box": "#74a9cf",
    "tag": "#9e9ac8",
    "points": "#c49a00",
    "consistency": "#d94801",
    "guarded": "0.5",
    "told": "#08519c",
}
ROWS = (
    *(("masks", n) for n in MASKS),
    *((kind, n) for kind in IMAGES for n in WEAK_TIMES),
    *((way, n) for way in BEYOND for n in MASKS),
)


def compute(settings: dict[str, Any], step: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return seconds asked (worlds, rows), IoU (worlds, rows, C), and how often the guard erred."""
    worlds = tqdm(range(settings["worlds"]), desc="worlds of mosaics", disable=None)
    found = [step(f"world {w}", one_world, settings["seed"] + w, settings) for w in worlds]
    names = ("asked", "iou", "worse")  # of a step, "seconds" is its own
    return {name: np.array([each[name] for each in found]) for name in names} | {
        name: settings[name] for name in ("mode", "size", "wanted", "draws", "rare")
    }


def one_world(seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Train on everything that the expert could have said, and score the maps of what is wanted."""
    options = {name: settings[name] for name in ("size", "classes", "rare")} | {"seed": seed}
    most = max(MASKS[-1], WEAK_TIMES[-1] * max(IMAGES.values()))
    drawn = scenes(n=most, **options)
    wanted = scenes(n=settings["wanted"], part="second", **options)
    found = {
        (kind, n): from_weak_labels(drawn, wanted, kind, n * images, seed, settings)
        for kind, images in IMAGES.items()
        for n in WEAK_TIMES
    }
    worse = []
    for n in MASKS:
        rows, made_worse = from_masks(drawn, wanted, n, seed, settings)
        found |= {(way, n): row for way, row in rows.items()}
        worse.append(made_worse)
    asked, iou = zip(*(found[row] for row in ROWS), strict=True)
    return {"asked": np.array(asked), "iou": np.array(iou), "worse": np.array(worse)}


def labels_of(
    images: np.ndarray, wanted: Scenes, seed: int, settings: dict[str, Any], **told: Any
) -> np.ndarray:
    """Return the classes that a linear model, trained on what is told, gives the wanted pixels."""
    how = {"network": "linear", "members": 1, "progress": False, "seed": seed}
    how |= {"classes": settings["classes"], "steps": settings["steps"]}
    return segment_votes(segment(images, **told, **how), wanted.images)[0].argmax(axis=1)


def overlap(labels: np.ndarray, wanted: Scenes) -> np.ndarray:
    """Return the IoU of each class."""
    return segmentation_scores(labels, wanted.masks, classes=len(wanted.classes), border=0).iou


def from_weak_labels(
    drawn: Scenes, wanted: Scenes, kind: str, n: int, seed: int, settings: dict[str, Any]
) -> tuple[float, np.ndarray]:
    """Return the seconds of n images' weak labels, and the IoU of each class."""
    weak = weaken(drawn.masks[:n], kind=kind, classes=settings["classes"], seed=seed)
    return weak.seconds, overlap(
        labels_of(drawn.images[:n], wanted, seed, settings, weak=weak), wanted
    )


def from_masks(
    drawn: Scenes, wanted: Scenes, n: int, seed: int, settings: dict[str, Any]
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
    """Return seconds, mean IoU and the rare class's, way by way, and the gains over masks alone."""
    mean, rare = results["iou"].mean(axis=2), results["iou"][..., -1]
    rows = {}
    for k, (way, n) in enumerate(ROWS):
        scores = {"miou": mean[:, k], "rare": rare[:, k]}
        row = {name: interval(values.tolist(), (0, 1)) for name, values in scores.items()}
        rows[f"{way} {n}"] = row | {"seconds": float(results["asked"][:, k].mean())}
    gains = {}
    for way in BEYOND:
        gain, of_rare = (np.array([_gain(x, way, n) for n in MASKS]) for x in (mean, rare))
        gains[way] = {
            "mean": gain.mean(axis=1).tolist(),
            "worst": float(gain.min()),
            "worst, rare": float(of_rare.min()),
            "worse": int((gain < -LEAST).sum()),
            "of": int(gain.size),
        }
    return {"rows": rows, "gains": gains, "made worse": float(results["worse"].mean())}


def _gain(scores: np.ndarray, way: str, n: int) -> np.ndarray:
    return scores[:, ROWS.index((way, n))] - scores[:, ROWS.index(("masks", n))]


def claims(found: dict[str, Any]) -> dict[str, bool]:
    """Return what the figure claims, and whether it is so."""
    guard, told = found["gains"]["guarded"], found["gains"]["told"]
    return {
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


def verdict(found: dict[str, Any]) -> str:
    """Say in words what was found."""
    told, free, guard = (found["gains"][way] for way in ("told", "consistency", "guarded"))
    after = ", ".join(map(_signed, told["mean"]))
    return (
        f"Pictures without masks: 60 points on them, as labels, change the mIoU of 2, 4, 8 masks "
        f"by {after} (the rare class: {_signed(told['worst, rare'])} at worst).\n"
        f"Consistency costs no time and is worse than masks alone in {free['worse']} of "
        f"{free['of']} cases (worst {_signed(free['worst'])}).\nGuarded by 60 points: "
        f"worse in {guard['worse']} of {guard['of']} (worst {_signed(guard['worst'])}), "
        f"but a gain of {_signed(max(guard['mean']))} on average at best"
    )


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"  # no -0.000


def table(found: dict[str, Any]) -> str:
    """Return the figure's table for a terminal."""
    lines = [f"{'supervision':<50}{'masks of time':>14}{'seconds':>9}{'mIoU':>8}{'rare':>8}"]
    for way, n in ROWS:
        row = found["rows"][f"{way} {n}"]
        scores = f"{row['miou']['value']:8.3f}{row['rare']['value']:8.3f}"
        lines.append(f"{_name(way):<50}{n:14d}{row['seconds']:9.0f}{scores}")
    return "\n".join([*lines, "", verdict(found)])


def _name(way: str) -> str:
    return f"masks {WAYS[way]}" if way in BEYOND else WAYS[way]


# ---------------------------------------------------------------------------------- the figure


def draw(results: dict[str, Any]) -> Figure:
    """Return the figure: weaker labels, and ways on from masks; all classes, and the rare one."""
    found = numbers(results)
    figure = Figure(figsize=(11.5, 8.4), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.05, 1, 0.95))
    panels = figure.subplots(2, 2, sharex=True, sharey="row")
    titles = ("cheaper labels, on more images", "masks, and then the pictures without masks")
    for column, ways in enumerate(((*IMAGES, "masks"), ("masks", *BEYOND))):
        for axes, score in zip(panels[:, column], ("miou", "rare"), strict=True):
            _curves(axes, found["rows"], score, ways)
        panels[0, column].set_title(titles[column], fontsize=11)
        panels[0, column].legend(frameon=False, fontsize=9, loc="upper left")
        panels[1, column].set_xlabel("seconds of an expert")
    panels[0, 0].set_ylabel("mean IoU of all classes")
    panels[1, 0].set_ylabel(f"IoU of the rare class ({results['rare']:.0%} of the pixels)")
    figure.suptitle(verdict(found), fontsize=11)
    figure.text(0.004, 0.004, _about(results), fontsize=7.5, color="0.4")
    return figure


def _curves(axes: Axes, rows: dict[str, Any], score: str, ways: tuple[str, ...]) -> None:
    """Draw each way's score against its seconds, with the 95 % interval over worlds as a band."""
    for way in ways:
        mine = [rows[f"{kind} {n}"] for kind, n in ROWS if kind == way]
        seconds = [row["seconds"] for row in mine]
        low, mid, high = ([row[score][end] for row in mine] for end in ("low", "value", "high"))
        style = {"color": TONES[way], "label": WAYS[way], "marker": "s" if way in IMAGES else "o"}
        axes.plot(seconds, mid, **style, ms=5, lw=1.8, ls=":" if way == "guarded" else "-")
        axes.fill_between(seconds, low, high, color=TONES[way], alpha=0.1, lw=0)
    axes.set_xscale("log")
    axes.set_xticks(TICKS, [str(tick) for tick in TICKS])
    axes.minorticks_off()
    axes.set_ylim(0, TOPS[score])
    axes.spines[["top", "right"]].set_visible(False)


def _about(results: dict[str, Any]) -> str:
    worlds, _, classes = results["iou"].shape
    return (
        f"mode: {results['mode']}. Assumed seconds: {MASK_SECONDS} a mask, 10 an image's "
        f"scribbles, 7 a box, 1 a tag, {POINT_SECONDS} a point. Linear models; "
        f"{worlds} worlds of mosaics, {results['size']} x {results['size']}, {classes} textures.\n"
        f"Scored: the maps of {results['wanted']} pictures without masks, whose textures share no "
        f"pixel with the labelled ones. Bands: 95 % intervals over worlds. The guard's score: mean "
        f"over {results['draws']} draws of points"
    )
