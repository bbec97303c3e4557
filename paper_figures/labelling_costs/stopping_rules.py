"""When to stop asking: the kappa of successive models, an audit by its plug-in share, by e-values.

Each rule sees the same campaign, one model after another, and says after which model it stops. An
audit asks the expert about predictions of items that have no label yet.
"""

from itertools import pairwise

import numpy as np

import labelling

TOLERANCE = 0.05  # of the predictions of items without a label, wrong ones
STABLE, LOOKS = 0.97, 3  # the usual rule: kappa above this, on average over as many rounds
READ = 30  # predictions of a plug-in audit, after each round
LOOK = 20  # answers after which an audit is given up for the first time
FIRST_AUDIT, GROWTH = 4, 1.5  # rounds of the e-value audits: a late attempt has little error left
RULES = ("kappa", "plug-in", "e-value")


def kappa_stop(predicted: np.ndarray) -> int:
    """Return the first round whose last three kappas of successive models are high, else -1."""
    kappas = [kappa(a, b) for a, b in pairwise(predicted)]
    for last in range(LOOKS, len(predicted)):
        if np.mean(kappas[last - LOOKS : last]) > STABLE:
            return last
    return -1


def kappa(before: np.ndarray, after: np.ndarray) -> float:
    """Return Cohen's kappa, 1 where both models say one and the same class of all."""
    shares = [
        np.bincount(said, minlength=before.max() + after.max() + 1) for said in (before, after)
    ]
    chance = (shares[0] * shares[1]).sum() / len(before) ** 2
    return 1.0 if chance == 1 else ((before == after).mean() - chance) / (1 - chance)


def plug_in_stop(
    wrong: np.ndarray, still_open: np.ndarray, rng: np.random.Generator
) -> tuple[int, int]:
    """Return the first round whose few predictions read are good enough, and how many were read."""
    seen = np.zeros(wrong.shape[1], dtype=bool)
    for time, (mistakes, rest) in enumerate(zip(wrong, still_open, strict=True)):
        read = rng.choice(np.flatnonzero(rest), READ, replace=False)
        seen[read] = True
        if mistakes[read].mean() <= TOLERANCE:
            return time, int(seen.sum())
    return -1, int(seen.sum())


def e_value_stop(
    predicted: np.ndarray, wrong: np.ndarray, still_open: np.ndarray, seed: int
) -> tuple[int, int]:
    """Return the first round whose e-value audit certifies, else -1, and how many were read."""
    time, attempt, seen = FIRST_AUDIT, 1, np.zeros(wrong.shape[1], dtype=bool)
    while time < len(predicted):
        rest = np.flatnonzero(still_open[time])
        options = {"tolerance": TOLERANCE, "attempt": attempt, "seed": seed}
        plan = labelling.audit_plan(predicted[time][rest], **options)
        certified, read = _audited(plan, wrong[time][rest][plan.order])
        seen[rest[plan.order[:read]]] = True  # who was asked about an item is not asked again
        if certified:
            return time, int(seen.sum())
        time, attempt = int(np.ceil(GROWTH * time)), attempt + 1
    return -1, int(seen.sum())


def _audited(plan: labelling.AuditPlan, wrong: np.ndarray) -> tuple[bool, int]:
    """Read until it certifies, or until what is left takes more than a new audit that is clean."""
    clean = 1 + labelling.audit(plan, [0]).audits_left_if_clean
    for read in (LOOK, clean, 2 * clean):
        found = labelling.audit(plan, wrong[:read])
        if found.certified:
            return True, found.at
        if not 0 <= found.audits_left_if_clean <= clean:
            break
    return False, min(read, len(wrong))


def stops(predicted: np.ndarray, y: np.ndarray, still_open: np.ndarray, seed: int) -> np.ndarray:
    """Return of each rule where it stops (-1: never), the error it leaves (NaN), what it read."""
    wrong = predicted != y
    found = [
        (kappa_stop(predicted), 0),
        plug_in_stop(wrong, still_open, np.random.default_rng(seed)),
        e_value_stop(predicted, wrong, still_open, seed),
    ]
    left = [wrong[t][still_open[t]].mean() if t >= 0 else np.nan for t, _ in found]
    rounds, read = zip(*found, strict=True)
    return np.array([rounds, left, read])
