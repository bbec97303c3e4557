"""Points on the expert's page: a picture of each with its pixel marked, and the answers back."""

from typing import Any

import numpy as np

from labelling.answers_ledger.combined_answers import answers
from labelling.answers_ledger.ledgers import Ledger
from labelling.map_guard.disagreement_points import Points, checked_points
from toolbox.core import checks
from toolbox.core.checks import refuse

SIDE = 48  # pixels around a point, where the image has as many
ZOOM = 6  # screen pixels a pixel: one is seen
CORNER, GAP = 5, 2  # of the mark, in pixels: how long its arms are, and how far from the point


def point_pictures(images: Any, points: Points, *, size: int | None = None) -> np.ndarray:
    r"""Return a picture of the surroundings of each point, the point itself between four arms.

    Parameters
    ----------
    images : array (n, [K,] h, w)
        Those that the two maps are of.
    points : Points
        From `disagreements`.
    size : int, optional
        Rows and columns around the point, at least 16, at most the image's; by default 48, or as
        many as smaller images have. Beyond the image they are its mirror image.

    Returns
    -------
    ndarray (n, K, 6 size, 6 size)
        In the order of the points, enlarged six times. Saved with `numpy.save`, it is shown by
        ``grainwise label FILE --dim 2 --classes ...``; `point_answers` reads the ledger.

    Raises
    ------
    InputError
        Images that are not those of the maps.

    Notes
    -----
    The point of a picture of s rows and columns is at rows and columns
    :math:`6 \lfloor s / 2 \rfloor` to :math:`6 \lfloor s / 2 \rfloor + 5`. Points as supervision:
    Bearman et al. (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import disagreements, point_pictures
    >>> maps = np.zeros((2, 1, 32, 32), int)
    >>> maps[1, :, 8:12] = 1
    >>> points = disagreements(*maps, n=3, seed=0)
    >>> point_pictures(np.random.default_rng(0).random((1, 32, 32)), points, size=16).shape
    (3, 1, 96, 96)
    """
    x = checks.items(images, "images", dim=2)
    if (len(x), *x.shape[2:]) != tuple(checked_points(points).shape):
        refuse("images", f"the images of the maps, {tuple(points.shape)}", f"shape {x.shape}")
    most = min(x.shape[2:])
    side = checks.count(min(SIDE, most) if size is None else size, "size", minimum=16, maximum=most)
    before = side // 2
    padded = np.pad(x, ((0, 0), (0, 0), (before, side), (before, side)), mode="symmetric")
    places = zip(points.items, points.rows, points.columns, strict=True)
    return np.stack(
        [marked(padded[i, :, r : r + side, c : c + side], before) for i, r, c in places]
    )


def marked(picture: np.ndarray, at: int) -> np.ndarray:
    """Return a picture (K, s, s), enlarged, with arms that point at (at, at) from four sides."""
    large = picture.repeat(ZOOM, axis=1).repeat(ZOOM, axis=2)
    middle = ZOOM * at + ZOOM // 2
    low, high = picture.min(), picture.max()
    near, far = GAP * ZOOM, (GAP + CORNER) * ZOOM
    for span in (slice(middle - far, middle - near), slice(middle + near, middle + far)):
        for wide, value in ((3, low), (1, high)):  # light on dark is seen on any ground
            across = slice(middle - wide, middle + wide)
            large[:, span, across] = value
            large[:, across, span] = value
    return large


def point_answers(ledger: Ledger, points: Points, *, classes: Any) -> np.ndarray:
    r"""Return what an expert answered about the points, for `guarded`.

    Parameters
    ----------
    ledger : Ledger
        In which item i is point i; the last answer about each counts.
    points : Points
    classes : array (C,)
        The names of classes 0 to C - 1, as they were offered.

    Returns
    -------
    ndarray (k,) of int
        Of the first k points, up to the first without an answer: the class, or -1 where the expert
        cannot tell. What was answered further on is left out: points count in their order, since
        an expert who picks the easy ones would favour one map.

    Raises
    ------
    InputError
        No answer about the first point, or one outside the classes.

    Notes
    -----
    The number of answers that count is

    .. math:: k = \min \{i : \text{nothing is answered about point } i\}.

    Points as supervision: Bearman et al. (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import disagreements, ledger, point_answers, tell
    >>> maps = np.zeros((2, 1, 32, 32), int)
    >>> maps[1, :, 8:12] = 1
    >>> points = disagreements(*maps, n=4, seed=0)
    >>> said = {"items": [0, 1, 3], "values": ["b", "a", "b"]}
    >>> book = tell(ledger(), kind="label", **said, who="A", time=0)
    >>> point_answers(book, points, classes=["a", "b"]).tolist()
    [1, 0]
    """
    n = len(checked_points(points).items)
    names = checks.labels(classes, "classes")
    told = answers(ledger, n=n, classes=names, combine="last")
    place = {name: k for k, name in enumerate(names.tolist())}
    known = np.array([place[name] for name in told.classes.tolist()])
    said = np.where(told.labels >= 0, known[told.labels], -1)
    answered = (told.labels >= 0) | (told.cannot_tell > 0)
    many = n if answered.all() else int((~answered).argmax())
    if many == 0:
        refuse("ledger", "an answer about the first point", "none")
    return said[:many]
