"""Theory of clusterability against simulation: thresholds, the worth of labels, capacity.

python -m benchmarks.clusterability writes benchmarks/results/clusterability_<platform>.json (some
two minutes of one core). Mixtures of two Gaussians, n = p = 400: clustered by the first component
and Lloyd's iteration, and by message passing with a share of labels. Dense similarity matrices are
clustered by their eigenvectors; textures told apart by their likelihood.
"""

import time

import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import Perceptron
from sklearn.metrics import adjusted_rand_score

from benchmarks.provenance import write
from paper_figures.task_limits.clustering_simulations import (
    lloyd,
    message_passing,
    mixture,
    oriented,
    principal_signs,
    wrong,
)
from similarity import capacity, label_value, texture_separation
from similarity.clusterability.mixture_limits import bayes_error
from similarity.clusterability.pairs_and_graphs import pairs_error
from toolbox.retraining.streams import generator, integer

SIZE, DRAWS, SEED = 400, 60, 0
SEPARATIONS = (0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4, 3.0)
SHARES = (0.05, 0.2)
THRESHOLD_BAR, VALUE_BAR = 0.10, 0.02


def mixtures() -> dict:
    """Return errors, the ARI = .5 crossing and the worth of labels, simulated and stated."""
    began = time.perf_counter()
    rows, scores = {}, []
    for separation in SEPARATIONS:
        got, ari = [], []
        for draw in range(DRAWS):
            rng = generator(SEED, "mixture", draw)  # the same noise at every separation
            x, y = mixture(rng, separation=separation, items=SIZE, dimensions=SIZE)
            first = principal_signs(x)
            found = lloyd(x, first)
            ari.append(adjusted_rand_score(y, found))
            got.append([wrong(found, y)])
            for share in SHARES:
                known = np.where(rng.permutation(SIZE) < share * SIZE, y, 0)
                posterior = message_passing(x, separation, known, oriented(first, known))
                spoken = np.where(posterior >= 0, 1.0, -1.0)
                got[-1].append(wrong(spoken, y, among=known == 0))
        scores.append(ari)
        rows[str(separation)] = compared(separation, np.array(got))
    dense = np.linspace(1, 4, 400)
    stated = float(
        np.interp(0.5, [(1 - 2 * bayes_error(s, SIZE, SIZE, 2)) ** 2 for s in dense], dense)
    )
    scores = np.array(scores)
    rng = generator(SEED, "bootstrap")
    resamples = [scores[:, rng.integers(DRAWS, size=DRAWS)].mean(axis=1) for _ in range(500)]
    crossing = float(np.interp(0.5, scores.mean(axis=1), SEPARATIONS))
    misses = [v["miss"] for row in rows.values() for v in row["value_of_labels"].values()]
    return {
        "items": SIZE,
        "dimensions": SIZE,
        "draws": DRAWS,
        "by_separation": rows,
        "crossing_simulated": round(crossing, 4),
        "crossing_error": round(
            float(np.std([np.interp(0.5, r, SEPARATIONS) for r in resamples])), 4
        ),
        "crossing_stated": round(stated, 4),
        "crossing_off_by": round(stated / crossing - 1, 4),
        "crossing_bar": THRESHOLD_BAR,
        "crossing_within_the_bar": bool(abs(stated / crossing - 1) <= THRESHOLD_BAR),
        "largest_miss_of_a_label_value": round(float(np.abs(misses).max()), 4),
        "value_bar": VALUE_BAR,
        "values_within_the_bar": bool(np.abs(misses).max() <= VALUE_BAR),
        "seconds": round(time.perf_counter() - began, 1),
    }


def compared(separation: float, got: np.ndarray) -> dict:
    """Return one separation's simulated and stated errors and values of labels."""
    stated = label_value(separation, items=SIZE, dimensions=SIZE, labelled=SHARES)
    entry = {
        "error_unlabelled": {
            "simulated": round(float(got[:, 0].mean()), 4),
            "stated": round(stated.error_unlabelled, 4),
            "limit": round(bayes_error(separation, SIZE, SIZE, 2), 4),
        },
        "value_of_labels": {},
    }
    for k, share in enumerate(SHARES):
        worth = got[:, 0] - got[:, k + 1]
        entry["value_of_labels"][str(share)] = {
            "simulated": round(float(worth.mean()), 4),
            "monte_carlo_error": round(float(worth.std(ddof=1) / np.sqrt(len(worth))), 4),
            "stated": round(float(stated.value[k]), 4),
            "miss": round(float(stated.value[k] - worth.mean()), 4),
        }
    return entry


