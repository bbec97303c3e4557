"""How often audits certify falsely, what they cost: ``python -m benchmarks.labelling_audits``.

Where the truth is one error above the tolerance, a certificate is false. Uniform audits are
computed exactly; those that read by risk are simulated, with the errors at random, where the risk
is lowest and where it is highest, and their cost with a risk that is good or says nothing.
"""

import sys
from time import perf_counter

import numpy as np

from benchmarks import provenance
from labelling import audit_plan, audits_needed
from labelling.stop_audit.importance_bets import log_e_values
from labelling.stop_audit.plans import plan_levels
from labelling.stop_audit.uniform_bets import too_many

N, TOLERANCE = 1600, 0.05
ERRORS = (0.0, 0.005, 0.01, 0.02, 0.03)
PLACES = ("at random", "where risk is lowest", "where risk is highest")


def main(runs: int = 400) -> None:
    """Measure, print and keep."""
    began = perf_counter()
    found = {
        "runs": runs,
        "uniform": {str(e): uniform(e) for e in ERRORS},
        "uniform, one above": audits_needed(n=N, tolerance=TOLERANCE, error=one_above()).certified,
        "by risk, one above": {place: false_share(place, runs) for place in PLACES},
        "by risk, good": {str(e): cost(e, runs, good=True) for e in ERRORS},
        "by risk, says nothing": {str(e): cost(e, runs, good=False) for e in ERRORS},
    }
    found["seconds"] = perf_counter() - began
    provenance.write("labelling_audits", found, libraries=("numpy", "scipy"))


def one_above() -> float:
    """Return the share of errors that is one error too many."""
    return too_many(N, TOLERANCE) / N


def uniform(error: float) -> dict:
    """Return the exact cost of a uniform audit."""
    needed = audits_needed(n=N, tolerance=TOLERANCE, error=error)
    return {"median": needed.median, "p90": needed.upper, "mean": needed.mean}


def certified_at(risk: np.ndarray, wrong: np.ndarray, runs: int, most: int) -> np.ndarray:
    """Return after how many answers each of `runs` audits certifies, infinity for never."""
    plans = [audit_plan(np.zeros(N), tolerance=TOLERANCE, risk=risk, seed=s) for s in range(runs)]
    orders = np.stack([plan.order[:most] for plan in plans])
    levels = plan_levels(plans[0])
    m, share = too_many(N, TOLERANCE), plans[0].share
    values = log_e_values(levels, m, share, levels.of[orders], wrong[orders])
    reached = values >= np.log(20)
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)


def false_share(place: str, runs: int) -> dict:
    """Return how often an audit by risk certifies although one error too many is there."""
    rng = np.random.default_rng(PLACES.index(place))
    risk = rng.beta(0.5, 5, size=N)
    ranked = {
        "at random": rng.permutation(N),
        "where risk is lowest": np.argsort(risk),
        "where risk is highest": np.argsort(-risk),
    }
    wrong = np.zeros(N, dtype=np.int64)
    wrong[ranked[place][: too_many(N, TOLERANCE)]] = 1
    share = float(np.isfinite(certified_at(risk, wrong, runs, N)).mean())
    return {"share": share, "se": float(np.sqrt(share * (1 - share) / runs))}


def cost(error: float, runs: int, *, good: bool) -> dict:
    """Return the cost of an audit by risk: the chance of an error, or unrelated to it."""
    rng = np.random.default_rng(int(1e4 * error))
    shape = 40 * rng.beta(0.3, 3, size=N) ** 2 + 1e-3
    chance = shape * error / shape.mean()
    wrong = np.zeros(N, dtype=np.int64)
    keys = rng.exponential(size=N) / np.maximum(chance, 1e-12)
    wrong[np.argsort(keys)[: round(error * N)]] = 1
    risk = shape if good else rng.permutation(shape)
    at = certified_at(risk, wrong, runs, N)
    return {"median": float(np.median(at)), "p90": float(np.quantile(at, 0.9, method="higher"))}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
