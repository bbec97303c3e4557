"""What the gate keeps and what that is worth to a classifier, on fields and on photographs.

python -m benchmarks.rare_class writes benchmarks/results/rare_class_cpu.json (two minutes of one
core). The gate was tuned on other draws.
"""

import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import provenance
from benchmarks.quality import rows
from synthesis import gate, phase_randomised
from toolbox import Description, describe, multifractal_field
from toolbox.retraining.streams import generator, integer

SEED = 23
DRAWS = 100
RARE, MAJORITY, CANDIDATES, TEST = 12, 200, 60, 1000
RARE_LAW, MAJORITY_LAW = 0.05, 0.02  # lambda^2


def fields(name: str, n: int, intermittency: float) -> np.ndarray:
    """Return n fields of their own stream."""
    seed = integer(SEED, "benchmark", name)
    law = {"shape": (64, 64), "hurst": 0.6, "intermittency": intermittency}
    return multifractal_field(**law, n=n, seed=seed).values


def simulated() -> dict:
    """Gate good, phase-randomised and majority candidates, and train with what passes."""
    laws = (RARE_LAW, MAJORITY_LAW)
    test = describe(
        np.concatenate([fields(f"test {law}", TEST, law) for law in laws]), dim=2
    ).values
    truth = np.repeat([1, 0], TEST)
    draws: list[dict] = [one_draw(d, test, truth) for d in range(DRAWS)]
    result: dict = {"draws": DRAWS}
    for name in draws[0]:
        result[name] = {
            "kept": mean_and_bound([draw[name]["kept"] for draw in draws]),
            "abstained": float(np.mean([draw[name]["abstained"] for draw in draws])),
            "accuracy_with_class_weights": float(
                np.mean([draw[name]["weights"] for draw in draws])
            ),
            "gain": mean_and_bound([draw[name]["gain"] for draw in draws]),
        }
    return result


def one_draw(d: int, test: np.ndarray, truth: np.ndarray) -> dict:
    """Return, for each kind of candidates, the share kept and the gain in balanced accuracy."""
    rare = fields(f"rare {d}", RARE + CANDIDATES, RARE_LAW)
    phase = phase_randomised(rare[:RARE], dim=2, n=CANDIDATES, seed=integer(SEED, "phase", d))
    common = fields(f"majority {d}", MAJORITY + CANDIDATES, MAJORITY_LAW)
    everything = describe(np.concatenate([rare, phase.samples, common]), dim=2)
    ends = np.cumsum([RARE, CANDIDATES, CANDIDATES, MAJORITY])
    parts = np.split(np.arange(len(everything.values)), ends)
    real, good, bad, majority, like_majority = (rows(everything, part) for part in parts)
    weights = accuracy(real.values, majority.values, test, truth)
    arms = {
        "good": (good, None),
        "phase-randomised": (bad, phase.parents),
        "majority's law": (like_majority, None),
    }
    result = {}
    for name, (candidates, parents) in arms.items():
        passed = gate(candidates, real, majority=majority, parents=parents, dim=2)
        trained = weights
        if passed.accepted.any():
            more = np.concatenate([real.values, candidates.values[passed.accepted]])
            trained = accuracy(more, majority.values, test, truth)
        result[name] = {
            "kept": np.mean(passed.p_values > 0.1),
            "abstained": passed.abstained,
            "weights": weights,
            "gain": trained - weights,
        }
    return result


def accuracy(rare: np.ndarray, majority: np.ndarray, test: np.ndarray, truth: np.ndarray) -> float:
    """Return the balanced accuracy of a logistic regression with class weights."""
    model = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=500)
    )
    labels = np.repeat([1, 0], [len(rare), len(majority)])
    model.fit(np.concatenate([rare, majority]), labels)
    return balanced_accuracy_score(truth, model.predict(test))


def mean_and_bound(values: list[float]) -> dict:
    """Return the mean, its standard error and its one-sided lower 95 % bound (normal)."""
    mean, error = np.mean(values), np.std(values, ddof=1) / np.sqrt(len(values))
    return {
        "mean": float(mean),
        "standard_error": float(error),
        "lower_95": float(mean - 1.645 * error),
    }


def photographs(repetitions: int = 40, size: int = 40) -> dict:
    """Gate crops of each photograph against the two others, and its surrogates."""
    from skimage import data

    described, flat = {}, {}
    for name in ("brick", "grass", "gravel"):
        image = getattr(data, name)().astype(np.float64)
        corners = range(0, 512 - size + 1, size)
        crops = np.stack([image[i : i + size, j : j + size] for i in corners for j in corners])
        described[name] = describe(crops, dim=2)
        surrogates = phase_randomised(crops, dim=2, n=len(crops), seed=0).samples
        flat[name] = describe(surrogates, dim=2)
    return {name: _shares(described, flat, name, repetitions=repetitions) for name in described}


def _shares(
    described: dict[str, Description], flat: dict[str, Description], name: str, *, repetitions: int
) -> dict:
    real = described[name]
    others = [other.values for key, other in described.items() if key != name]
    majority = rows(real, slice(None), np.concatenate(others))
    labels = np.repeat([0, 1], [len(other) for other in others])
    rng = generator(SEED, "benchmark", "photographs", name)
    kept, slipped = [], []
    for _ in range(repetitions):
        order = rng.permutation(len(real.values))
        rare, fresh = rows(real, order[:RARE]), rows(real, order[RARE : RARE + 30])
        for shares, candidates in ((kept, fresh), (slipped, flat[name])):
            passed = gate(candidates, rare, majority=majority, majority_labels=labels, dim=2)
            shares.append(np.mean(passed.p_values > 0.1))
    return {"other crops": mean_and_bound(kept), "phase-randomised": mean_and_bound(slipped)}


def main() -> None:
    """Measure everything and write it."""
    start = time.process_time()
    figures = {
        "fields, 12 rare of lambda2 .05, majority .02, alpha .1": simulated(),
        "photographs, 12 rare crops of 40 x 40": photographs(),
    }
    figures["cpu_s"] = time.process_time() - start
    libraries = ("numpy", "scipy", "jax", "scikit-learn", "scikit-image")
    provenance.write("rare_class", figures, libraries=libraries)


if __name__ == "__main__":
    main()
