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


def plug_in_stop(wrong: np.ndarray, still_open: np.ndarray, rng: np.random.Generator) -> int:
    """Return the first round at which the share of wrong ones among a few read is tolerated."""
    for time, (mistakes, rest) in enumerate(zip(wrong, still_open, strict=True)):
        read = rng.choice(np.flatnonzero(rest), READ, replace=False)
        if mistakes[read].mean() <= TOLERANCE:
            return time
    return -1


def e_value_stop(
    predicted: np.ndarray, wrong: np.ndarray, still_open: np.ndarray, seed: int
) -> tuple[int, int]:
    """Return the first round whose e-value audit certifies, else -1, and how many were read."""
    time, attempt, answers = FIRST_AUDIT, 1, 0
    while time < len(predicted):
        rest = np.flatnonzero(still_open[time])
        options = {"tolerance": TOLERANCE, "attempt": attempt, "seed": seed}
        plan = labelling.audit_plan(predicted[time][rest], **options)
        certified, read = _audited(plan, wrong[time][rest][plan.order])
        answers += read
        if certified:
            return time, answers
        time, attempt = int(np.ceil(GROWTH * time)), attempt + 1
    return -1, answers


def _audited(plan: labelling.AuditPlan, wrong: np.ndarray) -> tuple[bool, int]:
    """Read until it certifies, or until as many again as a clean audit takes would be needed."""
    clean = 1 + labelling.audit(plan, [0]).audits_left_if_clean
    found = labelling.audit(plan, wrong[: 2 * clean])
    return found.certified, found.at if found.certified else min(2 * clean, len(wrong))


def stops(predicted: np.ndarray, y: np.ndarray, still_open: np.ndarray, seed: int) -> np.ndarray:
    """Return of each rule where it stops (-1: never), the error it leaves (NaN), what it read."""
    wrong = predicted != y
    stable = kappa_stop(predicted)
    cheap = plug_in_stop(wrong, still_open, np.random.default_rng(seed))
    certified, read = e_value_stop(predicted, wrong, still_open, seed)
    rounds = [stable, cheap, certified]
    left = [wrong[t][still_open[t]].mean() if t >= 0 else np.nan for t in rounds]
    return np.array([rounds, left, [0, READ * (cheap % len(predicted) + 1), read]])
