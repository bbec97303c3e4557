"""Votes on items whose subjects no member saw: ensembles trained fold by fold."""

from typing import Any

import numpy as np

from confidence.ensembles.training import ensemble, items_of, numbered_classes
from confidence.scoring.intervals import own_units
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.core.streams import generator, integer
from toolbox.core.units import with_units
from toolbox.data.splitting import commonest_classes


@record
class HeldOutVotes:
    """The votes of members that were trained on other subjects.

    Attributes
    ----------
    votes : ndarray (R, n, C)
        Class probabilities; member r of one fold and member r of another are two trainings that
        share the seed, not the weights.
    classes : ndarray (C,)
        What the columns are.
    fold : ndarray (n,) of int
        In which fold each item was held out.
    units : ndarray (n,)
        The subject of each item.
    note : str
        Members that diverged, and whether items counted as independent because nobody said what
        was.
    """

    votes: np.ndarray
    classes: np.ndarray
    fold: np.ndarray
    units: np.ndarray
    note: str = ""


def held_out_votes(
    x: Any,
    y: Any,
    *,
    dim: int,
    members: int,
    seed: int,
    units: Any = None,
    folds: int = 5,
    steps: int = 20,
    store: Any = None,
    progress: bool = True,
) -> HeldOutVotes:
    r"""Train ensembles on all subjects but those of a fold, and let them vote on these.

    Parameters
    ----------
    x : array (n, F), or items of `dim` spatial axes
        As in `ensemble`.
    y : array (n,)
        Class of each item.
    dim : int
        0 for vectors, 1 for signals, 2 for images.
    members : int
        R, networks a fold: their initial weights, the order of the items and the subjects that
        they are trained on are redrawn.
    seed : int
        Deals subjects into folds, and seeds the members.
    units : array (n,), optional
        The subject of each item: no subject is on both sides. By default those of the
        record that x came in, else every item is its own.
    folds : int
        At least 2; each class needs as many subjects.
    steps : int
        Steps of the optimiser, each on up to 32 items. Few, since an outcome that is rare leaves
        little to learn before noise is.
    store : path, optional
        A folder that keeps every network, as in `ensemble`: a call that was killed goes on.
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    HeldOutVotes

    Raises
    ------
    InputError
        Besides what `ensemble` refuses: more folds than a class has subjects.

    Notes
    -----
    Subjects are dealt class by class, in a random order, so that every fold holds its share of the
    rare ones. Classes are weighed against their number within the training side alone, and votes
    are brought back from classes as likely as each other to the frequencies f of that side, so that
    they are probabilities (Elkan, 2001):

    .. math:: p'_c = \frac{p_c f_c}{\sum_k p_k f_k}.

    Nothing of a held-out subject, no
    copy and no neighbour, is seen. Oversampling before the split, which is common, puts copies of a
    subject on both sides and finds an outcome in labels of pure noise.

    References
    ----------
    C. Elkan, "The foundations of cost-sensitive learning", IJCAI 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import held_out_votes
    >>> x = np.random.default_rng(0).normal(size=(40, 2))
    >>> y = (x[:, 0] > 0).astype(int)
    >>> found = held_out_votes(x, y, dim=0, members=2, folds=2, steps=50, seed=0)
    >>> found.votes.shape, bool((found.votes.mean(axis=0).argmax(axis=1) == y).mean() > 0.8)
    ((2, 40, 2), True)
    """
    dim = checks.dimension(dim, allowed=(0, 1, 2))
    told = checks.known_units(x, units)
    x = items_of(x, "x", dim=dim)
    classes, labels = numbered_classes(y, "y", "labels", length=len(x))
    units = checks.units(told, "units", length=len(x))
    alone = own_units(units)
    seed, folds = checks.seed(seed), checks.count(folds, "folds", minimum=2)
    members = checks.count(members, "members")
    fold = _dealt(labels, classes, units, folds, seed)
    votes = np.full((members, len(x), len(classes)), np.nan)
    lost = 0
    for k in range(folds):
        out = fold == k
        trained = ensemble(
            x[~out],
            labels[~out],
            dim=dim,
            members=members,
            seed=integer(seed, "held out", k),
            units=None if alone else units[~out],
            redraw=("init", "order", "resample"),
            weights="balanced",
            steps=steps,
            store=store,
            progress=progress,
        )
        cast = at_frequencies(trained.votes(x[out]), np.bincount(labels[~out]) / (~out).sum())
        lost += members - len(cast)
        votes[: len(cast), out] = cast
    whole = ~np.isnan(votes).any(axis=(1, 2))
    return HeldOutVotes(
        votes=votes[whole],
        classes=classes,
        fold=fold,
        units=units,
        note=with_units(f"{lost} members diverged" if lost else "", told),
    )


def at_frequencies(votes: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Return votes (..., C) that were trained with classes as likely as each other, at these."""
    found = votes * frequencies
    return found / found.sum(axis=-1, keepdims=True)


def _dealt(
    labels: np.ndarray, classes: np.ndarray, units: np.ndarray, folds: int, seed: int
) -> np.ndarray:
    """Return the fold of each item; a subject of several classes goes with its commonest."""
    place = np.unique(units, return_inverse=True)[1]
    own = commonest_classes(place, labels)
    dealt = np.empty(len(own), dtype=int)
    first = 0  # goes on from class to class, so that folds are of one size
    for code, name in enumerate(classes):
        those = np.flatnonzero(own == code)
        if len(those) < folds:
            got = f"{len(those)} of class {name.item()!r}"
            refuse("folds", "at most as many as a class has subjects", got)
        order = generator(seed, "folds", str(name)).permutation(those)
        dealt[order] = (first + np.arange(len(those))) % folds
        first += len(those)
    return dealt[place]