def matrices(items: int, classes: int, draws: int) -> dict:
    """Return the ratio at which eigenvectors cluster a dense matrix with ARI .5, and the theory."""
    ratios, scores = np.linspace(0.6, 2.0, 8), []
    y = np.arange(items) % classes
    for ratio in ratios:
        ari = []
        for draw in range(draws):
            rng = generator(SEED, "matrix", items, draw)
            noise = np.triu(rng.standard_normal((items, items)), 1)
            signal = ratio * classes / np.sqrt(items) * ((y[:, None] == y) - 1 / classes)
            vectors = np.linalg.eigh(signal + noise + noise.T)[1][:, 1 - classes :]
            found = KMeans(classes, n_init=5, random_state=0).fit_predict(vectors)
            ari.append(adjusted_rand_score(y, found))
        scores.append(np.mean(ari))
    crossing = float(np.interp(0.5, scores, ratios))
    result = {
        "items": items,
        "classes": classes,
        "draws": draws,
        "ari": dict(zip(ratios.round(2).astype(str).tolist(), np.round(scores, 3), strict=True)),
        "crossing_simulated": round(crossing, 4),
    }
    result["ari"] = {k: float(v) for k, v in result["ari"].items()}
    if classes == 2:
        dense = np.linspace(1, 3, 300)
        ari = [(1 - 2 * pairs_error(r, 2)) ** 2 for r in dense]
        stated = float(np.interp(0.5, ari, dense))
        result |= {"crossing_stated": round(stated, 4)}
        result |= {"crossing_off_by": round(stated / crossing - 1, 4)}
    return result


def textures(step: float, classes: int, items: int = 4000, size: int = 32) -> dict:
    """Return the accuracy of the likelihood on a chain of H steps, and the closed form."""
    k = np.hypot(*np.meshgrid(*[np.fft.fftfreq(size, 1 / size)] * 2))
    used = k > 0
    powers = [np.maximum(k, 1)[used] ** (-2 * (0.4 + step * c) - 2) for c in range(classes)]
    right = []
    for c, power in enumerate(powers):
        noise = generator(SEED, "texture", c).standard_normal((items, size, size))
        periodogram = (np.abs(np.fft.fft2(noise)) ** 2)[:, used] / size**2 * power
        likelihood = [
            -used.sum() / 2 * np.log((periodogram / p).mean(axis=1)) - np.log(p).sum() / 2
            for p in powers
        ]
        right.append(np.argmax(likelihood, axis=0) == c)
    stated = texture_separation(powers[0], powers[1], classes=classes, step=step)
    simulated = float(np.mean(right))
    return {
        "pixels": size,
        "step_of_hurst": step,
        "classes": classes,
        "fields": items * classes,
        "accuracy_simulated": round(simulated, 4),
        "accuracy_stated": round(stated.accuracy, 4),
        "miss": round(stated.accuracy - simulated, 4),
        "distance": round(stated.distance, 3),
    }


def linear_capacity(features: int) -> dict:
    """Return a linear classifier's measured capacity, twice its parameters by Cover's theorem."""
    x = generator(SEED, "vectors").standard_normal((10 * features, features))
    classifier = Perceptron(fit_intercept=False, max_iter=3000, tol=None)
    found = capacity(
        classifier, x, seed=integer(SEED, "capacity", features), trials=40, progress=False
    )
    return {
        "parameters": features,
        "capacity": round(found.capacity, 2),
        "interval": found.interval.round(2).tolist(),
        "cover": 2 * features,
    }


def main() -> None:
    """Run everything and write the JSON."""
    figures = {
        "mixture of two Gaussians": mixtures(),
        "dense matrices": [matrices(400, 2, 20), matrices(120, 10, 20)],
        "chain of textures": [textures(0.05, 4), textures(0.1, 10)],
        "linear capacity": [linear_capacity(10), linear_capacity(20)],
    }
    write("clusterability", figures, libraries=("numpy", "scipy", "scikit-learn"))


if __name__ == "__main__":
    main()
