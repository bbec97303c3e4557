"""What the judged pairs of a ledger settle, directly and through one another."""

from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from labelling.answers_ledger.combined_answers import answers
from labelling.answers_ledger.ledgers import Ledger
from similarity.pairs.logistic_lines import logistic_line
from similarity.verification.records import log_odds_table
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.records import is_record, record

LARGEST = 7000
SURE = 14.0  # log-odds of what is settled, where the evidence has none that are larger
FEWEST = 5  # answers of each kind that the level of log-odds is learned from


@record
class SettledPairs:
    """What is known of all pairs of n items after some were judged.

    Attributes
    ----------
    log_odds : ndarray (n, n)
        That a pair is the same, for `similarity.cluster`: what answers settle is sure, between two
        groups it is the mean of their pairs. Symmetric, diagonal NaN.
    groups : ndarray (n,)
        0 to g - 1: items that "same" answers tie together, in the order of their first item.
    pairs : ndarray (m, 3)
        All pairs that answers settle: i, j, 1 for the same and 0 for different, as
        `similarity.pool` and `similarity.siamese` take them.
    asked : int
        Pairs that were judged.
    open : int
        Pairs of groups that no answer settles: so many can still be asked about.
    note : str
        What is doubtful: answers that contradict one another.
    """

    log_odds: np.ndarray
    groups: np.ndarray
    pairs: np.ndarray
    asked: int
    open: int
    note: str = ""


def settle_pairs(evidence: Any, *, ledger: Ledger, error: float = 0.0) -> SettledPairs:
    r"""Join evidence and judged pairs: what answers settle, also of pairs that nobody judged.

    Parameters
    ----------
    evidence : Evidence or array (n, n)
        Log-odds that a pair is the same; of an `Evidence`, its scores.
    ledger : Ledger
        The last answer of the kind "pair" about each pair counts.
    error : float
        Probability, in [0, 1/2), that an answer is wrong. Above 0 an answer settles nothing; it
        adds +-log((1 - error) / error) to its own pair.

    Returns
    -------
    SettledPairs

    Raises
    ------
    InputError
        A table that is not square and symmetric, answers about items that it does not have.

    Notes
    -----
    With the evidence x, a level a and a slope b, plus or minus what an answer about the pair itself
    is worth that may be wrong,

    .. math:: \text{log-odds} = a + b x \pm \log \frac{1 - \mathrm{error}}{\mathrm{error}}.

    Without errors "same" is transitive: the items it ties are one group, and one "different"
    between two groups settles all their pairs. From five answers of each kind on, the level and
    slope of log-odds are learned from the judged pairs (logistic regression on the evidence), so
    that scores without a level become log-odds. It is right although the pairs were chosen, as
    long as they were chosen by the evidence.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import ledger, settle_pairs, tell
    >>> book = tell(ledger(), kind="pair", items=[0, 1, 2], others=[1, 2, 3],
    ...             values=[True, True, False], who="A", time=0)
    >>> found = settle_pairs(np.zeros((5, 5)), ledger=book)
    >>> found.groups.tolist(), len(found.pairs)     # 3 answers settle 6 pairs
    ([0, 0, 0, 1, 2], 6)
    """
    table = log_odds_table(evidence, largest=LARGEST)
    wrong = checks.number(error, "error", minimum=0, below=0.5)
    judged = judged_pairs(ledger, len(table))
    table = _levelled(table, judged, wrong)
    if wrong > 0:
        return _doubtful(table, judged, wrong, getattr(evidence, "note", ""))
    groups = groups_of(judged, len(table))
    apart, clash = _different(judged, groups)
    means = between_groups(table, groups)
    others = ~np.eye(len(means), dtype=bool)
    bound = max(SURE, float(np.abs(means[others]).max(initial=0)))
    means[apart] = -bound
    np.fill_diagonal(means, bound)
    found = means[np.ix_(groups, groups)]
    np.fill_diagonal(found, np.nan)
    clashes = f"{clash} answers say that items tied by others are different" if clash else ""
    note = "; ".join(filter(None, (clashes, getattr(evidence, "note", ""))))
    return SettledPairs(
        log_odds=found,
        groups=groups,
        pairs=_settled(apart, groups),
        asked=len(judged),
        open=int(np.triu(~apart, 1).sum()),
        note=note,
    )


