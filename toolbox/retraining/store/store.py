"""The store: a folder in which every member's result lies under the digest of all it depends on.

``members/KEY/result.npz`` appears when it is complete, ``environment.json`` beside it says where it
was computed, ``checkpoint.npz`` is how far a member has come. Nothing in the folder refers to where
the folder is. Any number of processes may use it at once: the same key means the same content, and
every file is written whole and renamed.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from toolbox.core import checks
from toolbox.core.atomic_files import (
    is_left_behind,
    storage_folder,
    temporary_name,
    written_whole,
)
from toolbox.retraining.store.array_archives import read_arrays, write_arrays

FORMAT = "grainwise store"
VERSION = 1
# What store.json says. A later version's must be of another length: see `_is_damaged`.
HEAD = json.dumps({"format": FORMAT, "version": VERSION}).encode()
TRIES = 100  # to open a file in a folder that others, who verify the same member, may remove
STALE = 24 * 3600.0  # seconds after which a temporary file is no longer somebody's work


class Store:
    """An opened store; with `make` the folder is made, inside an existing one, if there is none."""

    def __init__(self, path: Any, *, make: bool = True) -> None:
        self.root = storage_folder(path, "store")
        if not self._head().exists():
            if not make:
                checks.refuse("store", "a store that retrain made", str(self.root))
            self._found()
        self._want_known_version()

    def read(self, key: str) -> dict[str, np.ndarray] | None:
        """Return a member's arrays; None when absent, cut short, altered or another's."""
        with _named_errors(self.root):
            found = read_arrays(self._folder(key) / "result.npz")
        return found[0] if found and found[1].get("key") == key else None

    def has(self, key: str) -> bool:
        """Say whether a result is there, without reading it."""
        return (self._folder(key) / "result.npz").exists()

    def forget_broken(self, key: str) -> None:
        """Remove a result that cannot be read; a whole one that came in its place is put back."""
        path = self._folder(key) / "result.npz"
        aside = temporary_name(path.with_name("broken"))
        with _named_errors(self.root):
            try:
                path.replace(aside)
            except FileNotFoundError:
                return
            found = read_arrays(aside)
            if found and found[1].get("key") == key:
                aside.replace(path)
            aside.unlink(missing_ok=True)

    def write(self, key: str, arrays: dict[str, np.ndarray], beside: dict[str, Any]) -> None:
        """Keep a member's arrays; `beside` is recorded but no part of the result."""
        folder = self.made(key)
        with _named_errors(self.root):
            text = json.dumps(beside, indent=1, default=str).encode()
            with written_whole(folder / "environment.json") as handle:
                handle.write(text)
            with written_whole(folder / "result.npz") as handle:
                write_arrays(handle, arrays, key=key)
            flush_folder(folder)
        self.finish(key)

    def finish(self, key: str) -> None:
        """Remove the checkpoint of a member whose result is there."""
        with _named_errors(self.root):
            (self._folder(key) / "checkpoint.npz").unlink(missing_ok=True)

    def forget_checkpoint(self, key: str) -> None:
        """Remove a checkpoint and its folder, which holds nothing else."""
        folder = self._folder(key)
        if folder.exists():
            with _named_errors(self.root):
                self.finish(key)
                _sweep(folder)
                with suppress(OSError):  # another process verifies the same member
                    folder.rmdir()

    def read_checkpoint(self, key: str) -> dict[str, np.ndarray] | None:
        """Return what the member saved last, None if there is nothing whole."""
        with _named_errors(self.root):
            found = read_arrays(self._folder(key) / "checkpoint.npz")
        return found[0] if found and found[1].get("key") == key else None

    def write_checkpoint(self, key: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep how far a member has come, in place of what it saved before.

        It is renamed when whole, but not waited for until it is on the disk, which takes longer
        than many a step: a kill loses nothing, and a loss of power at most a checkpoint.
        """
        with _named_errors(self.root):
            temporary, handle = self._opened_checkpoint(key)
            try:
                with handle:
                    write_arrays(handle, arrays, key=key)
                temporary.replace(self._folder(key) / "checkpoint.npz")
            finally:
                temporary.unlink(missing_ok=True)

    def progress(self, key: str) -> tuple[int, int] | None:
        """Return a mark that changes whenever the member saves a checkpoint."""
        try:
            seen = (self._folder(key) / "checkpoint.npz").stat()
        except OSError:
            return None
        return seen.st_ino, seen.st_mtime_ns

    def made(self, key: str) -> Path:
        """Return the member's folder, made and rid of temporaries that nobody works on."""
        folder = self._folder(key)
        with _named_errors(self.root):
            with suppress(FileExistsError):  # it was there, and another process has removed it
                folder.mkdir(parents=True, exist_ok=True)
            _sweep(folder)
        return folder

    def write_file(self, name: str, arrays: dict[str, np.ndarray], **head: Any) -> None:
        """Keep a file of the store itself: a job or its data."""
        path = self.root / name
        with _named_errors(self.root):
            path.parent.mkdir(exist_ok=True)
            with written_whole(path) as handle:
                write_arrays(handle, arrays, **head)

    def want_writable(self) -> None:
        """Refuse, before anything is computed, a folder that cannot be written to.

        Then tidy it up: mend a damaged head, remove what dead processes left half written.
        """
        members = self.root / "members"
        with _named_errors(self.root):
            members.mkdir(exist_ok=True)
            probe = temporary_name(members / "probe")
            probe.write_bytes(b"x")
            probe.unlink(missing_ok=True)
            for folder in (self.root, self.root / "jobs", members, *_inside(members)):
                _sweep(folder)
            if _is_damaged(self._head().read_bytes()):
                self._write_head()

    def is_writable(self) -> bool:
        """Say whether members may be written, as far as the system tells."""
        return os.access(self.root / "members", os.W_OK)

    def beside(self, key: str) -> dict[str, Any]:
        """Return what was recorded beside a result, nothing if it cannot be read."""
        try:
            found = json.loads((self._folder(key) / "environment.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def identity(self) -> tuple[str, int]:
        """Return what tells this store from any other, while this process lives."""
        with _named_errors(self.root):
            return str(self.root), self.root.stat().st_ino

    def _opened_checkpoint(self, key: str) -> tuple[Path, BinaryIO]:
        """Open a temporary file that will be a member's checkpoint."""
        for _ in range(TRIES):
            temporary = temporary_name(self.made(key) / "checkpoint.npz")
            with suppress(FileNotFoundError):  # removed by another process since it was made
                return temporary, temporary.open("xb")
        raise OSError(f"{self._folder(key)} is removed as often as it is made")

    def _folder(self, key: str) -> Path:
        return self.root / "members" / key

    def _head(self) -> Path:
        return self.root / "store.json"

    def _found(self) -> None:
        with _named_errors(self.root):
            self.root.mkdir(exist_ok=True)
            others = [f.name for f in self.root.iterdir() if not f.name.startswith(".")]
            if others and not self._head().exists():  # unless another process was quicker
                got = f"{str(self.root)!r}, which holds {others[0]!r}"
                checks.refuse("store", "a store or an empty folder", got)
            self._write_head()

    def _write_head(self) -> None:
        with written_whole(self._head()) as handle:
            handle.write(HEAD)

    def _want_known_version(self) -> None:
        with _named_errors(self.root):
            content = self._head().read_bytes()
        if _is_damaged(content):
            return
        try:
            head = json.loads(content)
        except ValueError:
            head = None
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            checks.refuse("store", "a store that retrain made", f"another {str(self._head())!r}")
        version = head.get("version")
        if not isinstance(version, int) or not 1 <= version <= VERSION:
            got = f"version {version} in {str(self.root)!r}: update grainwise to use it"
            checks.refuse("store", f"a store of version {VERSION} or older", got)


def key_of(parts: dict[str, Any]) -> str:
    """Return the digest of plain values, whatever the order of their names."""
    text = json.dumps(parts, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def flush_folder(folder: Path) -> None:
    """Have the folder's names on the disk, so that a result outlives a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_damaged(head: bytes) -> bool:
    """Say whether a head is this version's but for one bit, which must not cost the store.

    What the members are is in their own files, each with its checksum.
    """
    if len(head) != len(HEAD):
        return False
    return sum((a ^ b).bit_count() for a, b in zip(head, HEAD, strict=True)) == 1


def _sweep(folder: Path) -> None:
    """Remove temporary files whose writers are dead, or long silent on another machine."""
    for left in _inside(folder):
        if not (left.name.startswith(".") and left.suffix == ".tmp"):
            continue
        if is_left_behind(left) or time.time() - _modified(left) > STALE:
            left.unlink(missing_ok=True)


def _inside(folder: Path) -> list[Path]:
    """Return what a folder holds; nothing if it is none, is closed to us, or has just been removed.

    Path.glob raises where another process removes a folder that it has seen.
    """
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # its writer has just renamed it
        return time.time()


@contextmanager
def _named_errors(root: Path) -> Iterator[None]:
    """Turn the system's errors, a full disk or a missing permission, into the argument's."""
    try:
        yield
    except OSError as error:
        reason = f"{str(root)!r} ({error.strerror or error})"
        raise checks.InputError(
            f"store: wanted a folder that can be read and written, got {reason}"
        ) from error
