"""Compare descriptors, or proximities, by what labelling with them costs."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.stats import t as student

from labelling.acquisition.acquiring import acquire, item_distances, item_features
from labelling.acquisition.choices import WAYS
from labelling.experts.answer_model import logistic_votes
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.core.streams import integer
from toolbox.core.units import with_units
from toolbox.data.splitting import split

TEST = 1 / 3  # share of the items that test
GOAL = 0.95  # of the best score that any descriptor reaches with all labels
LEVEL = 0.95
DIMENSIONS = 16  # of the points that stand for a table of distances


@record
class DescriptorComparison:
    """What labelling with each of D descriptors costs, over R splits of the items.

    Attributes
    ----------
    names : tuple of str
        The descriptors, the largest mean area first.
    asked : ndarray (T,)
        Labels after each batch.
    scores : ndarray (D, R, T)
        Balanced accuracy on the items that test; higher is better.
    rare : ndarray (D, R, T)
        Items of the rarest class that were found.
    rare_items : float
        How many there are to be found, on average.
    labels_needed : ndarray (D, R)
        Labels to 95 % of the best full score (of any descriptor, all labels); infinity for never.
    area : ndarray (D,)
        Mean score over the batches and splits.
    difference : ndarray (D, D)
        Mean area of the row's descriptor less that of the column's.
    interval : ndarray (D, D, 2)
        Of the differences, paired by split, at 95 %; one that holds 0 is a tie.
    note : str
    """

    names: tuple[str, ...]
    asked: np.ndarray
    scores: np.ndarray
    rare: np.ndarray
    rare_items: float
    labels_needed: np.ndarray
    area: np.ndarray
    difference: np.ndarray
    interval: np.ndarray
    note: str


def compare_descriptors(
    descriptors: Any,
    labels: Any,
    *,
    by: Any = "uncertain-and-far",
    batch: int = 10,
    budget: int,
    repeats: int = 10,
    units: Any = None,
    seed: int,
) -> DescriptorComparison:
    r"""Compare descriptors by the labels that they need, on items whose labels are known.

    Parameters
    ----------
    descriptors : dict
        Name -> features (n, F) or (n,), symmetric distances (n, n) with zeros on the diagonal, or
        Evidence.
    labels : array (n,)
        The classes, numbers or texts; at least two.
    by : str or callable
        How items are chosen, as for `acquire`.
    batch, budget : int
        Labels asked at a time, and in all.
    repeats : int
        Splits of the items, at least 2: two thirds are asked about, one third tests.
    units : array (n,), optional
        What was drawn independently; a unit stays on one side.
    seed : int
        The same splits and draws serve all descriptors.

    Returns
    -------
    DescriptorComparison

    Raises
    ------
    InputError
        Fewer than two descriptors, of other items than `labels`, a budget larger than what is asked
        about, and what `acquire` and `split` refuse.

    Notes
    -----
    The model is the logistic regression of `campaign_next`, for distances on the points whose
    distances they nearly are (16 axes of classical scaling), while items are chosen by the
    distances. Splits of one set overlap, so that s^2 / R is too small a variance of the mean
    difference of R splits: it is taken, with Student's t (Nadeau and Bengio, 2003), as

    .. math:: s^2 \Bigl(\frac1R + \frac{n_{\mathrm{test}}}{n_{\mathrm{asked}}}\Bigr).

    It is about other splits of such a set, not about other sets.

    References
    ----------
    C. Nadeau, Y. Bengio, Inference for the generalization error, Machine Learning 52, 2003.
    W. S. Torgerson, Multidimensional scaling: I. Theory and method, Psychometrika 17, 1952.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import compare_descriptors
    >>> y = np.arange(90) % 3
    >>> good = np.stack([y + np.sin(7 * np.arange(90)) / 4, np.cos(np.arange(90))], axis=1)
    >>> found = compare_descriptors({"good": good, "blind": good[:, 1:]}, y, batch=5, budget=20,
    ...                             repeats=3, seed=0)
    >>> found.names, bool(found.interval[0, 1, 0] > 0)
    (('good', 'blind'), True)
    """
    truth = checks.labels(labels, "labels")
    classes, y = np.unique(truth, return_inverse=True)
    if len(classes) < 2:
        refuse("labels", "at least two classes", len(classes))
    tables = _tables(descriptors, len(y))
    if not callable(by):
        checks.choice(by, "by", tuple(WAYS))
    runs, size = checks.count(repeats, "repeats", minimum=2), checks.count(batch, "batch")
    chosen, money = checks.seed(seed), checks.count(budget, "budget")
    families = checks.units(units, "units", length=len(y))
    parts = [
        split(y, parents=families, fractions=(1 - TEST, TEST), seed=integer(chosen, "compare", r))
        for r in range(runs)
    ]
    least = min(len(part.train) for part in parts)
    if not size <= money <= least:
        refuse("budget", f"from one batch ({size}) to {least}, the items asked about", money)
    steps = np.arange(size, money + 1, size)
    found = [
        [_curve(x, apart, y, part, steps, by, chosen) for part in parts]
        for x, apart in tables.values()
    ]
    compared = _compared(list(tables), found, steps, [(y, part) for part in parts])
    return replace(compared, note=with_units(compared.note, units))


def _curve(
    x: np.ndarray, apart: Any, y: np.ndarray, part: Any, steps: np.ndarray, by: Any, seed: int
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the score and the rare items after each batch, and the score with all labels."""
    pool, test, classes = part.train, part.test, int(y.max()) + 1
    near = None if apart is None else apart[np.ix_(pool, pool)]
    labelled, votes = np.full(len(pool), -1), None
    rarest = np.bincount(y[pool], minlength=classes).argmin()
    scores, rare, batch = [], [], int(steps[0])
    without_votes = "far" if not callable(by) and WAYS[by].votes else by
    for step in steps:
        way = without_votes if votes is None else by
        options = {"labelled": labelled, "batch": batch, "features": x[pool], "distance": near}
        items = acquire(votes, **options, by=way, seed=integer(seed, "ask", int(step))).items
        labelled[items] = y[pool][items]
        told = np.full(len(y), -1)
        told[pool] = labelled
        every = _votes(x, told, classes)
        votes = None if every is None else every[pool]
        scores.append(_balanced(every, y, test))
        rare.append((labelled == rarest).sum())
    told[pool] = y[pool]
    return np.array(scores), np.array(rare), _balanced(_votes(x, told, classes), y, test)


