"""Whether stated standard errors and variance components are true, by repeating the retraining.

python -m benchmarks.confidence writes benchmarks/results/confidence_<platform>.json (some three
minutes of one core). Networks are trained from scratch on 100 labelled digits and asked about 128
others: 200 ensembles of 20 independent members, 200 crossed designs of 4 x 4 x 4 and 60 of
7 x 7 x 7. A member that does no training has planted variance components, whose truth is known.

What is unbiased is the square of a standard error; its root is too small on average, the more so
the fewer the levels. Both are given, the bar is held against the mean.
"""

import json
import time
from functools import partial

import numpy as np
from scipy.special import softmax

from benchmarks.provenance import write
from confidence import assess, variance_components
from toolbox import retrain
from toolbox.networks.classifier_training import classifier_logits, classifier_member, training_data
from toolbox.retraining.streams import generator, integer

NETWORK = "multilayer_perceptron"
LABELLED, ASKED, STEPS, SEED = 100, 128, 60, 0
REPEATS, MEMBERS = 200, 20
LARGE, LARGE_REPEATS = 7, 60
STREAMS = ("init", "order", "resample")
BAR, AIM = 0.15, 0.10
PLANTED = {  # variances, on a mean of one half
    "init": 4e-4,
    "order": 0.0,
    "resample": 9e-4,
    "init:order": 1e-4,
    "init:resample": 2e-4,
    "order:resample": 0.0,
    "init:order:resample": 3e-4,
}
PLANTED_LEVELS, PLANTED_ITEMS, PLANTED_REPEATS = 5, 100, 20


def digits_task() -> tuple[dict, np.ndarray]:
    """Return the training data of the networks, and the digits that they are asked about."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    x = ((x - x.mean()) / x.std()).astype(np.float32)
    order = generator(SEED, "digits").permutation(len(x))
    training, asked = order[:LABELLED], order[LABELLED : LABELLED + ASKED]
    weights = np.ones(LABELLED)
    data = training_data(x[training], y[training], weights, steps=STEPS, learning_rate=3e-3)
    return data, x[asked]


def repeated(levels: int = 0, repeats: int = REPEATS) -> dict:
    """Return stated against realised standard errors of the ensemble's mean, over all repeats.

    With `levels` the ensemble is a crossed design, else its members are independent.
    """
    began = time.perf_counter()
    data, asked = digits_task()
    member = classifier_member(NETWORK, classes=10, batch=32, resample=True)
    redraw = {"redraw": STREAMS, "members": MEMBERS}
    if levels:
        redraw = {"redraw": dict.fromkeys(STREAMS, levels)}
    means, stated, naive = [], [], []
    for k in range(repeats):
        seed = integer(SEED, "ensemble", levels, k)
        runs = retrain(member, data, seed=seed, progress=False, **redraw)
        votes = softmax(runs.predict(classifier_logits(NETWORK), asked).astype(float), axis=-1)
        found = assess(votes)
        naive.append(found.standard_error)
        if levels:
            found = variance_components(votes, runs.design)
        means.append(found.mean)
        stated.append(found.standard_error)
    result = {"repeats": repeats, "members": len(votes), **errors(means, stated)}
    if levels:
        result["s_over_root_R"] = errors(means, naive)["mean_stated_over_realised"]
    return result | {"seconds": round(time.perf_counter() - began, 1)}


def errors(means: list[np.ndarray], stated: list[np.ndarray]) -> dict:
    """Return the stated errors over the standard deviation of the means, over items and classes.

    The interval is that of a jackknife over the repeats in ten parts.
    """
    means, stated = np.array(means), np.array(stated)

    def ratios(rows: np.ndarray) -> np.ndarray:
        sd = means[rows].std(axis=0, ddof=1)
        root = np.sqrt((stated[rows] ** 2).mean() / (sd**2).mean())
        return np.array([stated[rows].mean() / sd.mean(), root])

    every = np.arange(len(means))
    whole = ratios(every)
    without = np.array([ratios(every[every % 10 != part]) for part in range(10)])
    error = np.sqrt(0.9 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    return {
        "mean_stated_over_realised": round(float(whole[0]), 4),
        "its_monte_carlo_error": round(float(error[0]), 4),
        "root_mean_square_stated_over_realised": round(float(whole[1]), 4),
        "that_ones_monte_carlo_error": round(float(error[1]), 4),
        "mean_stated": round(float(stated.mean()), 5),
        "mean_realised": round(float(means.std(axis=0, ddof=1).mean()), 5),
        "bar": BAR,
        "within_the_bar": bool(abs(whole[0] - 1) <= BAR),
        "within_the_aim": bool(abs(whole[0] - 1) <= AIM),
    }


def planted_member(streams: dict, data: tuple, *, planted: tuple) -> dict:
    """Return one half plus Gaussian effects: each term's are drawn from the streams that it names.

    Every item has effects of its own, so that the items are independent repetitions.
    """
    answer = np.full(len(data[0]), 0.5)
    for term, variance in planted:
        words = [int(word) for name in term.split(":") for word in streams[name]]
        answer += np.sqrt(variance) * generator(0, term, *words).standard_normal(len(answer))
    return {"answer": answer}


def planted() -> dict:
    """Return the estimated components against the planted ones, and the intervals' coverage."""
    member = partial(planted_member, planted=tuple(PLANTED.items()))
    redraw = dict.fromkeys(STREAMS, PLANTED_LEVELS)
    estimates, covered, held = [], [], []
    for k in range(PLANTED_REPEATS):
        data = (np.zeros(PLANTED_ITEMS),)
        runs = retrain(
            member, data, seed=integer(SEED, "planted", k), redraw=redraw, progress=False
        )
        answer = runs.outputs["answer"]
        found = variance_components(np.stack([answer, 1 - answer], axis=-1), runs.design)
        estimates.append(found.components[:, :, 0])
        truth = np.array([PLANTED[term] for term in found.terms])[:, None]
        low, high = np.moveaxis(found.interval[:, :, 0], -1, 0)
        covered.append((low <= truth) & ~(high < truth))
        low, high = found.mean_interval[:, 0].T
        held.append((low <= 0.5) & (0.5 <= high))
    estimates, covered = (np.concatenate(parts, axis=1) for parts in (estimates, covered))
    mean, draws = estimates.mean(axis=1), estimates.shape[1]
    error = estimates.std(axis=1, ddof=1) / np.sqrt(draws)
    z = (mean - truth[:, 0]) / error
    return {
        "designs": draws,
        "levels": PLANTED_LEVELS,
        "components": {
            term: {
                "planted": PLANTED[term],
                "mean_estimate": float(f"{mean[i]:.4g}"),
                "monte_carlo_error": float(f"{error[i]:.2g}"),
                "z": round(float(z[i]), 2),
                "intervals_that_cover": round(float(covered[i].mean()), 4),
            }
            for i, term in enumerate(found.terms)
        },
        "largest_z": round(float(np.abs(z).max()), 2),
        "within_monte_carlo_error": bool(np.abs(z).max() <= 3),
        "mean_intervals_that_cover": round(float(np.concatenate(held).mean()), 4),
    }


def main() -> None:
    """Run everything and write the JSON."""
    figures = {
        "planted components": planted(),
        f"{MEMBERS} independent members": repeated(),
        "crossed 4 x 4 x 4": repeated(4),
        "crossed 7 x 7 x 7": repeated(LARGE, LARGE_REPEATS),
    }
    result = write("confidence", figures, libraries=("jax", "numpy", "scipy"))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
