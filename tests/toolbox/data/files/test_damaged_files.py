"""Damaged files of every format: refused by name, or read rightly; never a crash, a hang, a bomb.

Damage is drawn by fixed seeds and never written down. Each run loads many files in one child with
limits of time and memory; a child that dies tells by its last line which file it was.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.toolbox.data.files.whole_files import FORMATS

ROOT = Path(__file__).parents[4]


def run(kind, start, stop, folder):
    """Return what went wrong in one child, and the number of the file after the last it loaded."""
    words = [
        sys.executable,
        "-m",
        "tests.toolbox.data.files.damaged_files",
        kind,
        start,
        stop,
        folder,
    ]
    try:
        child = subprocess.run(
            [str(word) for word in words], cwd=ROOT, capture_output=True, text=True, timeout=900
        )
        said, how = child.stdout, f"exit {child.returncode}: {child.stderr[-300:]}"
    except subprocess.TimeoutExpired as late:
        said, how = (late.stdout or b"").decode(), "no end of it"
    lines = said.splitlines()
    wrong = [line for line in lines if line.startswith("wrong")]
    if lines and lines[-1] == "done":
        return wrong, stop
    numbers = [int(line) for line in lines if line.isdigit()]
    last = numbers[-1] if numbers else start
    return [*wrong, f"file {last}: {how}"], last + 1


def all_wrong(kind, start, stop, folder):
    wrong = []
    while start < stop and len(wrong) < 10:
        more, start = run(kind, start, stop, folder)
        wrong += more
    return wrong


@pytest.mark.parametrize("kind", FORMATS)
def test_500_damaged_files_are_refused_by_name_or_read_rightly(kind, tmp_path):
    assert all_wrong(kind, 0, 500, tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", FORMATS)
def test_5000_damaged_files_are_refused_by_name_or_read_rightly(kind, tmp_path):
    assert all_wrong(kind, 500, 5000, tmp_path) == []
