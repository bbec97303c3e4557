"""How sure each pixel is: maps of uncertainty, and sets of classes that hold most of an image."""

from typing import Any

import numpy as np
from scipy.special import entr

from confidence.conformal_prediction.exact_ranks import exact_level, threshold
from confidence.conformal_prediction.nonconformity_scores import conforming
from labelling.segmentation.checked_masks import checked_masks
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import is_record, record
from toolbox.core.units import with_units
from toolbox.resampling.redrawn_units import by_unit


@record
class UncertaintyMaps:
    """Uncertainty of each pixel, in nats; lower is surer.

    Attributes
    ----------
    total : ndarray (n, h, w)
        Entropy of the members' mean, from 0 to log C.
    aleatoric : ndarray (n, h, w)
        Mean of the members' entropies.
    epistemic : ndarray (n, h, w)
        Their difference, the mutual information of class and member: what another training changes.
    """

    total: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray

    def plot(self, ax: Any = None) -> Any:
        """Draw the three maps of the first image."""
        figure, axes = panels(ax, 1, 3, size=(7, 2.5))
        for one, name in zip(axes, ("total", "aleatoric", "epistemic"), strict=True):
            one.imshow(getattr(self, name)[0], vmin=0, vmax=float(self.total[0].max()) or 1.0)
            one.set_title(name, fontsize="medium")
            one.set_axis_off()
        return figure


@record
class PixelConformal:
    """A threshold below which a class is left out of a pixel's set.

    Attributes
    ----------
    threshold : float
        A class is in the set of a pixel if 1 - p is at most this; infinite where there are too few
        units: all classes are.
    alpha : float
        Share of an image's pixels whose class may be missing.
    level : float
        Share of new images in which no more than that are missing.
    units : int
        How many it was calibrated on.
    note : str
        Why the sets are whole, if they are.
    """

    threshold: float
    alpha: float
    level: float
    units: int
    note: str

    def sets(self, votes_new: Any) -> np.ndarray:
        """Return which classes each pixel may be of; see `pixel_sets`."""
        return pixel_sets(self, votes_new)

    def plot(self, votes_new: Any, ax: Any = None) -> Any:
        """Draw how many classes each pixel of the first image may be of."""
        held = self.sets(votes_new)[0]
        figure, axes = panels(ax, size=(3.2, 2.5))
        drawn = axes.imshow(held.sum(axis=0), vmin=0, vmax=len(held))
        axes.set_title("classes in the set", fontsize="medium")
        axes.set_axis_off()
        figure.colorbar(drawn, ax=axes)
        return figure


def uncertainty_maps(votes: Any) -> UncertaintyMaps:
    r"""Split the uncertainty of each pixel into what data and what trainings disagree about.

    Parameters
    ----------
    votes : array (R, n, C, h, w)
        Members' probabilities, as `segment_votes` gives them.

    Returns
    -------
    UncertaintyMaps

    Raises
    ------
    InputError
        No probabilities, or fewer than two members.

    Notes
    -----
    .. math:: H\Big(\frac1R \sum_r p_r\Big) = \frac1R \sum_r H(p_r) + I:

    total is aleatoric plus epistemic (Depeweg et al., 2018).
    With few members the epistemic part is too low, by about its value over R.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import uncertainty_maps
    >>> votes = np.zeros((2, 1, 2, 1, 1))
    >>> votes[0, 0, 0], votes[1, 0, 1] = 1, 1            # two members, each sure of another class
    >>> maps = uncertainty_maps(votes)
    >>> maps.aleatoric.item(), round(maps.epistemic.item(), 3)
    (0.0, 0.693)
    """
    p = _votes(votes, "votes")
    if len(p) < 2:
        refuse("votes", "two members at least", len(p))
    total, each = entr(p.mean(axis=0)).sum(axis=1), entr(p).sum(axis=2).mean(axis=0)
    return UncertaintyMaps(total=total, aleatoric=each, epistemic=np.maximum(total - each, 0))


