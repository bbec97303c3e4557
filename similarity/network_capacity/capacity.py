"""The capacity of a network: how many items' random labels its training can fit."""

from functools import partial
from typing import Any

import numpy as np
from scipy.special import log_expit

from similarity.network_capacity.memorisation import built, fit_estimator, is_estimator, memorise
from similarity.network_capacity.vc_bounds import promised_gap, vc_interval
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record
from toolbox.core.streams import integer
from toolbox.retraining.retrain import retrain

SMALLEST = 4
FEW = 0.2  # share of fits at which doubling ends
HALVINGS = 4  # of the interval that contains the capacity


@record
class Capacity:
    """How many random labels a network's training fits, beside what theory bounds.

    Attributes
    ----------
    capacity : float
        Number of items whose random labels are fitted by half of the trainings.
    interval : ndarray (2,)
        95 % interval; the upper end is infinite where half or more fitted all items.
    items : ndarray (m,) of int
        Numbers of items that were tried.
    fitted : ndarray (m,)
        Share of the trainings that fitted the labels of so many.
    accuracies : ndarray (m,)
        Mean training accuracy.
    available : int
        Number of items in the data.
    parameters : int
        Trainable numbers; -1 where they are not known.
    vc_interval : ndarray (2,)
        Bounds of the VC dimension; NaN for other than fully connected ReLU networks.
    promised_gap : ndarray (2,)
        What the two bounds promise for the data's size: the most, with probability .95, by which
        the test error exceeds the training error. .5 or more says nothing.
    verdict : str
    """

    capacity: float
    interval: np.ndarray
    items: np.ndarray
    fitted: np.ndarray
    accuracies: np.ndarray
    available: int
    parameters: int
    vc_interval: np.ndarray
    promised_gap: np.ndarray
    verdict: str


