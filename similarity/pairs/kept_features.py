"""Features of families that an earlier call computed: a file each, named after what it is of."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from similarity.pairs.fitted_fields import LawFields
from toolbox.core.atomic_files import is_left_behind, refusing, storage_folder, written_whole
from toolbox.core.installation import DISTRIBUTION, installed_version
from toolbox.core.units import content_label
from toolbox.retraining.store.array_archives import read_arrays, write_arrays

Keep = Callable[[str, Callable[[], np.ndarray]], np.ndarray]


def features_folder(store: str | os.PathLike | None) -> Path | None:
    """Return the folder of features that are kept, made where there is none."""
    if store is None:
        return None
    folder = storage_folder(store, "store")
    with refusing(folder, "store"):
        folder.mkdir(exist_ok=True)
        for temporary in folder.glob(".*.tmp"):
            if is_left_behind(temporary):  # of a call that was killed while writing
                temporary.unlink(missing_ok=True)
    return folder


def keeping(folder: Path, family: str, given: LawFields) -> Keep:
    """Return a function that takes features of a family from a folder, or computes and keeps them.

    The names of files hold the content of the items, of the fields simulated from their laws, of
    which these are, and our version: features of others are never taken. A file is there whole,
    with its checksum, or not at all.
    """
    labels = [content_label(part) for part in (given.images, given.fields, given.laws)]
    of = "-".join([*labels, installed_version(DISTRIBUTION)])

    def keep(what: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        path = folder / f"{family}-{what.replace(' ', '-')}-{of}.npz"
        with refusing(path, "store"):
            found = read_arrays(path)
        if found is not None:
            return found[0]["features"]
        features = compute()
        with refusing(path, "store"), written_whole(path) as handle:
            write_arrays(handle, {"features": features})
        return features

    return keep
