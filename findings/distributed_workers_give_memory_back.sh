#!/bin/sh
# distributed 2026.8.0 on Linux with glibc: workers take every large temporary array of NumPy anew from the
# system.
#
# Workers are started with MALLOC_TRIM_THRESHOLD_=65536, so that freed memory is given back. Whoever sets this
# threshold also switches off that glibc learns from what is freed (mallopt(3)): every array above 128 KiB is
# mapped, filled with zeros page by page and unmapped, each time. What computes with many arrays of a few
# megabytes faults on each of their pages, and took 1.5 to 1.7 times as long for us as in a process of its own;
# in two workers as good as one. MALLOC_MMAP_THRESHOLD_ beside it, in distributed.nanny.pre-spawn-environ,
# brings the old way back. No warning, and nothing on the dashboard.
#
# Seen, as minor page faults of an expression of three temporary arrays of 2 MB, after one of 16 MB was freed: "here fewer than 20 an expression, on a
# worker more than 400, on a worker with the other threshold fewer than 20"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: textures are described in loops that make no arrays on the way.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet distributed==2026.8.0 dask==2026.8.0 numpy==2.3.5
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import resource
import sys

import dask
import numpy as np
from distributed import Client, LocalCluster

REPEATED = 200
PLACE = "distributed.nanny.pre-spawn-environ"


def faults():
    """Return the page faults of an expression whose temporary arrays take 2 MB each."""
    np.ones(2**22, np.float32)  # freed at once: from a larger array glibc learns to keep smaller ones
    x = np.ones(2**19, np.float32)
    for _ in range(10):
        (x + 1) * (x + 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(REPEATED):
        (x + 1) * (x + 2)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / REPEATED


def on_a_worker():
    """Return the same of a worker as it is started."""
    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        return client.submit(faults, pure=False).result()


def in_words(number):
    """Return a number of faults as one of two kinds."""
    return "fewer than 20" if number < 20 else "more than 400" if number > 400 else f"{number}"


if __name__ == "__main__":
    here, there = faults(), on_a_worker()
    usual = dask.config.get(PLACE)
    with dask.config.set({PLACE: usual | {"MALLOC_MMAP_THRESHOLD_": 2**25}}):
        mended = on_a_worker()
    said = f"here {in_words(here)} an expression, on a worker {in_words(there)}, "
    said += f"on a worker with the other threshold {in_words(mended)}"
    print("distributed", importlib.metadata.version("distributed"), usual)
    print(here, there, mended)
    print(said)
    seen = "here fewer than 20 an expression, on a worker more than 400, "
    seen += "on a worker with the other threshold fewer than 20"
    sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
