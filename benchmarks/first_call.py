"""CPU-seconds of the first call at a shape that nothing was compiled for, in new processes.

python -m benchmarks.first_call writes benchmarks/results/first_call_<platform>.json (three minutes
of one core). A case runs in a process of its own, twice one after the other: what the first could
leave behind, the second would find. What is imported is not counted, all else is: checks, records,
the start of JAX where it is needed. "compiled" is the same call with everything given to JAX, as
all of it once was. The 50 signals of 50 lengths follow each other in
one process, ours and pymultifracs' in turn, each length once. Warm calls against pymultifracs, of
float64 walks on one core, alternate in one process too; python -m benchmarks.first_call warm
prints these alone.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

import numpy as np

from benchmarks.provenance import write
from toolbox import describe, fractional_field, multifractal, wavelet_leaders
from toolbox.kernels.leaders import leaders_of
from toolbox.kernels.log_leaders import sums_of_unit_items
from toolbox.kernels.texture_statistics import texture_statistics
from toolbox.retraining.streams import generator

SEED = 31
# Whole multiples: at a scale of odd length pymultifracs 0.3.1 keeps what its border has made, a
# hundred times as large as the rest, and refuses the signal for it.
LENGTHS = 3072 + 512 * np.arange(50)
SIZES = {(1, 2**15): 41, (1, 2**20): 9, (1000, 4096): 5}  # of warm calls, and how often
KERNELS = (leaders_of, sums_of_unit_items, texture_statistics)


def walk(*shape: int) -> np.ndarray:
    """Return random walks."""
    return np.cumsum(generator(SEED, "walk", *shape).standard_normal(shape), axis=-1)


def field(*shape: int) -> np.ndarray:
    """Return white noise."""
    return generator(SEED, "field", *shape).standard_normal(shape)


# A function of the toolbox, its dim, and the array that it is given.
CASES = {
    "multifractal 1 x 9001": (multifractal, 1, partial(walk, 1, 9001)),
    "describe 4 x 133 x 133": (describe, 2, partial(field, 4, 133, 133)),
    "wavelet_leaders 1 x 32768": (wavelet_leaders, 1, partial(walk, 1, 2**15)),
}
# Warm calls, short and long.
WARM = CASES | {
    "multifractal 1 x 2048": (multifractal, 1, partial(walk, 1, 2048)),
    "multifractal 1 x 32767": (multifractal, 1, partial(walk, 1, 32767)),
    "describe 1 x 64 x 64": (describe, 2, partial(field, 1, 64, 64)),
    "describe 512 x 64 x 64": (describe, 2, partial(field, 512, 64, 64)),
}


def call(name: str) -> Callable[[], object]:
    """Return the call of a case, its array made."""
    function, dim, array = WARM[name]
    return partial(function, array(), dim=dim)


def compile_everything() -> None:
    """Give every call to JAX."""
    for kernel in KERNELS:
        kernel.numpy_on_cpu = False


def measured(name: str, engine: str) -> float:
    """Return the CPU-seconds of the first call of a case in this process."""
    if engine == "compiled":
        compile_everything()
    run = call(name)
    start = time.process_time()
    run()
    return time.process_time() - start


def in_a_new_process(name: str, engine: str) -> float:
    """Return what `measured` finds in a new process."""
    command = [sys.executable, "-m", "benchmarks.first_call", name, engine]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def first_calls() -> dict:
    """Return the CPU-seconds of each case, in two processes one after the other."""
    return {
        name: {
            engine: [round(in_a_new_process(name, engine), 3) for _ in range(2)]
            for engine in ("numpy", "compiled")
        }
        for name in CASES
    }


def warm_calls(repetitions: int = 21) -> dict:
    """Return median CPU milliseconds of warm calls by NumPy and compiled, in turn."""
    result = {}
    for name in WARM:
        run, times = call(name), []
        for _ in range(repetitions + 2):  # the first two compile and warm up
            pair = []
            for by_numpy in (True, False):
                for kernel in KERNELS:
                    kernel.numpy_on_cpu = by_numpy
                start = time.process_time()
                run()
                pair.append(time.process_time() - start)
            times.append(pair)
        numpy, compiled = np.round(1e3 * np.median(times[2:], axis=0), 2).tolist()
        result[name] = {"numpy_cpu_ms": numpy, "compiled_cpu_ms": compiled}
    for kernel in KERNELS:
        kernel.numpy_on_cpu = True
    return result


def by_the_peer(x: np.ndarray) -> object:
    """Return what pymultifracs finds."""
    from pymultifracs import mfa, wavelet_analysis

    leaders = wavelet_analysis(x.T, wt_name="db3").get_leaders(p_exp=np.inf)
    return mfa(leaders, [(3, 8)], weighted="Nj", q=[1.0], n_cumul=3)


def timed(function: Callable[..., object], *arguments: object, **options: object) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - start


def against_the_peer() -> dict | str:
    """Return median milliseconds of warm calls on one core, ours and pymultifracs', in turn."""
    if not find_spec("pymultifracs"):
        return "pymultifracs is not installed"
    cores, rows = os.sched_getaffinity(0), {}
    os.sched_setaffinity(0, {max(cores)})  # ours would take more
    for shape, repetitions in SIZES.items():
        x = walk(*shape)
        times = [
            (timed(multifractal, x, dim=1), timed(by_the_peer, x)) for _ in range(repetitions + 1)
        ]
        ours, theirs = np.round(1e3 * np.median(times[1:], axis=0), 2).tolist()
        figures = {"ours_ms": ours, "pymultifracs_ms": theirs}
        rows[f"{shape[0]} x {shape[1]}"] = figures | {"ratio": round(theirs / ours, 1)}
    os.sched_setaffinity(0, cores)
    return rows


