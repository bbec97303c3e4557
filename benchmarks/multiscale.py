"""Time of the multifractal analysis against plain loops, of its gradient, and its accuracy.

python -m benchmarks.multiscale writes benchmarks/results/multiscale_<platform>.json (five minutes
of one core). Times of a case alternate in one process. Two loops compute the leaders and c_1 to c_3
alone, of the same definition and scales and in the precision of the data, one item after the other,
and must agree with ours before they are timed: a tight one of PyWavelets and NumPy slices, and for
images the one that the documentation of PyWavelets and SciPy leads to. `toolbox.multifractal` also
gives regularity, gamma, zeta(q) and D(h). The leaders of pymultifracs 0.3.1, timed beside ours, are
of another definition: a sum of three coefficients at the finest scale, elsewhere half of the finer
ones, four of a leader's six children.
"""

import importlib.metadata
import json
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pywt
import scipy.ndimage
import scipy.stats
import torch

from benchmarks.provenance import write
from toolbox import fractional_field, multifractal, multifractal_field, torch_function
from toolbox.kernels.leaders import leaders_per_scale
from toolbox.kernels.log_leaders import centred_logarithms, power_sums
from toolbox.kernels.wavelet import details_per_scale
from toolbox.retraining.streams import generator

SEED = 30
DRAWS = 50


LENGTH = 6  # of db3


