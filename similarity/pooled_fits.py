"""The pool of every family's evidence, weighed tile by tile: no family's table is held."""

import numpy as np
from scipy.special import logit

from similarity.evidence_records import Evidence
from similarity.family_fits import FamilyFit, Judged
from similarity.pair_blocks import judged_values, sampled, symmetric_tables
from similarity.pair_coordinates import Rows
from similarity.pooling import _learned, _note, _weights, cauchy_combination

POOLED = "pooled"


def pooled_evidence(
    fits: list[FamilyFit], *, judged: Judged | None, dtype: np.dtype, seed: int
) -> Evidence:
    """Return what `similarity.pool` makes of the families' evidence."""
    n = len(fits[0].statistics.null)
    prior = np.array([logit(np.clip(f.share, 1e-6, 1 - 1e-6)) for f in fits])

    def ratio(fit: FamilyFit, own: float) -> object:
        return lambda rows, columns: fit.log_odds(rows, columns) - own

    each = [ratio(f, p) for f, p in zip(fits, prior, strict=True)]
    ratios = np.stack([sampled(tile, n, seed=seed) for tile in each], axis=1, dtype=np.float64)
    intercept, weights = float(np.median(prior)), _weights(fits, ratios)
    if judged is not None:
        index, same = judged
        seen = np.stack([judged_values(tile, index) for tile in each], axis=1, dtype=np.float64)
        intercept, weights = _learned(seen, same, intercept, weights)

    def tile(rows: Rows, columns: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        odds, logs, p_values = intercept, 0.0, []
        for fit, own, weight in zip(fits, prior, weights, strict=True):
            found, p, statistic = fit.between(rows, columns)
            odds = odds + weight * (found - own)
            logs = logs + np.log(statistic + np.finfo(statistic.dtype).tiny)
            p_values.append(p)
        return odds, cauchy_combination(np.stack(p_values, axis=-1)), np.exp(logs / len(fits))

    matrix, p_values, statistics = symmetric_tables(
        tile, n, diagonals=(np.nan, np.nan, 0.0), dtype=dtype
    )
    return Evidence(
        matrix=matrix,
        p_values=p_values,
        statistics=statistics,
        family=" + ".join(f.family for f in fits),
        note=_note(fits, intercept, weights, judged),
    )
