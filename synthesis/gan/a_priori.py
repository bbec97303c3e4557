"""A priori indices: how a training went, read from its logs alone, and what they foretell."""

import numpy as np

from synthesis.gan.index_relations import Relation, Skill, leave_one_out_skill, rank_correlation
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.retraining.retrain import Runs
from toolbox.retraining.studies.study import STREAMS

LOSSES = ("generator_loss", "discriminator_loss")
STATES = ("discriminator_accuracy", "gradient_ratio", "weight_motion")
INDICES = (
    *(f"{loss}_{what}" for loss in LOSSES for what in ("final", "median", "slope", "variance")),
    *STATES,
)
_LAST = 4  # the last quarter of the epochs is what "last" means
_FEWEST = 3  # epochs of it
_TINY = 1e-300  # in place of a gradient or a motion that is exactly 0


@record
class APriori:
    """What the logs of R trainings, before any sample is drawn, foretell of their index.

    Attributes
    ----------
    training_indices : ndarray (R, A)
        The a priori indices, from the logs alone; of gradient ratio and weight motion logarithms.
    training_index_names : tuple of A strings
    declared : str
        The a priori index that was declared.
    rank_correlation : float
        Spearman's, of the declared index and the a posteriori one, over the trainings that did not
        fail; from -1 to 1.
    rank_interval : ndarray (2,)
        Its 95 % interval.
    rank_p_value : float
        Against no relation, two-sided.
    skill : float
        How well all a priori indices together predict the ranks of the a posteriori index of a
        training left out: 1 is perfect, 0 no better than the others' mean.
    skill_by_chance : float
        The mean skill over permutations: where 0 relation would have left it.
    skill_p_value : float
        Against no relation.
    """

    training_indices: np.ndarray
    training_index_names: tuple[str, ...]
    declared: str
    rank_correlation: float
    rank_interval: np.ndarray
    rank_p_value: float
    skill: float
    skill_by_chance: float
    skill_p_value: float


def a_priori(runs: Runs, index: np.ndarray, *, declared: str, seed: int, resamples: int) -> APriori:
    """Relate the logs' indices, the declared one and all of them, to the a posteriori one."""
    before = training_indices(runs.outputs)
    plan = {"declared": declared, "seed": seed, "resamples": resamples}
    relation, skill = _relations(runs, before, index, **plan)
    return APriori(
        training_indices=before,
        training_index_names=INDICES,
        declared=declared,
        rank_correlation=relation.value,
        rank_interval=np.array([relation.low, relation.high]),
        rank_p_value=relation.p_value,
        skill=skill.value,
        skill_by_chance=skill.by_chance,
        skill_p_value=skill.p_value,
    )


def _relations(
    runs: Runs,
    before: np.ndarray,
    index: np.ndarray,
    *,
    declared: str,
    seed: int,
    resamples: int,
) -> tuple[Relation, Skill]:
    """Return the declared index's correlation and the skill of all, over what did not fail."""
    there = np.isfinite(index) & np.isfinite(before).all(axis=1)
    x, y = before[there], index[there]
    if len(y) < 2:
        return Relation(*[np.nan] * 4), Skill(*[np.nan] * 3)
    rng = generator(seed, "gan_reproducibility", "declared")
    column = x[:, INDICES.index(declared)]
    relation = rank_correlation(column, y, rng=rng, resamples=resamples)
    rng = generator(seed, "gan_reproducibility", "skill")
    skill = leave_one_out_skill(x, y, rng=rng, resamples=resamples)
    if shares_levels(runs):
        return Relation(relation.value, *[np.nan] * 3), Skill(skill.value, np.nan, np.nan)
    return relation, skill


def shares_levels(runs: Runs) -> bool:
    """Say whether two trainings share a stream that others do not, as in a crossed design."""
    own = [runs.design[:, STREAMS.index(name)] for name in runs.redrawn]
    return any(len(np.unique(levels)) < len(levels) for levels in own)


def training_indices(logs: dict[str, np.ndarray]) -> np.ndarray:
    """Return the indices (R, A), in the order of `INDICES`, from logs (R, epochs).

    Of each loss: its last value, its median over all epochs, and over the last quarter of the
    epochs (at least 3) its slope an epoch and its variance about that slope's line. Of the
    discriminator's accuracy and of the logarithms of gradient ratio and weight motion: the mean
    over the last quarter.
    """
    columns = []
    for loss in LOSSES:
        values = logs[loss]
        slope, variance = _line(_last(values))
        columns += [values[:, -1], np.median(values, axis=1), slope, variance]
    accuracy, *positive = (_last(logs[name]) for name in STATES)
    columns += [accuracy.mean(axis=1)]
    columns += [np.log(np.maximum(values, _TINY)).mean(axis=1) for values in positive]
    return np.stack(columns, axis=1)


def _last(values: np.ndarray) -> np.ndarray:
    epochs = values.shape[1]
    return values[:, -max(_FEWEST, epochs // _LAST) :]


def _line(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return slope and residual variance of a straight line through each row."""
    time = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    slope = values @ time / (time @ time)
    residuals = values - values.mean(axis=1, keepdims=True) - np.outer(slope, time)
    return slope, (residuals**2).sum(axis=1) / (len(time) - 2)
