"""What `ensemble` makes of its arguments before any network is trained."""

from typing import Any

import numpy as np

from toolbox.core import checks

NETWORKS = ("auto", "multilayer_perceptron", "convolutional")


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
        return ((x - centre) / scale).astype(np.float32)
    checks.not_constant(x, argument)
    axes = tuple(range(2, x.ndim))
    values = x.astype(np.float64)
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
