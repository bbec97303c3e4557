"""The pool of every family's evidence, weighed tile by tile: no family's table is held."""

from collections.abc import Iterable
from functools import partial

import numpy as np
from scipy.special import expit, logit

from similarity.evidence_records import Evidence
from similarity.family_fits import FamilyFit, Judged
from similarity.judged_weights import nearness
from similarity.null_laws import above_zero
from similarity.pair_blocks import judged_values, sampled, symmetric_tables
from similarity.pair_coordinates import Rows
from similarity.pooling import (
    cauchy_p_values,
    cauchy_terms,
    learned_weights,
    unjudged_weights,
    weights_note,
)

POOLED = "pooled"


def pooled_evidence(
    fits: list[FamilyFit], *, judged: Judged | None, dtype: np.dtype, seed: int
) -> Evidence:
    """Return what `similarity.pool` makes of the families' evidence."""
    n = len(fits[0].statistics.null)
    prior = np.array([logit(np.clip(f.share, 1e-6, 1 - 1e-6)) for f in fits])
    if judged is None:
        ratios = _columns(sampled(f.log_odds, n, seed=seed) for f in fits) - prior
        intercept, weights = float(np.median(prior)), unjudged_weights(fits, ratios)
        share = float(expit(intercept))
    else:
        index, same = judged
        every, seen = (
            _columns(look(f.statistics.separation) for f in fits)
            for look in (partial(sampled, n=n, seed=seed), partial(judged_values, index=index))
        )
        intercept, weights = learned_weights(seen, same, every)
        share = float(same.mean())

    def tile(rows: Rows, columns: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        odds, logs, terms = intercept, 0.0, 0.0
        for fit, own, weight in zip(fits, prior.tolist(), weights.tolist(), strict=True):
            found, p_values, statistic = fit.between(rows, columns)
            odds = odds + weight * (found - own if judged is None else nearness(statistic))
            logs = logs + np.log(statistic + np.finfo(statistic.dtype).tiny)
            terms = terms + cauchy_terms(p_values)
        return odds, cauchy_p_values(terms / len(fits)), np.exp(logs / len(fits))

    matrix, p_values, statistics = symmetric_tables(
        tile, n, diagonals=(np.nan, np.nan, 0.0), dtype=dtype
    )
    return Evidence(
        matrix=matrix,
        p_values=above_zero(p_values),
        statistics=statistics,
        family=" + ".join(f.family for f in fits),
        note=weights_note(fits, intercept, weights, judged),
        share=share,
        directions=sum(f.directions for f in fits),
    )


def _columns(values: Iterable[np.ndarray]) -> np.ndarray:
    return np.stack(list(values), axis=1, dtype=np.float64)
