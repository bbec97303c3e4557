"""What cheap labels are worth: ``python -m benchmarks.segmentation_labels FOLDER``.

Mosaics of 64 x 64, six textures; what is trained on and what is tested share no pixel of any
texture. Discriminants unless said otherwise; masks alone by the logistic model too, the baseline.
(1) 60 points on 40 further images, at random, where the model is least sure, or half of each,
beside 2, 4 or 8 masks; the same where what is not told of the 40 is a mixture. (2) Scribbles of 1 %
of the pixels, boxes, tags, coarse masks of 8 images and of 80, as a share of what their masks give.
(3) Three masks and 77 without: the discriminant, alone and as a mixture, in all worlds; in some the
logistic model, and the U-Net, alone, taught before and with consistency, one member. FOLDER keeps
each world, so that a run that was stopped goes on. Settings were chosen in worlds 100 to 105.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import provenance
from benchmarks.kept_results import kept
from labelling import Segmenter, segment, segment_votes, segmentation_scores, weaken
from synthesis import Scenes, scenes
from toolbox.retraining.streams import generator

CLASSES, SIZE, TEST, POOL, POINTS = 6, 64, 16, 40, 60
BATCH, STEPS, TURNS = 4, 20, 7  # of the speed
LABELLED, WEAK = (2, 4, 8), ("scribble", "box", "tag", "coarse")
QUICK = {"classes": CLASSES, "members": 1, "network": "discriminant", "progress": False}
LINEAR = QUICK | {"network": "linear"}
UNET = QUICK | {"network": "unet"}
MIXTURE = {"consistency": "mixture"}
CLOSED = {"discriminant": QUICK, "discriminant, mixture": QUICK | MIXTURE}
FEW = {
    "linear": LINEAR,
    "linear, weak-to-strong": LINEAR | {"consistency": "weak-to-strong"},
    "U-Net": UNET,
    "U-Net, rotation": UNET | {"pretraining": "rotation"},
    "U-Net, jigsaw": UNET | {"pretraining": "jigsaw"},
    "U-Net, clusters": UNET | {"pretraining": "clusters"},
    "U-Net, equivariance": UNET | {"consistency": "equivariance"},
    "U-Net, scale": UNET | {"consistency": "scale"},
    "U-Net, weak-to-strong": UNET | {"consistency": "weak-to-strong"},
    "U-Net, mixture": UNET | MIXTURE,
}


def tested(trained: Segmenter, test: Scenes) -> float:
    """Return the mean IoU of the pooled members on the test scenes."""
    votes = segment_votes(trained, test.images)
    return segmentation_scores(votes, test.masks, classes=CLASSES, border=0).mean_iou


def world(seed: int, n: int) -> tuple[Scenes, Scenes]:
    """Return what is trained on, and what is tested."""
    options = {"size": SIZE, "classes": CLASSES, "seed": seed}
    return scenes(n=n, **options), scenes(n=TEST, part="second", **options)


def points(seed: int) -> dict[str, float]:
    """Return the gain over 2, 4 and 8 masks alone, of 60 points, of a mixture, and of both."""
    train, test = world(seed, max(LABELLED) + POOL)
    pool, truth = train.images[-POOL:], train.masks[-POOL:]
    found = {}
    for n in LABELLED:
        images, masks = train.images[:n], train.masks[:n]
        alone = segment(images, masks=masks, seed=seed, **QUICK)
        base = found[f"{n} masks"] = tested(alone, test)
        mixed = segment(images, masks=masks, unlabelled=pool, seed=seed, **QUICK | MIXTURE)
        found[f"{n} masks, mixture"] = tested(mixed, test) - base
        for way, mask in asked(segment_votes(alone, pool)[0], truth, seed).items():
            has = (mask >= 0).any(axis=(1, 2))
            both = np.concatenate([images, pool[has]])
            told = {"masks": np.concatenate([masks, mask[has]]), "seed": seed}
            trained = segment(both, **told, **QUICK)
            found[f"{n} masks, {way}"] = tested(trained, test) - base
            mixed = segment(both, **told, unlabelled=pool[~has], **QUICK | MIXTURE)
            found[f"{n} masks, {way}, mixture"] = tested(mixed, test) - base
    return found


def asked(votes: np.ndarray, truth: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return masks in which 60 pixels are known, chosen in three ways."""
    rng = generator(seed, "points")
    order = rng.permutation(truth.size)
    ranked = np.sort(votes, axis=1)
    margin = (ranked[:, -1] - ranked[:, -2]).ravel()
    unsure = order[np.argsort(margin[order[:2000]])]  # of 2000 at random: not all of one patch
    half = POINTS // 2
    chosen = {
        "random": order[:POINTS],
        "unsure": unsure[:POINTS],
        "both": np.concatenate([order[-half:], unsure[:half]]),
    }
    masks = {}
    for way, places in chosen.items():
        masks[way] = np.full(truth.shape, -1)
        masks[way].flat[places] = truth.flat[places]
    return masks


def weak_8(seed: int) -> dict[str, float]:
    """Return the mean IoU of 8 masks, and of weaker labels of the same images."""
    return weak(seed, 8)


def weak_80(seed: int) -> dict[str, float]:
    """Return the same of 80 images."""
    return weak(seed, 80)


