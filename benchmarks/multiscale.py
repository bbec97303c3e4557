"""Time of the multifractal analysis against a plain loop, and its accuracy on known processes.

python -m benchmarks.multiscale writes benchmarks/results/multiscale_<platform>.json (three minutes
of one core). Times of a case alternate in one process; the plain loop is PyWavelets and NumPy in
the precision of the data, one item after the other, and computes the leaders and c_1 to c_3 alone,
while `toolbox.multifractal` also gives regularity, gamma, zeta(q) and D(h).
"""

import datetime
import importlib.metadata
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pywt

from toolbox import fractional_field, multifractal, multifractal_field
from toolbox.retraining.streams import generator

RESULTS = Path(__file__).parent / "results"
SEED = 30
DRAWS = 50


def plain_cumulants(x: np.ndarray, dim: int, scales: tuple[int, int]) -> np.ndarray:
    """Return c_1 to c_3 of one item by PyWavelets and NumPy."""
    rows, counts = [], []
    transform = pywt.dwt if dim == 1 else pywt.dwt2
    previous = None
    for j in range(1, scales[1] + 1):
        x, details = transform(x, "db3", mode="periodization")
        bands = [details] if dim == 1 else details
        c = np.abs(bands[0])
        for band in bands[1:]:
            c = np.maximum(c, np.abs(band))
        c = c * 2.0 ** (-j * dim / 2)
        if previous is not None:
            c = np.maximum(c, pooled(previous, c.shape))
        previous = c
        y = np.log(neighbourhood(c))
        if j >= scales[0]:
            e = y - y.mean()
            rows.append([y.mean(), (e**2).mean(), (e**3).mean()])
            counts.append(y.size)
    j = np.arange(scales[0], scales[1] + 1)
    return np.polyfit(j, rows, 1, w=np.sqrt(counts))[0] / np.log(2)


