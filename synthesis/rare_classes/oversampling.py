"""More items of a rare class: synthesised, gated, and measured."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from synthesis.evaluation.quality_index import Quality, quality, quality_of_nothing
from synthesis.rare_classes.gating import Gate, abstained_at_once, gate, majority_classes
from toolbox.core import checks
from toolbox.core.records import record
from toolbox.core.streams import integer
from toolbox.multiscale.descriptions import Description, described

BATCHES = 3  # of candidates at most: where two in three are lost, more of the same are no remedy
_FEWEST_CANDIDATES = 20  # a batch; with fewer the gate cannot tell whether most are bad
_FEWEST_MEASURED = 2  # a set of one has no spread


class _Batch(NamedTuple):
    samples: np.ndarray
    parents: np.ndarray
    description: Description


@record
class Oversampled:
    """Synthetic items of a rare class that passed the gate.

    Attributes
    ----------
    samples : ndarray, shape (k, [K,] *space)
        At most the n asked for; none when the gate abstained. With too few rare reals it abstains
        before anything is synthesised.
    parents : ndarray of int, shape (k,)
        Index into the rare reals of each sample's exemplar; a split keeps both on one side.
    gate : Gate
        What the gate said of all candidates; of none where it abstained before any was made.
    quality : Quality
        Of the samples, or of all candidates when fewer than two samples passed; NaN where nothing
        was synthesised.
    note : str
        Why there are fewer than n samples, and what the quality is of.
    """

    samples: np.ndarray
    parents: np.ndarray
    gate: Gate
    quality: Quality
    note: str


def oversample(
    rare: Any,
    *,
    n: int,
    majority: Any,
    dim: int,
    seed: int,
    synthesiser: Callable | None = None,
    majority_labels: Any = None,
    alpha: float = 0.1,
    reference: Any = None,
    units: Any = None,
) -> Oversampled:
    """Make up to n more items of a rare class; only those that the gate accepts are returned.

    Parameters
    ----------
    rare : array ``(items, [components,] *space)``
        Real items of the rare class, the exemplars.
    n : int
        Number of synthetic items wanted.
    majority : array ``(items, [components,] *space)`` or Description
        Real items of the other classes.
    dim : 1 or 2
        Number of spatial axes.
    seed : int
        Seed of the synthesis.
    synthesiser : callable, optional
        ``synthesiser(exemplars, dim=, n=, seed=)`` that returns a record with ``.samples`` and
        ``.parents``; by default `synthesis.wavelet_synthesis`. (Python only.)
    majority_labels : one label a majority item, optional
        Its class; by default all are of one class.
    alpha : float in (0, 1)
        Share of good candidates that the gate may lose.
    reference : array or Description, optional
        Further real items of the rare class, which are not exemplars, to measure the quality
        against. Without them it is measured against the exemplars, for description only.
    units : one label a rare real, optional
        What was drawn independently among the exemplars (see `gate`); by default what the record
        says that they came in, else every item.

    Returns
    -------
    Oversampled

    Raises
    ------
    InputError
        When the sets' sizes do not agree, the majority has fewer than two items more than classes,
        or the synthesiser does not return items like the rare.

    Notes
    -----
    Up to three batches of n candidates (at least 20) are made, until n have passed, or the gate
    abstains (see `gate`). Where it does, class weights are the better remedy. A child's unit is its
    parent's: `quality` against `reference` is tested by the parents' units.

    Examples
    --------
    >>> import numpy as np
    >>> from types import SimpleNamespace
    >>> from synthesis import oversample
    >>> rng = np.random.Generator(np.random.Philox(0))
    >>> white = rng.standard_normal((42, 32, 32))
    >>> streaks = white[:12] + np.roll(white[:12], 1, axis=2)
    >>> def shuffled_rows(exemplars, *, dim, n, seed):
    ...     rng = np.random.Generator(np.random.Philox(seed))
    ...     parents = np.arange(n) % len(exemplars)
    ...     rows = rng.permuted(np.tile(np.arange(32), (n, 1)), axis=1)
    ...     samples = np.stack([exemplars[p][r] for p, r in zip(parents, rows)])
    ...     return SimpleNamespace(samples=samples, parents=parents)
    >>> more = oversample(streaks, n=6, majority=white[12:], dim=2, seed=0,
    ...                   synthesiser=shuffled_rows)
    >>> more.samples.shape, more.gate.abstained
    ((6, 32, 32), False)
    """
    dim, n, seed = checks.dimension(dim), checks.count(n, "n"), checks.seed(seed)
    alpha = checks.number(alpha, "alpha", above=0, below=1)
    array = checks.items(rare, "rare", dim=dim)
    exemplars = array if np.ndim(rare) == dim + 2 else array[:, 0]
    reals = described(exemplars, "rare", dim=dim)
    units = checks.known_units(rare, units)
    labels = checks.units(units, "units", length=len(exemplars))
    others = described(majority, "majority", dim=dim, like=reals)
    held_out = None
    if reference is not None:
        held_out = described(reference, "reference", dim=dim, fewest=2, like=reals)
    majority_classes(others.values, majority_labels)  # refused before hours of synthesis
    closed = abstained_at_once(alpha=alpha, rare=labels, units=units)
    if closed is not None:
        return _nothing(exemplars, closed, reals, held_out)
    if synthesiser is None:
        from synthesis import wavelet_synthesis as synthesiser
    made: list[_Batch] = []
    for batch in range(BATCHES):
        key = integer(seed, "oversample", batch)
        made.append(_make(synthesiser, exemplars, n=n, dim=dim, seed=key))
        candidates = _joined(made)
        passed = gate(
            candidates.description,
            reals,
            majority=others,
            majority_labels=majority_labels,
            alpha=alpha,
            dim=dim,
            parents=candidates.parents,
            units=units,
        )
        if passed.abstained or passed.accepted.sum() >= n:
            break
    chosen = np.flatnonzero(passed.accepted)[:n]
    children = labels[candidates.parents]
    measured = chosen if len(chosen) >= _FEWEST_MEASURED else np.arange(len(candidates.parents))
    return Oversampled(
        samples=candidates.samples[chosen],
        parents=candidates.parents[chosen],
        gate=passed,
        quality=_quality(
            _rows(candidates.description, measured),
            reals,
            held_out,
            units=children[measured],
            dim=dim,
            seed=seed,
        ),
        note=_note(passed, wanted=n, got=len(chosen), measured=len(measured)),
    )


def _nothing(
    exemplars: np.ndarray, closed: Gate, reals: Description, held_out: Description | None
) -> Oversampled:
    """Return the record of a gate that abstained before anything was made."""
    against = reals if held_out is None else held_out
    note = f"{closed.note}; nothing was synthesised"
    return Oversampled(
        samples=np.zeros((0, *exemplars.shape[1:]), exemplars.dtype),
        parents=np.zeros(0, dtype=int),
        gate=closed,
        quality=quality_of_nothing(against, note="nothing was synthesised"),
        note=note,
    )


def _make(synthesiser: Callable, exemplars: np.ndarray, *, n: int, dim: int, seed: int) -> _Batch:
    """Return a batch of candidates, described; refuse what is not like the exemplars."""
    wanted = max(n, _FEWEST_CANDIDATES)
    made = synthesiser(exemplars, dim=dim, n=wanted, seed=seed)
    samples = checks.real_array(made.samples, "synthesiser").astype(exemplars.dtype, copy=False)
    shape = (wanted, *exemplars.shape[1:])
    if samples.shape != shape:
        checks.refuse("synthesiser", f"samples of shape {shape}", f"shape {samples.shape}")
    description = described(samples, "synthesiser", dim=dim)
    parents = checks.labels(made.parents, "synthesiser", length=wanted)
    return _Batch(samples=samples, parents=parents, description=description)


def _joined(batches: list[_Batch]) -> _Batch:
    samples, parents, descriptions = zip(*batches, strict=True)
    values = np.concatenate([description.values for description in descriptions])
    return _Batch(
        samples=np.concatenate(samples),
        parents=np.concatenate(parents),
        description=replace(descriptions[0], values=values),
    )


def _rows(description: Description, rows: np.ndarray) -> Description:
    return replace(description, values=description.values[rows])


def _quality(
    made: Description,
    reals: Description,
    held_out: Description | None,
    *,
    units: np.ndarray,
    dim: int,
    seed: int,
) -> Quality:
    """Measure against held-out reals, or for description only against the exemplars."""
    if held_out is not None:
        return quality(made, held_out, dim=dim, seed=seed, units=units)
    one_unit = np.zeros(len(units), dtype=int)
    against_parents = quality(made, reals, dim=dim, seed=seed, units=one_unit)
    note = "measured against the exemplars themselves: no p-values (descriptive only, flattering)"
    return replace(against_parents, note=note)


def _note(passed: Gate, *, wanted: int, got: int, measured: int) -> str:
    remarks = [passed.note] if passed.note else []
    if got < wanted and not passed.abstained:
        remarks.append(f"{got} of the {wanted} wanted passed, of {len(passed.p_values)} candidates")
    if got < _FEWEST_MEASURED:
        remarks.append(f"the quality is that of all {measured} candidates")
    return "; ".join(remarks)
