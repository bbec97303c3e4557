"""What the answers of a ledger say together: a label an item, judged pairs, how experts agree."""

import json
from typing import Any

import numpy as np

from confidence.scoring.intervals import clopper_pearson
from labelling.answers_ledger.dawid_skene import Votes, dawid_skene, vote_shares
from labelling.answers_ledger.event_rows import TYPES
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.telling import effective
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record

COMBINED = ("last", "majority", "dawid-skene")
UNKNOWN = -1
LEVEL = 0.95
Table = dict[str, Any]


@record
class Answers:
    """What a ledger's answers say together.

    Attributes
    ----------
    labels : ndarray (n,)
        The column of `classes` of each item, -1 where no answer tells it.
    classes : ndarray (C,)
        The classes' names or numbers.
    probabilities : ndarray (n, C)
        Of Dawid and Skene's model; else the shares of the votes. Zeros for items without a label.
    weights : ndarray (n,)
        How much the answers about an item count that agree with its label; 0 without one.
    excluded : ndarray (n, C)
        True for classes that an answer excludes ("not", or left out of a "set").
    pairs : ndarray (m, 3)
        Judged pairs: item, other item, 1 for the same and 0 for different.
    cannot_tell : ndarray (n,)
        How many experts answered last that they cannot tell.
    cost : float
        Of all answers, undone ones too: they were paid.
    agreement : float
        Share of the items labelled by several experts on which all agree; NaN without any.
    agreement_interval : ndarray (2,)
        Exact (Clopper and Pearson 1934), at 95 %.
    experts : tuple of str
        Who gave labels.
    confusions : ndarray (E, C, C)
        P(said | true) of each expert in Dawid and Skene's model; NaN for the other ways.
    note : str
        What is doubtful: ties, contradictions.
    """

    labels: np.ndarray
    classes: np.ndarray
    probabilities: np.ndarray
    weights: np.ndarray
    excluded: np.ndarray
    pairs: np.ndarray
    cannot_tell: np.ndarray
    cost: float
    agreement: float
    agreement_interval: np.ndarray
    experts: tuple[str, ...]
    confusions: np.ndarray
    note: str = ""


def answers(
    ledger: Ledger,
    *,
    n: int | None = None,
    classes: Any = None,
    combine: str = "last",
    at: float | None = None,
) -> Answers:
    r"""Combine the answers of a ledger: a label an item, judged pairs, excluded classes.

    Parameters
    ----------
    ledger : Ledger
    n : int, optional
        Number of items; by default up to the last one that an answer is about.
    classes : array (C,), optional
        The classes, numbers or names; by default those that were told, sorted.
    combine : str
        "last": the last answer about an item, whoever gave it; "majority": the class of the
        largest weight among the experts' last answers, none for a tie; "dawid-skene": the most
        probable class where each expert has a matrix of confusions, all fitted by EM.
    at : float, optional
        What the ledger said at this time; by default at its end.

    Returns
    -------
    Answers

    Raises
    ------
    InputError
        A label outside the classes, an item beyond `n`, classes that stand twice, numbers mixed
        with texts.

    Notes
    -----
    An expert's last answer about an item counts, also where it is that he cannot tell. An item
    without a label of which all classes but one are excluded gets that one. Dawid and Skene (1979):
    with prevalence p_c and confusions m_e(c, k), EM climbs from the shares of the votes the
    likelihood of what each expert e said of each item i, k_ei,

    .. math:: \prod_i \sum_c p_c \prod_e m_e(c, k_{ei});

    few answers an expert leave it badly determined.

    References
    ----------
    A. P. Dawid, A. M. Skene, Maximum likelihood estimation of observer error-rates using the EM
    algorithm, Applied Statistics 28, 1979.

    Examples
    --------
    >>> from labelling import answers, ledger, tell
    >>> book = ledger()
    >>> for who, said in {"A": [0, 1, 1], "B": [0, 1, 0], "C": [0, 1, 1]}.items():
    ...     book = tell(book, kind="label", items=[0, 1, 2], values=said, who=who, time=0)
    >>> told = answers(book, combine="majority")
    >>> told.labels.tolist(), round(told.agreement, 2)
    ([0, 1, 1], 0.67)
    """
    if not is_record(ledger) or not isinstance(ledger, Ledger):
        refuse("ledger", "a Ledger", checks.describe_value(ledger))
    way = checks.choice(combine, "combine", COMBINED)
    until = np.inf if at is None else checks.number(at, "at")
    table = rows_that_count(ledger, until)
    number = _items(table, n)
    names = _classes(table, classes)
    excluded = _excluded(table, names, number)
    votes, experts, unable = _votes(table, names, number)
    shares, confusions = _shares(way, votes, number, len(experts), len(names))
    labels, tied = _labels(way, votes, shares)
    deduced, contradicted = _by_exclusion(labels, excluded)
    agreement, interval = _agreement(votes)
    return Answers(
        labels=deduced,
        classes=np.array(names) if names else np.zeros(0, dtype=np.int64),
        probabilities=shares,
        weights=_weights(labels, deduced, votes),
        excluded=excluded,
        pairs=_pairs(table, way),
        cannot_tell=unable,
        cost=float(ledger.cost[ledger.time <= until].sum()),
        agreement=agreement,
        agreement_interval=interval,
        experts=tuple(experts),
        confusions=confusions,
        note=_note(tied, contradicted),
    )


