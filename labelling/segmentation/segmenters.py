"""Segmentation networks, trained from scratch several times on whatever is known of the masks."""

import os
from functools import partial
from typing import Any

import numpy as np

from labelling.segmentation.fitting import TURNS
from labelling.segmentation.targets import checked_targets, unknown_targets, untold_classes
from labelling.segmentation.training_images import checked_group, checked_images, training_data
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.retraining.retrain import Runs, retrain
from toolbox.retraining.studies.study import stream_names

STEPS = {"linear": 300, "unet": 150, "discriminant": TURNS}
CONSISTENCY = ("none", "equivariance", "scale", "weak-to-strong", "distillation", "mixture")
IN_STEPS = ("equivariance", "scale", "weak-to-strong")  # a model without steps has no use for them
# Of the largest weight: the order of images in one step changes .01 by rounding, in two steps .3.
SAME = 0.02
PRETRAINING = ("none", "rotation", "jigsaw", "clusters")


@record
class Segmenter:
    """Segmentation networks trained from scratch on the same labels.

    Attributes
    ----------
    runs : Runs
        The members: their weights, streams, what was redrawn, which diverged.
    network : str
        "linear", "discriminant" or "unet".
    classes : int
        How many, C.
    components : int
        Of an image, K.
    consistency : str
        What images without labels were used for.
    pretraining : str
        By which questions the encoder was taught before.
    group : str
        The turns and mirrors under which training images were seen.
    exact_group : str
        The group that predictions are averaged over; "none" for none.
    centre, scale : ndarray (F,)
        What the channels are standardised with.
    units : ndarray
        The units of the images that had labels; empty where none were known.
    labelled, unlabelled : int
        How many images had labels, and how many had none.
    note : str
        That the members are one model, where what was redrawn changes nothing: their spread is then
        no uncertainty. Which classes no label tells of: where maps show these, it is a guess, and
        from few points a large one.
    """

    runs: Runs
    network: str
    classes: int
    components: int
    consistency: str
    pretraining: str
    group: str
    exact_group: str
    centre: np.ndarray
    scale: np.ndarray
    units: np.ndarray
    labelled: int
    unlabelled: int
    note: str = ""

    def predict(self, images: Any, *, neighbours: float = 0.0) -> np.ndarray:
        """Return each surviving member's probabilities (R, n, C, h, w); see `segment_votes`."""
        return segment_votes(self, images, neighbours=neighbours)


