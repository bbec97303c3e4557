"""Crops described through Dask on two workers, against one process that holds them in memory.

python -m benchmarks.past_one_machine [CROPS] writes benchmarks/results/past_one_machine_<platform>
.json; 100,000 crops of 64 x 64 in float32 by default. Every process is bound to one core: the one
in memory, and each of the workers (by itself a process takes all cores, with threads). Both have
met one block before, so that nothing is compiled; both read one .npy file. Seconds are medians of
runs that alternate; a load average beside them says whether the machine was quiet. Gigabytes are
the largest resident sets, those of both workers and the scheduler added up, libraries included.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.provenance import write

SIZE, PIECE, RUNS = 64, 5000, 3
BAR, GIGABYTES = 1.6, 2.0
ALONE = """
import sys, time, os
import numpy as np
os.sched_setaffinity(0, {0})
from toolbox import describe, load
file, out = sys.argv[1:]
describe(np.load(file, mmap_mode="r")[:1024], dim=2)
for line in sys.stdin:
    began = time.perf_counter()
    values = describe(load(file, dim=2).values, dim=2).values
    taken = time.perf_counter() - began
    status = open("/proc/self/status").read()
    print(taken, status.split("VmHWM:")[1].split()[0], flush=True)
    np.save(out, values)
    del values
"""


def written(file: Path, crops: int) -> None:
    """Write the crops of noise, whose smoothness differs, piece by piece."""
    rng = np.random.Generator(np.random.Philox(0))
    head = {"descr": "<f4", "fortran_order": False, "shape": (crops, SIZE, SIZE)}
    with file.open("wb") as held:  # not mapped: its pages would count as this process's memory
        np.lib.format.write_array_header_1_0(held, head)
        for start in range(0, crops, PIECE):
            number = min(PIECE, crops - start)
            part = rng.standard_normal((number, SIZE, SIZE), dtype=np.float32)
            part[::2] += np.roll(part[::2], 1, axis=2)
            held.write(part.tobytes())


def on_its_core(core: int) -> None:
    """Bind a worker to a core."""
    os.sched_setaffinity(0, {core})


def met(file: str) -> None:
    """Describe a first block on a worker, which compiles."""
    from toolbox import describe

    describe(np.load(file, mmap_mode="r")[:1024], dim=2)


def peak() -> float:
    """Return the gigabytes that this process had at most.

    Of its own memory map: `getrusage` hands a parent's largest on to its children.
    """
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0]) / 1e9


def alternating(file: Path, out: Path) -> dict:
    """Return seconds and gigabytes of both, and whether they have the same bits."""
    from distributed import Client, LocalCluster

    from toolbox import describe, load

    command = [sys.executable, "-c", ALONE, str(file), str(out)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    times: dict[str, list[float]] = {"one process": [], "two workers": []}
    with subprocess.Popen(command, **pipes) as alone, cluster, Client(cluster) as client:
        for core, worker in enumerate(client.scheduler_info()["workers"]):
            client.run(on_its_core, core, workers=[worker])
        lazy = describe(load(file, dim=2, lazy=True), dim=2).values
        client.run(met, str(file))
        for _ in range(RUNS):
            alone.stdin.write("go\n")
            alone.stdin.flush()
            seconds, kilobytes = map(float, alone.stdout.readline().split())
            times["one process"].append(seconds)
            began = time.perf_counter()
            values = lazy.compute()
            times["two workers"].append(time.perf_counter() - began)
        gigabytes = sum(client.run(peak).values()) + client.run_on_scheduler(peak)
        alone.stdin.close()
    return {
        "seconds": {name: round(median(taken), 2) for name, taken in times.items()},
        "gigabytes": {"one process": kilobytes * 1024 / 1e9, "two workers": gigabytes},
        "same bits": bool(np.array_equal(values, np.load(out))),
        "blocks": lazy.numblocks[0],
    }


def main(crops: int) -> None:
    """Measure, and write the JSON."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crops.npy"
        written(file, crops)
        before = os.getloadavg()[0]
        found = alternating(file, Path(folder) / "values.npy")
    seconds, gigabytes = found["seconds"], found["gigabytes"]
    ratio = seconds["one process"] / seconds["two workers"]
    figures = {"crops": crops, "load before": before, **found, "ratio": round(ratio, 2)}
    figures |= {"bar": BAR, "held": ratio >= BAR}
    figures["memory held"] = gigabytes["two workers"] <= GIGABYTES
    libraries = ("numpy", "jax", "dask", "distributed")
    print(json.dumps(write("past_one_machine", figures, libraries=libraries), indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
