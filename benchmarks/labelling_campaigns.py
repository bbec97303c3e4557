"""Whether campaigns stop rightly, and when: ``python -m benchmarks.labelling_campaigns``.

Digits with 14 items of one class. "start": the whole pool of about 1630, an expert without
mistakes, tolerance 5 %. "stops": pools of 600 items, three ways to choose, one of them blind (the
surest first), an expert wrong in 0, 10 or 20 % of the answers; errors are those against the truth.
"""

import sys
import time

import numpy as np
from sklearn.datasets import load_digits

from benchmarks import provenance
from labelling import campaign, simulated_expert

TOLERANCE, KEPT, POOL = 0.05, 14, 600
RARE = (8, 0, 3, 5)


def surest_first(features: np.ndarray, labelled: np.ndarray, batch: int) -> np.ndarray:
    """Ask about the items nearest to a labelled one, which are those one is surest of."""
    known = np.flatnonzero(labelled >= 0)
    if not len(known):
        return np.arange(batch)
    apart = ((features[:, None, :8] - features[known][None, :, :8]) ** 2).sum(-1).min(1)
    return np.argsort(np.where(labelled < 0, apart, np.inf), kind="stable")[:batch]


def world(seed: int, pool: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return digits of which one class has 14 items."""
    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    rare = rng.permutation(np.flatnonzero(y == RARE[seed % len(RARE)]))
    kept = np.setdiff1d(np.arange(len(y)), rare[KEPT:])
    if pool is not None:
        others = np.setdiff1d(kept, rare)
        kept = np.sort(np.concatenate([rare[:KEPT], rng.permutation(others)[: pool - KEPT]]))
    return x[kept] / 16, y[kept]


def run(seed: int, *, pool: int | None, noise: float, by: object, batch: int) -> dict:
    """Return what one campaign came to."""
    x, y = world(seed, pool)
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


def main(starts: int = 8, worlds: int = 3) -> None:
    """Measure, print and keep."""
    began = time.process_time()
    found: dict = {"tolerance": TOLERANCE}
    options = {"pool": None, "noise": 0.0, "by": "uncertain-and-far", "batch": 10}
    found["start"] = summary([run(seed, **options) for seed in range(starts)])
    print({k: v for k, v in found["start"].items() if k != "runs"}, flush=True)
    for name, by in (
        ("default", "uncertain-and-far"),
        ("random", "random"),
        ("blind", surest_first),
    ):
        for noise in (0.0, 0.1, 0.2):
            options = {"pool": POOL, "noise": noise, "by": by, "batch": 20}
            key = f"{name}, noise {noise}"
            found[key] = summary([run(seed, **options) for seed in range(worlds)])
            print(key, {k: v for k, v in found[key].items() if k != "runs"}, flush=True)
            figures = found | {"cpu_s": time.process_time() - began}
            provenance.write("labelling_campaigns", figures, libraries=("numpy", "scikit-learn"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
