"""How often the AUC's interval over subjects holds the truth: simulated births, and few cases.

python -m benchmarks.fetal_intervals writes benchmarks/results/fetal_intervals_cpu.json (some ten
minutes of one core). Of births the severity is scored, whose AUC is known, and the votes of
networks trained on other folds, whose truth is the mean over all worlds. Scores of two normal laws
show what few cases, and an AUC near 1, do.
"""

from typing import Any

import numpy as np
from scipy.special import expit
from scipy.stats import norm

import confidence
import toolbox
from benchmarks.provenance import write

SUBJECTS, WORLDS, MEMBERS = 552, 200, 5
SHARES = (0.02, 0.08)  # of the births, acidotic
AREAS, CASES, SPREADS = (0.75, 0.85, 0.95), (10, 20, 44), (1.0, 1.6)
NORMAL_WORLDS = 500
USED = ("variability", "log_leader_2s", "log_leader_4s", "deceleration_area")


def main() -> dict[str, Any]:
    """Measure all, and write it."""
    figures = {
        "worlds": WORLDS,
        "severity of births, by the share of cases": {f"{s:g}": severity(s) for s in SHARES},
        "votes of networks, 8 % of cases": networks(),
        "normal scores": {
            f"AUC {area:g}, {cases} cases, spread {spread:g}": normal(area, cases, spread)
            for area in AREAS
            for cases in CASES
            for spread in SPREADS
        },
    }
    return write("fetal_intervals", figures, libraries=("numpy", "scipy"))


def severity(share: float) -> dict[str, float]:
    """Return how often the interval of the severity's AUC holds that of the simulator."""
    rows = []
    for world in range(WORLDS):
        births = toolbox.fetal_heart_rates(
            n=SUBJECTS, minutes=10, rate=1, acidotic=share, seed=world
        )
        scored = score_of(births.severity, births.acidotic)
        rows.append([births.bayes_auc, *scored.auc_interval])
    return held(*np.transpose(rows))


def networks() -> dict[str, float]:
    """Return how often the interval of networks' AUC holds its mean over worlds."""
    rows = []
    for world in range(WORLDS):
        births = toolbox.fetal_heart_rates(n=SUBJECTS, minutes=10, rate=1, seed=world)
        found = toolbox.fetal_features(births)
        x = found.values[:, [found.names.index(name) for name in USED]]
        kept = ~np.isnan(x).any(axis=1)
        options = {"dim": 0, "members": MEMBERS, "seed": world, "progress": False}
        votes = confidence.held_out_votes(x[kept], births.acidotic[kept], **options).votes
        scored = confidence.subject_scores(votes, births.acidotic[kept], resamples=99, seed=0)
        rows.append([scored.auc, *scored.auc_interval])
    aucs, low, high = np.transpose(rows)
    return {"mean AUC": float(aucs.mean())} | held(np.full(WORLDS, aucs.mean()), low, high)


def normal(area: float, cases: int, spread: float) -> dict[str, float]:
    """Return how often the interval holds the AUC of two normal laws, that of cases wider."""
    ill = np.arange(SUBJECTS) < cases
    shift, rows = np.sqrt(1 + spread**2) * norm.ppf(area), []
    for world in range(NORMAL_WORLDS):
        rng = np.random.Generator(np.random.Philox(key=[world, cases]))
        x = rng.standard_normal(SUBJECTS) * np.where(ill, spread, 1) + shift * ill
        rows.append([area, *score_of(x, ill.astype(int)).auc_interval])
    return held(*np.transpose(rows))


def score_of(x: np.ndarray, y: np.ndarray) -> confidence.SubjectScores:
    """Return the scores of one number a subject; its order alone counts."""
    p = expit((x - x.mean()) / x.std())
    return confidence.subject_scores(np.stack([1 - p, p], axis=1), y, resamples=99, seed=0)


def held(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, float]:
    """Return the share of intervals that hold the truth, of those beyond it, and their width."""
    return {
        "held": float(((low <= truth) & (truth <= high)).mean()),
        "too high": float((low > truth).mean()),
        "too low": float((high < truth).mean()),
        "width": float((high - low).mean()),
    }


if __name__ == "__main__":
    main()