def segment(
    images: Any,
    *,
    masks: Any = None,
    weak: Any = None,
    unlabelled: Any = None,
    classes: int,
    members: int,
    network: str = "unet",
    consistency: str = "none",
    pretraining: str = "none",
    group: str = "d2",
    exact_group: str | None = None,
    steps: int | None = None,
    redraw: tuple[str, ...] = ("init", "order", "augment"),
    seed: int,
    store: str | os.PathLike | None = None,
    progress: bool = True,
) -> Segmenter:
    r"""Train a small segmentation network from scratch `members` times, on masks or weaker labels.

    Parameters
    ----------
    images : array (n, [K,] h, w)
        At least 32 rows and columns. Each component is standardised by itself, so that neither gain
        nor offset counts.
    masks : array (n, h, w) of whole numbers, optional
        The class of each pixel, 0 to C - 1, -1 where it is not known.
    weak : WeakLabels, or list of them, optional
        What `weaken` makes, or an expert says: of any kinds at once, beside masks or without. Where
        both tell a pixel, the weak label, which is the later one, counts.
    unlabelled : array (m, [K,] h, w), optional
        Images of which nothing is known.
    classes : int
        How many, C >= 2.
    members : int
        How many networks, R.
    network : str
        "unet": three resolutions on wavelet energies, order patterns and pixels (some 100,000
        weights), beside a linear map that begins as the discriminant of the same labels.
        "linear": a logistic model of the same channels, the baseline that a network must beat.
        "discriminant": a linear model too, in closed form, of normal classes with one covariance:
        quick, nothing in it is drawn, and its members differ by "resample" alone.
    consistency : str
        What images without labels are for. "none": nothing. "equivariance": the mask of a turned
        and shifted view is to be that of a slowly following teacher, turned alike. "scale": the
        same of a view a quarter larger; wrong where a class is a scale.
        "weak-to-strong": the classes of which the teacher is sure are taught on disturbed and
        mixed views.
        "distillation": members are trained without them first, and again from scratch on what
        they say together. "mixture": the classes are components of a mixture that all images are
        drawn from; other networks than "discriminant" are then taught what such a one says. None of
        these is safe: see `guarded`.
    pretraining : str
        What the encoder of a U-Net learns first, from all images and no label: "rotation" (which
        turn an image was given), "jigsaw" (in which order its quarters stand), "clusters" (to which
        cluster of its own features a place belongs).
    group : str
        Turns and mirrors that leave a mask right: "none", "d2" (mirrors and half a turn) or "d4"
        (quarter turns too, of square images; wrong where a class is an orientation).
    exact_group : str, optional
        "d2" or "d4": predictions are the mean over the group, so that those of a turned image are
        the turned ones, exactly; 4 or 8 times the time.
    steps : int, optional
        Of the optimiser; by default 300 (linear) or 150. Of a discriminant the turns in which
        pixels that are not told are weighed; by default 15.
    redraw : tuple of str
        What differs between members: "init", "order", "augment" (turns and views), "resample"
        (each member has its own bootstrap of the labelled images). A linear model begins at zero,
        and sees up to four labelled images in one step: its members may need "resample" to differ.
    seed : int
    store : path, optional
        Keeps each member, as in `toolbox.retrain`.
    progress : bool
        Show a bar, on a terminal only.

    Returns
    -------
    Segmenter

    Raises
    ------
    InputError
        Images below 32 pixels; masks of another size or with classes outside 0 to C - 1; a weak
        label of an image that is not there; nothing labelled; a class that no label speaks of is
        allowed; "d4" for images that are not square; consistency without images; pretraining of a
        network without an encoder; several members of a discriminant without "resample", or its
        consistency in steps.

    Notes
    -----
    The loss is the sum of those of all kinds of labels that there are,

    .. math:: -\log p_y, \quad -\log(1 - p_k), \quad -\log \sum_{k \in A} p_k, \quad \dots

    cross-entropy where the class y is known (Tang et al., 2018), where it is not k (Ishida et al.,
    2017), of the classes A that are allowed outside boxes and by tags; projections for boxes (Tian
    et al., 2021), pooled scores for tags (Durand et al., 2017), the mean over regions for coarse
    masks, hinges for bounds of size (Kervadec et al., 2019). Teachers: Tarvainen and Valpola
    (2017), Sohn et al. (2020); distillation: Radosavovic et al. (2018). Pretraining: Gidaris et al.
    (2018), Noroozi and Favaro (2016), Caron et al. (2018). A discriminant has the
    means :math:`\mu_k` and the covariance :math:`\Sigma` of weighted pixels,

    .. math:: \log p_k(x) = \mu_k^T \Sigma^{-1} x - \tfrac12 \mu_k^T \Sigma^{-1} \mu_k + c(x),

    weights being 1 for the class that is told, p for classes left open (O'Neill, 1978).

    Examples
    --------
    >>> from labelling import segment, weaken
    >>> from synthesis import scenes
    >>> drawn = scenes(n=2, size=32, classes=2, seed=0)
    >>> scribbles = weaken(drawn.masks, kind="scribble", amount=0.03, seed=0)
    >>> trained = segment(drawn.images, weak=scribbles, classes=2, members=2, network="linear",
    ...                   steps=20, seed=0, progress=False)
    >>> trained.predict(drawn.images).shape
    (2, 2, 2, 32, 32)
    """
    x = checked_images(images, "images")
    classes = checks.count(classes, "classes", minimum=2)
    others = None if unlabelled is None else checked_images(unlabelled, "unlabelled", like=x)
    network = checks.choice(network, "network", tuple(STEPS))
    consistency = checks.choice(consistency, "consistency", CONSISTENCY)
    pretraining = checks.choice(pretraining, "pretraining", PRETRAINING)
    if pretraining != "none" and network != "unet":
        refuse("pretraining", f"'none' for {network!r}, which has no encoder", repr(pretraining))
    group = checked_group(group, "group", x.shape[-2:])
    exact = checked_group(exact_group or "none", "exact_group", x.shape[-2:])
    steps = checks.count(STEPS[network] if steps is None else steps, "steps")
    members = checks.count(members, "members")
    redraw = stream_names(redraw)
    if network == "discriminant":
        _checked_discriminant(consistency, members, redraw)
    everything = x if others is None else np.concatenate([x, others])
    told = checked_targets(masks, weak, n=len(x), shape=x.shape[-2:], classes=classes)
    more = unknown_targets(len(everything) - len(x), x.shape[-2:], classes)
    told = {name: np.concatenate([values, more[name]]) for name, values in told.items()}
    data = training_data(everything, told, zoomed=consistency == "scale")
    if consistency != "none" and not len(data["unlabelled"]):
        refuse("unlabelled", f"images without labels, for {consistency!r}", "none")
    data["resample"] = np.bool_("resample" in redraw)
    plan = {"network": network, "classes": classes, "steps": steps, "group": group}
    if network == "unet":
        plan["pretraining"] = pretraining
    how = {"members": members, "seed": checks.seed(seed), "redraw": redraw, "store": store}
    runs = _trained(data, plan, consistency, exact, how | {"progress": progress})
    units = checks.known_units(images)
    labelled, untold = data["labelled"], untold_classes(told)
    return Segmenter(
        runs=runs,
        network=network,
        classes=classes,
        components=x.shape[1],
        consistency=consistency,
        pretraining=pretraining,
        group=group,
        exact_group=exact,
        centre=data["centre"],
        scale=data["scale"],
        units=np.zeros(0, "U1") if units is None else np.unique(units[labelled]),
        labelled=len(labelled),
        unlabelled=len(data["unlabelled"]),
        note="; ".join(filter(None, [_one_model(runs), _guessed(untold)])),
    )


