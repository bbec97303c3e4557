"""What is explained: log-odds of an ensemble's members, or of functions, with cells replaced."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from confidence.ensembles.series_training import (
    SeriesEnsemble,
    matching_parts,
    standardised_series,
    years,
)
from toolbox.core import checks
from toolbox.networks.registry import SERIES_NETWORKS
from toolbox.processes.satellite_series.series_parts import part_of, series_parts

ALL_OTHERS = -1


@dataclass(frozen=True, kw_only=True)
class Question:
    """The items asked about, and the log-odds of which class against which other, or all."""

    x: np.ndarray  # (n, T, B)
    clear: np.ndarray  # (n, T)
    baseline: np.ndarray  # (n, T, B): what stands for an absent cell
    of: np.ndarray  # (n,) columns
    against: np.ndarray  # (n,) columns; -1 where all others

    def with_items(self, x: np.ndarray) -> "Question":
        """Return the question about other values."""
        return replace(self, x=x)


class NetworkModel:
    """The members of an ensemble for series, all in one compiled program."""

    def __init__(self, ensemble: SeriesEnsemble, parameters: dict | None = None) -> None:
        self.ensemble = ensemble
        self.name = ensemble.network
        self.module = SERIES_NETWORKS[ensemble.network].module
        kept = ~ensemble.runs.diverged
        outputs = ensemble.runs.outputs.items()
        self.parameters = parameters or {k: v[kept] for k, v in outputs if k != "loss"}
        self.members = int(kept.sum())
        self.classes = ensemble.classes
        self.redrawn = ensemble.runs.redrawn
        self.left_out = ensemble.left_out_p_value
        self.note = ensemble.note
        self.dates, self.bands = ensemble.dates, ensemble.bands

    def read(self, series: Any, clear: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the items in the networks' unit, and where they are clear."""
        parts = matching_parts(self.ensemble, series, clear)
        return standardised_series(parts, self.ensemble.centre, self.ensemble.scale), parts.clear

    def baseline(self, given: np.ndarray | None) -> np.ndarray:
        """Return a baseline (T, B) in the networks' unit; without one, the training's mean."""
        values = self.ensemble.baseline if given is None else given
        return ((values - self.ensemble.centre) / self.ensemble.scale).astype(np.float32)

    def logits(self, x: np.ndarray, clear: np.ndarray) -> np.ndarray:
        """Return (R, n, C)."""
        nobody = np.zeros(len(x), int)  # the logits of all classes: no one is asked about
        question = Question(x=x, clear=clear, baseline=x, of=nobody, against=nobody)
        return self.ask("member_logits", question)

    def masked(self, question: Question, kept: np.ndarray) -> np.ndarray:
        """Return the log-odds (R, n, M) where only the cells (M, T, B) are kept."""
        return self.ask("masked_values", question, kept).astype(np.float64)

    def ask(self, program: str, question: Question, *rest: np.ndarray) -> np.ndarray:
        """Run one of the compiled programs of `toolbox.networks.series.attributions`."""
        from toolbox.networks.series import attributions

        items = (
            question.x,
            question.clear.astype(np.float32),
            question.of.astype(np.int32),
            question.against.astype(np.int32),
            question.baseline,
        )
        return attributions.over_items(
            getattr(attributions, program)(self.module),
            self.parameters,
            items,
            (years(self.ensemble.dates), *rest),
            device=self.ensemble.device,
        )

    def offers(self, part: str) -> bool:
        """Say whether the network has "features", "layers", "matches" or "attention"."""
        from toolbox.networks.series.attributions import offers

        return offers(self.module, part)

    def shuffled(self, rng: np.random.Generator) -> "NetworkModel":
        """Return the model with the values of each weight array in a random order."""
        mixed = {
            name: np.stack([rng.permutation(own.reshape(-1)).reshape(own.shape) for own in values])
            for name, values in self.parameters.items()
        }
        return NetworkModel(self.ensemble, mixed)


