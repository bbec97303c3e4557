"""The methods of attribution: each takes a model and a question and returns (R, n, T, B)."""

from typing import Any

import numpy as np

from confidence.explanations.models import FunctionModel, NetworkModel, Question
from confidence.explanations.shapley import (
    MOST_GROUPS,
    cell_groups,
    coalitions,
    growing,
    marginals,
    orders,
    shapley_weights,
)
from toolbox.core import checks
from toolbox.core.streams import generator

Model = NetworkModel | FunctionModel
Settings = dict[str, Any]
MIDPOINTS = 16  # of the way from the baseline
SECANTS = 5  # parts of it that err less than 16 midpoints, for a third of the work


def _gradient(model: NetworkModel, question: Question, settings: Settings) -> np.ndarray:
    ends = np.ones(1, np.float32)
    return model.ask("path_gradients", question, ends) * (question.x - question.baseline)


def _integrated(model: NetworkModel, question: Question, settings: Settings) -> np.ndarray:
    if model.offers("layers"):
        ends = np.linspace(0, 1, (settings["steps"] or SECANTS) + 1, dtype=np.float32)
        mean = model.ask("path_secants", question, ends)
    else:
        steps = settings["steps"] or MIDPOINTS
        mean = model.ask("path_gradients", question, (np.arange(steps, dtype="f4") + 0.5) / steps)
    return mean * (question.x - question.baseline)


def _occlusion(model: Model, question: Question, settings: Settings) -> np.ndarray:
    groups, players = _groups(question, settings, default="cells")
    kept = groups != np.arange(players)[:, None, None]
    whole = np.ones((1, *groups.shape), bool)
    values = model.masked(question, np.concatenate([whole, kept]))
    return _shared(values[..., :1] - values[..., 1:], groups, question.clear)


def _shapley(model: Model, question: Question, settings: Settings) -> np.ndarray:
    groups, players = _groups(question, settings, default="bands")
    if players > MOST_GROUPS:
        wanted = f"at most {MOST_GROUPS} groups for 'shapley' (more with 'sampled shapley')"
        checks.refuse("groups", wanted, f"{players}")
    values = model.masked(question, coalitions(players)[:, groups])
    return _shared(values @ shapley_weights(players), groups, question.clear)


def _sampled(model: Model, question: Question, settings: Settings) -> np.ndarray:
    groups, players = _groups(question, settings, default="cells")
    rng = generator(settings["seed"], "sampled shapley")
    drawn = orders(players, settings["orders"], rng)
    total = 0.0
    for order in drawn:
        total = total + marginals(model.masked(question, growing(order)[:, groups]), order)
    return _shared(total / len(drawn), groups, question.clear)


def _pattern(model: Model, question: Question, settings: Settings) -> np.ndarray:
    """Return the slope of the log-odds on each cell alone, over the clear items, times the cell."""
    n = len(question.x)
    if n < FEWEST_ITEMS:
        checks.refuse("series", f"at least {FEWEST_ITEMS} items for 'pattern'", f"{n}")
    whole = np.ones((1, *question.x.shape[1:]), bool)
    odds = model.masked(question, whole)[..., 0]
    seen = question.clear[..., None].astype(np.float64)
    number = np.maximum(seen.sum(axis=0), 1)
    x = (question.x - (question.x * seen).sum(axis=0) / number) * seen
    own = odds[..., None] - np.einsum("rn,ntb->rtb", odds, seen)[:, None, :, 0] / number[:, 0]
    covariance = np.einsum("rnt,ntb->rtb", own, x)
    variance = (x**2).sum(axis=0)
    slope = np.divide(covariance, variance, out=np.zeros_like(covariance), where=variance > 0)
    return slope[:, None] * (question.x - question.baseline)


def _class_map(model: NetworkModel, question: Question, settings: Settings) -> np.ndarray:
    """Return Grad-CAM of the class that the members take, below 0 where it is not the one asked."""
    whole = np.ones((1, *question.x.shape[1:]), bool)
    odds = model.masked(question, whole)[..., 0].mean(axis=0)
    side = np.where(odds > 0, 1.0, -1.0)[:, None, None]
    found = side * np.maximum(side * model.ask("class_maps", question)[..., None], 0)
    bands = question.x.shape[2]
    return np.repeat(found / bands, bands, axis=3)


def _attention(model: NetworkModel, question: Question, settings: Settings) -> np.ndarray:
    return model.ask("attention_weights", question)


def _shapelets(model: NetworkModel, question: Question, settings: Settings) -> np.ndarray:
    return model.ask("matched_cells", question)


METHODS = {
    "gradient": _gradient,
    "integrated gradients": _integrated,
    "occlusion": _occlusion,
    "shapley": _shapley,
    "sampled shapley": _sampled,
    "pattern": _pattern,
    "grad-cam": _class_map,
    "attention": _attention,
    "shapelets": _shapelets,
}
REPLACING = ("occlusion", "shapley", "sampled shapley", "pattern")  # that a function can be asked
ADDING_UP = ("shapley", "sampled shapley")  # exactly, to the log-odds less those of the baseline
FEWEST_ITEMS = 10  # a slope of fewer is noise
NEEDED = {"grad-cam": "features", "attention": "attention", "shapelets": "matches"}


def refuse_method(method: str, model: Model) -> None:
    """Refuse a method that looks for what the model does not have."""
    if isinstance(model, FunctionModel) and method not in REPLACING:
        wanted = "one of " + ", ".join(map(repr, REPLACING)) + " for functions"
        checks.refuse("method", wanted, repr(method))
    if method in NEEDED and not model.offers(NEEDED[method]):
        wanted = f"a method that the network {model.name!r} offers"
        checks.refuse("method", wanted, repr(method))


def _groups(question: Question, settings: Settings, *, default: str) -> tuple[np.ndarray, int]:
    given = default if settings["groups"] is None else settings["groups"]
    groups = cell_groups(given, question.x.shape[1:])
    return groups, int(groups.max()) + 1


def _shared(values: np.ndarray, groups: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """Return the values of groups (R, n, G), each shared evenly among its clear cells."""
    seen = np.broadcast_to(clear[..., None], (*clear.shape, groups.shape[1]))
    sizes = np.stack([(seen & (groups == g)).sum(axis=(1, 2)) for g in range(values.shape[2])], -1)
    return (values / np.maximum(sizes, 1))[..., groups]
