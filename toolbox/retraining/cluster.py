"""Members on the workers of a running dask scheduler, on any machines that share the store."""

import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from toolbox.doors import InputError, refuse
from toolbox.retraining.jobs import check_member, compute_member
from toolbox.retraining.studies import Study


def distributed(
    study: Study, job: str, numbers: list[int], address: str
) -> Iterator[tuple[int, bool]]:
    """Yield (number, whether there is a result); dask replaces its own dead workers.

    A member whose workers died as often as the scheduler allows (``allowed-failures``) is set
    aside. Only names and numbers travel; arrays go through the store.
    """
    with _connected(address) as client:
        from distributed import KilledWorker, as_completed

        futures = {
            client.submit(_compute, *_task(study, job), number, pure=False): number
            for number in numbers
        }
        for future in as_completed(futures, loop=client.loop):
            try:
                refused = future.result()
            except KilledWorker:
                yield futures[future], False
                continue
            if refused:
                raise InputError(refused)
            yield futures[future], True


def recomputed_there(study: Study, job: str, number: int, address: str) -> dict[str, Any]:
    """Have a worker compute a kept member once more; return how the two compare."""
    with _connected(address) as client:
        from distributed import KilledWorker

        try:
            report = client.submit(_check, *_task(study, job), number, pure=False).result()
        except KilledWorker:
            return {"raised": "nothing, but killed every process that it ran in"}
    if isinstance(report, str):
        raise InputError(report)
    return report


@contextmanager
def _connected(address: Any) -> Iterator[Any]:
    """Connect to the scheduler; say so when it is not there, or not any more."""
    try:
        from distributed import Client
    except ImportError as error:
        wanted = "engine='dask' needs an extra: pip install 'grainwise[cluster]'"
        raise ImportError(wanted) from error
    if not isinstance(address, str):
        refuse("workers", "the address of a dask scheduler, as 'tcp://host:8786'", repr(address))
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        wanted = "the address of a dask scheduler that answers"
        raise InputError(f"workers: wanted {wanted}, got {address!r} ({error})") from error
    with client:
        try:
            yield client
        except Exception as error:
            if client.status == "running" and not isinstance(error, _lost()):
                raise  # what a member raised
            wanted = "a dask scheduler that lives until all members are computed"
            got = f"{address!r}, which went away; what was computed is kept: call again"
            raise InputError(f"workers: wanted {wanted}, got {got}") from error


def _lost() -> tuple[type[Exception], ...]:
    """Return what dask raises before it has noticed by itself that the scheduler is gone."""
    from distributed.comm import CommClosedError

    return CommClosedError, CancelledError


def _task(study: Study, job: str) -> tuple[str, str, tuple[str, ...]]:
    return str(study.store.root), job, tuple(sys.path)


def _compute(root: str, job: str, places: tuple[str, ...], number: int) -> str:
    """Compute one member on a worker; return why it was refused, or nothing."""
    _import_from(places)
    try:
        compute_member(root, job, number, "dask")
    except InputError as error:
        return str(error)
    return ""


def _check(root: str, job: str, places: tuple[str, ...], number: int) -> dict[str, Any] | str:
    """Compute a kept member on a worker; return how it compares, or why it was refused."""
    _import_from(places)
    try:
        return check_member(root, job, number)
    except InputError as error:
        return str(error)


def _import_from(places: tuple[str, ...]) -> None:
    sys.path += [place for place in places if place not in sys.path]
