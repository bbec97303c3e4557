"""How many items of a rare class are left among those that nobody has looked at."""

from fractions import Fraction

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record

TABLE = (0, 1, 2, 5, 10, 20)


@record
class RareLeft:
    """How many rare items may be left, and what it costs to say that few are.

    Attributes
    ----------
    at_most : int
        Upper bound of the rare items that are left, with the level's confidence.
    left : ndarray (6,)
        0, 1, 2, 5, 10, 20 rare items left at most.
    audits : ndarray (6,)
        Items to be read, drawn uniformly, to say so if none of them is rare.
    share : ndarray (6,)
        The same as a share of the unlabelled items.
    """

    at_most: int
    left: np.ndarray
    audits: np.ndarray
    share: np.ndarray


def rare_left(*, unlabelled: int, audited: int, found: int, level: float = 0.95) -> RareLeft:
    r"""Bound the number of rare items left, from items drawn uniformly; smaller is better.

    Parameters
    ----------
    unlabelled : int
        Items that nobody had looked at when the reading began.
    audited : int
        How many of them were drawn uniformly, without replacement, and read.
    found : int
        How many of these are of the rare class.
    level : float
        Confidence of the bound, in (0, 1).

    Returns
    -------
    RareLeft

    Raises
    ------
    InputError
        More items read than there are, more found than read.

    Notes
    -----
    With f found among a items audited of N, X hypergeometric (Buonaccorsi, 1987),

    .. math:: \max \{K : P(X \le f \mid K \text{ of } N \text{ rare}) > 1 - \mathrm{level}\} - f.

    For one look: the number to read is fixed beforehand. Where none is found, at most r are left
    after reading a share near 1 - (1 - level)^(1/(r+1)): at 95 % that is 95 % of the items for r =
    0, 78, 63, 39, 24, 13 % for r = 1, 2, 5, 10, 20. Without a model of where rare items are there
    is no cheaper way.

    Examples
    --------
    >>> from labelling import rare_left
    >>> told = rare_left(unlabelled=1000, audited=393, found=0)
    >>> told.at_most, dict(zip(told.left.tolist(), told.share.round(2).tolist()))
    (5, {0: 0.95, 1: 0.78, 2: 0.63, 5: 0.39, 10: 0.24, 20: 0.13})
    """
    total = checks.count(unlabelled, "unlabelled")
    read = checks.count(audited, "audited", minimum=0)
    if read > total:
        refuse("audited", f"at most {total}, the unlabelled", read)
    rare = checks.count(found, "found", minimum=0)
    if rare > read:
        refuse("found", f"at most {read}, the audited", rare)
    alpha = float(1 - Fraction(str(checks.number(level, "level", above=0, below=1))))
    audits = np.array([_audits(total, left, alpha) for left in TABLE])
    return RareLeft(
        at_most=_most(total, read, rare, alpha) - rare,
        left=np.array(TABLE),
        audits=audits,
        share=audits / total,
    )


def _most(total: int, read: int, found: int, alpha: float) -> int:
    """Return the largest number of rare items that the reading does not reject."""
    from scipy.stats import hypergeom

    low, high = found, total - (read - found)  # the readings that were not rare are not
    while low < high:
        middle = (low + high + 1) // 2
        # What equals alpha, but for rounding, is rejected.
        kept = hypergeom.cdf(found, total, middle, read) > alpha * (1 + 1e-9)
        low, high = (middle, high) if kept else (low, middle - 1)
    return low


def _audits(total: int, left: int, alpha: float) -> int:
    """Return the fewest readings without a rare item that leave at most `left`."""
    low, high = 0, total
    while low < high:
        middle = (low + high) // 2
        enough = _most(total, middle, 0, alpha) <= left
        low, high = (low, middle) if enough else (middle + 1, high)
    return low
