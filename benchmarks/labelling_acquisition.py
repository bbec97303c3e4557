"""What to ask next, on digits with a rare class: ``python -m benchmarks.labelling_acquisition``.

The 8 of scikit-learn's digits is cut to 13 items in a pool of two thirds of the set (1.2 %); the
other third tests. Each way of choosing labels batches of 10; measured are the labels until the
balanced accuracy is 95 % of what the whole pool gives, and the rare items among the first 60.

The votes are those of a logistic regression or, "by two learners", also those of a kernel smoother,
which errs elsewhere (query by committee: Seung, Opper and Sompolinsky, 1992). The accuracy is
always that of the logistic regression.
"""

import sys
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics.pairwise import rbf_kernel

from benchmarks import provenance
from labelling import acquire

RARE, KEPT, BATCH, LAST = 8, 13, 10, 300
SMOOTHING = 0.3  # variance of the kernel, of .3, .6, 1 and 2 the best on draws 100 to 129
WAYS = (
    "uncertain-and-far",
    "balanced",
    "uncertain-and-far by two learners",
    "balanced by two learners",
    "margin",
    "uncertain",
    "badge",
    "far",
    "random",
    "typical",
    "rare",
)


def world(seed: int) -> tuple[np.ndarray, ...]:
    """Return features and labels of a pool with a rare class, and of a test set."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    test, pool = order[: len(y) // 3], order[len(y) // 3 :]
    rare = pool[y[pool] == RARE]
    pool = np.setdiff1d(pool, rare[KEPT:])
    return x[pool] / 16, y[pool], x[test] / 16, y[test]


def fitted(x: np.ndarray, y: np.ndarray) -> LogisticRegression:
    """Return a logistic regression."""
    return LogisticRegression(C=10, max_iter=300).fit(x, y)


def votes_of(model: LogisticRegression, x: np.ndarray) -> np.ndarray:
    """Return the probabilities of all ten classes; those never seen have none."""
    p = np.zeros((len(x), 10))
    p[:, model.classes_] = model.predict_proba(x)
    return p


def smoothed_votes(known: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the probabilities of all ten classes by the labels around (Nadaraya and Watson)."""
    weights = rbf_kernel(x, known, gamma=1 / (2 * SMOOTHING)) @ np.eye(10)[y]
    return weights / weights.sum(axis=1, keepdims=True)


def score(model: LogisticRegression, x: np.ndarray, y: np.ndarray) -> float:
    """Return the balanced accuracy."""
    return float(balanced_accuracy_score(y, model.predict(x)))


def curve(way: str, seed: int, last: int = LAST) -> tuple[list[float], list[int], float]:
    """Return scores and rare items found after each batch, and the score of the whole pool."""
    x, y, x_test, y_test = world(seed)
    way, _, committee = way.partition(" by ")
    labelled, votes = np.full(len(y), -1), None
    scores, rare = [], []
    while (labelled >= 0).sum() < last:
        without = votes is None and way not in ("random", "typical", "balanced")
        by = "far" if without else way
        options = {"labelled": labelled, "batch": BATCH, "features": x, "by": by}
        items = acquire(votes, **options, seed=seed).items
        labelled[items] = y[items]
        known = labelled >= 0
        if len(set(labelled[known])) > 1:
            model = fitted(x[known], y[known])
            votes = votes_of(model, x)
            if committee:
                votes = np.stack([votes, smoothed_votes(x[known], y[known], x)])
            scores.append(score(model, x_test, y_test))
        else:
            scores.append(0.1)
        rare.append(int((labelled == RARE).sum()))
    return scores, rare, score(fitted(x, y), x_test, y_test)


def labels_to(scores: list[float], goal: float) -> float:
    """Return after how many labels a curve reaches the goal, infinity for never."""
    reached = np.asarray(scores) >= goal
    return float(BATCH * (reached.argmax() + 1)) if reached.any() else float("inf")


def measured(way: str, seeds: int) -> dict[str, float | None]:
    """Return what a way of choosing needs and finds, over seeds; None for labels never enough."""
    curves = [curve(way, seed) for seed in range(seeds)]
    full = np.mean([c[2] for c in curves])
    mean = np.mean([c[0] for c in curves], axis=0)
    each = [labels_to(c[0], 0.95 * c[2]) for c in curves]
    labels = {
        "labels to 95 % of the full score, mean curve": labels_to(mean, 0.95 * full),
        "median of the seeds": float(np.median(each)),
    }
    return {
        **{name: number if np.isfinite(number) else None for name, number in labels.items()},
        f"rare found of {KEPT} at 60": float(np.mean([c[1][60 // BATCH - 1] for c in curves])),
        "score at 60": float(mean[60 // BATCH - 1]),
        "full score": float(full),
    }


def main(seeds: int = 20) -> None:
    """Measure, print and keep."""
    start = time.process_time()
    found = {}
    for way in WAYS:
        found[way] = measured(way, seeds)
        print(
            way, {name: value and round(value, 3) for name, value in found[way].items()}, flush=True
        )
    figures = {"seeds": seeds, "ways": found, "cpu_s": time.process_time() - start}
    provenance.write("labelling_acquisition", figures, libraries=("numpy", "scikit-learn"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
