"""A study: one member function, its data and streams, and where its results belong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from toolbox.retraining.store.digests import data_digest, member_digest
from toolbox.retraining.store.kept_values import kept
from toolbox.retraining.store.store import Store, key_of
from toolbox.retraining.studies.checkpoints import Checkpoint
from toolbox.retraining.studies.designs import design_of, member_streams


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
