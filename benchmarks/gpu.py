"""Time of kernels and public functions on a CUDA device, beside a copy of the same bytes.

make gpu, or python -m benchmarks.gpu, writes benchmarks/results/gpu_<platform>.json; where JAX
finds no CUDA device nothing is measured and nothing is written. "kernels" are compiled programs
whose arrays are on the device already, "calls" public functions from NumPy arrays to NumPy results.
A copy reads and writes every byte once: no program that reads its input can be faster than half of
it. `floors` is the time of a kernel over that of reading its input at the bandwidth of the copy.

python -m benchmarks.gpu --device cpu --tiny only prints, and measures small arrays: it shows that
this file runs, and says nothing of any device.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from math import inf

import jax
import jax.numpy as jnp
import numpy as np
import pywt

from benchmarks.provenance import write
from toolbox import describe, multifractal, wavelet_leaders
from toolbox.kernels.leaders import leaders_of
from toolbox.kernels.log_leaders import log_leader_sums
from toolbox.kernels.texture_statistics import texture_statistics
from toolbox.retraining.streams import generator

SEED = 32
REPETITIONS = 21
IMAGES, TINY = (1024, 512, 512), (2, 192, 192)
LEVELS = 5
DRY_RUN = "a dry run on small arrays: no figure here says anything of a device"


def bank(name: str) -> list[jax.Array]:
    """Return the two filters of a wavelet in float32."""
    return [jnp.asarray(taps, jnp.float32) for taps in pywt.Wavelet(name).filter_bank[2:]]


def slope(scales: int) -> jax.Array:
    """Return the weights over the scales, all alike, of which the products with y are its slope."""
    j = jnp.arange(scales, dtype=jnp.float32)
    return (j - j.mean()) / ((j - j.mean()) ** 2).sum()


def milliseconds(run: Callable[[], object], *, repetitions: int) -> float:
    """Return the median time of a call, waited for, after one that compiles."""
    jax.block_until_ready(run())
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        jax.block_until_ready(run())
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def kernels(x: jax.Array) -> dict[str, Callable[[], object]]:
    """Return the kernels to be timed on images that are on the device."""
    described = partial(texture_statistics, levels=LEVELS, leader_levels=LEVELS, gamma=0.5)
    low, high = bank("db3")
    floor, orders = jnp.zeros(len(x)), jnp.full(len(x), 0.5)
    weights, q = slope(LEVELS - 1), jnp.array([1.0])
    options = {"levels": LEVELS, "first_scale": 2, "p": inf, "gamma": 0.5}
    cumulants = partial(log_leader_sums, orders=3, blocks=(), **options)

    def loss(v: jax.Array) -> jax.Array:
        return sum(s.sum() for s in leaders_of(v, low, high, orders, levels=LEVELS, p=inf))

    gradient = jax.jit(jax.grad(loss))
    return {
        "describe": lambda: described(x[:, None], *bank("db2")),
        "leaders with c_1 to c_3": lambda: cumulants(x, low, high, floor, weights, q),
        "leaders": lambda: leaders_of(x, low, high, orders, levels=LEVELS, p=inf),
        "gradient of the sum of leaders": lambda: gradient(x),
    }


def calls(x: np.ndarray, *, device: str) -> dict[str, Callable[[], object]]:
    """Return the public functions to be timed, data going to the device and results back."""
    options = {"dim": 2, "device": device}
    return {
        "describe": lambda: describe(x, **options).values,
        "multifractal": lambda: multifractal(x, **options).cumulants,
        "wavelet_leaders": lambda: wavelet_leaders(x, levels=LEVELS, **options).values,
    }


def measured(device: str, shape: tuple[int, ...], *, repetitions: int) -> dict:
    """Return every figure."""
    timed = partial(milliseconds, repetitions=repetitions)
    x = generator(SEED, "gpu").standard_normal(shape).astype(np.float32)
    placed = jax.device_put(x, jax.devices(device)[0])
    copy = jax.jit(lambda v: v + 1)
    copied = timed(lambda: copy(placed))
    bandwidth = 2 * x.nbytes / copied / 1e6  # GB/s: one read, one write
    floor = 1e3 * x.nbytes / (bandwidth * 1e9)
    figures: dict = {"input_bytes": x.nbytes, "copy_ms": copied, "copy_gb_per_s": bandwidth}
    times = {name: timed(run) for name, run in kernels(placed).items()}
    figures["kernels"] = {n: {"ms": t, "floors": t / floor} for n, t in times.items()}
    runs = calls(x, device=device)
    figures["calls"] = {name: {"ms": timed(run)} for name, run in runs.items()}
    return jax.tree.map(lambda v: round(v, 3), figures)


def main(arguments: list[str] | None = None) -> None:
    """Measure on a CUDA device and write the JSON, without one say so; or try everything small."""
    parser = argparse.ArgumentParser(description="Time kernels and calls on a device.")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="a dry run: nothing is written")
    given = parser.parse_args(arguments)
    try:
        device = jax.devices(given.device)[0]
    except RuntimeError:
        print(f"gpu: JAX finds no {given.device} device here; nothing was measured")
        return
    with jax.default_device(device):
        if given.tiny or device.platform == "cpu":
            figures = measured(given.device, TINY, repetitions=1)
            print(json.dumps({"note": DRY_RUN} | figures, indent=2))
            return
        figures = measured(given.device, IMAGES, repetitions=REPETITIONS)
        result = write("gpu", figures, libraries=("jax", "jaxlib", "numpy"))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