def weak(seed: int, n: int) -> dict[str, float]:
    """Return the mean IoU of n masks, and of weaker labels of the same images."""
    train, test = world(seed, n)
    full = segment(train.images, masks=train.masks, seed=seed, **QUICK)
    found = {"masks": tested(full, test)}
    for kind in WEAK:
        labels = weaken(train.masks, kind=kind, classes=CLASSES, seed=seed)
        trained = segment(train.images, weak=labels, seed=seed, **QUICK)
        found[kind] = tested(trained, test)
    return found


def baseline(seed: int) -> dict[str, float]:
    """Return the mean IoU of the logistic model, trained in steps on 2, 4 and 8 masks."""
    train, test = world(seed, max(LABELLED))
    return {
        f"{n} masks": tested(
            segment(train.images[:n], masks=train.masks[:n], seed=seed, **LINEAR), test
        )
        for n in LABELLED
    }


def closed(seed: int) -> dict[str, float]:
    """Return the mean IoU of three masks and 77 images without: discriminants."""
    return from_three(seed, CLOSED)


def few(seed: int) -> dict[str, float]:
    """Return the same of what is trained in steps."""
    return from_three(seed, FEW)


def from_three(seed: int, ways: dict[str, dict]) -> dict[str, float]:
    """Return the mean IoU of three masks and 77 images without, and the seconds of each way."""
    train, test = world(seed, 80)
    found = {}
    for name, options in ways.items():
        start = time.perf_counter()
        given = {"masks": train.masks[:3], "unlabelled": train.images[3:], "seed": seed}
        found[name] = tested(segment(train.images[:3], **given, **options), test)
        found[f"{name}, s"] = time.perf_counter() - start
    return found


def speed(seed: int) -> dict[str, float]:
    """Return the seconds of a step of the U-Net in training, alone, and of its channels.

    Alone: the same layers on a batch of the same channels, in the same order of memory, forwards,
    backwards and a step of Adam.
    """
    import torch

    from toolbox.networks.segmentation.pixel_networks import initialised
    from toolbox.torch_features.pixel_channels import pixel_channels

    train, _ = world(seed, BATCH)
    x = torch.from_numpy(train.images.copy())
    start = time.perf_counter()
    channels = pixel_channels(x)
    channels_s = time.perf_counter() - start
    network = initialised("unet", channels.shape[1], CLASSES, generator(seed, "speed"))
    network = network.to(memory_format=torch.channels_last)
    channels = channels.contiguous(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters())
    target = torch.from_numpy(train.masks.copy())

    def step() -> None:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(channels), target).backward()
        optimiser.step()

    def seconds(work: Callable[[int], None], steps: int) -> float:
        start = time.perf_counter()
        work(steps)
        return time.perf_counter() - start

    def alone(steps: int) -> None:
        for _ in range(steps):
            step()

    def whole(steps: int) -> None:
        segment(train.images, masks=train.masks, seed=seed, **UNET | {"steps": steps})

    least = np.full(3, np.inf)  # in turns, so that a busy moment of the machine meets all
    for _ in range(TURNS):
        turn = seconds(alone, STEPS), seconds(whole, STEPS + 1), seconds(whole, 1)
        least = np.minimum(least, turn)
    return {
        "step": (least[1] - least[2]) / STEPS,
        "step, network alone": least[0] / STEPS,
        "channels of a batch": channels_s,
    }


def each_world(
    folder: Path | None, part: Callable[[int], dict], seeds: int
) -> list[dict[str, float]]:
    """Return a part of the benchmark for each world, from the folder where it is kept."""
    found = []
    for seed in range(seeds):
        found.append(kept(folder, f"{part.__name__}_{seed}", part, seed))
        print(part.__name__, seed, {k: round(v, 3) for k, v in found[-1].items()}, flush=True)
    return found


def summary(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Return mean, standard error and worst over worlds."""
    found: dict[str, Any] = {"worlds": len(rows)}
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        several = len(values) > 1
        error = float(values.std(ddof=1) / np.sqrt(len(values))) if several else None
        found[name] = {"mean": float(values.mean()), "error": error}
        found[name]["worst"] = float(values.min())
    return found


def shares(rows: list[dict[str, float]]) -> dict[str, Any]:
    """Return a summary, and the mean of each kind over that of the masks."""
    means = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
    return summary(rows) | {
        "share of the masks' score": {kind: means[kind] / means["masks"] for kind in WEAK}
    }


def main(folder: str = "", worlds: int = 6, point_worlds: int = 6, few_worlds: int = 1) -> None:
    """Measure, print and keep."""
    place = Path(folder) if folder else None
    figures = {
        "weak": shares(each_world(place, weak_8, worlds)),
        "weak, 80 images": shares(each_world(place, weak_80, worlds)),
        "points": summary(each_world(place, points, point_worlds)),
        "closed": summary(each_world(place, closed, worlds)),
        "baseline": summary(each_world(place, baseline, worlds)),
        "speed": speed(0),
    }
    if few_worlds:
        figures["few"] = summary(each_world(place, few, few_worlds))
    print(json.dumps(figures, indent=1))
    provenance.write("segmentation_labels", figures, libraries=("numpy", "torch", "scikit-image"))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "", *map(int, sys.argv[2:]))
