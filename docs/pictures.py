"""Make the pictures that the website shows: ``python -m docs.pictures [NAME ...]``.

Each figure is made at its quick setting (or taken from paper_figures/out, or the cache, where they
have it) and kept small, with its claims and its table, under docs/pictures.
"""

import importlib
import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from paper_figures.catalogue import FIGURES, script_module

ROOT = Path(__file__).resolve().parent.parent
MADE, KEPT = ROOT / "paper_figures" / "out", ROOT / "docs" / "pictures"
WIDTHS, QUALITIES = (1500, 1300, 1100, 900, 750), (90, 85, 80, 75)  # of a WebP
LARGEST = 150_000  # bytes


def main(names: list[str]) -> int:
    """Make the pictures of the figures named, of all by default; return the exit status."""
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        print(f"NAME: wanted some of {', '.join(FIGURES)}, got {unknown[0]}", file=sys.stderr)
        return 2
    status = 0
    for name in names or FIGURES:
        command = [sys.executable, "-m", "paper_figures", name, "--quick"]
        status |= subprocess.run(command, cwd=ROOT, check=False).returncode
        keep(name)
    return status


def keep(name: str) -> None:
    """Write a figure's picture, its claims and its table."""
    made = json.loads((MADE / f"{name}.json").read_text())
    script = importlib.import_module(script_module(name))
    described = {
        "mode": made["mode"],
        "seed": made["settings"].get("seed"),
        "versions": made["versions"],
        "claims": made["claims"],
        "table": script.table(with_nan(made["numbers"])),
    }
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    shrink(MADE / f"{name}.png", KEPT / f"{name}.webp")


def shrink(source: Path, target: Path) -> None:
    """Write the picture as wide and as good as the size allows, and never wider than it is."""
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    widths = sorted({min(width, picture.width) for width in WIDTHS}, reverse=True)
    for width, quality in product(widths, QUALITIES):
        height = round(picture.height * width / picture.width)
        small = picture.resize((width, height), Image.Resampling.LANCZOS)
        small.save(target, quality=quality, method=6)
        if target.stat().st_size <= LARGEST:
            return


def with_nan(value: Any) -> Any:
    """Return the numbers as the script made them: JSON has null for NaN."""
    if isinstance(value, dict):
        return {key: with_nan(v) for key, v in value.items()}
    if isinstance(value, list):
        return [with_nan(v) for v in value]
    return np.nan if value is None else value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