def _votes(x: np.ndarray, told: np.ndarray, classes: int) -> np.ndarray | None:
    several = len(np.unique(told[told >= 0])) > 1
    return logistic_votes(x, told, classes) if several else None


def _balanced(votes: np.ndarray | None, y: np.ndarray, test: np.ndarray) -> float:
    """Return the mean over classes of the share that is right; chance without a model."""
    present = np.unique(y[test])
    if votes is None:
        return 1 / len(present)
    right = votes[test].argmax(axis=1) == y[test]
    return float(np.mean([right[y[test] == c].mean() for c in present]))


def _compared(
    names: list[str], found: list[list[tuple]], steps: np.ndarray, parts: list[tuple]
) -> DescriptorComparison:
    scores = np.array([[run[0] for run in runs] for runs in found])
    full = max(np.mean([run[2] for run in runs]) for runs in found)
    order = np.argsort(-scores.mean(axis=(1, 2)), kind="stable")
    scores = scores[order]
    reached = scores >= GOAL * full
    needed = np.where(reached.any(axis=2), steps[reached.argmax(axis=2)].astype(float), np.inf)
    areas = scores.mean(axis=2)
    ratio = np.mean([len(part.test) / len(part.train) for _, part in parts])
    mean, interval = _paired(areas, float(ratio))
    counts = [np.bincount(y[part.train], minlength=y.max() + 1).min() for y, part in parts]
    return DescriptorComparison(
        names=tuple(names[i] for i in order),
        asked=steps,
        scores=scores,
        rare=np.array([[run[1] for run in runs] for runs in found])[order],
        rare_items=float(np.mean(counts)),
        labels_needed=needed,
        area=areas.mean(axis=1),
        difference=mean,
        interval=interval,
        note=f"{areas.shape[1]} splits of one set; their spread is not that of other sets",
    )


def _paired(areas: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean difference of every two rows (D, R), and its interval."""
    apart = areas[:, None] - areas[None]
    mean, runs = apart.mean(axis=2), areas.shape[1]
    error = apart.std(axis=2, ddof=1) * np.sqrt(1 / runs + ratio)
    wide = student.ppf((1 + LEVEL) / 2, runs - 1) * error
    return mean, np.stack([mean - wide, mean + wide], axis=2)


def _tables(descriptors: Any, n: int) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Return features and distances (or None) of each descriptor."""
    if not isinstance(descriptors, dict) or len(descriptors) < 2:
        refuse("descriptors", "at least two, by name", checks.describe_value(descriptors))
    return {str(name): _table(value, n) for name, value in descriptors.items()}


def _table(value: Any, n: int) -> tuple[np.ndarray, np.ndarray | None]:
    if is_record(value):
        apart = item_distances(value, n, "descriptors")
        return _points(apart), apart
    x = item_features(value, "descriptors", items=n, of="labels")
    square = x.shape == (n, n) and not np.diagonal(x).any() and x.min() >= 0
    if square and np.allclose(x, x.T):
        return _points(x.astype(np.float64)), x.astype(np.float64)
    return x, None


def _points(apart: np.ndarray) -> np.ndarray:
    """Return points (n, 16) whose distances are nearly those of a table: classical scaling."""
    squares = apart**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    few = slice(-DIMENSIONS, None)
    return vectors[:, few] * np.sqrt(np.maximum(values[few], 0))
