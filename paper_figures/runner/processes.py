"""Figures made in worker processes, several at a time, each with one thread.

One thread, because sums in another order are other results: figures must not depend on how many
cores a machine has.
"""

import multiprocessing
import os
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from typing import Any

from paper_figures.runner import figure
from paper_figures.runner.figure import Work

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
THREADS += ("NPROC",)  # XLA's
PROGRAMS = "JAX_COMPILATION_CACHE_DIR"  # where JAX keeps what it has compiled
Ended = Callable[[str, dict[str, Any] | BaseException], None]  # a figure's name, entry or error
Moved = Callable[[str, int], object]  # a figure's name, and how many steps begin; 0: one has ended
OFTEN = 0.25  # seconds between two looks at what the workers say

_said: dict[str, Any] = {}  # in a worker: the queue by which it says that a step has ended


def nothing(name: str, steps: int) -> None:
    """Show nothing of a step."""


def make_all(works: list[Work], *, jobs: int, ended: Ended, moved: Moved = nothing) -> None:
    """Make figures, and call `ended` with each figure's entry or error as soon as it is there.

    `moved` is told of the steps of figures that say how many they have. With ``jobs=0`` they are
    made in this process, with as many threads as it has.
    """
    if jobs == 0:
        for work in works:
            ended(work.name, _tried(_with_steps, work, moved))
        return
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    options = {"mp_context": context, "initializer": _begin_worker, "initargs": (queue,)}
    with _environment(), ProcessPoolExecutor(jobs, **options) as pool:
        try:
            _schedule(
                pool, works, ended, share=len(works) < jobs, heard=partial(_hear, queue, moved)
            )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _schedule(
    pool: ProcessPoolExecutor,
    works: list[Work],
    ended: Ended,
    *,
    share: bool,
    heard: Callable[[], None],
) -> None:
    """Begin all figures in their order; share the parts of long ones where workers would idle.

    Every worker that computes a part compiles what it needs: two take longer in all than one.
    """
    waiting: dict[Future, tuple[str, Work]] = {}
    parts: dict[str, int] = {}
    fresh: dict[str, list[str]] = {work.name: [] for work in works}
    for work in works:
        waiting[pool.submit(_begin if share else _make, work)] = ("begun", work)
    while waiting:
        done = wait(waiting, timeout=OFTEN, return_when=FIRST_COMPLETED).done
        heard()
        for future in done:
            kind, work = waiting.pop(future)
            found = future.result()
            if kind == "begun" and isinstance(found, int):
                parts[work.name] = found
                for k in range(found):
                    waiting[pool.submit(_part, work, k)] = ("part", work)
            elif kind == "part":
                parts[work.name] -= 1
                fresh[work.name] += [] if isinstance(found, BaseException) else found
                if parts[work.name] == 0:  # a part's error comes again, where compute meets it
                    waiting[pool.submit(_tried, figure.make, work, fresh[work.name])] = "made", work
            else:
                ended(work.name, found)


def _begin(work: Work) -> int | dict[str, Any] | BaseException:
    """Make a figure, or return in how many parts it is to be computed."""
    left = _tried(figure.parts_left, work)
    if not left:
        return _make(work)
    if isinstance(left, int):
        _say(work.name, work.ticks())
    return left


def _part(work: Work, k: int) -> list[str] | BaseException:
    return _tried(figure.make_part, work, k, lambda step: _say(work.name, 0))


def _make(work: Work) -> dict[str, Any] | BaseException:
    return _tried(_with_steps, work, _say)


def _with_steps(work: Work, moved: Moved) -> dict[str, Any]:
    """Make a figure in one go, and say of its steps what is known."""
    ticks = work.ticks()
    if not ticks:
        return figure.make(work)
    moved(work.name, ticks)
    return figure.make(work, ended=lambda step: moved(work.name, 0))


def _say(name: str, steps: int) -> None:
    """Say in a worker that so many steps of a figure begin, or, with 0, that one has ended."""
    _said["queue"].put((name, steps))


def _hear(queue: Any, moved: Moved) -> None:
    """Pass on what the workers have said since."""
    while not queue.empty():
        moved(*queue.get())


def _tried(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return a function's result or its error; what it prints belongs to no one."""
    said = StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            return function(*arguments)
    except Exception as error:
        lines = traceback.format_exception(error)
        error.add_note("".join([said.getvalue()[-2000:], *lines]))
        return error


@contextmanager
def _environment() -> Iterator[None]:
    """Let processes that are started here use one thread: libraries ask when they are loaded.

    What one has compiled the others read, from a folder of theirs where none is set.
    """
    folder = tempfile.TemporaryDirectory(prefix="programs-of-figures-", ignore_cleanup_errors=True)
    with folder as programs:
        names = (*THREADS, PROGRAMS)
        before = {name: os.environ[name] for name in names if name in os.environ}
        os.environ.update({PROGRAMS: programs} | before | dict.fromkeys(THREADS, "1"))
        try:
            yield
        finally:
            for name in names:
                del os.environ[name]
            os.environ.update(before)


def _begin_worker(queue: Any) -> None:
    _said["queue"] = queue
    _end_with_parent()


def _end_with_parent() -> None:
    """End a worker when the process that started it is gone, even killed."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
