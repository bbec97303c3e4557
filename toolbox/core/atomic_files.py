"""Write a file so that its name never stands for half of it."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from toolbox.core.checks import refuse


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary neighbour for writing; flush and rename it to `path` at the end.

    After an error nothing is left behind, and an older file of this name stays as it was.
    """
    temporary = path.with_name(f".{path.name[:100]}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def refusing(path: Path, argument: str) -> Iterator[None]:
    """Turn what the system says against writing a file into a refusal of the argument."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        refuse(argument, "a file that can be written", f"{str(path)!r} ({reason})")
