"""Compute what a store lacks, by any engine, and read the rest."""

import os
import platform
import time
import zlib
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.retraining.store.digests import data_digest
from toolbox.retraining.store.environments import environment
from toolbox.retraining.studies.in_process import in_process
from toolbox.retraining.studies.study import Study, is_jitted
from toolbox.retraining.studies.verification import OFF, recomputed, verified

OTHER_PROCESSES = ("processes", "dask")

Results = dict[int, dict[str, np.ndarray]]


def resumed(
    study: Study, *, engine: str, workers: Any, verify: bool, bar: Callable[..., Any]
) -> tuple[Results, tuple[int, ...], str]:
    """Return the results by number, who was set aside, and how what was kept was verified."""
    read = ((number, study.store.read(key)) for number, key in enumerate(study.keys))
    results = {number: arrays for number, arrays in read if arrays is not None}
    missing = [number for number in range(len(study.keys)) if number not in results]
    if missing or engine == "prepare":
        study.store.want_writable()
        _forget_broken(study, missing)
    said = ""
    if results:
        again = partial(_again, study, engine, workers)
        said = verified(study, list(results), again) if verify else OFF
    if not missing and engine != "prepare":
        return results, (), said
    if engine in ("loop", "map", "vmap"):
        done = _kept(study, engine, _from_a_place_of_our_own(missing))
    else:
        done = _elsewhere(study, engine, missing, workers)
    aside = []
    with closing(done):  # workers end now, also when an error keeps this frame alive
        for number, there in bar(done, initial=len(results), total=len(study.keys)):
            if there:
                results[number] = _read(study, number)
            else:
                aside.append(number)
    return results, tuple(sorted(aside)), said


def _again(
    study: Study, engine: str, workers: Any, number: int, beside: dict[str, Any]
) -> dict[str, Any]:
    """Compute a kept member again; in a process of its own if that is how it was kept.

    Such a process has one thread, and more threads may add in another order.
    """
    if engine in OTHER_PROCESSES and beside.get("engine") in (*OTHER_PROCESSES, "job array"):
        from toolbox.retraining.processes.jobs import write_job

        job = write_job(study)
        if engine == "processes":
            from toolbox.retraining.processes.pool import recomputed_apart

            return recomputed_apart(study, job, number)
        from toolbox.retraining.processes.dask_cluster import recomputed_there

        return recomputed_there(study, job, number, workers)
    return recomputed(study, number)


def _read(study: Study, number: int) -> dict[str, np.ndarray]:
    """Return a result that an engine says is there."""
    arrays = study.store.read(study.keys[number])
    if arrays is None:
        wanted = "a folder that all workers share and nobody alters"
        checks.refuse("store", wanted, f"no whole result of member {number} in it")
    return arrays


def _kept(study: Study, engine: str, numbers: list[int]) -> Generator[tuple[int, bool], None, None]:
    """Compute in this process, and keep each result; another process may be doing the same."""
    store = study.store
    began, unproven = time.perf_counter(), not is_jitted(study.member)
    for number, arrays in in_process(study, engine, numbers, lambda n: store.has(study.keys[n])):
        now, key = time.perf_counter(), study.keys[number]
        if unproven and arrays is not None:
            if data_digest(study.data) != study.data_key:
                checks.refuse("member", "a function that leaves its data alone", "one that writes")
            unproven = False
        if store.has(key):
            store.finish(key)
        elif arrays is not None:
            seconds = now - began if engine == "loop" else None  # otherwise several at a time
            store.write(
                key, arrays, environment(engine=engine, device=study.device, seconds=seconds)
            )
        began = now
        yield number, True


def _elsewhere(
    study: Study, engine: str, numbers: list[int], workers: Any
) -> Generator[tuple[int, bool], None, None]:
    """Compute in other processes, which keep the results themselves."""
    from toolbox.retraining.processes.jobs import write_job

    job = write_job(study)
    if engine == "processes":
        from toolbox.retraining.processes.pool import supervised

        yield from supervised(study, job, numbers, workers)
    elif engine == "dask":
        from toolbox.retraining.processes.dask_cluster import distributed

        yield from distributed(study, job, numbers, workers)


def _forget_broken(study: Study, missing: list[int]) -> None:
    """Remove results that cannot be read, so that one which is there is one to be read."""
    for number in missing:
        key = study.keys[number]
        # Read once more: another process may have written a whole one since.
        if study.store.has(key) and study.store.read(key) is None:
            study.store.forget_broken(key)


def _from_a_place_of_our_own(numbers: list[int]) -> list[int]:
    """Start where another process, computing the same, most likely does not."""
    place = zlib.crc32(f"{platform.node()} {os.getpid()}".encode()) % len(numbers)
    return numbers[place:] + numbers[:place]
