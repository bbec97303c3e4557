"""Ensembles: the same small network trained from scratch many times."""

import os
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.item_blocks import feature_scales, unit_items
from toolbox.core.lazy_blocks import lazy_array, lazy_items
from toolbox.core.records import record
from toolbox.core.units import with_units
from toolbox.networks.registry import NETWORKS
from toolbox.retraining.retrain import Runs, retrain
from toolbox.retraining.studies.study import stream_names

BATCH = 32


@record
class Ensemble:
    """Networks trained from scratch on the same task.

    Attributes
    ----------
    classes : ndarray (C,)
        The labels in sorted order: the order of the columns of the votes.
    runs : Runs
        The members: their parameters, streams, what was redrawn, which diverged.
    network : str
        "multilayer_perceptron" or "convolutional".
    dim : int
        Number of spatial axes of an item; 0 for vectors.
    shape : tuple of int
        Shape of an item: (features,) or (components, *space).
    centre, scale : ndarray
        What the features of vectors are standardised with; empty for signals and images, each of
        which is standardised by itself.
    device : str
        Where the members run.
    note : str
        Whether items were resampled as independent because nobody said what was.
    """

    classes: np.ndarray
    runs: Runs
    network: str
    dim: int
    shape: tuple
    centre: np.ndarray
    scale: np.ndarray
    device: str
    note: str = ""

    def votes(self, x_new: Any) -> np.ndarray:
        """Return each surviving member's class probabilities; see `predict_votes`."""
        return predict_votes(self, x_new)


def ensemble(
    x: Any,
    y: Any,
    *,
    dim: int,
    members: int,
    seed: int,
    units: Any = None,
    network: str = "auto",
    redraw: tuple[str, ...] = ("init", "order"),
    weights: Any = None,
    steps: int = 400,
    flips: bool = False,
    store: str | os.PathLike | None = None,
    verify: bool = True,
    device: str = "auto",
    progress: bool = True,
) -> Ensemble:
    r"""Train a small classifier from scratch `members` times; their spread is its confidence.

    Parameters
    ----------
    x : array (n, F), (n, *space) or (n, components, *space)
        Items: vectors (``dim=0``), signals (1) or images (2). Features of vectors are standardised
        over the training items; each component of a signal or an image is standardised by itself,
        so that neither gain nor offset counts.
    y : array (n,) of whole numbers or strings
        Labels, at least two different ones.
    dim : int
        Number of trailing spatial axes: 0, 1 or 2.
    members : int
        How many networks, R. The standard error of a probability falls as ``1 / sqrt(R)``.
    seed : int
        Fixes all random streams. Member 3 is the same whether 5 or 50 are trained.
    units : array (n,), optional
        What was drawn independently: "resample" draws whole units. By default those of the record
        that x came in, else every item is its own.
    network : str
        "multilayer_perceptron" (two hidden layers of 64), "convolutional" (three strided layers
        and the mean over positions; images of at least 15 x 15, signals of at least 29 samples),
        or "auto": the former for vectors, the latter for signals and images.
    redraw : tuple of str
        What differs between members: "init" (initial weights), "order" (of the items in training),
        "resample" (each member is trained on its own bootstrap of the units), "augment" (the coins
        of `flips`). The spread knows nothing of what is not redrawn: with few labels most of it
        comes from the items.
    weights : None, "balanced" or array (n,)
        Weight of each item in the loss, >= 0. "balanced" is ``n / (C n_c)`` for the items of a
        class of n_c.
    steps : int
        Steps of the optimiser, each on up to 32 items: the same amount of training whatever n.
    flips : bool
        Mirror the training images at random along both axes (signals: reverse them). Helps with
        few labels; wrong where the mirror image is of another class.
    store : path, optional
        A folder that keeps each network, as in `toolbox.retrain`: a call that was killed goes on
        where it stopped, and asking for more members trains only those.
    verify : bool
        Before kept networks are used, train one of them again and refuse the store if it comes out
        otherwise, as `toolbox.retrain` does; ``.runs.verified`` says what was done.
    device : str
        "auto", "cpu", "cuda:0".
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    Ensemble

    Raises
    ------
    InputError
        Besides bad arguments: every member diverged, or the store cannot be used.

    Notes
    -----
    Adam with a cosine schedule, in float32, on the cross-entropy with the weights w of mean 1,

    .. math:: -\frac1n \sum_i w_i \log p(y_i \mid x_i);

    ensembles of networks trained from scratch: Lakshminarayanan et al. (2017). Members that diverge
    are kept in ``.runs`` and counted there, cast no vote and are not replaced, since that would
    select.

    References
    ----------
    B. Lakshminarayanan, A. Pritzel, C. Blundell, "Simple and scalable predictive uncertainty
    estimation using deep ensembles", NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import ensemble
    >>> x = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.where(x[:, 0] > 0, "right", "left")
    >>> trained = ensemble(x, y, dim=0, members=3, seed=0, steps=100)
    >>> trained.votes([[2.0, 0.0], [-2.0, 0.0]]).shape
    (3, 2, 2)
    >>> trained.votes([[2.0, 0.0]]).mean(axis=0).round().tolist(), trained.classes.tolist()
    ([[0.0, 1.0]], ['left', 'right'])
    """
    dim = checks.dimension(dim, allowed=(0, 1, 2))
    units = checks.known_units(x, units)
    x = items_of(x, "x", dim=dim)
    classes, y = numbered_classes(y, "y", "labels", length=len(x))
    network = network_for(network, dim=dim, shape=x.shape[1:])
    if units is not None:
        units = checks.labels(units, "units", length=len(x))
    redraw = stream_names(redraw)
    flips = checks.flag(flips, "flips")
    check_redraw(redraw, flips=flips)
    if flips and dim == 0:
        checks.refuse("flips", "False for vectors, which have no mirror image", "True")
    weights = item_weights(weights, y)
    steps = checks.count(steps, "steps")

    centre, scale = np.zeros(0), np.zeros(0)
    if dim == 0:
        centre, scale = feature_scales(x)
    runs = trained_runs(
        standardised(x, "x", centre=centre, scale=scale),
        (y, weights, len(classes)),
        of=("x", "items"),
        network=network,
        learning={"steps": steps, "learning_rate": NETWORKS[network].learning_rate},
        flips=flips,
        units=units,
        retraining={
            "members": members,
            "seed": seed,
            "redraw": redraw,
            "store": store,
            "verify": verify,
            "device": device,
            "progress": progress,
        },
    )
    return Ensemble(
        classes=classes,
        runs=runs,
        network=network,
        dim=dim,
        shape=x.shape[1:],
        centre=centre,
        scale=scale,
        device=device,
        note=with_units("", units) if "resample" in redraw else "",
    )


