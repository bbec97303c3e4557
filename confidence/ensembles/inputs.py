"""What `ensemble` makes of its arguments before any network is trained."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.binary_scaling import unit_items

NETWORKS = ("auto", "multilayer_perceptron", "convolutional")


def items_of(x: Any, argument: str, *, dim: int) -> np.ndarray:
    """Return (n, F) vectors or (n, components, *space) items."""
    if dim:
        return checks.items(x, argument, dim=dim)
    return checks.real_array(x, argument, ndim=2)


def feature_scales(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation (1 where there is none) of each feature."""
    exponent = unit_items(x.T, dim=1)[1]
    unit = np.ldexp(x, -exponent)
    spread = np.where(unit.max(axis=0) > unit.min(axis=0), unit.std(axis=0), 0)
    scale = np.where(spread > 0, np.ldexp(spread, exponent), 1).astype(x.dtype)
    return np.ldexp(unit.mean(axis=0), exponent), scale


def standardised(
    x: np.ndarray, argument: str, *, centre: np.ndarray, scale: np.ndarray
) -> np.ndarray:
    """Standardise the features of vectors, or each component of each item by itself."""
    if x.ndim == 2:
        with np.errstate(over="ignore"):
            values = ((x - centre) / scale).astype(np.float32)
        if not np.isfinite(values).all():
            got = "some that are more than 1e38 standard deviations away"
            checks.refuse(argument, "vectors near those of the training", got)
        return values
    checks.not_constant(x, argument)
    axes = tuple(range(2, x.ndim))
    values = unit_items(x, dim=len(axes))[0].astype(np.float64)
    values = values - values.mean(axis=axes, keepdims=True)
    return (values / values.std(axis=axes, keepdims=True)).astype(np.float32)


def network_for(network: str, *, dim: int, shape: tuple[int, ...]) -> str:
    """Return the network's name, for items of a shape that it can take."""
    from toolbox.networks.convolutional import smallest_size

    network = checks.choice(network, "network", NETWORKS)
    if network == "auto":
        network = "convolutional" if dim else "multilayer_perceptron"
    if network == "multilayer_perceptron" and dim:
        checks.refuse("network", "'convolutional' for signals and images", repr(network))
    if network == "convolutional":
        if not dim:
            checks.refuse("network", "'multilayer_perceptron' for vectors", repr(network))
        if min(shape[1:]) < smallest_size(dim):
            wanted = f"items of at least {smallest_size(dim)} along each spatial axis"
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
