"""A figure's files: PNG, PDF and SVG, the same bytes whenever they show the same."""

import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from toolbox.core.atomic_files import written_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS = 110  # an inch, of figures that do not ask for more


def write_figure(figure: "Figure", stem: Path, note: dict[str, Any]) -> dict[str, str]:
    """Write a figure with its provenance inside; return the digests of files and of pixels.

    Matplotlib's dates and the names of the elements of an SVG, which are drawn by lot, would make
    every file another one.
    """
    import matplotlib as mpl

    text = json.dumps(plain(note), sort_keys=True)
    dates = {"CreationDate": None, "Producer": None, "Creator": None}
    metadata = {
        "png": {"Software": None, "Description": text},
        "pdf": dates | {"Keywords": text},
        "svg": {"Date": None, "Creator": None, "Description": text},
    }
    found = {}
    with mpl.rc_context({"svg.hashsalt": stem.name}):
        for kind, about in metadata.items():
            file = io.BytesIO()
            dots = max(DOTS, figure.dpi)
            figure.savefig(file, format=kind, dpi=dots, metadata=about)
            found[f"{stem.name}.{kind}"] = write(stem.with_name(f"{stem.name}.{kind}"), file)
            if kind == "png":
                found["pixels"] = pixels(file)
    return found


def write(path: Path, content: io.BytesIO | str) -> str:
    """Write a file whole or not at all; return its digest."""
    data = content.encode() if isinstance(content, str) else content.getvalue()
    with written_whole(path) as file:
        file.write(data)
    return hashlib.sha256(data).hexdigest()


def pixels(png: io.BytesIO) -> str:
    """Return the digest of what a PNG shows."""
    from PIL import Image

    with Image.open(png) as image:
        shown = np.asarray(image.convert("RGBA"))
    return hashlib.sha256(f"{shown.shape} ".encode() + shown.tobytes()).hexdigest()


def as_json(value: Any) -> str:
    """Return JSON, with a line a value."""
    return json.dumps(plain(value), indent=1) + "\n"


def plain(value: Any) -> Any:
    """Return what JSON can hold: NaN, which JSON does not know, becomes null."""
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
