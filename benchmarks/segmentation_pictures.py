"""What labels are worth on real pictures: ``python -m benchmarks.segmentation_pictures``.

After it: FOLDER, where each draw is kept, so that a run that was stopped goes on, and DRAWS (6).
Two classes, and an object is a fifth to a half of the pixels. scikit-image's coins above Otsu's
threshold, a mask with specks: one piece is labelled, another scored. And, where PyPI's wheel
stardist is installed, tiles of its picture of nuclei, labelled in one half and scored in the other:
weak labels of 12 tiles, and 60 points beside 2 and 8 masks, at random in what is scored. Beside the
discriminant the logistic model, trained in steps. Half a minute of one core a draw.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import provenance
from benchmarks.segmentation_labels import LINEAR, MIXTURE, POINTS, QUICK, each_world, summary
from labelling import segment, segment_votes, segmentation_scores, weaken
from paper_figures.labelling_costs import nuclei_tiles
from toolbox.retraining.streams import generator

NETWORKS = {"discriminant": QUICK | {"classes": 2}, "linear": LINEAR | {"classes": 2}}
WEAK, TILES, WANTED, FEW = ("scribble", "points", "box"), 12, 10, (2, 8)
LABELLED, SCORED = (slice(160), slice(160)), (slice(140, 300), slice(200, 360))  # of the coins


def scored(images: np.ndarray, wanted: np.ndarray, truth: np.ndarray, **told: Any) -> float:
    """Return the mean IoU on the wanted images of what is trained on the others."""
    votes = segment_votes(segment(images, **told), wanted)
    return segmentation_scores(votes, truth, classes=2, border=0).mean_iou


def coins(seed: int) -> dict[str, float]:
    """Return the mean IoU of the mask of one piece of the coins, and of weaker labels of it."""
    from skimage import data
    from skimage.filters import threshold_otsu

    image = data.coins().astype(np.float32) / 255
    mask = (image > threshold_otsu(image)).astype(np.int64)
    images, masks, wanted, truth = (x[p][None] for p in (LABELLED, SCORED) for x in (image, mask))
    labels = {"mask": {"masks": masks}} | {
        kind: {"weak": weaken(masks, kind=kind, classes=2, seed=seed)} for kind in WEAK
    }
    return {
        f"{kind}, {network}": scored(images, wanted, truth, seed=seed, **told, **how)
        for network, how in NETWORKS.items()
        for kind, told in labels.items()
    }


def nuclei(seed: int) -> dict[str, float]:
    """Return the mean IoU of masks of tiles of nuclei, of weaker labels, and of points beside."""
    drawn, wanted = nuclei_tiles.halves(labelled=TILES, wanted=WANTED, seed=seed)
    images, masks = drawn.images, drawn.masks
    points = np.full(wanted.masks.shape, -1)
    places = generator(seed, "points").permutation(points.size)[:POINTS]
    points.flat[places] = wanted.masks.flat[places]
    ways = {f"{TILES} masks": (images, {"masks": masks})} | {
        kind: (images, {"weak": nuclei_tiles.weak_labels(drawn, kind, TILES, seed)})
        for kind in WEAK
    }
    for n in FEW:
        both = np.concatenate([images[:n], wanted.images])
        ways[f"{n} masks"] = (images[:n], {"masks": masks[:n]})
        ways[f"{n} masks, points"] = (both, {"masks": np.concatenate([masks[:n], points])})
    found = {
        f"{way}, {network}": scored(given, *wanted[:2], seed=seed, **told, **how)
        for network, how in NETWORKS.items()
        for way, (given, told) in ways.items()
    }
    how = NETWORKS["discriminant"] | MIXTURE | {"seed": seed, "unlabelled": wanted.images}
    for n in FEW:
        mixed = scored(images[:n], *wanted[:2], masks=masks[:n], **how)
        found[f"{n} masks, mixture, discriminant"] = mixed
    return found


def main(folder: str = "", draws: int = 6) -> None:
    """Measure, print and keep."""
    place = Path(folder) if folder else None
    figures = {"coins": summary(each_world(place, coins, draws))}
    if nuclei_tiles.available():
        figures["nuclei"] = summary(each_world(place, nuclei, draws))
    print(json.dumps(figures, indent=1))
    provenance.write("segmentation_pictures", figures, libraries=("numpy", "torch", "scikit-image"))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "", *map(int, sys.argv[2:]))
