"""Accuracy and time of c_2 by Whittle's likelihood, beside slopes over scales of the same fields.

python -m benchmarks.intermittency writes benchmarks/results/intermittency_<platform>.json (four
minutes of one core).
"""

import json
import time
from collections.abc import Callable

import numpy as np

from benchmarks.provenance import write
from toolbox import lognormal_cascade, multifractal, multifractal_field, whittle_c2

SEED = 41
DRAWS = 60
IMAGE_SCALES = {512: (3, 5), 256: (2, 4), 128: (2, 3)}  # of the slopes
LAWS = [(0.7, 0.05), (0.3, 0.05), (0.7, 0.0), (0.3, 0.0), (0.7, 0.02), (0.7, 0.08)]


def spread(c2: np.ndarray, truth: float) -> dict:
    """Return bias, standard deviation and root mean square error."""
    error = c2 - truth
    figures = {"bias": error.mean(), "std": error.std(ddof=1), "rmse": np.sqrt(np.mean(error**2))}
    return {key: round(float(value), 5) for key, value in figures.items()}


def whittle(x: np.ndarray, truth: float, *, dim: int, scale: int) -> dict:
    """Return errors, coverage as it is and without the bias, and seconds an item."""
    got = whittle_c2(x, dim=dim, scale=scale)
    seconds = timed(lambda: whittle_c2(x, dim=dim, scale=scale)) / len(x)
    bias = got.c2.mean() - truth
    covered = (got.interval[:, 0] <= truth) & (truth <= got.interval[:, 1])
    moved = got.interval - bias
    without = (moved[:, 0] <= truth) & (truth <= moved[:, 1])
    return spread(got.c2, truth) | {
        "median_standard_error": round(float(np.median(got.standard_error)), 5),
        "coverage_of_95": round(float(covered.mean()), 3),
        "coverage_of_95_bias_removed": round(float(without.mean()), 3),
        "frequencies": got.frequencies,
        "seconds_an_item": round(seconds, 4),
    }


def slopes(x: np.ndarray, truth: float, *, dim: int, scales: tuple[int, int]) -> dict:
    """Return errors and seconds an item of the weighted slope of the variance of log-leaders."""

    def run() -> object:
        return multifractal(x, dim=dim, wavelet="db2", scales=scales)

    c2 = run().cumulants[:, 1]
    return spread(c2, truth) | {
        "scales": scales,
        "seconds_an_item": round(timed(run) / len(x), 4),
    }


def timed(run: Callable[[], object]) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def compared(x: np.ndarray, truth: float, *, scales: tuple[int, int], which: tuple) -> dict:
    """Return the figures of both estimators for the items of one law."""
    dim = x.ndim - 1
    result = {f"whittle, scale {j}": whittle(x, truth, dim=dim, scale=j) for j in which}
    return result | {"slopes": slopes(x, truth, dim=dim, scales=scales)}


def images(side: int, hurst: float, intermittency: float, **options: float) -> dict:
    """Return the figures of fields of one law and size."""
    law = {"hurst": hurst, "intermittency": intermittency, "n": DRAWS, "seed": SEED}
    fields = multifractal_field((side, side), **law, **options).values
    which = {512: (1, 2, 3), 256: (1, 2), 128: (1, 2)}[side]
    return compared(fields, -intermittency, scales=IMAGE_SCALES[side], which=which)


def signals(hurst: float, intermittency: float) -> dict:
    """Return the figures of walks of 2^15 samples."""
    law = {"hurst": hurst, "intermittency": intermittency, "n": DRAWS, "seed": SEED}
    walks = multifractal_field(2**15, **law).values
    return compared(walks, -intermittency, scales=(3, 11), which=(2, 3, 4))


def cascades(intermittency: float) -> dict:
    """Return the figures of dyadic cascades, whose covariance is not one of the distance."""
    fields = lognormal_cascade((512, 512), intermittency=intermittency, n=DRAWS, seed=SEED)
    return compared(fields.values, -intermittency, scales=(3, 5), which=(1, 2, 3))


def main() -> None:
    """Run everything and write the JSON."""
    cases = {
        f"512 x 512, H={hurst}, lambda2={power}": images(512, hurst, power) for hurst, power in LAWS
    }
    for side in (256, 128):
        for hurst, power in LAWS[:3]:
            cases[f"{side} x {side}, H={hurst}, lambda2={power}"] = images(side, hurst, power)
    for scale in (128, 32):
        name = f"512 x 512, H=0.7, lambda2=0.05, integral scale {scale}"
        cases[name] = images(512, 0.7, 0.05, integral_scale=scale)
    for hurst, power in LAWS[:4]:
        cases[f"2^15 samples, H={hurst}, lambda2={power}"] = signals(hurst, power)
    for power in (0.02, 0.05):
        cases[f"512 x 512, dyadic cascade, lambda2={power}"] = cascades(power)
    figures = {f"c_2, {DRAWS} draws, float64": cases}
    result = write("intermittency", figures, libraries=("jax", "numpy", "scipy"))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
