"""How good predicted masks are: overlap and borders, with intervals over independent units."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt

from confidence.scoring.intervals import FEWEST_UNITS
from labelling.segmentation.checked_masks import checked_masks, class_number, label_maps
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.core.units import units_of_both, with_units
from toolbox.resampling.redrawn_units import by_unit

BORDER = 2.0  # pixels within which a border counts as found


@record
class SegmentationScores:
    """Overlap and borders of predicted masks, higher is better; each from 0 to 1.

    Attributes
    ----------
    iou : ndarray (C,)
        Intersection over union of each class, over all pixels; NaN for a class that is nowhere.
    iou_interval : ndarray (C, 2)
    mean_iou : float
        Mean of `iou` over the classes that are anywhere.
    mean_iou_interval : ndarray (2,)
    boundary_f : float
        Mean over these classes of the F score of their borders.
    boundary_f_interval : ndarray (2,)
    pixels : ndarray (C,)
        True pixels of each class.
    units : int
        How many units the intervals are over.
    level : float
    note : str
        Why there is no interval, where there is none; which classes are in so few units that the
        intervals promise too much, and where all units score alike, so that they have no width;
        that units of the training are not known, if these were asked for.
    """

    iou: np.ndarray
    iou_interval: np.ndarray
    mean_iou: float
    mean_iou_interval: np.ndarray
    boundary_f: float
    boundary_f_interval: np.ndarray
    pixels: np.ndarray
    units: int
    level: float
    note: str

    def plot(self, ax: Any = None) -> Any:
        """Draw the overlap of each class with its interval, and the mean."""
        figure, axes = panels(ax, size=(4, 3))
        at = np.arange(len(self.iou))
        reach = np.abs(self.iou_interval - self.iou[:, None]).T
        axes.errorbar(at, self.iou, yerr=np.nan_to_num(reach), fmt="o", color="black", capsize=3)
        axes.axhline(self.mean_iou, color="gray", lw=0.8)
        axes.set(xlabel="class", ylabel="intersection over union", ylim=(0, 1), xticks=at)
        return figure


def segmentation_scores(
    predicted: Any,
    masks: Any,
    *,
    classes: int | None = None,
    units: Any = None,
    training_units: Any = None,
    border: float = BORDER,
    level: float = 0.95,
) -> SegmentationScores:
    r"""Score predicted masks by overlap and borders; higher is better, from 0 to 1.

    Parameters
    ----------
    predicted : array (n, h, w), (n, C, h, w) or (R, n, C, h, w)
        Classes of pixels, or probabilities, or votes, whose mean is taken.
    masks : array (n, h, w) of whole numbers
        The truth; -1 where it is not known, which counts for nothing.
    classes : int, optional
        C; by default the largest class plus one.
    units : array (n,), optional
        What was drawn independently; by default each image.
    training_units : array, optional
        Units of the images that were trained on: none may be among `units`. Without any, as of a
        `Segmenter` whose images had none, nothing is checked, and the note says so.
    border : float
        Pixels, >= 0, within which a border counts as found.
    level : float
        Of the intervals.

    Returns
    -------
    SegmentationScores

    Raises
    ------
    InputError
        Sizes that differ, classes out of range or beyond those of the votes, a child of a training
        image among those scored.

    Notes
    -----
    .. math:: \mathrm{IoU}_k = \frac{\sum |P_k \cap T_k|}{\sum |P_k \cup T_k|},

    the sums over all images. The borders of a class are its pixels with a 4-neighbour that is known
    to be outside it; their precision is the share of predicted border within `border` pixels of the
    true one in the same image, recall the reverse, F their harmonic mean (Csurka et al., 2013).
    Intervals: jackknife over units with Student's t; NaN with fewer than 5 units, and of a class
    also where leaving one out leaves it nowhere. Of a class that is in fewer than 5 units neither
    its own interval nor those of the means keep their level, and the note names it: a class that is
    in one of 20 images on average is missing from a third of such sets, and 95 % intervals of the
    mean cover .6. They say nothing about what another training would give.

    Examples
    --------
    >>> from labelling import segmentation_scores
    >>> scored = segmentation_scores([[[0, 0], [1, 1]]], [[[0, 0], [0, 1]]], units=["plot"])
    >>> scored.iou.round(3).tolist(), scored.note
    ([0.667, 0.5], 'no interval: 1 units, where 5 are needed')
    """
    given, predicted = predicted, label_maps(predicted, "predicted")
    masks = checked_masks(masks, "masks", shape=predicted.shape)
    if np.ndim(given) > 3 and masks.max() >= np.shape(given)[-3]:
        wanted = f"classes 0 to {np.shape(given)[-3] - 1}, as the votes have, or -1 where unknown"
        refuse("masks", wanted, f"class {masks.max()}")
    both = np.maximum(predicted, masks)
    classes = class_number(classes, both, "predicted" if predicted.max() == both.max() else "masks")
    unit = checks.units(units, "units", length=len(masks))
    unchecked = _no_children(unit, training_units)
    border = checks.number(border, "border", minimum=0)
    level = checks.number(level, "level", above=0, below=1)
    pairs = zip(predicted, masks, strict=True)
    each = np.array([pixel_sums(p, t, classes, border) for p, t in pairs])
    _, sums = by_unit(partial(np.sum, axis=0), each, unit)
    pixels = np.stack([(masks == k).sum(axis=(1, 2)) for k in range(classes)], axis=1)
    _, of_unit = by_unit(partial(np.sum, axis=0), pixels, unit)
    iou, iou_interval, note = jackknife(class_iou, sums, level)
    few = in_few_units((of_unit > 0).sum(axis=0), ~np.isnan(iou), len(sums))
    doubts = [note] if note else [few, without_width(iou_interval)]
    mean_iou, mean_interval, _ = jackknife(lambda s: _mean(class_iou(s)), sums, level)
    edge, edge_interval, _ = jackknife(lambda s: _mean(border_f(s)), sums, level)
    return SegmentationScores(
        iou=iou,
        iou_interval=iou_interval,
        mean_iou=float(mean_iou),
        mean_iou_interval=mean_interval,
        boundary_f=float(edge),
        boundary_f_interval=edge_interval,
        pixels=pixels.sum(axis=0),
        units=len(sums),
        level=level,
        note=with_units("; ".join(filter(None, [*doubts, unchecked])), units),
    )


def pixel_sums(predicted: np.ndarray, truth: np.ndarray, classes: int, border: float) -> np.ndarray:
    """Return (C, 6): intersection, union, predicted border, found of it, true border, found."""
    known = truth >= 0
    found = np.zeros((classes, 6))
    for k in range(classes):
        p, t = (predicted == k) & known, truth == k
        p_edge, t_edge = edges(p, known), edges(t, known)
        near_t, near_p = _near(t_edge, border), _near(p_edge, border)
        found[k] = (
            (p & t).sum(),
            (p | t).sum(),
            p_edge.sum(),
            (p_edge & near_t).sum(),
            t_edge.sum(),
            (t_edge & near_p).sum(),
        )
    return found


def edges(inside: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the pixels with a known 4-neighbour outside; the image's own border is none."""
    padded = np.pad(known & ~inside, 1)
    middle = slice(1, -1)
    around = [padded[:-2, middle], padded[2:, middle], padded[middle, :-2], padded[middle, 2:]]
    return inside & np.logical_or.reduce(around)


