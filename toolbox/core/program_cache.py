"""Where programs compiled for this processor are kept, for this toolbox alone."""

import os
import shutil
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of kept programs, which need not exist: in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path("~/.cache").expanduser()) / "grainwise"


def cache_bytes() -> int:
    """Return how much the kept programs take."""
    files = [file for file in cache_folder().rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def clear_cache() -> None:
    """Forget the kept programs; what is needed is compiled again, in some seconds."""
    shutil.rmtree(cache_folder(), ignore_errors=True)
