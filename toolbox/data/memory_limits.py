"""How much a file may take in memory: what it announces is counted before anything is allocated."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from toolbox.core.checks import count, refuse

# Of a container (versions 2 and 1 of Linux's control groups): the folder, the files of the limit
# and of what is in use, and how its statistics call the cached files among it, which give way.
_CONTAINERS = (
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file",
    ),
)


# What little a file stores of a large array, such as the values of a sparse matrix, tells nothing
# of its size: a damaged number of rows asks for all memory there is. Unless the user says how much
# may be taken, an array is at most as much larger as compression makes one (deflate's best is 1032
# times), or of a size that is made in a second or two.
_TIMES_STORED = 1100
_SOON_MADE = 2**30  # bytes


class Room:
    """The bytes that the arrays of a file, or of all files of a folder, may take."""

    def __init__(self, largest: int | None = None) -> None:
        self._said = largest is not None
        self.largest = free_memory() if largest is None else count(largest, "largest")
        self.taken = 0

    def unfold(self, nbytes: int, stored: int, source: str | os.PathLike) -> None:
        """Count an array of which `source` stores so many bytes, and leaves out the rest."""
        most = max(_SOON_MADE, _TIMES_STORED * int(stored))
        if not self._said and nbytes > most:
            wanted = f"at most {_readable(most)} for {_readable(int(stored))} that are stored"
            got = f"{_readable(int(nbytes))} announced by {str(source)!r}"
            refuse("largest", f"{wanted} (set it to allow more)", got)
        self.take(nbytes, source)

    def take(self, nbytes: int, source: str | os.PathLike) -> None:
        """Count an array that `source` announces; refuse what is too large in all."""
        if self.taken + int(nbytes) > self.largest:
            wanted = f"at most {_readable(self.largest)} in memory (set it to allow more)"
            besides = f" besides {_readable(self.taken)}" if self.taken else ""
            got = f"{_readable(int(nbytes))}{besides} announced by {str(source)!r}"
            refuse("largest", wanted, got)
        self.taken += int(nbytes)


def free_memory() -> int:
    """Return the bytes that a new array may take: the least that machine, container, ulimit leave.

    Where a system tells nothing of what is free, half of what it has.
    """
    return max(0, min(_free()))


def _free() -> Iterator[int]:
    page = os.sysconf("SC_PAGE_SIZE")
    yield os.sysconf("SC_PHYS_PAGES") * page // (1 if Path("/proc/meminfo").exists() else 2)
    with suppress(OSError, ValueError, StopIteration):
        yield _line(Path("/proc/meminfo"), "MemAvailable:") * 1024
    for folder, limit, used, cached in _CONTAINERS:
        with suppress(OSError, ValueError, StopIteration):  # no such file, or the word "max"
            in_use = _whole(folder, used) - _line(Path(folder, "memory.stat"), cached)
            yield _whole(folder, limit) - in_use
    with suppress(OSError, ValueError, ImportError):
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit

        limit = getrlimit(RLIMIT_AS)[0]
        if limit != RLIM_INFINITY:
            yield limit - int(Path("/proc/self/statm").read_text().split()[0]) * page


def _whole(folder: str, name: str) -> int:
    return int(Path(folder, name).read_text())


def _line(file: Path, name: str) -> int:
    """Return the number beside a name."""
    rows = (row.split() for row in file.read_text().splitlines())
    return next(int(row[1]) for row in rows if row[0] == name)


def _readable(nbytes: int) -> str:
    """Return a size in words, with the exact number where it is short."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if nbytes >= unit:
            return f"{nbytes / unit:.3g} {name}"
    return f"{nbytes} bytes"
