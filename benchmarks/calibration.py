"""What calibration reaches: bias, spread and coverage of the intervals on processes of known truth.

python -m benchmarks.calibration writes benchmarks/results/calibration_<platform>.json (some twenty
minutes of two cores). Signals have 2^15 samples; their draws are calibrated in parts, each with
simulations of its own, so that the error of a single calibration averages out. The fields are
512 x 512.
"""

import json
import time

import numpy as np

from benchmarks.provenance import write
from toolbox import calibrate, fractional_field, multifractal, multifractal_field

SIGNALS, PARTS, FIELDS, SEED = 600, 6, 40, 200


def signals() -> dict:
    """Return the figures of every process and p."""
    size = {"shape": 2**15, "n": SIGNALS, "seed": SEED}
    draws = {
        "fractional Brownian motion, H=.7": fractional_field(hurst=0.7, **size),
        "fractional Brownian motion, H=.3": fractional_field(hurst=0.3, **size),
        "multifractal walk, H=.5, lambda2=.05": multifractal_field(
            hurst=0.5, intermittency=0.05, **size
        ),
    }
    return {
        f"{name}, {'leaders' if p == np.inf else f'p={p:g}'}": calibrated(
            process, PARTS, dim=1, p=p
        )
        for name, process in draws.items()
        for p in (np.inf, 2.0)
    }


def fields() -> dict:
    """Return the figures of multifractal fields, from leaders and 2-leaders of db2."""
    options = {"hurst": 0.7, "intermittency": 0.05, "n": FIELDS, "seed": 100}
    process = multifractal_field((512, 512), **options)
    return {
        f"multifractal field, H=.7, lambda2=.05, {'leaders' if p == np.inf else 'p=2'}": calibrated(
            process, 1, dim=2, p=p, wavelet="db2"
        )
        for p in (np.inf, 2.0)
    }


def calibrated(process: object, parts: int, **options: object) -> dict:
    """Compare the estimates of every draw with the truth, before and after calibration."""
    start = time.perf_counter()
    truth, done = np.asarray(process.cumulants)[:3], []
    for part, values in enumerate(np.array_split(process.values, parts)):
        raw = multifractal(values, resamples=200, seed=1, **options)
        done.append((raw, calibrate(raw, seed=part, progress=False)))
    raw, got = (np.concatenate([pair[k].cumulants for pair in done]) for k in (0, 1))
    low, high = np.moveaxis(np.concatenate([pair[1].interval for pair in done]), -1, 0)
    error, covered = got - truth, ((low <= truth) & (truth <= high)).mean(axis=0)
    figures = {
        "truth": truth,
        "bias_before": (raw - truth).mean(axis=0),
        "bias": error.mean(axis=0),
        "std": error.std(axis=0, ddof=1),
        "rmse": np.sqrt((error**2).mean(axis=0)),
        "mean_standard_error": np.mean([pair[1].standard_error.mean(axis=0) for pair in done], 0),
        "mean_systematic": np.mean([pair[1].systematic.mean(axis=0) for pair in done], 0),
        "coverage_of_95": covered,
        "monte_carlo_error_of_coverage": np.sqrt(0.95 * 0.05 / len(got)),
    }
    rounded = {key: np.round(value, 5).tolist() for key, value in figures.items()}
    seconds = round(time.perf_counter() - start, 1)
    return {"draws": len(got), "scales": done[0][0].scales, **rounded, "seconds": seconds}


def main() -> None:
    """Run everything and write the JSON."""
    figures = {"signals of 2^15": signals(), "fields of 512 x 512": fields()}
    result = write("calibration", figures, libraries=("jax", "numpy", "scipy"))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
