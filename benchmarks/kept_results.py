"""Parts of a benchmark that a run which was stopped has left, for the next to go on from."""

import hashlib
import inspect
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from paper_figures.runner.source_dependencies import Sources
from paper_figures.runner.written_files import write

ROOT = Path(__file__).parents[1]
SOURCES = Sources(ROOT)  # each file is read once


def kept(folder: Path | None, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns of arguments, from the folder where it is kept as JSON.

    `name` tells the arguments apart. What other source has made, or another set of pinned
    libraries, stays where it is and is not read: the file is named by both. None for a folder keeps
    nothing.
    """
    if folder is None:
        return function(*arguments)
    path = folder / f"{name}_{made_by(function)}.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write(path, json.dumps(function(*arguments)))
    return json.loads(path.read_text())


@cache
def made_by(function: Callable[..., Any]) -> str:
    """Return a digest of all source that a function needs, and of the pinned libraries."""
    file = Path(inspect.getfile(function)).resolve().relative_to(ROOT)
    source = SOURCES.digest(".".join(file.with_suffix("").parts), {function.__name__})
    pinned = (ROOT / "constraints.txt").read_bytes()
    return hashlib.sha256(source.encode() + pinned).hexdigest()[:16]
