"""Pixels on which two maps disagree, drawn so that an expert's answers tell which map is better.

A change of a pixel from class i to class j changes the mean IoU over C classes, to first order, by

    1/U_j + q_i/U_i  if the truth is j,   -1/U_i - q_j/U_j  if it is i,   q_i/U_i - q_j/U_j  else,

over C, where U_k is the union of class k with its truth and q_k its IoU. U_k is put in proportion
to the pixels that the maps give to k. Nobody knows q before an expert answers, and a map that seems
better with one q may be worse with another: scores are taken at q = 0 and at q = 1. Pixels are
drawn with a probability in proportion to 1/U_i + 1/U_j, so that divided by it every score lies in
[-1, 1].
"""

from typing import Any, NamedTuple

import numpy as np

from labelling.segmentation.checked_masks import label_maps
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.core.streams import generator

# A class below this share of an even part of the pixels is protected by default: a poor map gives a
# rare class more pixels than it has. Half let a class of 2 % of the pixels, .6 of an even part in
# both maps, be harmed in one simulated world of ten; three quarters in none.
RARE = 0.75
COMMON = -1  # the group of changes between classes that are not protected
# Of the points and of the level: of one protected class, and of all of them at most. The others are
# for changes among the common classes: those are most, and most of what a method gains is there.
OF_A_CLASS, OF_CLASSES = 0.25, 0.5


@record
class Points:
    """Pixels on which two maps disagree.

    Attributes
    ----------
    items, rows, columns : ndarray (n,) of int
        The image of each point, and its place there.
    first, second : ndarray (n,) of int
        What the two maps say of it.
    group : ndarray (n,) of int
        The protected class whose change the point tests; -1 for changes among the others.
    protected : ndarray of int
        The classes whose change needs a test of its own.
    sizes : ndarray (C,) of int
        Pixels of each class in the map that has more of them.
    changed : ndarray (1 + protected,) of int
        Pixels on which the maps disagree: among the other classes, then of each protected one.
    shape : tuple of int
        Of the maps, (n, h, w).
    seed : int
    """

    items: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    first: np.ndarray
    second: np.ndarray
    group: np.ndarray
    protected: np.ndarray
    sizes: np.ndarray
    changed: np.ndarray
    shape: tuple[int, ...]
    seed: int


class Effects(NamedTuple):
    """First-order changes of the mean IoU, times C, of a pixel that goes from class i to j."""

    right: np.ndarray  # if the truth is j
    wrong: np.ndarray  # if it is i
    neither: np.ndarray
    weight: np.ndarray  # with which the pixel is drawn; none of the changes is larger


