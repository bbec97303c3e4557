"""Features that an earlier call computed: a file each, named after what it is of."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from similarity.pairs.fitted_fields import LawFields
from toolbox.core.atomic_files import is_left_behind, refusing, written_whole
from toolbox.core.units import content_label

Kept = Callable[[str, str, Callable[[], np.ndarray]], np.ndarray]


def keeping(store: str | os.PathLike | None, given: LawFields) -> Kept:
    """Return a function that takes features of a family from a folder, or computes and keeps them.

    The names of files hold the content of the items, of the fields simulated from their laws and
    of which these are: features of others are never taken. A file is there whole, or not at all.
    """
    if store is None:
        return lambda family, what, compute: compute()
    folder = Path(store).expanduser()
    with refusing(folder, "store"):
        folder.mkdir(parents=True, exist_ok=True)
        for temporary in folder.glob(".*.tmp"):
            if is_left_behind(temporary):  # of a call that was killed while writing
                temporary.unlink(missing_ok=True)
    of = "-".join(content_label(part) for part in (given.images, given.fields, given.laws))

    def keep(family: str, what: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        path = folder / f"{family}-{what.replace(' ', '-')}-{of}.npy"
        found = _read(path)
        if found is None:
            found = compute()
            with refusing(path, "store"), written_whole(path) as handle:
                np.save(handle, found, allow_pickle=False)
        return found

    return keep


def _read(path: Path) -> np.ndarray | None:
    """Return what a file holds, None where there is none or it is damaged."""
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
