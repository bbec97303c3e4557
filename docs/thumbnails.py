"""The gallery's thumbnails: a panel cut out of each figure, since a whole page cannot be read."""

from pathlib import Path

from PIL import Image

# Of each figure the part that is cut out: left, top, right, bottom as shares of its sides.
PANELS = {
    "rare_class": (0, 0.425, 0.74, 0.605),
    "synthesis_gallery": (0, 0.1, 0.5, 0.7),
    "signal_asymmetry": (0.63, 0.03, 1, 1),
    "multiscale_accuracy": (0, 0.1, 0.36, 0.46),
    "cubic_toy": (0, 0.1, 0.265, 0.94),
    "pool_then_calibrate": (0.74, 0.1, 1, 1),
    "variance_shares": (0.36, 0.09, 0.67, 0.94),
    "ensemble_sizes": (0, 0.1, 0.34, 0.96),
    "index_null_and_power": (0.33, 0.09, 0.665, 0.9),
    "conformal_coverage": (0.49, 0.1, 1, 0.5),
    "gan_training": (0, 0.07, 0.325, 0.5),
    "single_gaussian": (0, 0.1, 0.375, 0.92),
    "twins_table": (0.8, 0.07, 1, 0.5),
    "same_probability_calibration": (0, 0.1, 0.265, 0.95),
    "paper_challenge": (0.235, 0.09, 0.515, 0.93),
    "scaling_to_7000": (0, 0.1, 0.335, 0.96),
    "clustering_thresholds": (0, 0.1, 0.335, 0.96),
    "capacity_frontier": (0, 0.09, 0.305, 0.96),
    "active_learning": (0, 0.075, 0.5, 0.5),
    "pairs_chosen": (0, 0.09, 0.335, 0.53),
    "points_or_consistency": (0, 0.075, 0.53, 0.5),
    "late_answers": (0, 0.13, 0.34, 0.96),
    "forgetting": (0, 0.13, 0.36, 0.97),
    "fetal_evaluation": (0.42, 0.1, 0.68, 0.97),
    "fetal_retraining": (0, 0.1, 0.4, 0.97),
    "papers_expert": (0, 0.1, 0.6, 0.97),
    "explanation_spread": (0.33, 0.09, 1, 0.53),
    "land_cover": (0.25, 0.11, 0.75, 0.97),
}


def thumbnail(picture: Path, target: Path) -> None:
    """Write the panel that stands for a figure; the whole of a figure that has none."""
    left, top, right, bottom = PANELS.get(picture.stem, (0, 0, 1, 1))
    with Image.open(picture) as opened:
        whole = opened.convert("RGB")
    box = (left * whole.width, top * whole.height, right * whole.width, bottom * whole.height)
    whole.crop(tuple(map(round, box))).save(target, quality=90)
