"""Tables of the honesty page, read from benchmarks/results: page and files cannot differ."""

import json
from pathlib import Path
from typing import Any

from docs.writing import write_if_new

RESULTS = Path(__file__).resolve().parent.parent / "benchmarks" / "results"


def write_tables(folder: Path) -> None:
    """Write each table as a Markdown file that the page includes."""
    tables = (quality, evidence, calibration, fetal_events, auc_intervals, infant_sleep)
    for table in (*tables, papers_library, learned_in_turn):
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


def auc_intervals() -> str:
    """Return how often 95 % intervals of an AUC over subjects hold it, by what was scored."""
    found = measured("fetal_intervals")
    births = found["severity of births, by the share of cases"]
    cells = {f"births, {float(s):.0%} of them cases: their severity": births[s] for s in births}
    cells["births, 8 %: votes of networks"] = found["votes of networks, 8 % of cases"]
    cells |= found["normal scores"]
    rows = [[name, f"{cell['held']:.1%}"] for name, cell in cells.items()]
    return markdown(["552 subjects", "95 % intervals that hold the truth"], rows)


def infant_sleep() -> str:
    """Return how well the sleep states of one infant are told, with the block interval."""
    found = measured("infant_sleep")
    rows = []
    for name in ("c1 and variability", "variability", "c1"):
        low, high = found[name]["block interval"]
        rows.append([name, f"{found[name]['balanced accuracy']:.2f}", f"{low:.2f} to {high:.2f}"])
    moved = found["states moved along the night, 95th percentile"]
    rows.append(["states moved along the night", f"up to {moved:.2f} in 95 %", ""])
    rows.append(["chance", f"{found['chance']:.2f}", ""])
    return markdown(["told by", "balanced accuracy", "95 % over blocks of half an hour"], rows)


def papers_library() -> str:
    """Return what the command took for a library of papers, and what it found."""
    found = measured("papers_library")
    measures = {"seconds": ".0f", "processor seconds": ".0f", "peak memory, GB": ".1f"}
    rows = [
        [name, *(f"{found[name][key]:{form}}" for key, form in measures.items())]
        for name in ("first run", "second run")
    ]
    nearest = found["found"]["nearest is of the same"]
    told = ", ".join(f"{level} {text}" for level, text in nearest.items())
    text = (
        f"The nearest image is of the same {told}; {found['found']['clusters']} clusters. "
        f"Measured beside other work, a load of {found['load before']:.0f} on two cores."
    )
    table = markdown(["", "seconds", "of one core", "GB"], rows)
    return f"{table}\n{text}\n"


def learned_in_turn() -> str:
    """Return accuracies on real pairs of tasks that were learned one after the other."""
    found = measured("emoji_groups")["mean and standard error over seeds"]
    names = {
        "exact readout, group after group": "analytic, last",
        "softmax head on the same features, all groups at once": "head on all groups at once, last",
        "that head, group after group": "head group after group, last",
    }
    rows = []
    for name, key in names.items():
        mean, error = found[key]
        rows.append([f"emoji of another design, 8 groups: {name}", f"{mean:.3f} ± {error:.3f}"])
    vqa = measured("asked_images")
    rows.append(["easy-vqa: the question alone", f"{vqa['questions alone']:.3f}"])
    told = vqa["towers of all answers"]
    rows.append(["easy-vqa: both tasks, in turn", f"{told['both']:.3f}"])
    for key in ("first task, yes or no", "first task after the second"):
        rows.append([f"easy-vqa: {key}", f"{told[key]:.3f}"])
    return markdown(["", "accuracy"], rows)


def measured(name: str) -> dict[str, Any]:
    """Return what a benchmark has written."""
    return json.loads((RESULTS / f"{name}_cpu.json").read_text())


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
