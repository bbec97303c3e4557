"""Coverage of the intervals for c_11 of bivariate walks, as they come and after calibration.

python -m benchmarks.cross_coverage writes benchmarks/results/cross_coverage_<platform>.json (13
minutes of one core). The draws of a case are calibrated in parts, each with simulations of its own,
so that the coverage does not rest on one set of them.
"""

import json
import time
from math import inf

import numpy as np

from benchmarks.provenance import write
from toolbox import calibrate_cross, cross_multifractal, multivariate_field

SAMPLES, DRAWS, PARTS = 2**15, 300, 10
RESAMPLES = 200
# Leaders over finer scales than by default, whose bias leaves calibration something to do.
ANALYSIS = {"p": inf, "scales": (3, 11)}
SEED = 60
CASES = {
    "opposed": {"multifractal_correlation": -0.5, "noise_correlation": 0.3},
    "alike": {"multifractal_correlation": 0.6, "noise_correlation": 0.3},
}
LAW = {"hurst": [0.6, 0.7], "intermittency": [0.05, 0.05]}


def part_of(name: str, part: int) -> dict[str, np.ndarray]:
    """Analyse a part of a case's draws: figures before (0) and after (1) calibration."""
    n = DRAWS // PARTS
    values = multivariate_field(SAMPLES, **LAW, **CASES[name], n=n, seed=SEED + part).values
    raw = cross_multifractal(values, dim=1, **ANALYSIS, resamples=RESAMPLES, seed=SEED + part)
    start = time.perf_counter()
    better = calibrate_cross(raw, seed=part, progress=False)
    seconds = np.full(n, (time.perf_counter() - start) / n)
    names = ("c11", "standard_error", "interval")
    figures = {key: np.stack([getattr(e, key) for e in (raw, better)], axis=1) for key in names}
    return figures | {"seconds": seconds}


def coverage(name: str, parts: list[dict[str, np.ndarray]]) -> dict:
    """Compare the estimates and intervals of every draw with the truth, before and after."""
    process = multivariate_field(64, **LAW, **CASES[name], seed=0)
    figures = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    seconds = round(float(np.median(figures.pop("seconds"))), 2)
    result = {"law": LAW | CASES[name], "draws": len(figures["c11"])}
    result["calibration_s_an_item"] = seconds
    for k, stage in enumerate(("raw", "calibrated")):
        result[stage] = {
            figure: summary(
                process.cross_cumulants[a, b],
                *(figures[key][:, k, a, b] for key in ("c11", "standard_error", "interval")),
            )
            for figure, (a, b) in {"c11": (0, 1), "c20": (0, 0), "c02": (1, 1)}.items()
        }
    return result


def summary(
    truth: float, got: np.ndarray, errors: np.ndarray, interval: np.ndarray
) -> dict[str, float]:
    """Return bias, spread, mean standard error and the share of intervals that hold the truth."""
    middle = got - (got.mean() - truth)
    figures = {
        "truth": truth,
        "bias": got.mean() - truth,
        "monte_carlo_error_of_bias": got.std(ddof=1) / np.sqrt(len(got)),
        "sd": got.std(ddof=1),
        "standard_error": np.sqrt((errors**2).mean()),
        "coverage_of_95": np.mean((interval[:, 0] <= truth) & (truth <= interval[:, 1])),
        "coverage_of_95_bias_removed_by_hand": np.mean(
            np.abs(middle - truth) <= np.diff(interval)[:, 0] / 2
        ),
    }
    return {name: round(float(value), 5) for name, value in figures.items()}


def written(parts: dict[str, list[dict[str, np.ndarray]]]) -> dict:
    """Write the JSON of the parts of every case, and return what it holds."""
    figures = {"samples": SAMPLES, "resamples": RESAMPLES}
    figures |= {name: coverage(name, listed) for name, listed in parts.items()}
    return write("cross_coverage", figures, libraries=("jax", "numpy"))


def main() -> None:
    """Run every case and write the JSON."""
    parts = {name: [part_of(name, part) for part in range(PARTS)] for name in CASES}
    print(json.dumps(written(parts), indent=2))


if __name__ == "__main__":
    main()