def pooled(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return the maximum over pairs along every axis."""
    for axis, n in enumerate(shape):
        x = np.moveaxis(x, axis, -1)[..., : 2 * n]
        x = np.moveaxis(np.maximum(x[..., ::2], x[..., 1::2]), -1, axis)
    return x


def neighbourhood(x: np.ndarray) -> np.ndarray:
    """Return the maximum over each position and its neighbours along every axis."""
    for axis in range(x.ndim):
        v = np.moveaxis(x, axis, -1)
        v = np.maximum(np.maximum(v[..., :-2], v[..., 1:-1]), v[..., 2:])
        x = np.moveaxis(v, -1, axis)
    return x


def seconds(run: Callable[[], object]) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def speed(name: str, shape: tuple[int, ...], dim: int, repetitions: int) -> dict:
    """Time both on the same walks, in turn."""
    x = generator(SEED, name).standard_normal(shape)
    for axis in range(-dim, 0):
        x = np.cumsum(x, axis=axis)
    result = {}
    for dtype in (np.float32, np.float64):
        data = x.astype(dtype)

        def ours(data: np.ndarray = data) -> object:
            return multifractal(data, dim=dim)

        first = seconds(ours)
        scales = multifractal(data, dim=dim).scales

        def plain(data: np.ndarray = data, scales: tuple[int, int] = scales) -> object:
            return [plain_cumulants(item, dim, scales) for item in data]

        pairs = np.array([(seconds(plain), seconds(ours)) for _ in range(repetitions)])
        median = np.median(pairs, axis=0)
        result[np.dtype(dtype).name] = {
            "scales": scales,
            "first_call_s": round(first, 2),
            "plain_ms": round(1e3 * median[0], 1),
            "ours_ms": round(1e3 * median[1], 1),
            "ratio": round(median[0] / median[1], 1),
        }
    return result


def peer(shape: tuple[int, ...], repetitions: int) -> dict | str:
    """Time pymultifracs, which computes in float64, in turn with ours."""
    try:
        from pymultifracs import mfa, wavelet_analysis
    except ImportError:
        return "pymultifracs is not installed"
    x = np.cumsum(generator(SEED, "peer").standard_normal(shape), axis=-1)
    single = x.astype(np.float32)

    def theirs() -> object:
        leaders = wavelet_analysis(x.T, wt_name="db3").get_leaders(p_exp=np.inf)
        return mfa(leaders, [(3, 8)], weighted="Nj", q=[1.0], n_cumul=3)

    runs = {
        "pymultifracs_ms": theirs,
        "ours_float64_ms": lambda: multifractal(x, dim=1),
        "ours_float32_ms": lambda: multifractal(single, dim=1),
    }
    for run in runs.values():
        run()
    times = [[seconds(run) for run in runs.values()] for _ in range(repetitions)]
    result = dict(zip(runs, np.round(1e3 * np.median(times, axis=0), 1).tolist(), strict=True))
    for precision in ("float64", "float32"):
        ratio = result["pymultifracs_ms"] / result[f"ours_{precision}_ms"]
        result[f"ratio_{precision}"] = round(ratio, 1)
    return result | {"version": importlib.metadata.version("pymultifracs")}


def bootstrap() -> dict:
    """Time 1000 resamples of one signal, as the difference to none."""
    x = fractional_field(2**15, hurst=0.7, seed=SEED).values[0]

    def run(resamples: int) -> object:
        return multifractal(x, dim=1, resamples=resamples, seed=1)

    run(1000), run(0)
    times = np.array([(seconds(lambda: run(1000)), seconds(lambda: run(0))) for _ in range(9)])
    with_resamples, without = np.median(times, axis=0)
    return {
        "resamples": 1000,
        "whole_call_ms": round(1e3 * with_resamples, 1),
        "without_resamples_ms": round(1e3 * without, 1),
    }


def accuracy() -> dict:
    """Return bias, standard deviation and rmse of c_1 to c_3 and raw coverage; not calibrated."""
    walk = {"hurst": 0.5, "intermittency": 0.05}
    draws = {
        "fractional Brownian motion, H=.7": fractional_field(2**15, hurst=0.7, n=DRAWS, seed=SEED),
        "fractional Brownian motion, H=.3": fractional_field(2**15, hurst=0.3, n=DRAWS, seed=SEED),
        "multifractal walk, H=.5, lambda2=.05": multifractal_field(
            2**15, **walk, n=DRAWS, seed=SEED
        ),
    }
    return {
        f"{name}, {'leaders' if p == np.inf else f'p={p:g}'}": summary(process, p)
        for name, process in draws.items()
        for p in (np.inf, 2.0)
    }


def summary(process: object, p: float) -> dict:
    """Compare the estimates of every draw with the truth."""
    truth = np.asarray(process.cumulants)[:3]
    got = multifractal(process.values, dim=1, p=p, resamples=200, seed=2)
    error = got.cumulants - truth
    centred = np.abs(error - error.mean(axis=0)) <= np.diff(got.interval)[..., 0] / 2
    covered = (got.interval[..., 0] <= truth) & (truth <= got.interval[..., 1])
    figures = {
        "truth": truth,
        "bias": error.mean(axis=0),
        "std": error.std(axis=0, ddof=1),
        "rmse": np.sqrt((error**2).mean(axis=0)),
        "coverage_of_95_uncalibrated": covered.mean(axis=0),
        "coverage_of_95_bias_removed": centred.mean(axis=0),
    }
    return {key: np.round(value, 5).tolist() for key, value in figures.items()}


def main() -> None:
    """Run everything and write the JSON."""
    kind = jax.devices()[0].platform
    result = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": {
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "device": jax.devices()[0].device_kind,
        },
        "python": platform.python_version(),
        "versions": {
            name: importlib.metadata.version(name) for name in ("jax", "numpy", "pywavelets")
        },
        "speed": {
            "1 x 2^20": speed("long", (1, 2**20), 1, 7),
            "1000 x 4096": speed("many", (1000, 4096), 1, 3),
            "64 x 256 x 256": speed("images", (64, 256, 256), 2, 5),
        },
        "against pymultifracs": {
            "1 x 2^20": peer((1, 2**20), 5),
            "1000 x 4096": peer((1000, 4096), 3),
        },
        "bootstrap of one signal of 2^15": bootstrap(),
        f"accuracy at 2^15, {DRAWS} draws": accuracy(),
    }
    path = RESULTS / f"multiscale_{kind}.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
