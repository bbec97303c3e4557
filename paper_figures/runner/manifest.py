"""`MANIFEST.json`: what each figure in a folder is made from, and the digests of its files."""

import hashlib
import json
from pathlib import Path
from typing import Any

from paper_figures.runner.figure import Work
from paper_figures.runner.quoted_numbers import numbers_json, numbers_tex
from paper_figures.runner.written_files import as_json, write

NAME = "MANIFEST.json"


class Manifest:
    """The figures of a folder; written anew with each figure, so that a killed run keeps them."""

    def __init__(self, out: Path) -> None:
        self.out = out
        known = (out / NAME).read_text() if (out / NAME).exists() else "{}"
        self.entries: dict[str, dict[str, Any]] = json.loads(known)

    def holds(self, work: Work) -> bool:
        """Say whether a figure's files are those that would be made now."""
        entry = self.entries.get(work.name)
        if entry is None:
            return False
        origin = work.origin
        if (entry["files_key"], entry["commit"]) != (origin.files, origin.commit):
            return False
        return all(_digest(self.out / file) == known for file, known in entry["files"].items())

    def add(self, name: str, entry: dict[str, Any]) -> None:
        """Enter a figure that has just been made."""
        self.entries[name] = entry
        write(self.out / NAME, as_json(dict(sorted(self.entries.items()))))

    def text(self, name: str) -> str:
        """Return a figure's table and claims."""
        return (self.out / f"{name}.txt").read_text()

    def write_numbers(self) -> None:
        """Write the numbers of all figures, for a text to quote."""
        figures = {}
        for name, entry in sorted(self.entries.items()):
            path = self.out / f"{name}.json"
            if _digest(path) == entry["files"][path.name]:
                numbers = json.loads(path.read_text())["numbers"]
                figures[name] = {k: entry[k] for k in ("mode", "key")} | {"numbers": numbers}
        write(self.out / "numbers.json", numbers_json(figures))
        write(self.out / "numbers.tex", numbers_tex(figures))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
