"""Where a member was computed: recorded beside its result, no part of its key."""

import os
import platform
import sys
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from typing import Any

LIBRARIES = ("grainwise", "numpy", "scipy", "jax", "jaxlib", "torch", "scikit-learn")
ONE_THREAD = (
    "OMP_NUM_THREADS",  # torch takes its number from here too
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NPROC",  # XLA on the CPU
)
PREALLOCATED = "XLA_PYTHON_CLIENT_PREALLOCATE"
OF_WORKERS = {*ONE_THREAD, PREALLOCATED, "PYTHONPATH"}  # set for them: no part of what is computed
VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "XLA_FLAGS",
    "JAX_PLATFORMS",
    "CUDA_VISIBLE_DEVICES",
    "CUBLAS_WORKSPACE_CONFIG",
    "SLURM_JOB_ID",
)


def environment(*, engine: str, device: str, seconds: float | None) -> dict[str, Any]:
    """Return engine, machine, versions and variables as plain values."""
    return {
        "engine": engine,
        "device": device,
        "seconds": seconds and round(seconds, 3),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **_of_this_process(),
    }


@lru_cache
def _of_this_process() -> dict[str, Any]:
    return {
        "host": platform.node(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "python": sys.version.split()[0],
        "versions": {name: _version(name) for name in LIBRARIES},
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
