"""A pool of worker processes that outlives the death of any of them.

A worker that dies is replaced, and the member that it was computing is given out again, up to
`REQUEUES` times. A member whose workers die still is set aside: it kills them. When it has saved a
checkpoint since the last death, it got further, and the count begins again.
"""

import json
import os
import selectors
import subprocess
import sys
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolbox.core.checks import InputError
from toolbox.retraining.store.environments import ONE_THREAD, PREALLOCATED
from toolbox.retraining.studies.study import Study
from toolbox.retraining.studies.verification import again_key

REQUEUES = 3
_START = "import sys; from toolbox.retraining.processes.worker import serve; serve(*sys.argv[1:])"


def supervised(
    study: Study, job: str, numbers: list[int], workers: int
) -> Iterator[tuple[int, bool]]:
    """Yield (number, True) when a member's result is in the store, (number, False) if set aside."""
    waiting, deaths = deque(numbers), Counter()
    reached = {number: study.store.progress(study.keys[number]) for number in numbers}
    with _Crew(study, job) as crew:
        while waiting or crew.busy():
            while waiting and len(crew.busy()) < workers:
                crew.order(waiting.popleft())
            for worker in crew.ready():
                number, answer = worker.number, worker.answer()
                if answer is not None:
                    _raise(answer)
                    yield number, True
                    continue
                crew.bury(worker)
                if number is None:
                    continue
                progress = study.store.progress(study.keys[number])
                deaths[number] = deaths[number] + 1 if progress == reached[number] else 0
                reached[number] = progress
                if deaths[number] > REQUEUES:
                    yield number, False
                else:
                    waiting.append(number)


def recomputed_apart(study: Study, job: str, number: int) -> dict[str, Any]:
    """Have a worker compute a kept member once more; return how the two compare."""
    key, deaths = again_key(study, number), 0
    reached = study.store.progress(key)
    with _Crew(study, job) as crew:
        while deaths <= REQUEUES:
            crew.order(number, task="check")
            (worker,) = crew.ready()
            answer = worker.answer()
            if answer is not None:
                _raise(answer)
                return answer["report"]
            crew.bury(worker)
            progress = study.store.progress(key)
            deaths, reached = deaths + 1 if progress == reached else 0, progress
    return {"raised": "nothing, but killed every process that it ran in"}


class _Worker:
    """One process and the member that it is computing."""

    def __init__(self, arguments: list[str]) -> None:
        self.number: int | None = None
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=_environment(),
        )

    def order(self, number: int, task: str) -> None:
        self.number = number
        try:
            self.process.stdin.write(f"{task} {number}\n".encode())
        except BrokenPipeError:
            pass  # it is dead, which its closed output says too

    def answer(self) -> dict[str, Any] | None:
        """Return what it says of its member, None when it died."""
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        self.number = None
        return json.loads(line)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class _Crew:
    """The living workers; they end with the block."""

    def __init__(self, study: Study, job: str) -> None:
        self._arguments = [str(study.store.root), job]
        self._selector = selectors.DefaultSelector()
        self._workers: list[_Worker] = []

    def __enter__(self) -> "_Crew":
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            worker.end()
        self._selector.close()

    def busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.number is not None]

    def order(self, number: int, task: str = "compute") -> None:
        idle = [worker for worker in self._workers if worker.number is None]
        worker = idle[0] if idle else _Worker(self._arguments)
        if not idle:
            self._workers.append(worker)
            self._selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
        worker.order(number, task)

    def ready(self) -> list[_Worker]:
        """Wait until some have answered or died."""
        return [key.data for key, _ in self._selector.select()]

    def bury(self, worker: _Worker) -> None:
        self._selector.unregister(worker.process.stdout)
        self._workers.remove(worker)
        worker.end()


def _environment() -> dict[str, str]:
    """Return the parent's variables, its import path, and one thread for every library."""
    places = [str(Path(place).absolute()) for place in sys.path]
    one = dict.fromkeys(ONE_THREAD, "1")
    shared_gpu = {PREALLOCATED: "false"}  # or the first takes all its memory
    return {**shared_gpu, **os.environ, **one, "PYTHONPATH": os.pathsep.join(places)}


def _raise(answer: dict[str, Any]) -> None:
    """Raise here what a member raised there."""
    if "refused" in answer:
        raise InputError(answer["refused"])
    if "raised" in answer:
        raise RuntimeError(answer["raised"])