def rows_that_count(book: Ledger, until: float = np.inf) -> Table:
    """Return the rows that count at a time, their values read."""
    seen = book.time <= until
    early = Ledger(**{name: getattr(book, name)[seen] for name in TYPES}, chain=book.chain)
    counts = effective(early)
    table = {name: getattr(early, name)[counts] for name in ("kind", "items", "others", "who")}
    values = [json.loads(v) if v else None for v in early.values[counts].tolist()]
    return table | {"values": values, "weight": early.weight[counts]}


def _items(table: Table, n: Any) -> int:
    last = max(0, *(int(table[name].max(initial=-1)) + 1 for name in ("items", "others")))
    if n is None:
        return last
    number = checks.count(n, "n")
    if number < last:
        refuse("n", f"at least {last}, the items that answers are about", number)
    return number


def _classes(table: Table, classes: Any) -> list[int | str]:
    told = set()
    for kind, value in zip(table["kind"], table["values"], strict=True):
        if kind in ("label", "not", "set"):
            told |= set(value if kind == "set" else [value])
    if classes is None:
        if len({isinstance(v, str) for v in told}) > 1:
            refuse("ledger", "classes that are all numbers or all texts", "a mixture of both")
        return sorted(told)
    names = checks.labels_once(classes, "classes").tolist()
    if outside := told - set(names):
        refuse("classes", "every class that was told", f"none called {min(outside, key=str)!r}")
    return names


def _excluded(table: Table, names: list, number: int) -> np.ndarray:
    excluded = np.zeros((number, len(names)), dtype=bool)
    rows = zip(table["kind"], table["items"], table["values"], strict=True)
    for kind, item, value in rows:
        if kind == "not":
            excluded[item, names.index(value)] = True
        elif kind == "set":
            excluded[item] |= [name not in value for name in names]
    return excluded


def _votes(table: Table, names: list, number: int) -> tuple[Votes, list[str], np.ndarray]:
    """Return each expert's last label of each item, the experts, and who could not tell."""
    column = {name: i for i, name in enumerate(names)}
    last: dict[tuple[int, str], tuple[int, float]] = {}
    of_items = np.isin(table["kind"], ("label", "cannot_tell")) & (table["others"] < 0)
    for i in np.flatnonzero(of_items):
        pair = int(table["items"][i]), str(table["who"][i])
        last.pop(pair, None)  # so that the order is that of the last answers
        last[pair] = column.get(table["values"][i], UNKNOWN), float(table["weight"][i])
    unable = np.zeros(number, dtype=np.int64)
    for (item, _), (said, _) in last.items():
        unable[item] += said == UNKNOWN
    given = {pair: said for pair, said in last.items() if said[0] != UNKNOWN}
    experts = sorted({who for _, who in given})
    rows = [(item, experts.index(who), *said) for (item, who), said in given.items()]
    items, by, said, weight = zip(*rows, strict=True) if rows else ((), (), (), ())
    whole = (np.array(v, dtype=np.int64) for v in (items, by, said))
    return Votes(*whole, np.array(weight, dtype=np.float64)), experts, unable


