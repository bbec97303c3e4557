"""Whether campaigns stop rightly, and when: ``python -m benchmarks.labelling_campaigns``.

Digits with 14 items of one class, pools of about 1630, tolerance 5 %; errors are those against the
truth. "start": an expert without mistakes, batches of 10. The other parts are three ways to choose,
one of them blind (the surest first), each with an expert wrong in 0, 5, 10 or 20 % of the answers,
batches of 20. "20,000, spread S": as many simulated vectors, ten normal classes in 16 dimensions
whose centres have the standard deviation S, one of them .9 %, batches of 10, an expert without
mistakes. "600, ...": as many digits with the same 14, an expert who errs, batches of 10. Parts
that are named are added to what was kept, so that all need not run at once:
``python -m benchmarks.labelling_campaigns 20 "random, noise 0.0"``.
"""

import sys
import time

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits

from benchmarks import provenance
from labelling import campaign, simulated_expert

TOLERANCE, KEPT = 0.05, 14
NOISES = (0.0, 0.05, 0.1, 0.2)
RARE = (8, 0, 3, 5)
MANY, CLASSES, DIMENSIONS, SHARE = 20_000, 10, 16, 0.009  # of the simulated vectors
SPREADS = (1.2, 1.4, 1.7)
FEW = 600


def surest_first(features: np.ndarray, labelled: np.ndarray, batch: int) -> np.ndarray:
    """Ask about the items nearest to a labelled one, which are those one is surest of."""
    known = np.flatnonzero(labelled >= 0)
    if not len(known):
        return np.arange(batch)
    apart = cdist(features[:, :8], features[known, :8], "sqeuclidean").min(axis=1)
    return np.argsort(np.where(labelled < 0, apart, np.inf), kind="stable")[:batch]


def world(seed: int, items: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return digits of which one class has 14 items; all, or so many."""
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    rare = rng.permutation(np.flatnonzero(y == RARE[seed % len(RARE)]))
    kept = np.setdiff1d(np.arange(len(y)), rare[KEPT:])
    if items:
        often = rng.permutation(np.setdiff1d(kept, rare[:KEPT]))[: items - KEPT]
        kept = np.sort(np.concatenate([rare[:KEPT], often]))
    return x[kept] / 16, y[kept]


def vectors(seed: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Return simulated vectors of normal classes, of which the last is rare."""
    rng = np.random.default_rng(seed)
    centres = spread * rng.standard_normal((CLASSES, DIMENSIONS))
    rare = round(SHARE * MANY)
    often = rng.integers(CLASSES - 1, size=MANY - rare)
    y = rng.permutation(np.append(often, np.full(rare, CLASSES - 1)))
    return centres[y] + rng.standard_normal((MANY, DIMENSIONS)), y


def run(
    seed: int, *, noise: float, by: object, batch: int, spread: float = 0.0, items: int = 0
) -> dict:
    """Return what one campaign came to."""
    x, y = vectors(seed, spread) if spread else world(seed, items)
    expert = simulated_expert(y, confusion=noise, seed=seed)
    options = {"tolerance": TOLERANCE, "budget": float(len(y)), "batch": batch, "by": by}
    done = campaign(x, expert, **options, seed=seed)
    wrong = float((done.labels != y).mean())
    return {
        "certified": done.certified,
        "wrong stop": bool(done.certified and wrong > TOLERANCE),
        "asked": done.asked,
        "share asked": done.asked / len(y),
        "error": wrong,
        "audits begun": int((done.ledger.kind == "plan").sum()),
    }


def summary(runs: list[dict]) -> dict:
    """Return the shares over campaigns, and the labels of those that stopped."""
    stopped = [r["share asked"] for r in runs if r["certified"]]
    return {
        "campaigns": len(runs),
        "stopped": float(np.mean([r["certified"] for r in runs])),
        "wrong stops": float(np.mean([r["wrong stop"] for r in runs])),
        "median share asked at a stop": float(np.median(stopped)) if stopped else None,
        "runs": runs,
    }


WAYS = {"default": "uncertain-and-far", "random": "random", "blind": surest_first}
PARTS = {"start": {"noise": 0.0, "by": WAYS["default"], "batch": 10}} | {
    f"{name}, noise {noise}": {"noise": noise, "by": by, "batch": 20}
    for noise in NOISES
    for name, by in WAYS.items()
}
PARTS |= {
    f"{FEW}, {name}, noise {noise}": {"noise": noise, "by": WAYS[name], "batch": 10, "items": FEW}
    for noise in (0.02, 0.05, 0.1)
    for name in ("default", "random")
}
PARTS |= {f"20,000, spread {s}": PARTS["start"] | {"spread": s} for s in SPREADS}


def main(worlds: int = 20, *parts: str) -> None:
    """Measure, print and keep."""
    found = provenance.read("labelling_campaigns") if parts else {}
    kept = {name: found[name] for name in PARTS if name in found}
    for name in parts or PARTS:
        began = time.process_time()
        kept[name] = summary([run(seed, **PARTS[name]) for seed in range(worlds)])
        kept[name]["cpu_s"] = time.process_time() - began
        print(name, {k: v for k, v in kept[name].items() if k != "runs"}, flush=True)
        figures = {"tolerance": TOLERANCE} | kept
        provenance.write("labelling_campaigns", figures, libraries=("numpy", "scikit-learn"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
