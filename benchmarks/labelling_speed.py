"""Choosing a batch against scikit-activeml: ``python -m benchmarks.labelling_speed``.

Core-set: the farthest first of the unlabelled items, the same items by both. BADGE: a fitted
logistic regression predicts, then gradients are drawn by D^2; the prediction is timed on both
sides, the fit on neither. One thread each (set OMP_NUM_THREADS=1), wall time and CPU time, the
least of some rounds, in which the two take turns.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import Badge, CoreSet
from sklearn.linear_model import LogisticRegression

from benchmarks import provenance
from labelling import acquire

LABELLED, CLASSES = 50, 10
CORE_SETS = {"normal": (100_000, 128, 100), "200 clusters": (100_000, 128, 100)}
BADGES = ((20_000, 20), (20_000, 100), (100_000, 20), (100_000, 100))  # items, batch


def features(kind: str, n: int, d: int) -> np.ndarray:
    """Return items drawn from one normal law, or about 200 centres."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, d))
    return (
        x if kind == "normal" else x + 3 * rng.standard_normal((200, d))[rng.integers(200, size=n)]
    )


def timed(run: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what a function returns, and its seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = run()
    return found, {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def raced(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int) -> dict[str, Any]:
    """Time two functions in turn; return the least times, their ratios and what was chosen."""
    found = [(timed(ours), timed(theirs)) for _ in range(rounds)]
    least = [
        {clock: min(each[side][1][clock] for each in found) for clock in ("wall_s", "cpu_s")}
        for side in (0, 1)
    ]
    figures = {"ours": least[0], "scikit-activeml": least[1]}
    for clock in ("wall", "cpu"):
        figures[f"times as fast, {clock}"] = least[1][f"{clock}_s"] / least[0][f"{clock}_s"]
    return figures | {"chosen": [np.asarray(side[0]) for side in found[0]]}


def core_set(kind: str, n: int, d: int, batch: int) -> dict[str, Any]:
    """Race the core-set, and compare what was chosen."""
    x = features(kind, n, d)
    y = np.where(np.arange(n) < LABELLED, 0.0, np.nan)
    labelled = np.where(np.isnan(y), -1, 0)
    options = {"labelled": labelled, "batch": batch, "features": x, "by": "far", "seed": 0}
    found = raced(
        lambda: acquire(None, **options).items,
        lambda: CoreSet(random_state=0).query(x, y, batch_size=batch),
        rounds=3,
    )
    ours, theirs = found.pop("chosen")
    return found | {
        "items": n,
        "components": d,
        "batch": batch,
        "same": bool((ours == theirs).all()),
    }


def badge(n: int, batch: int) -> dict[str, Any]:
    """Race BADGE, the prediction included."""
    x = features("200 clusters", n, 64)
    rng = np.random.default_rng(1)
    truth = (x @ rng.standard_normal((64, CLASSES))).argmax(axis=1)
    y = np.where(np.arange(n) < LABELLED, truth, np.nan)
    labelled = np.where(np.isnan(y), -1, 0)
    model = SklearnClassifier(LogisticRegression(C=10, max_iter=300), classes=range(CLASSES))
    model.fit(x, y)
    options = {"labelled": labelled, "batch": batch, "features": x, "by": "badge", "seed": 0}
    found = raced(
        lambda: acquire(model.predict_proba(x), **options).items,
        lambda: Badge(random_state=0).query(x, y, model, fit_clf=False, batch_size=batch),
        rounds=2 if n * batch < 10**7 else 1,
    )
    found.pop("chosen")
    return found | {"items": n, "components": 64, "classes": CLASSES, "batch": batch}


def main(part: str = "all") -> None:
    """Measure, print and keep; a part alone is only printed."""
    figures: dict[str, Any] = {}
    if part in ("all", "core-set"):
        figures["core-set"] = {kind: core_set(kind, *sizes) for kind, sizes in CORE_SETS.items()}
        print(figures["core-set"], flush=True)
    if part in ("all", "badge"):
        figures["badge"] = []
        for n, batch in BADGES:
            figures["badge"].append(badge(n, batch))
            print(figures["badge"][-1], flush=True)
    if part == "all":
        provenance.write(
            "labelling_speed", figures, libraries=("numpy", "scikit-learn", "scikit-activeml")
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
