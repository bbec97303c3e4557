"""What differs from member to member: which streams are redrawn, and at how many levels."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.streams import stream_key

STREAMS = ("init", "order", "resample", "augment", "dropout")


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
    return [
        {
            name: stream_key(seed, "member", int(level), name)
            if name in redrawn
            else stream_key(seed, "shared", name)
            for name, level in zip(STREAMS, row, strict=True)
        }
        for row in table
    ]


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