def segment_votes(segmenter: Segmenter, images: Any, *, neighbours: float = 0.0) -> np.ndarray:
    r"""Return the probabilities that each surviving member gives to each pixel.

    Parameters
    ----------
    segmenter : Segmenter
        What `segment` returned.
    images : array (n, [K,] h, w)
        Of any size from 32 pixels on; square ones for an exact group "d4".
    neighbours : float
        s >= 0: how much pixels around speak for a pixel's class; 2.5 in worlds of mosaics whose
        regions are some 20 pixels wide. By default each pixel is told by the network alone: what
        is smaller than some 6 pixels, a rare class first, may be lost with neighbours.

    Returns
    -------
    ndarray (R, n, C, h, w) of float32

    Raises
    ------
    InputError
        Images below 32 pixels, or of another number of components; neighbours below 0.

    Notes
    -----
    With an exact group G the network q is averaged over it (Cohen and Welling, 2016),

    .. math:: \frac{1}{|G|} \sum_{g \in G} g^{-1} q(g x).

    Then classes of pixels attract those around by a Gaussian K, 3 pixels wide, as a mean field
    (Kraehenbuehl and Koltun, 2011), which keeps turned images turned,

    .. math:: p_k(x) \propto q_k(x)^{1 / (1 + s)} \exp\Big(s \sum_{y \ne x} K(x - y) p_k(y)\Big).

    Examples
    --------
    >>> from labelling import segment, segment_votes
    >>> from synthesis import scenes
    >>> drawn = scenes(n=1, size=32, classes=2, seed=0)
    >>> trained = segment(drawn.images, masks=drawn.masks, classes=2, members=1, network="linear",
    ...                   steps=30, seed=0, progress=False)
    >>> votes = segment_votes(trained, drawn.images)
    >>> bool((votes[0].argmax(axis=1) == drawn.masks).mean() > 0.6)
    True
    """
    from labelling.segmentation.predicting import votes_of

    components = checked_segmenter(segmenter).components
    x = checked_images(images, "images")
    if x.shape[1] != components:
        refuse("images", f"{components} components", f"{x.shape[1]}")
    if segmenter.exact_group == "d4" and x.shape[-2] != x.shape[-1]:
        got = f"images of {x.shape[-2]} x {x.shape[-1]}"
        refuse("images", "square images, for the exact group 'd4'", got)
    return votes_of(segmenter, x, checks.number(neighbours, "neighbours", minimum=0))


