"""Folders and pictures of packages that the user installed; what is not there is refused."""

from pathlib import Path
from typing import Any

from toolbox.core import checks
from toolbox.core.checks import refuse


def existing_folder(value: Any, argument: str) -> Path:
    """Return a folder that is there, "~" written out."""
    if not isinstance(value, str | Path) or not Path(value).expanduser().is_dir():
        refuse(argument, "a folder that exists", checks.describe_value(value))
    return Path(value).expanduser()


def picture_bytes(file: Path, argument: str, name: str) -> bytes:
    """Return the content of a picture's file; `name` is what a refusal calls it."""
    try:
        return file.read_bytes()
    except OSError as error:
        refuse(argument, f"the picture {name!r}", type(error).__name__)
