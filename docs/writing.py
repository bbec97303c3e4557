"""Write what a build generates, without making Sphinx read again what has not changed."""

from pathlib import Path


def write_if_new(path: Path, text: str) -> None:
    """Write a text file unless it says this already."""
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
