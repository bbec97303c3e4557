"""What the verbs read: items of a file or a folder, whole or cut into crops."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from toolbox.core.checks import count, refuse
from toolbox.data.loading import load


class Items(NamedTuple):
    """Items ``(n, [K,] *space)`` with a name each, their classes, and what was independent."""

    values: np.ndarray
    names: list[str]
    labels: list[str]
    units: np.ndarray
    dim: int


def read_items(path: Path, *, dim: int | None, crop: int | None, argument: str) -> Items:
    """Read a file or folder; with `crop`, all disjoint crops of that size, each item a unit."""
    loaded = load(path, dim=dim)
    dim = dim or (1 if path.suffix.lower() == ".hea" else 2)
    if loaded.missing > 0:
        lost = f"{loaded.missing:.1%} missing (NaN or transparent) in {path}"
        refuse(argument, "values without gaps (cut the gaps away first)", lost)
    labels = loaded.labels.tolist() or [""] * len(loaded.names)
    if crop is None:
        if isinstance(loaded.values, tuple) and len({v.shape for v in loaded.values}) > 1:
            sizes = sorted({v.shape for v in loaded.values})[:3]
            refuse("crop", "a size, since the images differ in theirs", f"none, and sizes {sizes}")
        units = np.arange(len(loaded.names))
        return Items(np.stack(list(loaded.values)), list(loaded.names), labels, units, dim)
    from toolbox.data.cropping import crops

    size = count(crop, "crop")
    cut = [crops(value, size=size, dim=dim).values for value in loaded.values]
    units = np.repeat(np.arange(len(cut)), [len(pieces) for pieces in cut])
    numbers = np.concatenate([np.arange(len(pieces)) for pieces in cut])
    return Items(
        values=np.concatenate(cut),
        names=[f"{loaded.names[u]}[{i}]" for u, i in zip(units, numbers, strict=True)],
        labels=[labels[u] for u in units],
        units=units,
        dim=dim,
    )
