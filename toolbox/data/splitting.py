"""Split items into training, test and validation so that no family is torn apart."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from toolbox.core.checks import labels as check_labels
from toolbox.core.checks import number, real_array, refuse, units
from toolbox.core.checks import seed as check_seed
from toolbox.core.records import record
from toolbox.core.streams import generator

_PARTS = ("train", "test", "validation")


@record
class Split:
    """Indices of the items of each part, in increasing order.

    Attributes
    ----------
    train, test, validation : ndarray of int
        The parts; they are disjoint and together hold every item. `validation` is empty when it
        was not asked for.
    """

    train: np.ndarray
    test: np.ndarray
    validation: np.ndarray


def split(labels: Any, *, parents: Any = None, fractions: Any, seed: int) -> Split:
    """Split items at random, class by class, keeping every family on one side.

    Parameters
    ----------
    labels : array of int or str, shape (n,)
        Class of each item.
    parents : array of int or str, shape (n,), optional
        Family of each item: a real item's own label, which its synthetic children and its
        overlapping crops carry too. By default every item is its own family.
    fractions : dict or sequence of float
        Share of each part, e.g. ``{"train": 0.6, "test": 0.4}``, with ``"validation"`` if wanted;
        a sequence is (train, test) or (train, test, validation). Shares are of families.
    seed : int
        Seed of the draw. The draw of one class does not depend on the other classes.

    Returns
    -------
    Split
        Indices of each part.

    Raises
    ------
    InputError
        If the fractions do not sum to one, or a class has fewer families than there are parts.

    Notes
    -----
    Within a class each part gets its share of the families rounded by largest remainders, and at
    least one. A family with items of several classes counts as the commonest of them.

    Examples
    --------
    >>> from toolbox import split
    >>> parts = split(["a"] * 4 + ["b"] * 6, fractions=(0.5, 0.5), seed=1)
    >>> len(parts.train), len(parts.test), len(parts.validation)
    (5, 5, 0)
    """
    classes = check_labels(labels, "labels")
    families = units(parents, "parents", length=len(classes))
    shares = _shares(fractions)
    seed = check_seed(seed)
    _, codes = np.unique(classes, return_inverse=True)
    _, members = np.unique(families, return_inverse=True)
    stratum = commonest_classes(members, codes)
    part_of_family = np.empty(len(stratum), dtype=int)
    for code, name in enumerate(np.unique(classes)):
        own = np.flatnonzero(stratum == code)
        if len(own) < len(shares):
            got = f"{len(own)} in class {name.item()!r}"
            refuse("labels", f"at least {len(shares)} families (one a part) in each class", got)
        draw = generator(seed, "split", str(name)).permutation(own)
        part_of_family[draw] = np.repeat(np.arange(len(shares)), _allot(len(own), shares))
    part = part_of_family[members]
    return Split(**{name: np.flatnonzero(part == i) for i, name in enumerate(_PARTS)})


def commonest_classes(members: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the commonest class of each family, by the numbers of each item's family and class."""
    table = np.zeros((members.max() + 1, codes.max() + 1), dtype=int)
    np.add.at(table, (members, codes), 1)
    return table.argmax(axis=1)


def check_split(parents: Any, split: Any) -> None:
    """Raise an error if a family, such as a parent and its children, sits on two sides of a split.

    Parameters
    ----------
    parents : array of int or str, shape (n,)
        Family of each item, as in `split`.
    split : Split or sequence of arrays of int
        Indices of the items of each part.

    Raises
    ------
    InputError
        If a family or an item is on two sides, or an index is not one of an item.

    Examples
    --------
    >>> from toolbox import check_split
    >>> check_split(["p", "q", "p"], ([0, 2], [1]))
    >>> check_split(["p", "q", "p"], ([0, 1], [2]))
    Traceback (most recent call last):
        ...
    toolbox.core.checks.InputError: parents: wanted each family on one side of the split, got 'p' on
    train (item 0) and on test (item 2)
    """
    families = check_labels(parents, "parents")
    parts = list(_indices(split, len(families)))
    for (name_a, a), (name_b, b) in combinations(parts, 2):
        both = np.intersect1d(a, b)
        if both.size:
            got = f"item {both[0]} on {name_a} and on {name_b}"
            refuse("split", "each item on one side of the split", got)
        torn = np.intersect1d(families[a], families[b])
        if torn.size:
            first = a[families[a] == torn[0]][0], b[families[b] == torn[0]][0]
            where = f"on {name_a} (item {first[0]}) and on {name_b} (item {first[1]})"
            refuse("parents", "each family on one side of the split", f"{torn[0].item()!r} {where}")


def _indices(split: Any, n: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the checked indices of each part."""
    if isinstance(split, Split):
        split = (split.train, split.test, split.validation)
    if not isinstance(split, list | tuple) or len(split) < 2:
        refuse("split", "a Split, or a sequence of at least two arrays of indices", repr(split))
    for i, part in enumerate(split):
        name = _PARTS[i] if len(split) <= len(_PARTS) else f"part {i}"
        part = [part] if np.isscalar(part) else part  # a single index, as MATLAB sends it
        if hasattr(part, "__len__") and len(part) == 0:
            yield name, np.empty(0, dtype=int)
            continue
        index = check_labels(part, "split")
        if index.dtype.kind not in "iu" or index.min() < 0 or index.max() >= n:
            refuse("split", f"indices from 0 to {n - 1}", f"others on {name}")
        yield name, index


def _shares(fractions: Any) -> np.ndarray:
    """Return the shares of train, test and, if asked for, validation."""
    if isinstance(fractions, Mapping):
        if set(fractions) not in (set(_PARTS[:2]), set(_PARTS)):
            refuse("fractions", "train, test and perhaps validation", sorted(map(str, fractions)))
        fractions = [fractions[name] for name in _PARTS if name in fractions]
    listed = np.ravel(real_array(fractions, "fractions"))
    if len(listed) not in (2, 3):
        refuse("fractions", "two or three shares: train, test[, validation]", repr(fractions))
    shares = np.array([number(share, "fractions", above=0, below=1) for share in listed])
    if abs(shares.sum() - 1) > 1e-6:
        refuse("fractions", "shares that sum to one", f"a sum of {shares.sum():.6g}")
    return shares


def _allot(n: int, shares: np.ndarray) -> np.ndarray:
    """Return how many of `n` families each part gets: largest remainders, at least one each."""
    ideal = shares * n
    numbers = np.maximum(np.floor(ideal + 1e-9).astype(int), 1)
    while numbers.sum() != n:
        step = 1 if numbers.sum() < n else -1
        excess = np.where((numbers > 1) | (step > 0), step * (ideal - numbers), -np.inf)
        numbers[np.argmax(np.round(excess, 9))] += step
    return numbers
