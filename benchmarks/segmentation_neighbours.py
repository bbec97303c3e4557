"""What a pixel gains by hearing its neighbours: ``python -m benchmarks.segmentation_neighbours``.

After it, in this order: FOLDER, where each world is kept, so that a run that was stopped goes on,
and WORLDS (6). Worlds, scores and discriminants of `benchmarks.segmentation_labels`, the maps with
and without neighbours: 3 and 8 masks, scribbles of the 8, three masks and 77 images without as a
mixture. And 8 masks where the last class is rare, one spot of 2 % of the pixels in 64 x 64, or of
3 % in 32 x 32 with four classes: the mean IoU of all classes, and that of the rare one. Some 15
seconds of one core a world. The strength, the kernel's width and the turns were chosen in worlds
100 to 105.
"""

import sys
from pathlib import Path

import numpy as np

from benchmarks import provenance
from benchmarks.segmentation_labels import CLASSES, MIXTURE, QUICK, TEST, each_world, summary, world
from labelling import Segmenter, segment, segment_votes, segmentation_scores, weaken
from synthesis import Scenes, scenes

HEARD = {"alone": 0.0, "neighbours": 2.5}
RARE = {
    "spot of 2 % in 64 x 64": {"size": 64, "classes": CLASSES, "rare": 0.02},
    "spot of 3 % in 32 x 32": {"size": 32, "classes": 4, "rare": 0.03},
}


def ious(trained: Segmenter, test: Scenes) -> dict[str, np.ndarray]:
    """Return the IoU of each class, of pixels alone and of pixels that hear their neighbours."""
    return {
        name: segmentation_scores(
            segment_votes(trained, test.images, neighbours=strength),
            test.masks,
            classes=len(test.classes),
            border=0,
        ).iou
        for name, strength in HEARD.items()
    }


def heard(seed: int) -> dict[str, float]:
    """Return all scores of one world."""
    train, test = world(seed, 80)
    scribbles = weaken(train.masks[:8], kind="scribble", classes=CLASSES, seed=seed)
    ways = {
        "3 masks": (3, {"masks": train.masks[:3]}),
        "8 masks": (8, {"masks": train.masks[:8]}),
        "8 scribbles": (8, {"weak": scribbles}),
        "3 masks and 77": (3, {"masks": train.masks[:3], "unlabelled": train.images[3:]} | MIXTURE),
    }
    found = {}
    for way, (n, told) in ways.items():
        trained = segment(train.images[:n], **told, seed=seed, **QUICK)
        found |= {f"{way}, {name}": float(iou.mean()) for name, iou in ious(trained, test).items()}
    for way, options in RARE.items():
        train = scenes(n=8, seed=seed, **options)
        test = scenes(n=TEST, part="second", seed=seed, **options)
        how = QUICK | {"classes": options["classes"]}
        trained = segment(train.images, masks=train.masks, seed=seed, **how)
        for name, iou in ious(trained, test).items():
            found |= {f"{way}, {name}": float(iou.mean()), f"{way}, {name}, rare": float(iou[-1])}
    return found


def main(folder: str = "", worlds: int = 6) -> None:
    """Measure, print and keep."""
    figures = summary(each_world(Path(folder) if folder else None, heard, worlds))
    for name, values in figures.items():
        print(name, values)
    libraries = ("numpy", "torch", "scikit-image")
    provenance.write("segmentation_neighbours", figures, libraries=libraries)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "", *map(int, sys.argv[2:]))