def predict_votes(ensemble: Ensemble, x_new: Any) -> np.ndarray:
    """Return the class probabilities that each surviving member gives to new items.

    Parameters
    ----------
    ensemble : Ensemble
        What `ensemble` returned.
    x_new : array, or a dask array of blocks of items
        Items of the shape it was trained on.

    Returns
    -------
    ndarray (R, n, C) of float64
        Columns in the order of ``ensemble.classes``; members that diverged are left out. A dask
        array where one came in, computed block by block where and when it is asked for.

    Raises
    ------
    InputError
        Items of another shape.

    Examples
    --------
    >>> import numpy as np
    >>> from confidence import ensemble, predict_votes
    >>> x = np.arange(40.0).reshape(20, 2)
    >>> trained = ensemble(x, np.arange(20) > 9, dim=0, members=2, seed=0, steps=50)
    >>> predict_votes(trained, x).sum(axis=2).round(12).min()
    np.float64(1.0)
    """
    if (items := lazy_items(x_new)) is not None:
        return lazy_array(partial(predict_votes, ensemble), items, "x_new", together=2, axis=1)
    x = items_of(x_new, "x_new", dim=ensemble.dim)
    if x.shape[1:] != tuple(ensemble.shape):
        checks.refuse("x_new", f"items of shape {tuple(ensemble.shape)}", f"{x.shape[1:]}")
    x = standardised(x, "x_new", centre=ensemble.centre, scale=ensemble.scale)
    return votes_of(ensemble.runs, ensemble.network, x, device=ensemble.device)


def votes_of(runs: Runs, network: str, x: np.ndarray, *, device: str) -> np.ndarray:
    """Return the probabilities (R, n, C) of the surviving members for items made ready."""
    from scipy.special import softmax

    from toolbox.networks.classifier_training import classifier_logits

    values = runs.predict(classifier_logits(network, device=device), x)
    return softmax(values.astype(np.float64), axis=-1)