def _near(edge: np.ndarray, border: float) -> np.ndarray:
    if not edge.any():
        return np.zeros(edge.shape, bool)
    return distance_transform_edt(~edge) <= border


def class_iou(sums: np.ndarray) -> np.ndarray:
    """Return the overlap (C,) of sums (C, 6), NaN for a class that is nowhere."""
    with np.errstate(invalid="ignore"):
        return sums[:, 0] / sums[:, 1]


def border_f(sums: np.ndarray) -> np.ndarray:
    """Return F = 2 P R / (P + R) of the borders (C,), NaN for a class without any."""
    predicted, hit, true, found = sums[:, 2:].T
    nowhere = predicted + true == 0
    precision = hit / np.maximum(predicted, 1)
    recall = found / np.maximum(true, 1)
    score = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    return np.where(nowhere, np.nan, score)


def jackknife(
    statistic: Callable[[np.ndarray], np.ndarray], sums: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return a statistic of the sums over units, its interval (..., 2), and why there is none.

    Variance (U - 1)/U sum (theta_-u - mean)^2 (Tukey, 1958), cut at 0 and 1.
    """
    from scipy.stats import t

    count = len(sums)
    value = np.asarray(statistic(sums.sum(axis=0)))
    if count < FEWEST_UNITS:
        note = f"no interval: {count} units, where {FEWEST_UNITS} are needed"
        return value, np.full((*value.shape, 2), np.nan), note
    without = np.array([statistic(sums.sum(axis=0) - one) for one in sums])
    error = np.sqrt((count - 1) / count * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    half = t.ppf((1 + level) / 2, count - 1) * error
    interval = np.stack([np.clip(value - half, 0, 1), np.clip(value + half, 0, 1)], axis=-1)
    return value, np.where(np.isnan(value)[..., None], np.nan, interval), ""


def in_few_units(held: np.ndarray, scored: np.ndarray, units: int) -> str:
    """Say which of the classes that are scored are truly in too few units, `held` (C,) each."""
    few = np.flatnonzero(scored & (held < FEWEST_UNITS))
    if not len(few):
        return ""
    which = ", ".join(f"class {k} in {held[k]}" for k in few)
    return (
        f"{which} of {units} units: intervals of such a class and of means cover less than stated"
    )


def without_width(interval: np.ndarray) -> str:
    """Say which classes score alike in all units, intervals (C, 2) having no width."""
    alike = ", ".join(map(str, np.flatnonzero(interval[:, 0] == interval[:, 1])))
    return f"all units score alike for class {alike}: its interval has no width" if alike else ""


def _mean(values: np.ndarray) -> np.ndarray:
    return values[~np.isnan(values)].mean() if not np.isnan(values).all() else np.float64(np.nan)


def _no_children(units: np.ndarray, training: Any) -> str:
    """Refuse units that were trained on; say where those are not known."""
    if training is None:
        return ""
    if not np.size(training):
        return (
            "units of the training are not known: children of its images may be among those scored"
        )
    trained = checks.labels(np.atleast_1d(training), "training_units")
    shared = units_of_both(units, trained)
    if shared:
        refuse("units", "no image of a parent that was trained on", f"{shared[0]!r}, which was")
    return ""
