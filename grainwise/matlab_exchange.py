"""The folder through which arguments and results go to and from MATLAB and Octave.

It holds users' data, so only its owner may enter it, and it goes with the process that made it:
when that one ends, when the Octave that it answers was killed, and, where both were killed, when
the next one starts.
"""

import atexit
import os
import shutil
import tempfile
import threading
import time
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_PREFIX = "grainwise-matlab-"
_MEMORY = Path("/dev/shm")  # a file system in memory, where the system has one
_YOUNG = 60.0  # seconds: the maker of such a folder may not have locked it yet
_LOOK = 0.5  # seconds between two looks for the parent process


@cache
def session_folder() -> str:
    """Return this process's folder; it is made at the first call and removed at the end."""
    usual = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else tempfile.gettempdir()
    place = Path(os.environ.get("GRAINWISE_EXCHANGE") or usual)
    sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))  # 0700
    _lock(folder)  # held until this process ends, however it does
    atexit.register(remove, folder)
    return str(folder)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it; no error where it is gone."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(place: Path) -> None:
    """Remove what killed processes left: folders of ours whose lock nobody holds any more."""
    if os.name != "posix":  # no such locks
        return
    for folder in place.glob(f"{_PREFIX}*"):
        try:
            state = folder.lstat()
            if state.st_uid != os.getuid() or time.time() - state.st_mtime < _YOUNG:
                continue
            handle = _lock(folder)
        except OSError:  # held, or just removed by another
            continue
        remove(folder)
        os.close(handle)


@contextmanager
def for_the_owner_only() -> Iterator[None]:
    """Make files that nobody else may read."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def leave_with(parent: int, folder: Path) -> threading.Event:
    """Once the parent process has ended, remove the folder and interrupt the main thread.

    Whoever was killed closes no pipe in time: the main thread may be computing, and others may hold
    the pipe's other end. Set the event that is returned when there is nothing to interrupt.
    """
    done = threading.Event()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        remove(folder)
        if not done.is_set():
            interrupt_main()

    threading.Thread(target=look, daemon=True).start()
    return done


def _lock(folder: Path) -> int:
    """Lock a folder for this process and return the handle; OSError where another one holds it."""
    if os.name != "posix":
        return -1
    import fcntl

    handle = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