def checked_segmenter(segmenter: Any) -> Segmenter:
    """Return a Segmenter, or refuse what is none."""
    if not is_record(segmenter) or not isinstance(segmenter, Segmenter):
        refuse("segmenter", "a Segmenter", checks.describe_value(segmenter))
    return segmenter


def _checked_discriminant(consistency: str, members: int, redraw: tuple[str, ...]) -> None:
    if consistency in IN_STEPS:
        wanted = "'none', 'mixture' or 'distillation' for a discriminant, which has no steps"
        refuse("consistency", wanted, repr(consistency))
    if members > 1 and "resample" not in redraw:
        wanted = "'resample', by which alone members of a discriminant differ"
        refuse("redraw", wanted, repr(tuple(redraw)))


def _trained(
    data: dict[str, np.ndarray],
    plan: dict[str, Any],
    consistency: str,
    exact: str,
    how: dict[str, Any],
) -> Runs:
    """Return the members; those that others teach are trained on what these say together."""
    from labelling.segmentation.predicting import soft_targets

    if consistency == "distillation":
        teacher, its_consistency = plan, "none"
    elif consistency == "mixture" and plan["network"] != "discriminant":
        teacher = {name: plan[name] for name in ("classes", "group")}
        teacher |= {"network": "discriminant", "steps": STEPS["discriminant"]}
        its_consistency = "mixture"
    else:
        return _members(data, plan, consistency, how)
    runs = _members(data, teacher, its_consistency, how)
    taught = data | {"soft": soft_targets(runs, data, teacher["network"], exact)}
    return _members(taught, plan, "distillation", how)


def _members(
    data: dict[str, np.ndarray], plan: dict[str, Any], consistency: str, how: dict[str, Any]
) -> Runs:
    if plan["network"] == "discriminant":
        from labelling.segmentation.fitting.discriminant import discriminant_member as member
    else:
        from labelling.segmentation.fitting.in_steps import segmentation_member as member
    return _survived(retrain(partial(member, **plan, consistency=consistency), data, **how))


def _one_model(runs: Runs) -> str:
    """Say where all members have the same weights, up to the rounding of what was redrawn."""
    survivors = np.flatnonzero(~runs.diverged)
    weights = [v[survivors] for k, v in runs.outputs.items() if k not in ("loss", "in_sample")]
    if len(survivors) < 2 or any(np.abs(w - w[0]).max() > SAME * np.abs(w).max() for w in weights):
        return ""
    redrawn = ", ".join(map(repr, runs.redrawn)) or "nothing"
    return f"the {len(survivors)} members are one model: redrawing {redrawn} changed nothing here"


def _guessed(untold: np.ndarray) -> str:
    which = ", ".join(map(str, untold))
    return f"no label tells of class {which}: where maps show it is a guess" if which else ""


def _survived(runs: Runs) -> Runs:
    if runs.diverged.all():
        got = f"{len(runs.ids)} of {len(runs.ids)} members that diverged"
        refuse("images", "images on which a network can be trained", got)
    return runs
