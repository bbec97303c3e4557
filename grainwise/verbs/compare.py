"""``grainwise compare``: evidence for each pair of items that they are the same texture."""

from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from grainwise.answers_out import check_out, give

_DEFAULT = ("spectrum", "wavelet", "whitened")


def compare(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    seed: int,
    dim: int | None = None,
    crop: int | None = None,
    families: tuple[str, ...] = _DEFAULT,
    grey: bool = False,
    skip: bool = False,
    out: Path | None = None,
) -> int:
    """Tell, for each pair of items, the log-odds that they are the same texture, and the p-value.

    Parameters
    ----------
    path
        The items: a file, or a folder: of images, or with a sub-folder a class.
    seed
        Seed of the simulations behind the p-values.
    dim
        1 for signals, 2 for images; needed for arrays.
    crop
        Cut every item into disjoint crops of this size.
    families
        Families of evidence, which are pooled.
    grey
        Turn colours into grey.
    skip
        Leave out, and list, what cannot be read or used, instead of refusing all.
    out
        A .csv (a row a pair), .json or .mat file; printed as JSON without.
    """
    check_out(out)
    from grainwise.items_in import answered, read_items
    from similarity import evidence, pool

    items = read_items(path, dim=dim, crop=crop, argument="path", grey=grey, skip=skip)
    pooled, items = answered(
        items,
        lambda i: pool([evidence(i.values, dim=i.dim, family=f, seed=seed) for f in families]),
        skip=skip,
    )
    first, second = np.triu_indices(len(items.names), 1)
    give(
        {
            "first": [items.names[i] for i in first],
            "second": [items.names[j] for j in second],
            "log_odds": pooled.matrix[first, second],
            "p_value": pooled.p_values[first, second],
        },
        out,
    )
    return 0