def capacity(
    network: Any,
    data: Any,
    *,
    seed: int,
    trials: int = 10,
    accuracy: float = 1.0,
    steps: int = 2000,
    rate: float = 0.01,
    progress: bool = True,
) -> Capacity:
    r"""Return the number of items whose random labels a network learns half of the time.

    Python only: a network of torch is given as a callable.

    Parameters
    ----------
    network : scikit-learn classifier, or callable
        A classifier, which is cloned for every training; or a function without arguments that
        returns a fresh `torch.nn.Module` with one or two outputs an item, trained by full-batch
        Adam.
    data : array (n, F) or (n, ..., F)
        Real items, as the network wants them (standardised where it does): the capacity depends on
        them. At least 8.
    seed : int
        Of the items and labels drawn, and of the initial weights.
    trials : int
        Trainings at each number of items, at least 4.
    accuracy : float
        Training accuracy, above .5, that counts as fitted.
    steps, rate : int, float
        Steps of Adam and its largest learning rate; not used for scikit-learn.
    progress : bool
        Show progress bars, on a terminal only.

    Returns
    -------
    Capacity

    Raises
    ------
    InputError
        Neither a classifier nor a factory of modules, too few items.

    Notes
    -----
    Takes a Python object, hence has no MATLAB form. For linear classifiers in general position and
    accuracy 1 the capacity is twice the number of parameters (Cover 1965), which training reaches
    closely; of networks it is what *this training* reaches, and grows with `steps`. A network
    whose capacity exceeds the number of items can fit whatever labels they have (Zhang et al.
    2017): its training accuracy then says nothing.

    Numbers of items are doubled until four trainings in five fail, then halved in between; the
    capacity is the middle m of a logistic curve of slope s in log n fitted to all trainings,

    .. math:: P(\text{fitted} \mid n) = \frac{1}{1 + e^{s (\log n - \log m)}},

    its interval the posterior under flat priors for middle and slope, both logarithmic. All
    trainings go through `toolbox.retrain`, with initial weights, items and labels redrawn.

    VC dimension: from below inputs + 1, from above the count of sign patterns in the argument of
    Bartlett et al. (2019), proven: so large for most networks that it promises nothing.

    References
    ----------
    T. Cover, "Geometrical and statistical properties of systems of linear inequalities", IEEE
    Trans. Electronic Computers 1965. P. Bartlett, N. Harvey, C. Liaw, A. Mehrabian, "Nearly-tight
    VC-dimension and pseudodimension bounds for piecewise linear neural networks", JMLR 2019.
    C. Zhang et al., "Understanding deep learning requires rethinking generalization", ICLR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Perceptron
    >>> x = np.random.default_rng(0).normal(size=(60, 6))
    >>> found = capacity(Perceptron(fit_intercept=False), x, seed=0, trials=5)
    >>> bool(6 < found.capacity < 20), found.vc_interval.tolist()
    (True, [6.0, 6.0])
    """
    x = checks.real_array(data, "data")
    if not 2 <= x.ndim <= 4:
        refuse("data", "2 to 4 axes, items first", f"shape {x.shape}")
    if len(x) < 2 * SMALLEST:
        refuse("data", f"at least {2 * SMALLEST} items", len(x))
    seed, trials = checks.seed(seed), checks.count(trials, "trials", minimum=4)
    accuracy = checks.number(accuracy, "accuracy", above=0.5, maximum=1)
    steps, rate = checks.count(steps, "steps"), checks.number(rate, "rate", above=0)
    _want_network(network)
    if not is_estimator(network):
        _told_apart(x)
    parameters, bounds = _size(network, x)
    member = partial(memorise, network=network, steps=steps, rate=rate)
    tried: dict[int, np.ndarray] = {}

    def share(items: int) -> float:
        if items not in tried:
            runs = retrain(
                member,
                {"x": x, "items": np.int64(items)},
                members=trials,
                seed=integer(seed, "capacity", items),
                redraw=("init", "order", "resample"),
                progress=progress,
            )
            tried[items] = runs.outputs["accuracy"]
        return float((tried[items] >= accuracy - 1e-9).mean())

    _search(share, len(x))
    items = np.array(sorted(tried))
    reached = np.array([tried[n] for n in items])
    fits = reached >= accuracy - 1e-9
    middle, interval = _middle(items, fits.sum(axis=1), trials)
    if items[-1] == len(x) and fits[-1].mean() >= 0.5:
        middle, interval[1] = float(items[-1]), np.inf
    gaps = np.array([promised_gap(d, len(x)) for d in bounds])
    return Capacity(
        capacity=middle,
        interval=interval,
        items=items,
        fitted=fits.mean(axis=1),
        accuracies=reached.mean(axis=1),
        available=len(x),
        parameters=parameters,
        vc_interval=np.array(bounds),
        promised_gap=gaps,
        verdict=_verdict(middle, interval, len(x), bounds, gaps),
    )


def _want_network(network: Any) -> None:
    """Refuse what is neither a classifier nor may build a module."""
    wanted = "a scikit-learn classifier or a function that returns a torch.nn.Module"
    if is_estimator(network):
        from sklearn.base import is_classifier

        if not is_classifier(network):
            refuse("network", wanted, f"{type(network).__name__}, which is no classifier")
    elif isinstance(network, type) and hasattr(network, "fit"):
        refuse("network", wanted, f"the class {network.__name__} (write {network.__name__}())")
    elif not callable(network):
        refuse("network", wanted, checks.describe_value(network))


def _search(share: Any, available: int) -> None:
    """Ask for the share of trainings that fit, at numbers of items around the half.

    Doubling goes on beyond the half until few fit: small networks may fail by a bad start alone.
    """
    low, high, items = 0, 0, SMALLEST
    while True:
        if share(items) > 0.5:
            low, high = items, 0
        elif not high:
            high = items
        if share(items) <= FEW or items == available:
            break
        items = min(2 * items, available)
    if not high:
        return
    for _ in range(HALVINGS):
        middle = round(np.sqrt(max(low, 1) * high))
        if not max(low, SMALLEST - 1) < middle < high:
            return
        low, high = (middle, high) if share(middle) > 0.5 else (low, middle)