def disagreements(supervised: Any, other: Any, *, n: int, protect: Any = None, seed: int) -> Points:
    r"""Draw the pixels on which an expert's word decides between two maps.

    Parameters
    ----------
    supervised, other : array (m, h, w), (m, C, h, w) or (R, m, C, h, w)
        Two maps of the same images: classes of pixels, probabilities or votes.
    n : int
        How many points, at least 2.
    protect : array, optional
        Classes that must not be harmed: each has a part of the points and a test of its own. By
        default those that are rare, with less than three quarters of an even part of the pixels in
        either map; all classes at once need many points.
    seed : int

    Returns
    -------
    Points
        In the order in which they are to be asked; drawn with replacement, so that one pixel may
        be asked twice where few differ.

    Raises
    ------
    InputError
        Maps of different shapes, maps that agree everywhere, a protected class that is in no map.

    Notes
    -----
    A pixel that goes from class i to j, of U pixels each, is drawn with a probability in proportion
    to the most that it can do to the mean IoU (importance sampling: Hansen and Hurwitz, 1943),

    .. math:: \frac1{U_i} + \frac1{U_j}.

    A quarter of the points is of changes from or to each protected class, half of them where these
    are several; the others of changes among the classes that are not protected. A group without
    changes has no points.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import disagreements
    >>> first = np.zeros((1, 32, 32), int)
    >>> first[:, 16:] = 1
    >>> second = first.copy()
    >>> second[:, 12:16] = 1
    >>> points = disagreements(first, second, n=5, seed=0)
    >>> points.first.tolist(), points.second.tolist(), bool((points.rows < 16).all())
    ([0, 0, 0, 0, 0], [1, 1, 1, 1, 1], True)
    """
    a, b = label_maps(supervised, "supervised"), label_maps(other, "other")
    if a.shape != b.shape:
        refuse("other", f"a map of shape {a.shape}, as the supervised one", f"shape {b.shape}")
    n, seed = checks.count(n, "n", minimum=2), checks.seed(seed)
    classes = int(max(a.max(), b.max())) + 1
    protected = protected_classes(protect, a, b, classes)
    sizes = np.maximum(*(np.bincount(m.ravel(), minlength=classes) for m in (a, b)))
    groups = changed_groups(a, b, protected)
    if not any(len(places) for places in groups):
        refuse("other", "a map that differs from the supervised one", "the same map")
    weight = effects(a.ravel(), b.ravel(), sizes, 0.0).weight
    rng = generator(seed, "disagreements")
    drawn, group = [], []
    for name, places, number in zip((COMMON, *protected), groups, _shared(n, groups), strict=True):
        chance = weight[places]
        if number:
            drawn.append(rng.choice(places, number, p=chance / chance.sum()))
            group.append(np.full(number, name))
    order = rng.permutation(sum(map(len, drawn)))
    places, group = np.concatenate(drawn)[order], np.concatenate(group)[order]
    items, rows, columns = np.unravel_index(places, a.shape)
    return Points(
        items=items,
        rows=rows,
        columns=columns,
        first=a.flat[places],
        second=b.flat[places],
        group=group,
        protected=protected,
        sizes=sizes,
        changed=np.array([len(places) for places in groups]),
        shape=a.shape,
        seed=seed,
    )


def effects(first: np.ndarray, second: np.ndarray, sizes: np.ndarray, q: float) -> Effects:
    """Return what each change from class `first` to `second` does where every IoU is q."""
    i, j = (1 / np.maximum(sizes[k], 1) for k in (first, second))
    return Effects(j + q * i, -i - q * j, q * (i - j), i + j)


def changed_groups(a: np.ndarray, b: np.ndarray, protected: np.ndarray) -> list[np.ndarray]:
    """Return the places of changes among common classes, then of each protected class."""
    a, b = a.ravel(), b.ravel()
    differs = a != b
    common = differs & ~np.isin(a, protected) & ~np.isin(b, protected)
    each = [differs & ((a == k) | (b == k)) for k in protected]
    return [np.flatnonzero(where) for where in (common, *each)]


def protected_classes(protect: Any, a: np.ndarray, b: np.ndarray, classes: int) -> np.ndarray:
    """Return the classes that have a test of their own."""
    shares = [np.bincount(m.ravel(), minlength=classes) / m.size for m in (a, b)]
    there = np.maximum(*shares) > 0
    if protect is None:
        return np.flatnonzero(there & (np.minimum(*shares) < RARE / there.sum()))
    if np.size(protect) == 0:
        return np.zeros(0, np.int64)
    found = np.unique(checks.labels(np.atleast_1d(protect), "protect"))
    if found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= classes:
        refuse("protect", f"classes 0 to {classes - 1}", checks.describe_value(protect))
    if not there[found].all():
        refuse("protect", "classes of either map", f"{found[~there[found]][0]}, which is in none")
    return found.astype(np.int64)


def checked_points(points: Any) -> Points:
    """Return Points, or refuse what is none."""
    if not is_record(points) or not isinstance(points, Points):
        refuse("points", "Points", checks.describe_value(points))
    return points


def group_shares(changed: Any) -> np.ndarray:
    """Return what part of the points and of the level each group of changes has, if it has any."""
    there = np.asarray(changed) > 0
    each = min(OF_A_CLASS, OF_CLASSES / max(there[1:].sum(), 1))
    weight = np.where(there, each, 0.0)
    weight[0] = there[0] * (1 - weight[1:].sum())
    return weight / weight.sum()


def _shared(n: int, groups: list[np.ndarray]) -> list[int]:
    """Return how many points each group has."""
    ends = np.round(np.cumsum(group_shares([len(places) for places in groups])) * n).astype(int)
    return np.diff(ends, prepend=0).tolist()
