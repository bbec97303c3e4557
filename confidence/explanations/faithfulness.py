"""Whether an explanation follows the model: cells taken out or put in, and shuffled weights."""

from typing import Any

import numpy as np

from confidence.explanations.explain import UNSIGNED, Explanation
from confidence.explanations.methods import METHODS
from confidence.explanations.models import FunctionModel, NetworkModel, Question, model_of
from toolbox.core import checks
from toolbox.core.streams import generator

LEVELS = 10  # shares of the cells at which the probability is asked
ROUNDING = 1e-2  # of log-odds, relative to those above 1: what another processor may make of them

Model = NetworkModel | FunctionModel


def model_and_question(
    explanation: Explanation, ensemble: Any, series: Any, clear: Any
) -> tuple[Model, Question]:
    """Return the model and the question that were explained; others have other log-odds."""
    model = model_of(ensemble)
    x, seen = model.read(series, clear)
    if x.shape != explanation.mean.shape:
        wanted = f"the explained series, {explanation.mean.shape}"
        checks.refuse("series", wanted, f"shape {x.shape}")
    question = Question(
        x=x,
        clear=seen,
        baseline=np.broadcast_to(model.baseline(None), x.shape),
        of=explanation.asked[:, 0],
        against=explanation.asked[:, 1],
    )
    odds = model.masked(question, np.ones((1, *x.shape[1:]), bool))[..., 0]
    if odds.shape != explanation.odds.shape:
        got = f"{len(odds)} of them"
        checks.refuse("ensemble", f"the {len(explanation.odds)} members explained", got)
    apart = np.abs(odds - explanation.odds) / np.maximum(np.abs(explanation.odds), 1)
    others = (apart > ROUNDING).any(axis=0)
    if others.any():
        got = f"other log-odds of {others.sum()} of {len(others)} items"
        checks.refuse("series", "the items that were explained, and their ensemble", got)
    return model, question


def curve_areas(explanation: Explanation, model: Model, question: Question) -> dict[str, float]:
    """Return the areas under deletion and insertion: mean probability of the side taken."""
    from scipy.special import expit

    unsigned = explanation.method in UNSIGNED
    toward = explanation.mean * (1 if unsigned else explanation.side[:, None, None])
    flat = -toward.reshape(len(toward), -1)
    # Cloudy cells tie at 0, cells of a group too: an unstable order differs between processors.
    rank = np.argsort(np.argsort(flat, axis=1, kind="stable"), axis=1).reshape(toward.shape)
    whole = np.ones((1, *toward.shape[1:]), bool)
    areas = {}
    for name, first in (("deletion", True), ("insertion", False)):
        means = []
        for number in np.linspace(0, rank[0].size, LEVELS + 1).round():
            out = (rank < number) if first else (rank >= number)
            x = np.where(out, question.baseline, question.x)
            odds = model.masked(question.with_items(x), whole)[..., 0]
            means.append(float(expit(odds * explanation.side).mean()))
        areas[name] = float(np.mean(means))
    return areas


def randomised(
    explanation: Explanation, model: Model, question: Question, seed: int
) -> tuple[float, int]:
    """Return the mean correlation of the members' maps with those of their shuffled weights.

    And how many members have none, since one of their two maps is constant for every item.
    """
    if not isinstance(model, NetworkModel):
        wanted = "what classify_series returned, whose weights can be shuffled"
        checks.refuse("ensemble", wanted, "functions")
    settings = {"groups": None, "steps": None, "orders": 2, "seed": seed}
    mixed = model.shuffled(generator(seed, "shuffled weights"))
    others = METHODS[explanation.method](mixed, question, settings) * question.clear[..., None]
    pairs = zip(explanation.values, others, strict=True)
    found = np.array([correlations(own, other) for own, other in pairs])
    known = found[np.isfinite(found)]
    return float(known.mean()) if len(known) else float("nan"), len(found) - len(known)


def correlations(maps: np.ndarray, others: np.ndarray) -> float:
    """Return the mean over items of the correlation of two maps (n, T, B), constant ones apart."""
    a, b = (m.reshape(len(m), -1) - m.mean(axis=(1, 2))[:, None] for m in (maps, others))
    norms = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    kept = norms > 0
    return float(((a * b).sum(axis=1)[kept] / norms[kept]).mean()) if kept.any() else float("nan")