def _middle(items: np.ndarray, fitted: np.ndarray, trials: int) -> tuple[float, np.ndarray]:
    """Return the middle of the logistic curve through the shares, and its 95 % interval."""
    logs = np.linspace(np.log(items[0] / 2), np.log(2 * items[-1]), 400)
    slope = np.geomspace(1.5, 60, 40)[:, None, None]
    z = -slope * (np.log(items)[None, None, :] - logs[None, :, None])
    likelihood = (fitted * log_expit(z) + (trials - fitted) * log_expit(-z)).sum(axis=2)
    weight = np.exp(likelihood - likelihood.max()).sum(axis=0)
    below = np.cumsum(weight) / weight.sum()
    found = np.exp(np.interp([0.025, 0.5, 0.975], below, logs))
    return float(found[1]), found[[0, 2]]


def _told_apart(x: np.ndarray) -> None:
    """Refuse items that torch's float32 would make equal, or infinite."""
    flat = x.reshape(len(x), -1)
    with np.errstate(over="ignore"):
        narrow = flat.astype(np.float32)
    same = len(np.unique(flat, axis=0)) - len(np.unique(narrow, axis=0))
    if same or not np.isfinite(narrow).all():
        got = f"{same} that it makes equal to others" if same else "some that it makes infinite"
        refuse("data", "items that float32 holds and tells apart (standardise them first)", got)


def _size(network: Any, x: np.ndarray) -> tuple[int, tuple[float, float]]:
    """Return the number of parameters and bounds of the VC dimension, as far as known."""
    unknown = (float("nan"), float("nan"))
    if is_estimator(network):
        if x.ndim != 2:
            refuse("data", "(items, features) for a scikit-learn classifier", f"shape {x.shape}")
        return _estimator_size(fit_estimator(network, x, np.arange(len(x)) % 2, 0), unknown)
    from torch import nn

    module = built(network, 0)
    parameters = sum(p.numel() for p in module.parameters() if p.requires_grad)
    if parameters == 0:
        refuse("network", "a module with trainable parameters", "one without")
    leaves = [m for m in module.modules() if not list(m.children())]
    linear = [m for m in leaves if isinstance(m, nn.Linear)]
    plain = all(isinstance(m, nn.Linear | nn.ReLU | nn.Flatten | nn.Identity) for m in leaves)
    sequential = all(isinstance(m, nn.Sequential) for m in module.modules() if list(m.children()))
    if not (plain and sequential and linear) or any(m.bias is None for m in linear):
        return parameters, unknown
    # Two outputs are read by their difference, which is one more unit of the last layer's kind.
    return parameters, vc_interval((*(m.in_features for m in linear), 1))


def _estimator_size(fitted: Any, unknown: tuple) -> tuple[int, tuple[float, float]]:
    if hasattr(fitted, "coefs_"):
        arrays = [*fitted.coefs_, *fitted.intercepts_]
        parameters = sum(a.size for a in arrays)
        relu = getattr(fitted, "activation", "") == "relu"
        widths = (*(c.shape[0] for c in fitted.coefs_), 1)
        return parameters, vc_interval(widths) if relu else unknown
    coefficients = getattr(fitted, "coef_", None)
    if coefficients is None:
        return -1, unknown
    intercept = bool(getattr(fitted, "fit_intercept", True))
    parameters = coefficients.size + intercept
    return parameters, (float(parameters), float(parameters))


def _verdict(
    middle: float, interval: np.ndarray, available: int, bounds: tuple, gaps: np.ndarray
) -> str:
    if np.isinf(interval[1]):
        words = f"memorises: it fits random labels of all {available} items"
    elif middle >= available:
        words = f"memorises: it fits random labels of {middle:.3g} items, {available} are at hand"
    else:
        words = (
            f"does not memorise: it fits random labels of {middle:.3g} items, "
            f"{middle / available:.2g} of the {available} at hand"
        )
    if np.isnan(bounds[1]):
        return words + "; its VC dimension is not known"
    dimension = f"{bounds[0]:.0f}"
    if bounds[1] > bounds[0]:
        dimension += f" to {bounds[1]:.3g}"
    said = f"promises a test error within {gaps[1]:.2g} of the training error"
    if gaps[1] >= 0.5:
        said = f"is vacuous for {available} items"
        if gaps[0] >= 0.5:
            said += ", even at its lower end"
    return f"{words}; the VC bound (dimension {dimension}) {said}"
