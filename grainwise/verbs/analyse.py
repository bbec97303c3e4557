"""``grainwise analyse``: the multiscale statistics of every item of a file or folder."""

from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from grainwise.answers_out import check_out, give


def analyse(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    dim: int | None = None,
    statistics: Literal["multifractal", "description"] = "multifractal",
    crop: int | None = None,
    scales: tuple[int, int] | None = None,
    p: float = inf,
    calibrate: bool = False,
    resamples: int = 0,
    seed: int = 0,
    grey: bool = False,
    skip: bool = False,
    out: Path | None = None,
    json: bool = False,
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
    scales
        First and last octave of the slopes of the log-cumulants; chosen by the size without.
    p
        Order of p-leaders; leaders without.
    calibrate
        Take off the bias of the log-cumulants on the fitted model (toolbox.calibrate; minutes).
    resamples
        Bootstrap resamples behind 95 % intervals; 0 for none.
    seed
        Seed of the bootstrap, and of the simulations of --calibrate.
    grey
        Turn colours into grey.
    skip
        Leave out, and list, what cannot be read or used, instead of refusing all.
    out
        A .csv, .json or .mat file; without, a table on a terminal.
    json
        Print JSON on a terminal too.
    """
    check_out(out)
    from grainwise.items_in import answered, read_items

    items = read_items(path, dim=dim, crop=crop, argument="path", grey=grey, skip=skip)
    notes: list[str] = []
    made: Callable[[Any], dict[str, Any]] = _described
    if statistics == "multifractal":
        drawing = {"resamples": resamples, "seed": seed, "scales": scales, "p": p}
        made = partial(_cumulants, calibrated=calibrate, notes=notes, **drawing)
    columns, items = answered(items, made, skip=skip)
    answer = {"item": items.names, "class": items.labels} | columns
    give(answer, out, notes=[*notes, items.note], json=json)
    return 0


def _described(items: Any) -> dict[str, Any]:
    """Return a column a statistic."""
    from toolbox import describe

    found = describe(items.values, dim=items.dim)
    return {name: found.values[:, i] for i, name in enumerate(found.names)}


def _cumulants(
    items: Any, *, calibrated: bool, seed: int, resamples: int, notes: list[str], **options: Any
) -> dict[str, Any]:
    """Return a column a log-cumulant and component, with limits where there are; fill the notes."""
    from toolbox import calibrate, multifractal

    values, dim = items.values, items.dim
    found = multifractal(values, dim=dim, resamples=resamples, seed=seed, **options)
    if calibrated:
        found = calibrate(found, seed=seed)
    notes[:] = [found.note] if found.note else []
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
