"""A library of papers through ``grainwise papers``: seconds, memory, and what the report finds.

python -m benchmarks.papers_library [SETS] writes benchmarks/results/papers_library_cpu.json: 10
sets of 700 simulated papers (`similarity.twins`), 7000 images of 128 x 128 pixels as PNG files of
8 bits, three quarters of them in groups of five: one sheet, one package or one maker a group. The
table that a curator has (maker, package, sheet) goes with them. The command runs as a user types
it; its peak of memory is that of its process. A second run shows what one that was killed, or that
is asked again with judged pairs, need not do again.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.provenance import write
from similarity import twins

SETS, GROUPS, EACH, SIZE = 10, 105, 5, 128
BYTE = 255


def main() -> None:
    """Simulate, report twice, and write what it took."""
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else SETS
    with tempfile.TemporaryDirectory() as kept:
        folder, out = Path(kept) / "papers", Path(kept) / "report"
        rows = [row for k in range(sets) for row in written(folder, k)]
        with (folder / "papers.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("name", "maker", "package", "sheet"), *rows])
        runs = {name: reported(folder, out) for name in ("first run", "second run")}
        figures = {"images": len(rows), "pixels": SIZE, "load before": os.getloadavg()[0]} | runs
        figures["found"] = found(out, [row[1] for row in rows])
    print(json.dumps(figures, indent=2))
    if sets == SETS:
        write("papers_library", figures, libraries=("numpy", "scipy", "jax", "scikit-learn"))


def written(folder: Path, k: int) -> list[tuple[str, ...]]:
    """Write a set of papers; return name, maker, package and sheet of each."""
    from skimage.io import imsave

    made = twins("papers", n=EACH, classes=GROUPS, size=SIZE, seed=k)
    (folder / f"box {k}").mkdir(parents=True)
    rows = []
    for i, (image, label, level) in enumerate(
        zip(made.values, made.labels, made.levels, strict=True)
    ):
        name = f"box {k}/{i:04d}.png"
        low, high = image.min(), image.max()
        pixels = np.rint((image - low) * (BYTE / (high - low))).astype(np.uint8)
        imsave(folder / name, pixels, check_contrast=False)
        package = str(i) if level == "maker" else "1"
        rows.append((name, f"{k}.{label}", package, str(made.units[i])))
    return rows


def reported(folder: Path, out: Path) -> dict[str, float]:
    """Run the command; return its seconds, of the wall and of processors, and peak memory."""
    command = [sys.executable, "-m", "grainwise", "papers", str(folder), "--out", str(out)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"the command ended with {process.returncode}")
    return {
        "seconds": round(time.perf_counter() - begun, 1),
        "processor seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak memory, GB": round(used.ru_maxrss / 2**20, 2),
    }


def found(out: Path, makers: list[str]) -> dict[str, Any]:
    """Return what the report says of relatives, and how the clusters agree with the makers."""
    from sklearn.metrics import adjusted_rand_score

    page = (out / "report.html").read_text()
    with (out / "papers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    told = {"size of report.html, MB": round(len(page) / 1e6, 2)}
    told["size of report.pdf, MB"] = round((out / "report.pdf").stat().st_size / 1e6, 2)
    told["nearest is of the same"] = dict(
        re.findall(r"nearest image is of the same (\w+) for (\d+%(?: \([^)]*\))?)", page)
    )
    if "cluster" in rows[0]:
        labels = [row["cluster"] for row in rows]
        told["clusters"] = len(set(labels))
        told["adjusted Rand index with the makers"] = adjusted_rand_score(makers, labels)
    return told


if __name__ == "__main__":
    main()
