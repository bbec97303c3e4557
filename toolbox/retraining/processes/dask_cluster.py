"""Members on the workers of a running dask scheduler, on any machines that share the store."""

import sys
from collections.abc import Iterator

from toolbox.core.checks import InputError, refuse
from toolbox.retraining.processes.jobs import compute_member
from toolbox.retraining.studies.study import Study


def distributed(
    study: Study, job: str, numbers: list[int], address: str
) -> Iterator[tuple[int, bool]]:
    """Yield (number, whether there is a result); dask replaces its own dead workers.

    A member whose workers died as often as the scheduler allows (``allowed-failures``) is set
    aside. Only names and numbers travel; arrays go through the store.
    """
    try:
        from distributed import Client, KilledWorker, as_completed
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
        task = (str(study.store.root), job)
        futures = {
            client.submit(_compute, *task, number, tuple(sys.path), pure=False): number
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


def _compute(root: str, job: str, number: int, places: tuple[str, ...]) -> str:
    """Compute one member on a worker; return why it was refused, or nothing."""
    sys.path += [place for place in places if place not in sys.path]
    try:
        compute_member(root, job, number, "dask")
    except InputError as error:
        return str(error)
    return ""