def conformal_pixels(
    votes: Any, masks: Any, *, alpha: float, level: float = 0.9, units: Any = None
) -> PixelConformal:
    r"""Find the sets of classes that hold the truth in most pixels of most new images.

    Parameters
    ----------
    votes : array (R, n, C, h, w) or (n, C, h, w)
        Probabilities of images that were not trained on.
    masks : array (n, h, w) of whole numbers
        Their truth; -1 where it is not known.
    alpha : float
        Share of an image's pixels whose class may be missing from their sets, in (0, 1).
    level : float
        Probability, in (0, 1), that no more than that are missing in a new image.
    units : array (n,), optional
        What was drawn independently; by default each image. A unit counts by its worst image.

    Returns
    -------
    PixelConformal

    Raises
    ------
    InputError
        Sizes that differ, a class beyond those of the votes, an image without known pixels.

    Notes
    -----
    Pixels of one image are no independent draws, images are: the score of an image is the least
    threshold that keeps the share of missing pixels at alpha, and the threshold is the k-th
    smallest of the units' scores, :math:`k = \lceil (U + 1)\, \mathrm{level} \rceil` (split
    conformal prediction, Vovk et al., 2005; images as in Bates et al., 2021). Valid where new
    images are drawn as these were.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import conformal_pixels
    >>> votes = np.stack([np.full((9, 8, 8), 0.8), np.full((9, 8, 8), 0.2)], axis=1)
    >>> found = conformal_pixels(votes, np.zeros((9, 8, 8)), alpha=0.1, level=0.9)
    >>> round(found.threshold, 3), found.sets(votes)[:, :, 0, 0].sum(axis=1).tolist()
    (0.2, [1, 1, 1, 1, 1, 1, 1, 1, 1])
    """
    p = _pooled(votes, "votes")
    masks = checked_masks(masks, "masks", shape=(len(p), *p.shape[2:]))
    if masks.max() >= p.shape[1]:
        refuse("masks", f"classes 0 to {p.shape[1] - 1}", f"class {masks.max()}")
    alpha = checks.number(alpha, "alpha", above=0, below=1)
    level = checks.number(level, "level", above=0, below=1)
    unit = checks.units(units, "units", length=len(p))
    scores = np.array([image_score(q, m, alpha) for q, m in zip(p, masks, strict=True)])
    _, worst = by_unit(np.max, scores, unit)
    least = threshold(worst, 1 - exact_level(level))
    few = f"whole sets: {len(worst)} units cannot reach a level of {level:g}"
    return PixelConformal(
        threshold=least,
        alpha=alpha,
        level=level,
        units=len(worst),
        note=with_units(few if np.isinf(least) else "", units),
    )


def pixel_sets(conformal: PixelConformal, votes: Any) -> np.ndarray:
    r"""Return which classes each pixel may be of.

    Parameters
    ----------
    conformal : PixelConformal
    votes : array (R, n, C, h, w) or (n, C, h, w)

    Returns
    -------
    ndarray (n, C, h, w) of bool

    Raises
    ------
    InputError
        What is no probability.

    Notes
    -----
    The set of a pixel, t being the threshold (Sadinle, Lei and Wasserman, 2019), is

    .. math:: \{k : 1 - p_k \le t\},

    also where float32 does not tell p_k from 1 - t.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import conformal_pixels, pixel_sets
    >>> votes = np.stack([np.full((9, 8, 8), 0.8), np.full((9, 8, 8), 0.2)], axis=1)
    >>> options = {"alpha": 0.1, "level": 0.95, "units": np.arange(9)}
    >>> found = conformal_pixels(votes, np.zeros((9, 8, 8)), **options)
    >>> bool(pixel_sets(found, votes).all()), found.note
    (True, 'whole sets: 9 units cannot reach a level of 0.95')
    """
    if not is_record(conformal) or not isinstance(conformal, PixelConformal):
        refuse("conformal", "a PixelConformal", checks.describe_value(conformal))
    missing = 1 - _pooled(votes, "votes")
    return conforming(missing, np.array(conformal.threshold), score="lac")


def image_score(p: np.ndarray, mask: np.ndarray, alpha: float) -> float:
    """Return the least threshold that leaves the class out of at most a share alpha of pixels."""
    known = mask >= 0
    if not known.any():
        refuse("masks", "known pixels in every image", "an image without")
    missing = np.sort(1 - np.take_along_axis(p, np.maximum(mask, 0)[None], axis=0)[0][known])
    may_miss = int(np.floor(alpha * len(missing) + 1e-9))
    return float(missing[len(missing) - may_miss - 1])


def _votes(votes: Any, argument: str, *, fewest_axes: int = 5) -> np.ndarray:
    """Return float64 votes (R, n, C, h, w), or with four axes those of one member."""
    shape = checks.real_array(votes, argument).shape
    if not fewest_axes <= len(shape) <= 5:
        refuse(argument, "votes (R, n, C, h, w)", f"shape {shape}")
    classes_last = np.moveaxis(np.asarray(votes), -3, -1)
    p = checks.probabilities(classes_last, argument, ndim=len(shape))
    return np.ascontiguousarray(np.moveaxis(p, -1, -3)).reshape(-1, *shape[-4:])


def _pooled(votes: Any, argument: str) -> np.ndarray:
    return _votes(votes, argument, fewest_axes=4).mean(axis=0)
