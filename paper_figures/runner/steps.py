"""Results of named steps, each kept as one npz file, written whole or not at all."""

import hashlib
import io
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from paper_figures.runner import written_files

Step = Callable[..., dict[str, Any]]
Ended = Callable[[str], object]
SECONDS = "seconds of computation"  # kept beside a step's arrays, and no part of them


def nothing(name: str) -> None:
    """Do nothing at the end of a step."""


class Steps:
    """Runs named steps, or reads what is kept of them."""

    def __init__(self, folder: Path, ended: Ended = nothing) -> None:
        self.folder = folder
        self.ended = ended  # called with its name after every step
        self.computed: list[str] = []
        self.reused: list[str] = []
        self.seconds = 0.0  # that the last step took, whenever it was computed
        self._inside = 0.0  # of them, what was kept by an earlier run

    def __call__(self, name: str, function: Step, *arguments: Any) -> dict[str, Any]:
        """Return the kept result of a step, or compute and keep it."""
        path = self.folder / f"{name}.npz"
        kept = read(path)
        if kept is None:
            before, began = self._inside, time.perf_counter()
            self._inside = 0.0
            kept = plain_arrays(function(*arguments))
            kept[SECONDS] = self._inside + time.perf_counter() - began
            self._inside += before
            write(path, kept)
            self.computed.append(name)
        else:
            self.reused.append(name)
            self._inside += kept[SECONDS]
        self.seconds = kept[SECONDS]
        self.ended(name)
        return {key: value for key, value in kept.items() if key != SECONDS}


def plain_arrays(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result as it will be read again: arrays, numbers and texts."""
    arrays = {name: np.asarray(value) for name, value in result.items()}
    return {name: a if a.ndim else a.item() for name, a in arrays.items()}


def write(path: Path, result: dict[str, Any]) -> None:
    """Keep a result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez(content, **{name: np.asarray(value) for name, value in result.items()})
    written_files.write(path, content)


def read(path: Path) -> dict[str, Any] | None:
    """Return a kept result; None where it is absent or not whole."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            result = plain_arrays({name: kept[name] for name in kept.files})
    except (FileNotFoundError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    return result if SECONDS in result else None


def digest(results: dict[str, Any]) -> str:
    """Return the digest of all arrays, numbers and texts of a result, by name."""
    found = hashlib.sha256()
    for name in sorted(results):
        values = np.asarray(results[name])
        found.update(f"{name} {values.dtype.str} {values.shape} ".encode())
        found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()


def summary(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return count, mean and standard deviation of each group: names that differ in digits."""
    groups: dict[str, list[np.ndarray]] = {}
    for name, value in results.items():
        values = np.asarray(value)
        if values.dtype.kind in "biuf":
            groups.setdefault(re.sub(r"\d+", "#", name), []).append(values.ravel().astype(float))
    found = {}
    for name, arrays in sorted(groups.items()):
        values = np.concatenate(arrays)
        finite = values[np.isfinite(values)]
        found[name] = {
            "count": len(values),
            "not_finite": len(values) - len(finite),
            "mean": _rounded(finite.mean()) if len(finite) else 0.0,
            "sd": _rounded(finite.std()) if len(finite) else 0.0,
        }
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