def inner_transform(x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return PyWavelets' next approximation and details, without what a border touches."""
    approximation, details = (pywt.dwt if x.ndim == 1 else pywt.dwt2)(x, "db3", mode="zero")
    details = [details] if x.ndim == 1 else details
    lead, windows = LENGTH // 2 - 1, [(n - LENGTH) // 2 + 1 for n in x.shape]
    # A window of the low-pass sits `lead` before one of the high-pass filter of the same interval.
    low = [slice(2 * lead, lead + n) for n in windows]
    high = [slice(lead, n) for n in windows]
    if x.ndim == 1:
        return approximation[lead : lead + windows[0]], [details[0][lead : lead + windows[0]]]
    crops = [(high[0], low[1]), (low[0], high[1]), (high[0], high[1])]
    inside = tuple(slice(lead, lead + n) for n in windows)
    return approximation[inside], [d[c] for d, c in zip(details, crops, strict=True)]


def tight_cumulants(x: np.ndarray, scales: tuple[int, int]) -> np.ndarray:
    """Return c_1 to c_3 of one item by PyWavelets and slices of NumPy arrays."""
    rows, counts, previous = [], [], None
    for j in range(1, scales[1] + 1):
        x, bands = inner_transform(x)
        c = np.abs(bands[0])
        for band in bands[1:]:
            c = np.maximum(c, np.abs(band))
        c = c * c.dtype.type(2.0 ** (-j * x.ndim / 2))
        if previous is not None:
            children = pooled(previous)
            c = c[tuple(slice(n) for n in children.shape)]
            c = np.maximum(c, children[tuple(slice(n) for n in c.shape)])
        previous = c
        if j >= scales[0]:
            y = np.log(neighbourhood(c))
            e, n = y - y.mean(), y.size
            k2, k3 = (e**2).sum() / (n - 1), (e**3).sum() * n / ((n - 1) * (n - 2))
            rows.append([y.mean(), k2, k3])
            counts.append(n)
    j = np.arange(scales[0], scales[1] + 1)
    return np.polyfit(j, rows, 1, w=np.sqrt(counts))[0] / np.log(2)


def pooled(x: np.ndarray) -> np.ndarray:
    """Return the maximum over the two children, along every axis, of positions 2, 3, ..."""
    for axis in range(x.ndim):
        x = np.moveaxis(x, axis, -1)[..., 2:]
        n = x.shape[-1] // 2
        x = np.moveaxis(np.maximum(x[..., : 2 * n : 2], x[..., 1 : 2 * n : 2]), -1, axis)
    return x


def neighbourhood(x: np.ndarray) -> np.ndarray:
    """Return the maximum over each position and its neighbours along every axis."""
    for axis in range(x.ndim):
        v = np.moveaxis(x, axis, -1)
        v = np.maximum(np.maximum(v[..., :-2], v[..., 1:-1]), v[..., 2:])
        x = np.moveaxis(v, -1, axis)
    return x


def documented_cumulants(image: np.ndarray, scales: tuple[int, int]) -> np.ndarray:
    """Return c_1 to c_3 of one image by PyWavelets and SciPy, function by function."""
    statistics, counts, supremum = [], [], None
    for j in range(1, scales[1] + 1):
        image, bands = inner_transform(image)
        largest = np.max(np.abs(np.stack(bands)), axis=0) * 2.0**-j
        if supremum is not None:
            children = supremum[2:, 2:]
            h, w = (min(n // 2, m) for n, m in zip(children.shape, largest.shape, strict=True))
            blocks = children[: 2 * h, : 2 * w].reshape(h, 2, w, 2).max(axis=(1, 3))
            largest = np.maximum(largest[:h, :w], blocks)
        supremum = largest
        leaders = scipy.ndimage.maximum_filter(supremum, size=3)[1:-1, 1:-1]
        if j >= scales[0]:
            y = np.log(leaders).ravel()
            statistics.append([scipy.stats.kstat(y, order) for order in (1, 2, 3)])
            counts.append(y.size)
    j = np.arange(scales[0], scales[1] + 1)
    return np.polyfit(j, statistics, 1, w=np.sqrt(counts))[0] / np.log(2)


def seconds(run: Callable[[], object]) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def speed(name: str, shape: tuple[int, ...], dim: int, repetitions: int) -> dict:
    """Time ours and the loops on the same walks, in turn."""
    x = walks(name, shape, dim)
    result = {}
    for dtype in (np.float32, np.float64):
        data = x.astype(dtype)

        def ours(data: np.ndarray = data) -> object:
            return multifractal(data, dim=dim)

        first = seconds(ours)
        found = ours()
        loops = {"tight": tight_cumulants}
        if dim == 2:
            loops["documented"] = documented_cumulants
        runs = {"ours": ours}
        for label, loop in loops.items():

            def run(
                data: np.ndarray = data, loop: Callable = loop, scales: tuple = found.scales
            ) -> object:
                return [loop(item, scales) for item in data]

            same = found.gamma == 0  # the loops integrate nothing
            difference = np.abs(np.array(run()) - found.cumulants)[same].max()
            if difference > (1e-3 if dtype == np.float32 else 1e-8):
                raise ArithmeticError(f"{label} loop and ours differ by {difference:.2g}")
            runs[label] = run
        times = [[seconds(run) for run in runs.values()] for _ in range(repetitions)]
        median = dict(zip(runs, np.median(times, axis=0), strict=True))
        figures = {f"{label}_ms": round(1e3 * t, 1) for label, t in median.items()}
        figures |= {f"ratio_{label}": round(median[label] / median["ours"], 1) for label in loops}
        result[np.dtype(dtype).name] = {
            "scales": found.scales,
            "first_call_s": round(first, 2),
        } | figures
    return result


def walks(name: str, shape: tuple[int, ...], dim: int) -> np.ndarray:
    """Return random walks, summed along every axis of space."""
    x = generator(SEED, name).standard_normal(shape)
    for axis in range(-dim, 0):
        x = np.cumsum(x, axis=axis)
    return x / x.std()


def gradient(name: str, shape: tuple[int, ...], dim: int, repetitions: int) -> dict:
    """Time value and gradient of a sum of log-cumulant sums over the value alone."""
    bank = [np.array(taps, np.float32) for taps in pywt.Wavelet("db3").filter_bank[2:]]
    levels = 4 if dim == 2 else 8
    x = walks(name, shape, dim).astype(np.float32)

    def sums(v: jax.Array) -> jax.Array:
        details, _ = details_per_scale(v, *map(jnp.asarray, bank), levels=levels)
        leaders, _ = leaders_per_scale(details, first=2, dim=dim, p=np.inf, gamma=0.0)
        e, mean = centred_logarithms(list(leaders), jnp.zeros(len(v), v.dtype))
        return mean.sum() + power_sums(e, orders=3).sum() / v[0].size

    loss, value, both = torch_function(sums), jax.jit(sums), jax.jit(jax.value_and_grad(sums))
    plain, tracked = torch.tensor(x), torch.tensor(x, requires_grad=True)
    placed = jnp.asarray(x)
    runs = {
        "jax_value": lambda: value(placed).block_until_ready(),
        "jax_value_and_gradient": lambda: jax.block_until_ready(both(placed)),
        "torch_value": lambda: loss(plain),
        "torch_value_and_gradient": lambda: torch.autograd.grad(loss(tracked), tracked),
    }
    first = {label: seconds(run) for label, run in runs.items()}
    times = [[seconds(run) for run in runs.values()] for _ in range(repetitions)]
    median = dict(zip(runs, np.median(times, axis=0), strict=True))
    result = {f"{label}_ms": round(1e3 * t, 1) for label, t in median.items()}
    for kind in ("jax", "torch"):
        total, alone = median[f"{kind}_value_and_gradient"], median[f"{kind}_value"]
        result[f"{kind}_value_and_gradient_over_value"] = round(total / alone, 1)
        result[f"{kind}_gradient_over_value"] = round((total - alone) / alone, 1)
    return result | {"first_call_s": {label: round(t, 2) for label, t in first.items()}}


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
    figures = {
        "speed": {
            "1 x 2^20": speed("long", (1, 2**20), 1, 7),
            "1000 x 4096": speed("many", (1000, 4096), 1, 3),
            "64 x 256 x 256": speed("images", (64, 256, 256), 2, 5),
        },
        "gradient": {
            "1000 x 4096": gradient("many", (1000, 4096), 1, 9),
            "64 x 256 x 256": gradient("images", (64, 256, 256), 2, 9),
        },
        "against pymultifracs": {
            "1 x 2^20": peer((1, 2**20), 5),
            "1000 x 4096": peer((1000, 4096), 3),
        },
        "bootstrap of one signal of 2^15": bootstrap(),
        f"accuracy at 2^15, {DRAWS} draws": accuracy(),
    }
    result = write("multiscale", figures, libraries=("jax", "numpy", "pywavelets", "torch"))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
