"""Compute a figure's results once, keep them, draw the figure, write what a reader can check.

A figure script has ``SETTINGS`` (mode -> settings), ``compute(settings, step) -> results`` and
``draw(results) -> Figure``. It asks for every costly part by ``step(name, function, *arguments)``,
which returns the kept result when there is one: a run that was killed goes on where it stopped.
A script may have ``claims(numbers) -> {sentence: bool}``: once everything is written, those that do
not hold raise `FailedClaim`.

Kept results live under a key made of everything that they depend on: the source of the packages and
of the script, the settings, the input files and the versions of the numerical libraries.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from toolbox.atomic_files import written_whole

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("toolbox", "synthesis", "similarity", "confidence")
LIBRARIES = ("numpy", "scipy", "PyWavelets", "torch", "jax", "scikit-learn", "scikit-image")
Step = Callable[..., dict[str, Any]]


class FailedClaim(Exception):
    """What a figure claims is not what its results say."""


def run(script: ModuleType, settings: dict[str, Any], *, out: Path, cache: Path) -> Path:
    """Compute (or take from the cache), draw and write one figure; return its PNG's path."""
    name = script.__name__.rsplit(".", 1)[-1]
    key = cache_key(script, settings)
    began = time.perf_counter()
    steps = _Steps(cache / name / key)
    results = steps("results", script.compute, settings, steps)
    figure = script.draw(results)
    out.mkdir(parents=True, exist_ok=True)
    provenance = {
        "figure": name,
        "mode": settings["mode"],
        "key": key,
        "settings": settings,
        "versions": versions(),
        "machine": {"system": platform.platform(), "cores": os.cpu_count()},
        "seconds_of_computation": results["seconds"],
    }
    png = out / f"{name}.png"
    note = json.dumps(provenance, sort_keys=True)
    figure.savefig(png, dpi=110, metadata={"Software": None, "Description": note})
    dates = {"CreationDate": None, "Producer": None, "Creator": None}
    figure.savefig(png.with_suffix(".pdf"), metadata={**dates, "Keywords": note})
    numbers = script.numbers(results)
    claims = script.claims(numbers) if hasattr(script, "claims") else {}
    written = provenance | numbers | ({"claims": claims} if claims else {})
    with written_whole(png.with_suffix(".json")) as file:
        file.write(json.dumps(_plain(written), indent=1).encode() + b"\n")
    print(script.table(numbers))
    for sentence, holds in claims.items():
        print(f"{'holds' if holds else 'DOES NOT HOLD'}: {sentence}")
    print(f"\n{png}\n{png.with_suffix('.pdf')}\n{png.with_suffix('.json')}")
    print(f"{time.perf_counter() - began:.0f} s, of which taken from the cache: {steps.reused}")
    failed = [sentence for sentence, holds in claims.items() if not holds]
    if failed:
        raise FailedClaim(f"{name}: does not hold: {'; '.join(failed)}")
    return png


class _Steps:
    """Runs named steps and keeps each result as one npz file, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reused: list[str] = []

    def __call__(self, name: str, function: Step, *arguments: Any) -> dict[str, Any]:
        path = self.folder / f"{name}.npz"
        kept = _read(path)
        if kept is not None:
            self.reused.append(name)
            return kept
        began = time.perf_counter()
        result = function(*arguments)
        result["seconds"] = time.perf_counter() - began
        _write(path, result)
        return result


def cache_key(script: ModuleType, settings: dict[str, Any]) -> str:
    """Return the digest of all that the results depend on."""
    digest = hashlib.sha256()
    sources = [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]
    for path in [*sources, Path(script.__file__), *_helpers(script), *_input_files(settings)]:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    digest.update(json.dumps([settings, versions()], sort_keys=True).encode())
    return digest.hexdigest()[:20]


def _helpers(script: ModuleType) -> list[Path]:
    """Return the files beside the script that it computes with: not those that only show results.

    `NAME_panels.py` draw and `NAME_numbers.py` report what is kept; a change there recomputes
    nothing.
    """
    names = {getattr(value, "__module__", None) for value in vars(script).values()}
    names |= {value.__name__ for value in vars(script).values() if isinstance(value, ModuleType)}
    beside = sorted(n for n in names if n and n.startswith("paper_figures.") and n != __name__)
    files = {Path(sys.modules[n].__file__) for n in beside if n in sys.modules}
    shown = ("_panels", "_numbers")
    return sorted(f for f in files if not f.stem.endswith(shown) and f != Path(script.__file__))


def versions() -> dict[str, str]:
    """Return the versions of Python and of the numerical libraries."""
    found = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {"python": platform.python_version(), **found}


def _input_files(settings: dict[str, Any]) -> list[Path]:
    folder = settings.get("images", "")
    return sorted(p for p in Path(folder).rglob("*") if p.is_file()) if folder else []


def _write(path: Path, result: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        np.savez(file, **{name: np.asarray(value) for name, value in result.items()})


def _read(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
    except (FileNotFoundError, ValueError, EOFError, zipfile.BadZipFile):
        return None  # absent, or not whole: to be computed
    return {name: a if a.ndim else a.item() for name, a in arrays.items()}


def _plain(value: Any) -> Any:
    """Return what JSON can hold: NaN, which JSON does not know, becomes null."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
