"""What scores take: labels as column numbers, votes pooled to probabilities."""

from typing import Any

import numpy as np

from toolbox.core import checks


def class_numbers(labels: Any, *, items: int, count: int, classes: Any = None) -> np.ndarray:
    """Return each item's column: its label, or with `classes` the place of its label in them."""
    labels = checks.labels(labels, "labels", length=items)
    if classes is None:
        if labels.dtype.kind in "US":
            checks.refuse("classes", "the names of the columns, as the labels are names", "None")
        labels = labels.astype(np.int64)
        if labels.min() < 0 or labels.max() >= count:
            got = f"{labels.min()} to {labels.max()}"
            checks.refuse("labels", f"column numbers from 0 to {count - 1}", got)
        return labels
    classes = checks.labels(classes, "classes", length=count)
    if len(np.unique(classes)) < count:
        checks.refuse("classes", "names that differ", f"{classes.tolist()}")
    same = labels[:, None] == classes[None, :]
    if not np.all(same.any(axis=1)):
        unknown = labels[np.argmin(same.any(axis=1))]
        checks.refuse("labels", f"labels among classes {classes.tolist()}", repr(unknown.item()))
    return same.argmax(axis=1)


def checked_answers(
    probabilities: Any, labels: Any, classes: Any, units: Any, level: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return probabilities, the columns of the labels, units and level, each checked."""
    p = checks.probabilities(probabilities, "probabilities", ndim=2)
    y = class_numbers(labels, items=len(p), count=p.shape[1], classes=classes)
    units = checks.units(units, "units", length=len(p))
    return p, y, units, checks.number(level, "level", above=0, below=1)


def pooled_votes(votes: Any) -> np.ndarray:
    """Return probabilities (n, C): votes of members are averaged."""
    ndim = np.ndim(votes)
    p = checks.probabilities(votes, "votes", ndim=ndim if ndim in (2, 3) else 3)
    return p.mean(axis=0) if p.ndim == 3 else p
