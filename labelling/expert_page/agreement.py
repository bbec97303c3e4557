"""How often experts agree, over labels and pairs."""

import math
from typing import NamedTuple

import numpy as np

from confidence.scoring.intervals import clopper_pearson
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.telling import effective

LEVEL = 0.95


class Agreement(NamedTuple):
    """Share of what several experts answered on which all agree, with its exact interval."""

    both: int
    agree: int
    share: float  # NaN where nobody answered what another did
    low: float
    high: float
    experts: int


def agreement(book: Ledger) -> Agreement:
    """Compare the experts' last labels of each item and judgements of each pair.

    Of labels alone it is `labelling.answers(ledger).agreement`.
    """
    counts = effective(book) & np.isin(book.kind, ("label", "pair", "cannot_tell"))
    names = ("items", "others", "who", "kind", "values")
    columns = (getattr(book, name)[counts].tolist() for name in names)
    said: dict[tuple[int, int], dict[str, str]] = {}
    for i, j, who, kind, value in zip(*columns, strict=True):
        by = said.setdefault((i, -1) if j < 0 else (min(i, j), max(i, j)), {})
        by.pop(who, None)
        if kind != "cannot_tell":
            by[who] = value
    several = [set(by.values()) for by in said.values() if len(by) > 1]
    both, agree = len(several), sum(len(values) == 1 for values in several)
    low, high = clopper_pearson(agree, both, LEVEL) if both else (math.nan, math.nan)
    share = agree / both if both else math.nan
    experts = len({who for by in said.values() for who in by})
    return Agreement(both, agree, share, float(low), float(high), experts)
