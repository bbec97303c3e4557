"""Tables of the honesty page, read from benchmarks/results: page and files cannot differ."""

import json
from pathlib import Path
from typing import Any

from docs.writing import write_if_new

RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"


def write_tables(folder: Path) -> None:
    """Write each table as a Markdown file that the page includes."""
    for table in (quality, evidence, calibration, fetal_events):
        write_if_new(folder / f"{table.__name__}.md", table())


def quality() -> str:
    """Return the mean index and the share of rejections between sets of one law."""
    cells = measured("quality")["null, H .6, lambda2 .04"]["cells"]
    rows = [
        [
            name,
            f"{cell['mean_index']:.3f} ± {cell['standard_error']:.3f}",
            f"{cell['test']['size_at_.05']:.1%}",
            f"{cell['duplicates']['size_at_.05']:.1%}",
        ]
        for name, cell in cells.items()
    ]
    return markdown(["sets of one law", "mean index", "test", "near-copies"], rows)


def evidence() -> str:
    """Return how often pairs of one law are rejected at 5 %."""
    laws = measured("evidence_nulls")["laws"]
    families = list(next(iter(laws.values())))
    rows = [
        [family, *(f"{law[family]['rejected_at_.05']:.1%}" for law in laws.values())]
        for family in families
    ]
    return markdown(["family", *laws], rows)


def calibration() -> str:
    """Return the bias before and after `calibrate`, and the coverage of its 95 % intervals."""
    found = measured("calibration")
    rows = []
    for where, laws in found.items():
        if not isinstance(laws, dict) or where in ("machine", "versions"):
            continue
        for law, cell in laws.items():
            covered = " / ".join(f"{x:.1%}" for x in cell["coverage_of_95"][:2])
            shown = [f"{cell[k][0]:+.4f}" for k in ("bias_before", "bias")]
            rows.append([law, where, str(cell["draws"]), *shown, covered])
    head = ["law", "size", "draws", "bias of $c_1$, raw", "calibrated", "covered: $c_1$ / $c_2$"]
    return markdown(head, rows)


def fetal_events() -> str:
    """Return F1 of events of simulated births, ours and a peer's, by the share of signal lost."""
    rows = []
    for loss, told in measured("fetal_births")["events"].items():
        values = (
            told[k][who] for k in ("acceleration", "deceleration") for who in ("ours", "peer")
        )
        cells = ["not run" if value is None else f"{value:.2f}" for value in values]
        rows.append([f"{float(loss):.0%}", *cells])
    head = ["signal lost", "accelerations, ours", "peer", "decelerations, ours", "peer"]
    return markdown(head, rows)


def measured(name: str) -> dict[str, Any]:
    """Return what a benchmark has written."""
    return json.loads((RESULTS / f"{name}_cpu.json").read_text())


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
