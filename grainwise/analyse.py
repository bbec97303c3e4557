"""``grainwise analyse``: the multiscale statistics of every item of a file or folder."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from grainwise.answers import check_out, give


def analyse(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    dim: int | None = None,
    statistics: Literal["multifractal", "description"] = "multifractal",
    crop: int | None = None,
    resamples: int = 0,
    seed: int = 0,
    grey: bool = False,
    skip: bool = False,
    out: Path | None = None,
) -> int:
    """Tell the multiscale statistics of the items of a file, or of a folder.

    Parameters
    ----------
    path
        An image, a .npy, .npz or .mat file, a WFDB header, or a folder: of images, or with a
        sub-folder a class.
    dim
        1 for signals, 2 for images; needed for arrays.
    statistics
        Log-cumulants (toolbox.multifractal), or the whole toolbox.describe.
    crop
        Cut every item into disjoint crops of this size.
    resamples
        Bootstrap resamples behind 95 % intervals; 0 for none.
    seed
        Seed of the bootstrap.
    grey
        Turn colours into grey.
    skip
        Leave out, and list, what cannot be read or used, instead of refusing all.
    out
        A .csv, .json or .mat file; printed as JSON without.
    """
    check_out(out)
    from grainwise.sources import answered, read_items

    items = read_items(path, dim=dim, crop=crop, argument="path", grey=grey, skip=skip)
    made: Callable[[Any], dict[str, Any]] = _described
    if statistics == "multifractal":
        made = partial(_cumulants, resamples=resamples, seed=seed)
    columns, items = answered(items, made, skip=skip)
    give({"item": items.names, "class": items.labels} | columns, out)
    return 0


def _described(items: Any) -> dict[str, Any]:
    """Return a column a statistic."""
    from toolbox import describe

    found = describe(items.values, dim=items.dim)
    return {name: found.values[:, i] for i, name in enumerate(found.names)}


def _cumulants(items: Any, *, resamples: int, seed: int) -> dict[str, Any]:
    """Return a column a log-cumulant, of every component, with its interval where there is one."""
    from toolbox import multifractal

    values, dim = items.values, items.dim
    found = multifractal(values, dim=dim, resamples=resamples, seed=seed)
    columns: dict[str, Any] = {}
    components = values.shape[1] if values.ndim == dim + 2 else 1
    cumulants = found.cumulants.reshape(len(values), components, -1)
    intervals = found.interval.reshape(len(values), components, -1, 2)
    for k in range(components):
        suffix = f"_{k}" if components > 1 else ""
        for m in range(cumulants.shape[2]):
            columns[f"c{m + 1}{suffix}"] = cumulants[:, k, m]
            if resamples:
                columns[f"c{m + 1}{suffix}_low"] = intervals[:, k, m, 0]
                columns[f"c{m + 1}{suffix}_high"] = intervals[:, k, m, 1]
    return columns
