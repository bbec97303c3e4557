"""``grainwise compare``: evidence for each pair of items that they are the same texture."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

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
    pairs: Path | None = None,
    units: Path | None = None,
    grey: bool = False,
    skip: bool = False,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Tell, for each pair of items, the log-odds that they are the same texture, and the p-value.

    Log-odds need judged pairs or units; without either only a score is given, higher = more alike,
    and what is said of it goes to stderr.

    Parameters
    ----------
    path
        The items: a file, or a folder: of images, or with a sub-folder a class.
    seed
        Seed of the simulations behind the p-values.
    dim
        1 for signals, 2 for images; needed for arrays.
    crop
        Cut every item into disjoint crops of this size; the crops of an item are then one unit,
        unless `units` says otherwise.
    families
        Families of evidence, which are pooled.
    pairs
        A CSV file of judged pairs with columns first, second (names of items) and same (1 or 0):
        the table that this command writes, with an answer added to some of its rows.
    units
        A CSV file with columns name and unit: items of one unit are known to be the same. Items
        that are not listed are a unit each.
    grey
        Turn colours into grey.
    skip
        Leave out, and list, what cannot be read or used, instead of refusing all.
    out
        A .csv (a row a pair), .json or .mat file; without, a table on a terminal.
    json
        Print JSON on a terminal too.
    """
    check_out(out)
    from grainwise.items_in import answered, read_items

    items = read_items(path, dim=dim, crop=crop, argument="path", grey=grey, skip=skip)
    weigh = partial(_weighed, families=families, pairs=pairs, units=units, seed=seed)
    pooled, items = answered(items, weigh, skip=skip)
    first, second = np.triu_indices(len(items.names), 1)
    give(
        {
            "first": [items.names[i] for i in first],
            "second": [items.names[j] for j in second],
            "log_odds": pooled.matrix[first, second],
            "score": pooled.scores[first, second],
            "p_value": pooled.p_values[first, second],
            "level": [pooled.level] * len(first),
        },
        out,
        notes=[f"level: {pooled.level}", pooled.note, items.note],
        json=json,
    )
    return 0


def _weighed(
    items: Any, *, families: tuple[str, ...], pairs: Path | None, units: Path | None, seed: int
) -> Any:
    """Return the pooled evidence of items, its level set by the judgements of the files."""
    from grainwise.judgements_in import read_pairs, read_units
    from similarity import every_evidence, pool

    judged = None if pairs is None else read_pairs(pairs, items.names)
    known = items.units if units is None else read_units(units, items.names)
    options = {"dim": items.dim, "units": known, "pairs": judged, "seed": seed}
    return pool(every_evidence(items.values, families=families, **options), pairs=judged)
