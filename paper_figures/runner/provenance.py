"""Where a figure comes from: its code's commit, versions, device, and the keys made of them."""

import hashlib
import importlib.metadata
import json
import platform
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from paper_figures.runner.source_dependencies import Sources

LIBRARIES = (
    "numpy",
    "scipy",
    "PyWavelets",
    "torch",
    "jax",
    "jaxlib",
    "pot",
    "scikit-learn",
    "scikit-image",
)
PEERS = ("pymultifracs", "stardist")  # what a figure computes with where it is installed
DRAWING = ("matplotlib", "pillow")
COMPUTING = {"compute", "parts"}  # what of a script gives its numbers
WRITER = "paper_figures.runner.figure"  # a change of what writes files writes them anew


def versions(*more: str) -> dict[str, str]:
    """Return the versions of Python and of the numerical libraries."""
    found = {"python": platform.python_version()}
    for name in (*LIBRARIES, *PEERS, *more):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def device() -> str:
    """Return the kind of device that results come from: "cpu", or the accelerators' names."""
    if find_spec("jax_plugins") is None and importlib.metadata.version("torch").endswith("+cpu"):
        return "cpu"  # without loading either, which takes seconds
    import jax
    import torch

    names = {d.device_kind for d in jax.devices() if d.platform != "cpu"}
    names |= {torch.cuda.get_device_name()} if torch.cuda.is_available() else set()
    return ", ".join(sorted(names)) or "cpu"


def result_key(source: str, settings: dict[str, Any], device: str) -> str:
    """Return the digest of all that a figure's results depend on."""
    what = [source, settings, _inputs(settings), versions(), device]
    return _digest(what)


def file_key(sources: Sources, script: str, mode: str, options: dict[str, Any], device: str) -> str:
    """Return the digest of all that a figure's files depend on, without running its script."""
    texts = [sources.digest(module) for module in (script, WRITER)]
    return _digest([texts, mode, options, _inputs(options), versions(*DRAWING), device])


class Commits:
    """The commit that last changed each file of a checkout, and the files that differ from it."""

    def __init__(self, root: Path) -> None:
        log = _git(root, "log", "--format=commit %H", "--name-only", "--no-renames")
        self.order: dict[str, tuple[int, str]] = {}
        commit, number = "", 0
        for line in log.splitlines():
            if line.startswith("commit "):
                commit, number = line.removeprefix("commit "), number + 1
            elif line:
                self.order.setdefault(line, (number, commit))
        self.head = _git(root, "rev-parse", "HEAD").strip() or "unknown"
        status = _git(root, "status", "--porcelain", "--no-renames", "--untracked-files=all")
        self.changed = {line[3:] for line in status.splitlines()}

    def of(self, files: list[str]) -> str:
        """Return the last commit that changed any of some files, and whether they differ now."""
        newest = min((self.order[f] for f in files if f in self.order), default=(0, "unknown"))[1]
        return newest + (" and changes since" if self.changed & set(files) else "")


def _git(root: Path, *arguments: str) -> str:
    """Return what git says; nothing where there is no git, or no repository of its own."""
    command = ["git", "-c", "core.quotePath=false", "-C", str(root), *arguments]
    if not (root / ".git").exists():
        return ""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def _inputs(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the name and digest of every file of the user's folders."""
    folders = [settings[name] for name in ("images", "records") if settings.get(name)]
    return [
        (str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest())
        for folder in folders
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    ]


def _digest(what: Any) -> str:
    text = json.dumps(what, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