def judged_pairs(book: Any, n: int) -> np.ndarray:
    """Return the last answers (m, 3) about pairs of n items."""
    if not is_record(book) or not isinstance(book, Ledger):
        refuse("ledger", "a Ledger", checks.describe_value(book))
    return answers(book).pairs if _last(book) < n else _beyond(book, n)


def _last(book: Ledger) -> int:
    about = book.kind == "pair"
    return int(max(book.items[about].max(initial=-1), book.others[about].max(initial=-1)))


def _beyond(book: Ledger, n: int) -> np.ndarray:
    refuse("ledger", f"pairs of items 0 to {n - 1}", _last(book))


def _levelled(table: np.ndarray, judged: np.ndarray, error: float) -> np.ndarray:
    """Return log-odds on the line that judged pairs draw through them, where there are enough."""
    same = judged[:, 2] == 1
    if min(same.sum(), (~same).sum()) < FEWEST:
        return table
    pairs = table[np.triu_indices(len(table), 1)]
    unit = np.ldexp(table, -binary_exponent(pairs))  # squares could leave the range of numbers
    unit -= unit[np.triu_indices(len(table), 1)].mean()  # the level's prior is about the middle
    scaled = unit / (unit[np.triu_indices(len(table), 1)].std() or 1.0)
    seen = scaled[judged[:, 0], judged[:, 1]]
    intercept, slope = logistic_line(seen, same.astype(float), error=error)
    return intercept + slope * scaled


def groups_of(judged: np.ndarray, n: int) -> np.ndarray:
    """Return the group of each item: those that "same" answers tie together."""
    i, j, _ = judged[judged[:, 2] == 1].T
    tied = coo_array((np.ones(len(i)), (i, j)), shape=(n, n))
    return connected_components(tied, directed=False)[1].astype(np.int64)


def _different(judged: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, int]:
    """Return which groups (g, g) answers tell apart, and how many answers contradict others."""
    i, j, _ = judged[judged[:, 2] == 0].T
    number = groups.max() + 1
    apart = np.zeros((number, number), dtype=bool)
    apart[groups[i], groups[j]] = apart[groups[j], groups[i]] = True
    np.fill_diagonal(apart, 0)
    return apart, int((groups[i] == groups[j]).sum())


def between_groups(table: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the mean (g, g) of a table over the pairs of two groups."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
    sums = np.add.reduceat(np.add.reduceat(table[np.ix_(order, order)], starts), starts, axis=1)
    sizes = np.bincount(groups)
    return sums / np.outer(sizes, sizes)


def _settled(apart: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return all pairs (m, 3), i < j, of one group, or of two that are told apart."""
    same = groups[:, None] == groups
    i, j = np.nonzero(np.triu(same | apart[np.ix_(groups, groups)], 1))
    return np.column_stack([i, j, same[i, j]]).astype(np.int64)


def _doubtful(table: np.ndarray, judged: np.ndarray, error: float, note: str) -> SettledPairs:
    """Add to each judged pair what an answer tells that may be wrong."""
    i, j, same = judged.T
    told = (2 * same - 1) * np.log((1 - error) / error)
    found = table.copy()
    found[i, j] += told
    found[j, i] += told
    np.fill_diagonal(found, np.nan)
    n = len(table)
    return SettledPairs(
        log_odds=found,
        groups=np.arange(n),
        pairs=judged,
        asked=len(judged),
        open=n * (n - 1) // 2 - len(judged),
        note=note,
    )
