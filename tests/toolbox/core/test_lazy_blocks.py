"""Dask arrays in, dask arrays out: on threads, on two workers of a cluster, one of them killed."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import toolbox
from toolbox import InputError
from toolbox.core.device import items_together
from toolbox.core.lazy_blocks import lazy_array, lazy_record
from toolbox.data import lazy_loading

dask = pytest.importorskip("dask")
arrays = pytest.importorskip("dask.array")
HOME = Path(__file__).parents[3]
# 150 float32 items of 64 x 64 are more than are given to a kernel at once.
IMAGES = np.random.default_rng(0).standard_normal((150, 64, 64), dtype=np.float32)


def in_blocks(x, sizes):
    return arrays.from_array(x, chunks=(sizes, *x.shape[1:]))


def assert_equal_bits(lazy, held, left_out=()):
    """Every field of both records; those of the lazy one are computed now."""
    found, wanted = dask.compute(lazy.asdict(), scheduler="synchronous")[0], held.asdict()
    assert found.keys() == wanted.keys()
    for name in wanted.keys() - set(left_out):
        np.testing.assert_equal(found[name], wanted[name], err_msg=name)


def test_descriptions_have_the_bits_of_those_in_memory():
    units = np.arange(150) // 2
    lazy = toolbox.describe(in_blocks(IMAGES, (1, 0, 129, 20)), dim=2, units=units)
    assert isinstance(lazy.values, arrays.Array)
    assert_equal_bits(lazy, toolbox.describe(IMAGES, dim=2, units=units))


def test_multifractal_analysis_has_the_bits_of_that_in_memory():
    x = np.random.default_rng(1).standard_normal((9, 2, 512)).cumsum(axis=2)
    mask = np.arange(512) // 20 == 9
    options = {"dim": 1, "resamples": 20, "seed": 3, "missing": mask, "p": 2.0}
    lazy = toolbox.multifractal(in_blocks(x, 4), **options)
    assert isinstance(lazy.interval, arrays.Array)
    assert lazy.analysis.notes[-1].startswith("computed block by block")
    assert_equal_bits(lazy, toolbox.multifractal(x, **options), left_out=("note", "notes"))


def test_leaders_have_the_bits_of_those_in_memory():
    lazy = toolbox.wavelet_leaders(in_blocks(IMAGES, 101), dim=2)
    assert all(isinstance(values, arrays.Array) for values in lazy.values)
    assert_equal_bits(lazy, toolbox.wavelet_leaders(IMAGES, dim=2))


def test_whole_numbers_are_the_floats_that_memory_makes_of_them():
    x = np.random.default_rng(2).integers(0, 256, (5, 40, 40), dtype=np.uint8)
    assert_equal_bits(toolbox.describe(in_blocks(x, 2), dim=2), toolbox.describe(x, dim=2))
    with pytest.raises(InputError, match=r"^x: wanted floats, or whole numbers of 8 or 16 bits"):
        toolbox.describe(in_blocks(x.astype(np.int32), 2), dim=2)


def test_a_block_is_computed_once_for_all_fields_that_are_asked_for_together():
    calls = []

    def measured(block):
        calls.append(len(block))
        return toolbox.wavelet_leaders(block, dim=1)

    x = in_blocks(np.random.default_rng(4).standard_normal((5, 128)), (2, 1, 2))
    lazy = lazy_record(measured, x, "x", fields=("values",), together=1)
    assert len(lazy.values) > 2
    calls.clear()
    dask.compute(lazy.values, scheduler="synchronous")
    assert sorted(calls) == [1, 2, 2]


def test_a_file_that_was_written_anew_is_not_taken_for_the_old_one(tmp_path):
    file, x = tmp_path / "x.npy", np.random.default_rng(5).standard_normal((4, 128))
    names = []
    for held in (x, 2 * x):
        np.save(file, held)
        lazy = toolbox.load(file, dim=1, lazy=True).values
        np.testing.assert_array_equal(lazy.compute(scheduler="synchronous"), held)
        names.append(lazy.name)
    assert names[0] != names[1]  # by which a cluster knows values that it holds
    for other in (np.ones((4, 130)), np.ones((3, 128)), np.ones((4, 128), np.float32)):
        np.save(file, other)
        with pytest.raises(
            InputError, match=r"^path: wanted float64 of shape \(4, 128\) in .*x.npy"
        ):
            lazy.compute(scheduler="synchronous")


def test_no_item_is_computed_twice_on_a_cpu():
    calls = []

    def measured(block):
        calls.append(len(block))
        return toolbox.describe(block, dim=2)

    together = items_together((64, 64), np.float32, device="cpu")
    x = in_blocks(IMAGES[:10], 3)
    lazy = lazy_record(measured, x, "x", fields=("values",), together=together)
    calls.clear()
    found = lazy.values.compute(scheduler="synchronous")
    assert sorted(calls) == [1, 3, 3, 3]
    np.testing.assert_array_equal(found, toolbox.describe(IMAGES[:10], dim=2).values)


def test_reading_and_computing_a_block_is_one_task(tmp_path, monkeypatch):
    monkeypatch.setattr(lazy_loading, "BLOCK", 10**5)
    file = tmp_path / "x.npy"
    np.save(file, IMAGES[:100, :32, :32])
    values = toolbox.describe(toolbox.load(file, dim=2, lazy=True), dim=2).values
    blocks = values.numblocks[0]
    assert blocks > 2
    (graph,) = dask.optimize(values)
    tasks = [step for step in dict(graph.dask).values() if type(step).__name__ == "Task"]
    assert len(tasks) == blocks  # all else are names and what the tasks share


def test_blocks_that_cannot_be_described_are_refused_before_anything_is_read():
    def never(block):
        raise AssertionError("a block was computed")

    x = in_blocks(IMAGES[:4], 2).map_blocks(never, dtype=np.float32)
    for wrong, said in (
        (x.rechunk((2, 64, 32)), r"whole items in every block \(rechunk\({2: -1}\)\)"),
        (x[x.sum(axis=(1, 2)) > 0], r"blocks have known sizes \(compute_chunk_sizes\(\)"),
        (x[:0], r"at least one item"),
        (x.astype(complex), r"real numbers"),
        (x[:, :5, :5], r"space large enough"),
    ):
        with pytest.raises(InputError, match=rf"^x: wanted .*{said}"):
            toolbox.describe(wrong, dim=2)
    with pytest.raises(InputError, match=r"^units: wanted 4 labels"):
        toolbox.describe(x, dim=2, units=[1])
    with pytest.raises(InputError, match=r"^missing: wanted one mask of 2 axes"):
        toolbox.wavelet_leaders(x, dim=2, missing=np.zeros((4, 64, 64), dtype=bool))


def test_what_is_wrong_with_an_item_is_said_of_its_block():
    x = IMAGES[:6].copy()
    x[4] = 1
    said = r"^x: .*constant item 1 .*in the block of the items 3 to 5, counted from its first"
    with pytest.raises(InputError, match=said):
        toolbox.describe(in_blocks(x, 3), dim=2).values.compute(scheduler="synchronous")


# ------------------------------------------------------------------------------------- a cluster

CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                      dashboard_address=None) as local:
        print(local.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def cluster():
    """Start a scheduler and two workers as a user does; yield the process and a client."""
    distributed = pytest.importorskip("distributed")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(command, text=True, cwd=HOME, **pipes) as started:
        address = started.stdout.readline().strip()
        # A client whose scheduler died leaves itself behind as the default of the process.
        with (
            dask.config.set(scheduler="threads"),
            distributed.Client(address, set_as_default=True) as client,
        ):
            yield started, client
        started.stdin.close()
        started.wait(30)


def noted(block, log, seconds):
    """Describe a block, slowly, after a note of the process that does."""
    from toolbox import describe

    with Path(log).open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(seconds)
    return describe(block, dim=2).values


def test_a_killed_worker_loses_nothing(cluster, tmp_path):
    log = tmp_path / "log"
    held = toolbox.describe(IMAGES[:8], dim=2).values
    function = partial(noted, log=str(log), seconds=0.2)
    lazy = lazy_array(function, in_blocks(IMAGES[:8], 1), "x", together=128)
    future = cluster[1].compute(lazy)
    here = str(os.getpid())  # which describes the item that is made up
    while not (there := [p for p in log.read_text().split() if p != here]):
        time.sleep(0.01)
    os.kill(int(there[0]), signal.SIGKILL)
    np.testing.assert_array_equal(future.result(timeout=60), held)
    processes = set(log.read_text().split()) - {here}
    assert len(processes) >= 2
    assert len(log.read_text().split()) > 9  # some block was computed again


def test_a_scheduler_that_died_is_said_and_the_record_can_be_computed_again(cluster, tmp_path):
    log = tmp_path / "log"
    function = partial(noted, log=str(log), seconds=0.2)
    lazy = lazy_array(function, in_blocks(IMAGES[:8], 1), "x", together=128)
    future = cluster[1].compute(lazy)
    here = str(os.getpid())
    while not set(log.read_text().split()) - {here}:
        time.sleep(0.01)
    cluster[0].kill()
    with pytest.raises(Exception, match=r"(?i)cancel|scheduler|closed|lost"):
        future.result(timeout=60)
    cluster[1].close(timeout=1)
    held = toolbox.describe(IMAGES[:8], dim=2).values
    np.testing.assert_array_equal(lazy.compute(scheduler="threads"), held)