def fifty_lengths() -> dict | str:
    """Return the seconds of one call a length, ours and pymultifracs', and their ratio."""
    if not find_spec("pymultifracs"):
        return "pymultifracs is not installed"
    totals = {"ours_s": 0.0, "pymultifracs_s": 0.0}
    for n in (2560, *LENGTHS):
        x = fractional_field(int(n), hurst=0.8, seed=SEED).values
        seconds = timed(multifractal, x, dim=1), timed(by_the_peer, x)
        if n in LENGTHS:  # the first of all is for whatever is done once
            totals = dict(zip(totals, np.add(list(totals.values()), seconds), strict=True))
    result = {name: round(float(total), 3) for name, total in totals.items()}
    ratio = round(totals["pymultifracs_s"] / totals["ours_s"], 1)
    version = importlib.metadata.version("pymultifracs")
    return {"lengths": len(LENGTHS)} | result | {"ratio": ratio, "version": version}


def leaders_against_the_peer(repetitions: int = 41) -> dict | str:
    """Return median milliseconds of the leaders of one signal of 2^15, and their ratio."""
    try:
        from pymultifracs import wavelet_analysis
    except ImportError:
        return "pymultifracs is not installed"
    x, times = walk(1, 2**15), []
    for _ in range(repetitions + 1):
        start = time.perf_counter()
        wavelet_leaders(x, dim=1)
        middle = time.perf_counter()
        wavelet_analysis(x.T, wt_name="db3").get_leaders(p_exp=np.inf)
        times.append((middle - start, time.perf_counter() - middle))
    ours, theirs = np.round(1e3 * np.median(times[1:], axis=0), 2).tolist()
    return {"ours_ms": ours, "pymultifracs_ms": theirs, "ratio": round(theirs / ours, 2)}


def main() -> None:
    """Run everything and write the JSON; with a case and an engine, only print its figure."""
    if sys.argv[1:] == ["warm"]:
        print(json.dumps(against_the_peer(), indent=2))
        return
    if len(sys.argv) > 1:
        print(measured(*sys.argv[1:]))
        return
    figures = {
        "cpu_seconds_of_first_calls": first_calls(),
        "warm": warm_calls(),
        "50 signals of 50 lengths": fifty_lengths(),
        "wavelet_leaders 1 x 2^15": leaders_against_the_peer(),
        "multifractal, warm": against_the_peer(),
    }
    result = write("first_call", figures, libraries=("jax", "numpy", "pywavelets"))
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