class FunctionModel:
    """Functions of series (n, T, B) that return logits (n, C); one a member, whatever they are."""

    redrawn = ()
    name = "functions"
    left_out = float("nan")
    note = ""

    def __init__(self, functions: list[Callable[[np.ndarray], Any]]) -> None:
        self.functions = functions
        self.members = len(functions)
        self.classes = np.zeros(0, int)

    def read(self, series: Any, clear: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the items as they came, cloudy cells 0, and where they are clear."""
        parts = series_parts(series, clear=clear)
        self._mean = (parts.values * parts.clear[..., None]).sum(axis=0) / np.maximum(
            parts.clear.sum(axis=0), 1
        )[:, None]
        values = parts.values.astype(np.float64)
        self.dates, self.bands = parts.dates, tuple(part_of(series, "bands", ()))
        self.classes = np.arange(self.logits(values[:1], parts.clear[:1]).shape[2])
        return values, parts.clear

    def baseline(self, given: np.ndarray | None) -> np.ndarray:
        """Return a baseline (T, B); without one, the mean of the explained items."""
        return (self._mean if given is None else given).astype(np.float64)

    def logits(self, x: np.ndarray, clear: np.ndarray) -> np.ndarray:
        """Return (R, n, C)."""
        found = []
        for function in self.functions:
            values = checks.real_array(function(x), "members", ndim=2).astype(np.float64)
            if len(values) != len(x) or values.shape[1] < 2:
                wanted = f"functions that return logits ({len(x)}, classes)"
                checks.refuse("members", wanted, f"shape {values.shape}")
            found.append(values)
        if len({values.shape for values in found}) > 1:
            checks.refuse("members", "as many classes from all", "different numbers")
        return np.stack(found)

    def masked(self, question: Question, kept: np.ndarray) -> np.ndarray:
        """Return the log-odds (R, n, M) where only the cells (M, T, B) are kept."""
        columns = []
        for mask in kept:
            x = np.where(mask, question.x, question.baseline) * question.clear[..., None]
            columns.append(log_odds(self.logits(x, question.clear), question.of, question.against))
        return np.stack(columns, axis=2)

    def offers(self, part: str) -> bool:
        """Say no: nothing is known of the insides of a function."""
        return False


def model_of(ensemble: Any) -> NetworkModel | FunctionModel:
    """Return the model of an ensemble for series, of one function or of several."""
    if isinstance(ensemble, SeriesEnsemble):
        return NetworkModel(ensemble)
    functions = [ensemble] if callable(ensemble) else ensemble
    listed = isinstance(functions, list | tuple) and len(functions) > 0
    if not listed or not all(map(callable, functions)):
        wanted = "what classify_series returned, or functions from series to logits"
        checks.refuse("ensemble", wanted, checks.describe_value(ensemble))
    return FunctionModel(list(functions))


def baseline_odds(model: NetworkModel | FunctionModel, question: Question) -> np.ndarray:
    """Return the log-odds (R, n) of the baseline in place of the items.

    Items that are clear on the same dates have the same: each such pattern is asked about once.
    """
    rows, which = np.unique(question.clear, axis=0, return_inverse=True)
    logits = model.logits(question.baseline[:1] * rows[..., None].astype(question.x.dtype), rows)
    return log_odds(logits[:, which.reshape(-1)], question.of, question.against)


def ends(
    model: NetworkModel | FunctionModel,
    question: Question,
    logits: np.ndarray,
    *,
    same_program: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-odds (R, n) of the baseline and of the items, of which these are the logits.

    By the `same_program` as log-odds with some cells kept: another one rounds otherwise, and what
    adds up exactly would add up in six digits only.
    """
    if same_program:
        cells = question.x.shape[1:]
        found = model.masked(question, np.stack([np.zeros(cells, bool), np.ones(cells, bool)]))
        return found[..., 0], found[..., 1]
    return baseline_odds(model, question), log_odds(logits, question.of, question.against)


def log_odds(logits: np.ndarray, of: np.ndarray, against: np.ndarray) -> np.ndarray:
    """Return the log-odds (R, n) of a class against another, or against all others."""
    from scipy.special import logsumexp

    logits, items = logits.astype(np.float64), np.arange(len(of))
    own = logits[:, items, of]
    without = logits.copy()
    without[:, items, of] = -np.inf
    others = logsumexp(without, axis=2)
    return own - np.where(against == ALL_OTHERS, others, logits[:, items, against])
