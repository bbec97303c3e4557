"""Write a file so that its name never stands for half of it."""

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from toolbox.core.checks import refuse


def storage_folder(value: Any, argument: str) -> Path:
    """Return a folder to keep results in: one that exists, or may be made in one that does."""
    if not isinstance(value, str | os.PathLike):
        refuse(argument, "the name of a folder", repr(value))
    folder = Path(value).expanduser().absolute()
    if not folder.parent.is_dir() or (folder.exists() and not folder.is_dir()):
        refuse(argument, "a folder, or a new one in an existing folder", str(folder))
    return folder


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary neighbour for writing; flush and rename it to `path` at the end.

    After an error nothing is left behind, and an older file of this name stays as it was.
    """
    temporary = temporary_name(path)
    try:
        with temporary.open("xb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def temporary_name(path: Path) -> Path:
    """Return a new name beside a file, for its content until it is whole; it names its writer."""
    writer = f"{_machine()}-{os.getpid()}-{_began(os.getpid())}"
    return path.with_name(f".{path.name[:100]}.{writer}.{uuid.uuid4().hex}.tmp")


def is_left_behind(temporary: Path) -> bool:
    """Say whether the writer of a temporary file was a process of this machine and is dead.

    Of a writer on another machine nothing is known.
    """
    machine, _, process = temporary.name.split(".")[-3:][0].partition("-")
    number, _, began = process.partition("-")
    known = machine == _machine() != "" and number.isdigit() and began
    return bool(known) and not _lives(int(number), began)


def _lives(process: int, began: str) -> bool:
    try:
        os.kill(process, 0)  # asks only; another user's may be hidden in /proc
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return _began(process) in (began, "")


def _began(process: int) -> str:
    """Return when a process began, in ticks since the machine did; "ended", or "" if not told."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "ended" if fields[0] in "ZX" else fields[19]  # states of the dead; field 22 of the line


@lru_cache
def _machine() -> str:
    """Return a name of this machine since it was started, and of its numbering of processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        name = f"{boot}{Path('/proc/self/ns/pid').readlink()}"
        return hashlib.sha256(name.encode()).hexdigest()[:12]
    except OSError:
        return ""


@contextmanager
def refusing(path: Path, argument: str) -> Iterator[None]:
    """Turn what the system says against writing a file into a refusal of the argument."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        refuse(argument, "a file that can be written", f"{str(path)!r} ({reason})")