def _shares(
    way: str, votes: Votes, number: int, experts: int, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    if way == "dawid-skene" and votes.weights.any():
        return dawid_skene(votes, number, experts, classes)
    shares = vote_shares(votes, number, classes)
    total = shares.sum(axis=1, keepdims=True)
    unknown = np.full((experts, classes, classes), np.nan)
    return np.where(total > 0, shares / np.where(total > 0, total, 1), 0.0), unknown


def _labels(way: str, votes: Votes, shares: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the label of each item from votes alone, and how many are tied."""
    labels = np.full(len(shares), UNKNOWN)
    if way == "last":
        labels[votes.items] = votes.classes  # of several, NumPy keeps the last
        return labels, 0
    if not shares.size:
        return labels, 0
    top = shares.max(axis=1, keepdims=True)
    winners = (shares > top - 1e-12).sum(axis=1)
    told = top[:, 0] > 0
    labels[told & (winners == 1)] = shares.argmax(axis=1)[told & (winners == 1)]
    return labels, int((told & (winners > 1)).sum())


def _by_exclusion(labels: np.ndarray, excluded: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the labels and those that exclusions leave, and how many exclusions contradict."""
    left = (~excluded).sum(axis=1)
    alone = (labels == UNKNOWN) & (left == 1) & excluded.any(axis=1)
    deduced = np.where(alone, (~excluded).argmax(axis=1) if excluded.size else UNKNOWN, labels)
    told = np.flatnonzero(labels != UNKNOWN)
    clash = excluded[told, labels[told]].sum() + ((left == 0) & excluded.any(axis=1)).sum()
    return deduced, int(clash)


def _weights(labels: np.ndarray, deduced: np.ndarray, votes: Votes) -> np.ndarray:
    agreeing = votes.weights * (votes.classes == labels[votes.items])
    weights = np.bincount(votes.items, weights=agreeing, minlength=len(labels))
    return np.where((labels == UNKNOWN) & (deduced != UNKNOWN), 1.0, weights)


def _agreement(votes: Votes) -> tuple[float, np.ndarray]:
    """Return the share of items, labelled by several experts, on which all agree."""
    said: dict[int, list[int]] = {}
    for item, label in zip(votes.items.tolist(), votes.classes.tolist(), strict=True):
        said.setdefault(item, []).append(label)
    several = [len(set(labels)) == 1 for labels in said.values() if len(labels) > 1]
    if not several:
        return float("nan"), np.full(2, np.nan)
    return float(np.mean(several)), clopper_pearson(sum(several), len(several), LEVEL)


def judged_pairs(table: Table) -> dict[tuple[int, int], dict[str, tuple[bool, float]]]:
    """Return each expert's last answer about each pair, and its weight, the last expert last."""
    last: dict[tuple[int, int], dict[str, tuple[bool, float]]] = {}
    for i in np.flatnonzero(table["others"] >= 0):
        pair = tuple(sorted((int(table["items"][i]), int(table["others"][i]))))
        judged = last.setdefault(pair, {})
        judged.pop(str(table["who"][i]), None)
        if table["kind"][i] == "pair":  # else the expert cannot tell, in place of what he told
            judged[str(table["who"][i])] = table["values"][i], float(table["weight"][i])
    return last


def _pairs(table: Table, way: str) -> np.ndarray:
    """Return the judged pairs: by the last answer, else by the weight of the experts' last."""
    found = []
    for pair, judged in sorted(judged_pairs(table).items()):
        ways = list(judged.values())[-1:] if way == "last" else judged.values()
        balance = sum(weight if same else -weight for same, weight in ways)
        if balance:
            found.append((*pair, int(balance > 0)))
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def _note(tied: int, contradicted: int) -> str:
    said = [f"{tied} items are tied and have no label"] * (tied > 0)
    said += [f"{contradicted} items have a label or all classes excluded"] * (contradicted > 0)
    return "; ".join(said)
