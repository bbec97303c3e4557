"""``grainwise analyse``: the multiscale statistics of every item of a file or folder."""

from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
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
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Tell the multiscale statistics of the items of a file, or of a folder of classes.

    Parameters
    ----------
    path
        An image, a .npy, .npz or .mat file, a WFDB header, or a folder with a sub-folder a class.
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
    out
        A .csv, .json or .mat file; without, a table on a terminal.
    json
        Print JSON on a terminal too.
    """
    check_out(out)
    from grainwise.items_in import read_items

    items = read_items(path, dim=dim, crop=crop, argument="path")
    drawing, note = {"resamples": resamples, "seed": seed}, ""
    answer: dict[str, Any] = {"item": items.names, "class": items.labels}
    if statistics == "description":
        from toolbox import describe

        found = describe(items.values, dim=items.dim)
        answer |= {name: found.values[:, i] for i, name in enumerate(found.names)}
    else:
        columns, note = _cumulants(
            items.values, items.dim, calibrated=calibrate, scales=scales, p=p, **drawing
        )
        answer |= columns
    give(answer, out, note=note, json=json)
    return 0


def _cumulants(
    values: np.ndarray, dim: int, *, calibrated: bool, seed: int, **options: Any
) -> tuple[dict[str, Any], str]:
    """Return a column a log-cumulant and component, with limits where there are, and a note."""
    from toolbox import calibrate, multifractal

    found = multifractal(values, dim=dim, seed=seed, **options)
    if calibrated:
        found = calibrate(found, seed=seed)
    resamples = options["resamples"]
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
    return columns, found.note
