"""A study: one member function, its data and streams, and where its results belong.

Streams differ from member to member where they are redrawn, at as many levels as a design says.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.streams import stream_key
from toolbox.retraining.store.digests import data_digest, member_digest
from toolbox.retraining.store.kept_values import kept
from toolbox.retraining.store.store import Store, key_of

STREAMS = ("init", "order", "resample", "augment", "dropout")


class Checkpoint:
    """Arrays of one unfinished member, kept in its store; without a store nothing is kept.

    ``load()`` returns the dictionary of arrays that was saved last, or None at a first start.
    ``save(arrays)`` replaces it, all or nothing. A member that is killed and run again goes on
    from there, and must then return what it would have returned undisturbed.

    Examples
    --------
    >>> checkpoint = Checkpoint(None, "")
    >>> checkpoint.save({"step": np.int64(3)})
    >>> checkpoint.load() is None
    True
    """

    def __init__(self, store: Store | None, key: str) -> None:
        self._store, self._key = store, key

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the arrays saved last, or None."""
        return self._store.read_checkpoint(self._key) if self._store else None

    def save(self, arrays: Mapping[str, Any]) -> None:
        """Keep a dictionary of arrays of numbers."""
        arrays = checked(arrays, "a checkpoint")
        if self._store:
            self._store.write_checkpoint(self._key, arrays)


@dataclass(frozen=True, kw_only=True)
class Study:
    """What is to be computed, and with a store where each member's result belongs."""

    member: Any
    data: Any
    seed: int
    redraw: Any
    redrawn: tuple[str, ...]
    table: np.ndarray
    streams: list[dict[str, np.ndarray]]
    device: str
    store: Store | None = None
    code: dict[str, Any] | None = None
    data_key: str = ""
    keys: tuple[str, ...] = ()

    def extras(self, number: int) -> dict[str, Checkpoint]:
        """Return what a member that takes ``checkpoint`` is called with besides."""
        if not takes_checkpoint(self.member):
            return {}
        return {"checkpoint": Checkpoint(self.store, self.keys[number] if self.keys else "")}


def study_of(
    member: Any,
    data: Any,
    *,
    seed: int,
    redraw: Any,
    members: int | None,
    device: str = "auto",
    store: Store | None = None,
) -> Study:
    """Return the study; with a store, the key of each member."""
    redrawn, table = design_of(redraw, members)
    streams = member_streams(seed, redrawn, table)
    plan = {"seed": seed, "redraw": redraw, "redrawn": redrawn, "table": table, "device": device}
    if store is None:
        return Study(member=member, data=data, streams=streams, **plan)
    jitted = is_jitted(member)
    data = kept(data, "data", foreign=jitted)
    code, data_key = member_digest(member, jitted=jitted), data_digest(data)
    words = [{name: key.tolist() for name, key in own.items()} for own in streams]
    keys = tuple(key_of({"member": code, "data": data_key, "streams": own}) for own in words)
    found = {"store": store, "code": code, "data_key": data_key, "keys": keys}
    return Study(member=member, data=data, streams=streams, **plan, **found)


def design_of(redraw: Any, members: Any) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the redrawn streams and the (R, 5) table of levels, one row a member.

    Named streams take a level of their own in each member. A dictionary of levels is a crossed
    design: every combination once, the last stream varying fastest.
    """
    if not isinstance(redraw, dict):
        redrawn = stream_names(redraw)
        if members is None:
            checks.refuse("members", "how many, unless redraw holds levels", "None")
        numbers = np.arange(checks.count(members, "members"))
        shared = np.zeros_like(numbers)
        columns = [numbers if name in redrawn else shared for name in STREAMS]
        return redrawn, np.stack(columns, axis=1)
    stream_names(tuple(redraw))
    levels = {name: checks.count(value, "redraw") for name, value in redraw.items()}
    counts = [levels.get(name, 1) for name in STREAMS]
    product = int(np.prod(counts))
    if members is not None and checks.count(members, "members") != product:
        wanted = f"None or {product}, the number of combinations in redraw"
        checks.refuse("members", wanted, checks.describe_value(members))
    table = np.indices(counts).reshape(len(STREAMS), -1).T
    return tuple(name for name in STREAMS if levels.get(name, 1) > 1), table


def member_streams(
    seed: int, redrawn: tuple[str, ...], table: np.ndarray
) -> list[dict[str, np.ndarray]]:
    """Return each member's keys; a level's key is the same in whichever member and design."""
    streams = []
    for row in table.tolist():
        own = {}
        for name, level in zip(STREAMS, row, strict=True):
            place = ("member", level) if name in redrawn else ("shared",)
            own[name] = stream_key(seed, *place, name)
        streams.append(own)
    return streams


def stream_names(redraw: Any) -> tuple[str, ...]:
    """Return the names of the streams to redraw, each once, in the order of `STREAMS`."""
    names = (redraw,) if isinstance(redraw, str) else redraw
    wanted = "names among " + ", ".join(map(repr, STREAMS))
    if not isinstance(names, tuple | list | set | np.ndarray):
        checks.refuse("redraw", wanted, checks.describe_value(redraw))
    for name in names:
        if not isinstance(name, str) or name not in STREAMS:
            checks.refuse("redraw", wanted, repr(name))
    return tuple(name for name in STREAMS if name in names)


def checked(result: Any, number: int) -> dict[str, np.ndarray]:
    """Return what member `number` returned as a dictionary of arrays of numbers."""
    if not isinstance(result, Mapping) or not result:
        checks.refuse("member", "a dictionary of arrays", f"{type(result).__name__} from {number}")
    arrays = {}
    for name, value in result.items():
        if not isinstance(name, str):
            checks.refuse("member", "arrays named by texts", f"{name!r} from {number}")
        if np.ma.is_masked(value):
            checks.refuse("member", "plain arrays", f"a masked one, {name!r} of {number}")
        try:
            array = np.asarray(value)
        except (TypeError, ValueError, RuntimeError) as error:
            checks.refuse("member", "a dictionary of arrays", f"{name!r} of {number}: {error}")
        if array.dtype.kind not in "iufbc" and array.dtype.name != "bfloat16":
            checks.refuse("member", "arrays of numbers", f"{name!r} of type {array.dtype}")
        arrays[name] = array
    return arrays


def is_jitted(member: Any) -> bool:
    """Say whether a member, or what it is a partial of, is compiled by JAX."""
    return hasattr(member.func if isinstance(member, partial) else member, "lower")


def takes_checkpoint(member: Any) -> bool:
    """Say whether a member has an argument named checkpoint."""
    try:
        return "checkpoint" in signature(member).parameters
    except (TypeError, ValueError):  # a compiled function that does not tell
        return False


@contextmanager
def opened(path: Any) -> Iterator[Store]:
    """Open the store at a path, or without one a store for the time of one call."""
    if path is not None:
        yield Store(path)
    else:
        with TemporaryDirectory(prefix="grainwise-") as folder:
            yield Store(Path(folder) / "store")
