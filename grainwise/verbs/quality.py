"""``grainwise quality``: how different a set of samples is from a set of reals."""

from pathlib import Path
from typing import Annotated

import tyro

from grainwise.answers_out import check_out, give


def quality(
    samples: Annotated[Path, tyro.conf.Positional],
    reference: Annotated[Path, tyro.conf.Positional],
    *,
    seed: int,
    dim: int | None = None,
    crop: int | None = None,
    resamples: int = 999,
    grey: bool = False,
    skip: bool = False,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Tell the quality index of samples against reals (1 = as different as two sets of reals).

    Parameters
    ----------
    samples
        Synthetic items: a file, or a folder: of images, or with a sub-folder a class.
    reference
        Real ones, not the exemplars that the samples were made from.
    seed
        Seed of the permutations.
    dim
        1 for signals, 2 for images; needed for arrays.
    crop
        Cut every item into disjoint crops of this size; its crops are one unit.
    resamples
        Number of permutations.
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
    from synthesis import quality as measure
    from toolbox import describe

    taken = {"grey": grey, "skip": skip}
    made = read_items(samples, dim=dim, crop=crop, argument="samples", **taken)
    real = read_items(reference, dim=dim, crop=crop, argument="reference", **taken)
    sets = [
        answered(items, lambda i: describe(i.values, dim=i.dim), skip=skip)
        for items in (made, real)
    ]
    (described, made), (against, real) = sets
    # Where no two items share a unit nobody gave one: the note says what is then taken for granted.
    every = [*made.units, *real.units]
    known = len(set(every)) < len(every)
    found = measure(
        described,
        against,
        dim=made.dim,
        seed=seed,
        units=made.units if known else None,
        reference_units=real.units if known else None,
        resamples=resamples,
    )
    answer = {name: value for name, value in found.asdict().items() if name != "note"}
    give(answer, out, notes=[found.note, made.note, real.note], json=json)
    return 0