def trained_runs(
    x: np.ndarray,
    target: tuple[np.ndarray, np.ndarray, int],
    *,
    of: tuple[str, str],
    network: str,
    learning: dict[str, Any],
    flips: bool = False,
    units: np.ndarray | None = None,
    retraining: dict[str, Any],
) -> Runs:
    """Train the members on items made ready, with their classes, weights and number of classes.

    `of` names the argument and what it holds, should all members diverge; `units` are resampled
    whole.
    """
    from toolbox.networks.classifier_training import classifier_member, training_data, unit_table

    y, weights, classes = target
    batch = min(BATCH, 1 << (len(x).bit_length() - 1))  # a power of two: few compilations
    resample = "resample" in retraining["redraw"]
    options = {"classes": classes, "batch": batch, "resample": resample, "flips": flips}
    member = classifier_member(network, **options)
    data = training_data(x, y, weights, **learning)
    if resample and units is not None:
        data |= unit_table(units)
    runs = retrain(member, data, **retraining)
    if runs.diverged.all():
        got = f"{len(runs.ids)} of {len(runs.ids)} members that diverged"
        checks.refuse(of[0], f"{of[1]} on which a network can be trained", got)
    return replace(runs, in_sample=runs.in_sample[:, : len(x)])


def numbered_classes(
    labels: Any, argument: str, called: str, *, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the classes in sorted order, two at least, and the number of each item's."""
    classes, y = np.unique(checks.labels(labels, argument, length=length), return_inverse=True)
    if len(classes) < 2:
        checks.refuse(argument, f"at least two different {called}", f"only {classes[0].item()!r}")
    return classes, y


def items_of(x: Any, argument: str, *, dim: int) -> np.ndarray:
    """Return (n, F) vectors or (n, components, *space) items."""
    if dim:
        return checks.items(x, argument, dim=dim)
    return checks.real_array(x, argument, ndim=2)


def standardised(
    x: np.ndarray, argument: str, *, centre: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Standardise the features of vectors, or each component of each item by itself."""
    if x.ndim == 2:
        return in_deviations(x, (argument, "vectors"), centre=centre, scale=scale)
    checks.not_constant(x, argument)
    axes = tuple(range(2, x.ndim))
    values = unit_items(x, dim=len(axes))[0].astype(np.float64)
    values = values - values.mean(axis=axes, keepdims=True)
    return (values / values.std(axis=axes, keepdims=True)).astype(np.float32)


def in_deviations(
    x: np.ndarray, of: tuple[str, str], *, centre: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Return features (..., F) in standard deviations of the training, in float32."""
    with np.errstate(over="ignore"):
        values = ((x - centre) / scale).astype(np.float32)
    if not np.isfinite(values).all():
        got = "some that are more than 1e38 standard deviations away"
        checks.refuse(of[0], f"{of[1]} near those of the training", got)
    return values


def network_for(network: str, *, dim: int, shape: tuple[int, ...]) -> str:
    """Return the network's name, for items of a shape that it can take."""
    network = checks.choice(network, "network", ("auto", *NETWORKS))
    fitting = [name for name, kind in NETWORKS.items() if dim in kind.dims]
    if network == "auto":
        network = fitting[0]
    if network not in fitting:
        wanted = " or ".join(map(repr, fitting))
        items = "signals and images" if dim else "vectors"
        checks.refuse("network", f"{wanted} for {items}", repr(network))
    smallest = NETWORKS[network].smallest.get(dim, 1)
    if min(shape[1:], default=smallest) < smallest:
        wanted = f"items of at least {smallest} along each spatial axis"
        checks.refuse("x", wanted, f"items of shape {shape}")
    return network


def check_redraw(redraw: tuple[str, ...], *, flips: bool) -> None:
    """Refuse to report as redrawn what these networks do not draw."""
    if "dropout" in redraw:
        checks.refuse("redraw", "streams that the network draws from", "'dropout', of which none")
    if "augment" in redraw and not flips:
        checks.refuse("redraw", "'augment' only together with flips=True", "flips=False")


def item_weights(weights: Any, y: np.ndarray) -> np.ndarray:
    """Return one weight an item; "balanced" is n / (C n_c)."""
    if weights is None:
        return np.ones(len(y))
    if isinstance(weights, str):
        checks.choice(weights, "weights", ("balanced",))
        sizes = np.bincount(y)
        return len(y) / (len(sizes) * sizes[y])
    values = checks.real_array(weights, "weights", ndim=1).astype(np.float64)
    if len(values) != len(y) or values.min() < 0 or values.sum() == 0:
        wanted = f"{len(y)} weights >= 0, one an item, not all 0"
        checks.refuse("weights", wanted, f"{len(values)} from {values.min():.3g}")
    return values
