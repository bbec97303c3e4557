"""One training on random labels, to see whether the network fits them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from toolbox.core.checks import refuse
from toolbox.core.streams import numpy_generator

LOOK = 25  # steps between two looks whether all labels are fitted


def is_estimator(network: Any) -> bool:
    """Say whether a network is an estimator of scikit-learn, not a factory of torch modules."""
    has_both = hasattr(network, "fit") and hasattr(network, "predict")
    return has_both and not isinstance(network, type)


def memorise(
    streams: dict[str, np.ndarray],
    data: dict[str, Any],
    *,
    network: Any,
    steps: int,
    rate: float,
) -> dict[str, Any]:
    """Draw items and labels from the stream "resample", train, return the training accuracy."""
    rng = numpy_generator(streams["resample"])
    items = int(data["items"])
    x = data["x"][rng.permutation(len(data["x"]))[:items]]
    y = rng.integers(2, size=items)
    while y.min() == y.max():  # a classifier wants both labels
        y = rng.integers(2, size=items)
    seed = int(numpy_generator(streams["init"]).integers(2**31))
    if is_estimator(network):
        return {"accuracy": _fitted(network, x, y, seed)}
    return {"accuracy": _trained(network, x, y, seed, steps=steps, rate=rate)}


def _fitted(network: Any, x: np.ndarray, y: np.ndarray, seed: int) -> float:
    return float((fit_estimator(network, x, y, seed).predict(x) == y).mean())


def fit_estimator(network: Any, x: np.ndarray, y: np.ndarray, seed: int) -> Any:
    """Return a fresh copy of a scikit-learn classifier, fitted, its `random_state` the seed."""
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    fresh = clone(network)
    if "random_state" in fresh.get_params():
        fresh.set_params(random_state=seed)
    with warnings.catch_warnings():
        # Random labels are not always fitted: that is the answer, not an accident.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fresh.fit(x, y)


def built(network: Callable[[], Any], seed: int) -> Any:
    """Return the torch module that a factory builds, its initial weights drawn from the seed.

    Torch's layers draw from its global generator: that is set for this one call and put back.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.random.set_rng_state(torch.Generator().manual_seed(seed).get_state())
        module = network()
    if not isinstance(module, torch.nn.Module):
        refuse("network", "a callable that returns a torch.nn.Module", type(module).__name__)
    return module


def margins(module: Any, x: Any) -> Any:
    """Return one number an item, > 0 where the module says 1, from one or two outputs."""
    out = module(x)
    if out.ndim == 2 and out.shape[1] == 2:
        return out[:, 1] - out[:, 0]
    if out.numel() != len(x):
        refuse("network", "one or two outputs an item", f"shape {tuple(out.shape)}")
    return out.reshape(len(x))


def _trained(
    network: Any, x: np.ndarray, y: np.ndarray, seed: int, *, steps: int, rate: float
) -> float:
    return train_module(built(network, seed), x, y, steps=steps, rate=rate)


def train_module(module: Any, x: np.ndarray, y: np.ndarray, *, steps: int, rate: float) -> float:
    """Train by full-batch Adam with a cosine schedule; return the best training accuracy seen."""
    import torch

    items = torch.tensor(x, dtype=torch.float32)
    target = torch.tensor(y, dtype=torch.float32)
    optimiser = torch.optim.Adam(module.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    best = 0.0
    for step in range(steps):
        optimiser.zero_grad()
        found = margins(module, items)
        if step % LOOK == 0:
            best = max(best, float(((found > 0) == (target > 0)).float().mean()))
            if best == 1:
                return best
        torch.nn.functional.binary_cross_entropy_with_logits(found, target).backward()
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        found = margins(module, items)
    return max(best, float(((found > 0) == (target > 0)).float().mean()))
