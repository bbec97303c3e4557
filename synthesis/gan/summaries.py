"""What R trainings come to: summary of their index, its relation to their logs, remarks."""

import numpy as np

from synthesis.gan.index_relations import Relation, Skill, leave_one_out_skill, rank_correlation
from synthesis.gan.log_indices import INDICES
from toolbox.core.streams import generator
from toolbox.retraining.studies.designs import STREAMS
from toolbox.retraining.studies.results import Runs


def summary(index: np.ndarray) -> dict[str, float]:
    """Return median, best, worst and spread; no interpolation, as an index may be infinite."""
    ordered = np.sort(index)
    low, high = (
        np.quantile(ordered, 0.25, method="lower"),
        np.quantile(ordered, 0.75, method="higher"),
    )
    middle = ordered[[(len(ordered) - 1) // 2, len(ordered) // 2]].mean()
    spread = high - low if np.isfinite(low) else np.nan
    return {
        "median": float(middle),
        "best": float(ordered[0]),
        "worst": float(ordered[-1]),
        "spread": float(spread),
    }


def relations(
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


def note(runs: Runs, index: np.ndarray) -> str:
    """Say what the reader must know about the figures."""
    failed, total = int((~np.isfinite(index)).sum()), len(index)
    shared = [name for name in ("init", "order") if name not in runs.redrawn]
    unused = "resample" in runs.redrawn and not runs.in_sample.shape[1]
    remarks = {
        f"{failed} of {total} trainings failed: their index is infinite, and the relation between "
        "indices is that of the others": failed,
        f"{' and '.join(shared)} shared by all trainings: the spread says nothing of it": shared,
        "a crossed design, whose trainings share streams: no p-values and no interval of the "
        "relation": shares_levels(runs),
        "the trainings draw no bootstrap, although resample was to be redrawn": unused,
        f"{total - failed} trainings are too few for a p-value below 0.05": total - failed < 5,
        f"{len(runs.quarantined)} trainings have no result": len(runs.quarantined),
    }
    return "; ".join(text for text, applies in remarks.items() if applies)
