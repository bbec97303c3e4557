"""Bias of c_11 and rho_mf of bivariate walks and coverage of c_11, by p, scales and size.

python -m benchmarks.cross_multifractal FOLDER [SECONDS] writes
benchmarks/results/cross_multifractal_<platform>.json (15 minutes of one core). Draws are kept in
FOLDER part by part; a run that is stopped, or has had its SECONDS, is taken up by the next. Nothing
is calibrated: this is what the default scales and p of `cross_multifractal` were chosen by.
"""

import json
import sys
import time
from math import inf
from pathlib import Path

import numpy as np

from benchmarks.kept_results import kept
from benchmarks.provenance import write
from toolbox import cross_multifractal, multivariate_field

# Draws of one part, by the size of the signals: small enough to be done in half a minute.
PARTS = {2**14: 100, 2**16: 40, 2**18: 20}
# At 2^16 the first 200 draws had a coverage of 91.5 %: more of them tell chance from a fault.
DRAWS = {2**14: 200, 2**16: 1000, 2**18: 200}
RESAMPLES = 200
SEED = 1000
LAW = {"hurst": [0.6, 0.7], "intermittency": 0.03, "noise_correlation": 0.0}
CORRELATIONS = (0.7, 0.0)
ORDERS = (inf, 2.0, 1.0)
FINEST = (3, 4, 5)  # j1; j2 is the coarsest scale

Figures = dict[str, np.ndarray]


def part_of(size: int, correlation: float, part: int) -> dict[str, list | int]:
    """Analyse a part of the draws in every way: c11, interval, standard_error and rho_mf of each.

    Shape (draws, orders, ranges, ...).
    """
    law = LAW | {"multifractal_correlation": correlation}
    x = multivariate_field(size, **law, n=PARTS[size], seed=SEED + part).values
    last = cross_multifractal(x[:1], dim=1).scales[1]
    found: dict[str, list] = {"c11": [], "interval": [], "standard_error": [], "rho_mf": []}
    for p in ORDERS:
        for first in FINEST:
            options = {"p": p, "scales": (first, last), "resamples": RESAMPLES, "seed": SEED + part}
            estimate = cross_multifractal(x, dim=1, **options)
            for name, values in found.items():
                values.append(getattr(estimate, name))
    ways = (len(ORDERS), len(FINEST))
    shaped = {k: np.stack(v, axis=1) for k, v in found.items()}
    lists = {k: v.reshape(len(x), *ways, *v.shape[2:]).tolist() for k, v in shaped.items()}
    return lists | {"last": int(last)}


def kept_part(folder: Path, size: int, correlation: float, part: int) -> Figures:
    """Return a part's figures from its file, computed and written where it is not there."""
    name = f"{size}_{correlation:g}_{part}"
    found = kept(folder, name, part_of, size, correlation, part)
    return {key: np.array(values) for key, values in found.items()}


def summary(truth: float, got: Figures, *, cell: tuple[int, int]) -> dict[str, float]:
    """Return bias, spread and coverage of one entry of the matrix over the draws."""
    c, (low, high) = got["c11"][:, *cell], np.moveaxis(got["interval"][:, *cell], -1, 0)
    error, shift = c.std(ddof=1) / np.sqrt(len(c)), c.mean() - truth
    figures = {
        "truth": truth,
        "bias": shift,
        "monte_carlo_error_of_bias": error,
        "sd": c.std(ddof=1),
        "rmse": np.sqrt(((c - truth) ** 2).mean()),
        "standard_error": np.sqrt((got["standard_error"][:, *cell] ** 2).mean()),
        "coverage_of_95": np.mean((low <= truth) & (truth <= high)),
        "coverage_of_95_bias_removed_by_hand": np.mean(
            (low - shift <= truth) & (truth <= high - shift)
        ),
    }
    return {name: round(float(value), 5) for name, value in figures.items()}


def correlations(rho: np.ndarray) -> dict[str, float]:
    """Return quantiles of the estimates of rho_mf: it is a ratio, with long tails."""
    quartiles = np.nanpercentile(rho, [25, 50, 75])
    numbers = dict(zip(("lower_quartile", "median", "upper_quartile"), quartiles, strict=True))
    numbers |= {"share_nan": np.mean(np.isnan(rho))}
    return {name: round(float(value), 4) for name, value in numbers.items()}


def table(size: int, correlation: float, parts: list[Figures]) -> dict:
    """Return the figures of one size and law by p and range of scales."""
    law = LAW | {"multifractal_correlation": correlation}
    truth = multivariate_field(64, **law, seed=0).cross_cumulants
    last = int(parts[0]["last"])
    got = {k: np.concatenate([p[k] for p in parts]) for k in parts[0] if k != "last"}
    ways = {}
    for i, p in enumerate(ORDERS):
        for j, first in enumerate(FINEST):
            way = {k: v[:, i, j] for k, v in got.items()}
            name = f"{'leaders' if p == inf else f'p={p:g}'}, scales {first} to {last}"
            ways[name] = {
                "c11": summary(float(truth[0, 1]), way, cell=(0, 1)),
                "c20": summary(float(truth[0, 0]), way, cell=(0, 0)),
                "c02": summary(float(truth[1, 1]), way, cell=(1, 1)),
                "rho_mf": {"truth": correlation} | correlations(way["rho_mf"][:, 0, 1]),
            }
    return {"draws": len(got["c11"]), **ways}


def main(folder: Path, seconds: float = inf) -> dict | None:
    """Compute the parts that are missing for so long; with all of them write the JSON."""
    start, tables = time.perf_counter(), {}
    for size, n in PARTS.items():
        for correlation in CORRELATIONS:
            parts = []
            for part in range(DRAWS[size] // n):
                if time.perf_counter() - start > seconds:
                    print(f"next: {size} samples, rho_mf {correlation}, part {part}")
                    return None
                parts.append(kept_part(folder, size, correlation, part))
            tables[f"{size} samples, rho_mf {correlation:g}"] = table(size, correlation, parts)
    law = {"law": LAW, "resamples": RESAMPLES}
    return write("cross_multifractal", law | tables, libraries=("jax", "numpy"))


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), *map(float, sys.argv[2:])), indent=2))
