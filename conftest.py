"""What the tests of a folder leave in memory is let go before the next, doctests' folders too."""

import ctypes
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from mmap import PAGESIZE
from pathlib import Path

import pytest

# Bytes in use above which even the programs of a folder's next file are let go: a process holds
# 1.0 GB once all is imported, and two, with the programs that they start, are to stay below 3.
MOST_KEPT = 1_200_000_000
# Bytes more than were left, above which freed pages are given back within a file, too: of what a
# file of large arrays holds, a third is such pages. It takes some 10 ms, too long after each test.
GROWN = 100_000_000
in_use_after = {"giving back": 0}
# What holds most comes first, when a process holds 0.3 GB less than at the end of a run: the Python
# behind Octave, 1.1 GB, and beside it, in the other process, long files of little; then files of
# .3 to .7 GB more than before them.
FIRST = (
    "tests/octave/test_octave_reference.py",
    "tests/toolbox/multiscale/test_descriptions.py",
    "tests/toolbox/kernels/test_gradients.py",
    "tests/labelling/segmentation/test_segmenters.py",
    "tests/similarity/verification/test_pair_evidence.py",
    "tests/octave/test_octave_examples.py",
    "tests/octave/test_octave_values.py",
    "tests/toolbox/processes/test_skewed_walks.py",
    "tests/similarity/metric_learning/test_siamese_networks.py",
    "tests/paper_figures/texture_synthesis/test_rare_class.py",
    "tests/grainwise/reports/test_fetal_report.py",
    "tests/toolbox/networks/test_series_networks.py",
    "tests/toolbox/multiscale/test_phase_harmonics.py",
    "tests/toolbox/core/test_torch_bridge.py",
    "tests/grainwise/reports/test_papers_report.py",
)

# One place for the temporary files of a run, which workers and children find in their environment:
# examples, and the programs that tests start, leave some fifty folders. It goes at the end; pytest
# keeps its own folders where it always does.
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
if not IS_WORKER:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="files-of-tests-")
    Path(tempfile.tempdir).chmod(0o711)  # one test reads a folder below as another user

# In it one folder of compiled programs for all processes, the tests' own children too: what another
# file, worker or child has compiled is read (Siamese training: 1 s for 19). It is empty at the
# start, so that a run tests what it compiled.
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp(prefix="programs-of-tests-")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.05"  # less is not worth a file


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have the loops compiled before several processes start, which else would all do it.

    It takes 40 seconds of one on a new machine, 2 where it was done, and 0.3 GB until its end.
    """
    if IS_WORKER or not session.config.getoption("numprocesses", None):
        return
    compiling = [sys.executable, "-m", "tests.compiled_loops"]
    running = [
        subprocess.Popen([*compiling, precision], cwd=Path(__file__).parent)
        for precision in ("float32", "float64")
    ]
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise pytest.UsageError("tests/compiled_loops.py failed, see above")


def pytest_unconfigure() -> None:
    """Take the files of this run away, in the process that made their place."""
    if not IS_WORKER:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


def in_use() -> int:
    """Return the bytes that this process holds; without /proc, as if they were too many."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * PAGESIZE if pages.exists() else MOST_KEPT


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let several processes begin with the files named first, and end with those of few tests."""
    if not IS_WORKER:
        return
    tests = Counter(item.path for item in items)
    place = {Path(__file__).parent / name: i for i, name in enumerate(FIRST)}
    if moved := [path.name for path in place if not path.exists()]:
        raise pytest.UsageError(f"FIRST in conftest.py names files that have moved: {moved}")
    items.sort(key=lambda item: (place.get(item.path, len(place)), -tests[item.path]))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let the collector of garbage pass over what lives until the end.

    Ten thousand tests and the modules that they import are a million objects: to look at all of
    them after each file took half a second, a sixth of the suite's time. The programs of the few
    networks that the batteries train while they are imported go first: frozen, they would stay.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        let_go()


def let_go() -> None:
    """Let go of compiled programs, of what nobody holds, and of freed pages.

    The modules that tests import on the way stay, hundreds of thousands of objects: like those that
    were imported before, they are not looked at again.
    """
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    gc.collect()
    gc.freeze()
    give_back()


def give_back() -> None:
    """Give freed pages back, of which glibc else keeps several times what is in use."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    in_use_after["giving back"] = in_use()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[bool]:
    """Compile the programs of examples in haste: a second for two, the same formulas."""
    if not isinstance(item, pytest.DoctestItem) or "jax" not in sys.modules:
        return (yield)
    config = sys.modules["jax"].config
    config.update("jax_disable_most_optimizations", val=True)
    try:
        return (yield)
    finally:
        config.update("jax_disable_most_optimizations", val=False)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let go of compiled programs, whose shapes hardly two folders share, and of freed pages."""
    grown = in_use() > in_use_after["giving back"] + GROWN
    if nextitem is None or nextitem.path.parent != item.path.parent:
        let_go()
    elif nextitem.path == item.path:
        if grown:
            give_back()
    elif in_use() > MOST_KEPT:
        let_go()
    elif grown:
        gc.collect()
        give_back()
