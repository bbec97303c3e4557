"""Reliability of P(same) on held-out pairs of held-out images.

python -m benchmarks.same_probability [--draws 5] [--minutes 4] adds the draws that are missing to
benchmarks/results/same_probability_<platform>.json (delete it to start anew; a draw of one set
takes some fifteen seconds of one core). Of each benchmark set (`similarity.twins`) 300 images are
drawn and put into two halves at random. 300 judged pairs of the first half calibrate the pooled
evidence; all 11 175 pairs of the other half are asked. The pairs are judged either at random, or
half of them sought out to be the same: then the share of same pairs is stated as the prior.

With gap the difference of mean P and share of same pairs in each of 15 equal bins of P(same): the
calibration error (ECE) is the mean of |gap| over pairs, too large by chance, never too small, and
the bar is held against it, with its standard error from a bootstrap over images. Beside it stands
the root of the debiased mean square of the gap, larger wherever gaps differ from bin to bin; what
is taken off is the variance for independent pairs or, since pairs share images, the bootstrap's.
"""

import argparse
import json
import time

import jax
import numpy as np
from scipy.special import expit

from benchmarks.provenance import RESULTS, write
from confidence import reliability
from paper_figures.texture_similarity.same_probability_calibration import (
    FAMILIES,
    HOW,
    asked,
    pooled,
)
from similarity import same_probability
from toolbox.retraining.streams import generator

SIZE, IMAGES, JUDGED, BINS, RESAMPLES = 64, 300, 300, 15, 200
SETS = ("hurst", "angle", "intermittency", "mixed", "crops")
BAR, AIM = 0.05, 0.03


def one_draw(kind: str, seed: int) -> dict:
    """Return the errors of one draw, for pairs judged at random and sought out."""
    found, same, rng = pooled(kind, images=IMAGES, size=SIZE, seed=seed)
    half = IMAGES // 2
    i, j = np.triu_indices(half, 1)
    result = {}
    for how in HOW:
        given = asked(same[:half, :half], how, JUDGED, rng)
        if not given:  # scores have no level: what comes of reading them as log-odds
            result[how] = errors(expit(found.scores[half:, half:]), same[half:, half:], seed)
        else:
            told = same_probability(found, **given, seed=seed)
            result[how] = errors(told.matrix[half:, half:], same[half:, half:], seed)
            inside = told.interval[half:, half:][i, j]
            result[how]["mean_width_of_interval"] = float(np.mean(inside[:, 1] - inside[:, 0]))
    return json.loads(json.dumps(result), parse_float=lambda text: round(float(text), 4))


def errors(matrix: np.ndarray, same: np.ndarray, seed: int) -> dict:
    """Return the debiased calibration errors of all pairs of some images."""
    i, j = np.triu_indices(len(matrix), 1)
    p, truth = matrix[i, j].astype(np.float64), same[i, j]
    number = np.minimum((p * BINS).astype(int), BINS - 1)

    def gaps(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total = np.bincount(number, times, BINS)
        gap = np.bincount(number, times * (p - truth), BINS) / np.where(total > 0, total, 1)
        return gap, total / total.sum()

    gap, share = gaps(np.ones(len(p)))
    pairs_in_bin = np.bincount(number, minlength=BINS)
    said = np.bincount(number, truth, BINS) / np.maximum(pairs_in_bin, 1)
    independent = said * (1 - said) / np.maximum(pairs_in_bin - 1, 1)
    n, resampled = len(matrix), []
    for times in generator(seed, "image bootstrap").multinomial(
        n, np.full(n, 1 / n), size=RESAMPLES
    ):
        resampled.append(gaps((times[i] * times[j]).astype(float))[0])
    variance = np.var(resampled, axis=0, ddof=1)
    told = reliability(
        np.column_stack([1 - p, p]), truth.astype(int), bins=BINS, seed=seed, resamples=39
    )
    return {
        "held_out_pairs": len(p),
        "same": float(truth.mean()),
        "ece": float(share @ np.abs(gap)),
        "debiased_root_mean_square": root(share @ (gap**2 - independent)),
        "debiased_root_mean_square_by_images": root(share @ (gap**2 - variance)),
        "standard_error_by_images": float(np.std([share @ np.abs(g) for g in resampled], ddof=1)),
        "root_of_confidence.reliability.debiased": root(told.debiased),
        "log_loss": float(-np.log(np.where(truth, p, 1 - p) + 1e-12).mean()),
        "log_loss_of_the_prior": float(
            -(truth.mean() * np.log(truth.mean()) + (1 - truth.mean()) * np.log(1 - truth.mean()))
        ),
    }


def root(square: float) -> float:
    """Return the root of a debiased square, 0 where it is negative."""
    return float(np.sqrt(max(square, 0.0)))


def summary(draws: dict) -> dict:
    """Return means and largest errors over draws, and the bar."""
    means: dict = {}
    for kind, of_kind in draws.items():
        for how in ("at random", "sought out", "without pairs"):
            rows = [draw[how] for draw in of_kind.values()]
            means.setdefault(kind, {"draws": len(rows)})[how] = {
                name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]
            } | {"largest_ece": max(row["ece"] for row in rows)}
    judged = [means[k][h] for k in means for h in ("at random", "sought out")]
    worst = max(row["ece"] for row in judged)
    return {
        "size": SIZE,
        "images": IMAGES,
        "judged_pairs": JUDGED,
        "families": FAMILIES,
        "bar": BAR,
        "aim": AIM,
        "largest_mean_ece": worst,
        "within_the_bar": worst <= BAR,
        "within_the_aim": worst <= AIM,
        "largest_mean_debiased_root_mean_square": max(
            row["debiased_root_mean_square"] for row in judged
        ),
        "means": means,
        "draws": draws,
    }


def main() -> None:
    """Add the missing draws, one at a time, and write after each."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--draws", type=int, default=5)
    command.add_argument("--minutes", type=float, default=0)
    options = command.parse_args()
    path = RESULTS / f"same_probability_{jax.devices()[0].platform}.json"
    draws = json.loads(path.read_text())["draws"] if path.exists() else {}
    start = time.monotonic()
    for seed in range(options.draws):
        for kind in SETS:
            if str(seed) in draws.setdefault(kind, {}):
                continue
            if options.minutes and time.monotonic() - start > 60 * options.minutes:
                return
            draws[kind][str(seed)] = one_draw(kind, seed)
            kept = {name: of_kind for name, of_kind in draws.items() if of_kind}
            write("same_probability", summary(kept), libraries=("jax", "numpy", "scipy"))
    print(json.dumps(summary(draws)["means"], indent=1))


if __name__ == "__main__":
    main()
