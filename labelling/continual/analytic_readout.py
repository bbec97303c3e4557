"""A readout learned from sums of products: exact in any order, and what was learned can go again.

Ridge regression of one-hot labels on features needs two sums over the items only, G = sum w h h^T
and B = sum w h e_y^T. Sums commute and can be subtracted, so that answers may come in any order,
late, and be taken back; kept in float64, they lose nothing that a bit of float32 would.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import feature_scales
from toolbox.core.records import is_record, record
from toolbox.core.streams import generator

TOGETHER = 4096  # items whose float64 copy is held at once: 32 MB of 1024 features
LIFTED_TOGETHER = 2**22  # lifted values held at once, 32 MB
FAR = 1000  # deviations of a feature from 0: more, and its squares lose six digits
SWALLOWED = 1e10  # times the others' squares: these keep six digits beside so much
ROUNDED = 1e-8  # of a sum: what float64 may leave of items that were taken away


@record
class Analytic:
    """Sums of products over the items learned so far, and how features are lifted.

    Attributes
    ----------
    gram : ndarray (d, d)
        G, the sum of w h h^T over the items; the last of the d components of h is 1.
    sums : ndarray (d, C)
        B, the sum of w h over the items of each class.
    counts : ndarray (C,)
        Items learned of each class.
    classes : ndarray (C,)
        The classes learned so far, sorted.
    ridge : float
        Added to the diagonal of G, but for the constant's.
    centre : ndarray (F,)
        What is taken off the features: their means with lift; without, those of features that lie
        a thousand deviations from 0, whose squares would lose what varies, else 0.
    scale : ndarray (F,)
        What they are divided by before they are lifted; empty without lift.
    projection : ndarray (F, lift)
        Of the random features; empty without lift.
    offsets : ndarray (lift,)
        Of the random features; empty without lift.
    """

    gram: np.ndarray
    sums: np.ndarray
    counts: np.ndarray
    classes: np.ndarray
    ridge: float
    centre: np.ndarray
    scale: np.ndarray
    projection: np.ndarray
    offsets: np.ndarray


def analytic(
    features: Any, *, lift: int = 0, ridge: float = 1.0, seed: int | None = None
) -> Analytic:
    r"""Make an empty readout for features like these; `learn` teaches it.

    Parameters
    ----------
    features : array (n, F)
        Unlabelled, like those to come. They say how many features there are, their centres and,
        with `lift`, their scales; nothing is learned of them.
    lift : int
        Number of random features max(0, W x + b) that the readout sees in place of the features;
        0, the default, for the features themselves.
    ridge : float
        > 0; how strongly the coefficients are held near 0.
    seed : int, optional
        Draws the random features; needed with `lift` only.

    Returns
    -------
    Analytic
        Of no item and no class.

    Raises
    ------
    InputError
        Features that are no (n, F) array, a ridge that is not positive, a lift without a seed.

    Notes
    -----
    The readout sees h(x) = (x, 1), in which a feature far from 0 stands less its mean (the constant
    is free); or with lift, m and s being the features' centres and scales,

    .. math:: h(x) = \Bigl(\max\bigl(0, W \tfrac{x - m}{s} + b\bigr), 1\Bigr), \qquad
        W \sim N(0, 1/F), \quad b \sim N(0, .09).

    Such random features let a linear readout draw curved borders (Rahimi and Recht, 2007). They are
    drawn once and for all, so that every answer is learned on the same ones.

    References
    ----------
    H. Zhuang et al., ACIL: analytic class-incremental learning with absolute memorization and
    privacy protection, NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import analytic, learn, predict
    >>> x = np.array([[0.0, 0], [0, 1], [4, 0], [4, 1]])
    >>> state = learn(analytic(x), x, ["left", "left", "right", "right"])
    >>> told = predict(state, [[1.0, 0]])
    >>> told.classes[told.votes[0, 0].argmax()].item()
    'left'
    """
    x = checks.real_array(features, "features", ndim=2).astype(np.float64)
    lifted = checks.count(lift, "lift", minimum=0)
    held = checks.number(ridge, "ridge", above=0)
    if lifted and seed is None:
        refuse("seed", "a seed, which draws the random features", "none")
    if seed is not None:
        seed = checks.seed(seed)
    empty = np.zeros(0)
    drawn = {"scale": empty, "projection": np.zeros((0, 0)), "offsets": empty}
    drawn["centre"] = _far_centres(x)
    if lifted:
        drawn = _random_features(x, lifted, seed)
    size = (lifted or x.shape[1]) + 1
    return Analytic(
        gram=np.zeros((size, size)),
        sums=np.zeros((size, 0)),
        counts=np.zeros(0, dtype=np.int64),
        classes=np.zeros(0, dtype=np.int64),
        ridge=held,
        **drawn,
    )


def learn(analytic: Analytic, features: Any, labels: Any, *, weights: Any = None) -> Analytic:
    r"""Learn labelled items, of old and of new classes; the order of calls does not matter.

    Parameters
    ----------
    analytic : Analytic
    features : array (n, F)
    labels : array (n,)
        A class an item, whole numbers or texts as before.
    weights : array (n,), optional
        How much each item counts, > 0; by default 1.

    Returns
    -------
    Analytic
        With the items; the one given stays as it was.

    Raises
    ------
    InputError
        Another number of features than before, labels or weights of another length, texts among
        numbers, weights that are not positive, squares that float64 cannot sum.

    Notes
    -----
    With e_i the one-hot label of item i (Zhuang et al., 2022),

    .. math:: G = \sum_i w_i h_i h_i^T, \qquad B = \sum_i w_i h_i e_i^T.

    A class that is new has a column of zeros in B until then, which is what it would have had from
    the beginning. So the result is that of one joint regression, up to the rounding of float64
    sums.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import analytic, learn
    >>> x = np.eye(3)
    >>> one = learn(learn(analytic(x), x[:1], [5]), x[1:], [7, 5])
    >>> other = learn(analytic(x), x[[2, 1, 0]], [5, 7, 5])
    >>> one.classes.tolist(), bool(np.array_equal(one.gram, other.gram))
    ([5, 7], True)
    """
    return _changed(analytic, features, labels, weights, sign=1)


def forget(analytic: Analytic, features: Any, labels: Any, *, weights: Any = None) -> Analytic:
    r"""Unlearn items that were learned: what is left is as if they had never been there.

    Parameters
    ----------
    analytic : Analytic
    features : array (n, F)
        Those that the items were learned with.
    labels : array (n,)
        Those that they were learned as. A label that was wrong is corrected by forgetting the item
        under it and learning the item under the right one.
    weights : array (n,), optional
        Those that they were learned with.

    Returns
    -------
    Analytic
        Without the items; a class of which none is left is gone.

    Raises
    ------
    InputError
        As `learn`; a class that was not learned; more, heavier or larger items than were learned,
        or so large ones that the sums of the others were rounded beside theirs.

    Notes
    -----
    Items themselves are not kept: another item of the same class, no larger, is taken for one that
    was learned. What `learn` added is taken away (sums as in Zhuang et al., 2022),

    .. math:: G' = G - \sum_i w_i h_i h_i^T, \qquad B' = B - \sum_i w_i h_i e_i^T.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import analytic, forget, learn
    >>> x = np.eye(3)
    >>> state = learn(analytic(x), x, [0, 1, 2])
    >>> forget(state, x[1:2], [1]).classes.tolist()
    [0, 2]
    """
    return _changed(analytic, features, labels, weights, sign=-1)


def checked_readout(analytic: Any) -> Analytic:
    """Return an Analytic, or refuse what is none."""
    if not is_record(analytic) or not isinstance(analytic, Analytic):
        refuse("analytic", "an Analytic", checks.describe_value(analytic))
    return analytic


def checked_features(analytic: Analytic, features: Any) -> np.ndarray:
    """Return (n, F) features of as many components as the readout knows."""
    x = checks.real_array(features, "features", ndim=2)
    known = len(analytic.centre) or len(analytic.gram) - 1  # of a file of version 0.1, no centre
    if x.shape[1] != known:
        refuse("features", f"{known} features an item, as before", f"shape {x.shape}")
    return x


def item_numbers(value: Any, argument: str, length: int) -> np.ndarray:
    """Return one float64 number an item."""
    found = checks.real_array(value, argument, ndim=1).astype(np.float64)
    if len(found) != length:
        refuse(argument, f"{length} numbers, one an item", len(found))
    return found


def item_shares(value: Any, argument: str, length: int) -> np.ndarray:
    """Return one float64 number from 0 to 1 an item."""
    found = item_numbers(value, argument, length)
    if found.min() < 0 or found.max() > 1:
        refuse(argument, "numbers from 0 to 1", f"{found.min():g} to {found.max():g}")
    return found


def lifted(analytic: Analytic, x: np.ndarray) -> np.ndarray:
    """Return h (n, d): the features, or random features of them, and the constant 1."""
    h = np.ones((len(x), len(analytic.gram)))
    centred = x - analytic.centre if len(analytic.centre) else x
    if not len(analytic.offsets):
        h[:, :-1] = centred
        return h
    z = centred / analytic.scale
    np.maximum(z @ analytic.projection + analytic.offsets, 0, out=h[:, :-1])
    return h


def _far_centres(x: np.ndarray) -> np.ndarray:
    """Return the mean of each feature that lies far from 0, else 0: sums stay those of x."""
    with np.errstate(over="ignore", invalid="ignore"):  # of what `learn` refuses
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        return np.where(np.abs(mean) > FAR * deviation, mean, 0.0)


def _random_features(x: np.ndarray, lift: int, seed: int | None) -> dict[str, np.ndarray]:
    centre, scale = feature_scales(x)
    draw = generator(seed, "analytic", "lift")
    return {
        "centre": centre,
        "scale": scale,
        "projection": draw.standard_normal((x.shape[1], lift)) / np.sqrt(x.shape[1]),
        "offsets": 0.3 * draw.standard_normal(lift),
    }


def _changed(analytic: Any, features: Any, labels: Any, weights: Any, *, sign: int) -> Analytic:
    """Return the readout with items added (sign 1) or taken away (-1)."""
    state = checked_readout(analytic)
    x = checked_features(state, features)
    names = checks.labels(labels, "labels", length=len(x))
    w = _weights(weights, len(x))
    classes, old = _with_new(state, names, sign)
    of = np.searchsorted(classes, names)
    counts = np.zeros(len(classes), dtype=np.int64)
    counts[old] = state.counts
    counts += sign * np.bincount(of, minlength=len(classes))
    if (short := np.flatnonzero(counts < 0)).size:
        had = counts[short[0]] + (of == short[0]).sum()
        refuse("labels", f"at most the {had} items learned of {classes[short[0]]!r}", "more")
    sums = np.zeros((len(state.gram), len(classes)))
    sums[:, old] = state.sums
    gram, added = _products(state, x, of, w, len(classes))
    left = counts > 0
    changed = replace(
        state,
        gram=state.gram + sign * gram if left.any() else np.zeros_like(gram),
        sums=(sums + sign * added)[:, left],
        counts=counts[left],
        classes=classes[left],
    )
    if not np.isfinite(changed.gram).all():
        refuse("features", "values whose squares float64 can sum", f"up to {np.abs(x).max():g}")
    if sign < 0:
        _as_learned(state, changed)
    return changed


def _as_learned(before: Analytic, after: Analytic) -> None:
    """Refuse where more weight, or larger squares, were taken away than there were."""
    had = before.sums[-1, np.isin(before.classes, after.classes)]
    if (over := np.flatnonzero(after.sums[-1] < -ROUNDED * had)).size:
        name, most = after.classes[over[0]].item(), had[over[0]]
        refuse("weights", f"at most the {most:g} that items of {name!r} were learned with", "more")
    if (np.diagonal(after.gram) < -ROUNDED * np.diagonal(before.gram)).any():
        refuse("features", "those that the items were learned with", "larger ones than any")
    left, beside = (np.diagonal(state.gram)[:-1] for state in (after, before))
    lost = (left != 0) & (beside > SWALLOWED * (np.maximum(left, 0) + after.ridge))
    if lost.any():
        wanted = "items beside which float64 kept the others (learn those anew)"
        refuse("features", wanted, f"squares that sum to {beside[lost].max():.3g}")


def _weights(weights: Any, length: int) -> np.ndarray:
    if weights is None:
        return np.ones(length)
    w = item_numbers(weights, "weights", length)
    if w.min() <= 0:
        refuse("weights", "numbers > 0", w.min())
    return w


def _with_new(state: Analytic, names: np.ndarray, sign: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes, those of these labels among them, and where the old ones stand."""
    if not len(state.classes):
        old = np.zeros(0, dtype=names.dtype)
    elif (state.classes.dtype.kind in "US") != (names.dtype.kind in "US"):
        kinds = ("numbers", "texts")
        before = state.classes.dtype.kind in "US"
        refuse("labels", f"{kinds[before]} like those learned", kinds[not before])
    else:
        old = state.classes
    if sign < 0 and len(unknown := np.setdiff1d(names, old)):
        refuse("labels", "classes that were learned", f"{unknown[0].item()!r}, which was not")
    classes = np.union1d(old, names)
    return classes, np.searchsorted(classes, old)


def _products(
    state: Analytic, x: np.ndarray, of: np.ndarray, w: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return sum w h h^T and the sums of w h by class, in blocks of items."""
    from scipy.linalg.blas import dsyrk
    from scipy.sparse import csr_array

    size = len(state.gram)
    gram, sums = np.zeros((size, size), order="F"), np.zeros((classes, size))
    block = TOGETHER if not len(state.offsets) else max(1, LIFTED_TOGETHER // size)
    for start in range(0, len(x), block):
        part = slice(start, start + block)
        h, share = lifted(state, x[part]), w[part]
        one_hot = csr_array((share, (of[part], np.arange(len(h)))), shape=(classes, len(h)))
        sums += one_hot @ h
        h *= np.sqrt(share)[:, None]
        # The lower half alone, of Fortran's transposed view: half the work of a full product.
        gram = dsyrk(1.0, h.T, beta=1.0, c=gram, lower=1, overwrite_c=1)
    lower = np.tril(gram, -1)
    return lower + lower.T + np.diag(np.diag(gram)), sums.T
