"""``grainwise compare``: evidence for each pair of items that they are the same texture."""

import sys
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
    pairs: Path | None = None,
    units: Path | None = None,
    out: Path | None = None,
) -> int:
    """Tell, for each pair of items, the log-odds that they are the same texture, and the p-value.

    Log-odds need judged pairs or units; without either only a score is given, higher = more alike,
    and what is said of it goes to stderr.

    Parameters
    ----------
    path
        The items: a file, or a folder with a sub-folder a class.
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
    out
        A .csv (a row a pair), .json or .mat file; printed as JSON without.
    """
    check_out(out)
    from grainwise.items_in import read_items
    from grainwise.judgements_in import read_pairs, read_units
    from similarity import pool
    from similarity.verification.pair_evidence import every_evidence

    items = read_items(path, dim=dim, crop=crop, argument="path")
    judged = None if pairs is None else read_pairs(pairs, items.names)
    known = items.units if units is None else read_units(units, items.names)
    options = {"dim": items.dim, "units": known, "pairs": judged, "seed": seed}
    pooled = pool(every_evidence(items.values, families=families, **options), pairs=judged)
    first, second = np.triu_indices(len(items.names), 1)
    print(f"level: {pooled.level}; {pooled.note}", file=sys.stderr)
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
    )
    return 0
