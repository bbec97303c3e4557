"""Folders that killed processes left are removed, those in use are not."""

import os
import subprocess
import sys
from pathlib import Path

from grainwise.matlab_exchange import sweep

SESSION = """
import sys
from grainwise.matlab_exchange import session_folder
print(session_folder(), flush=True)
sys.stdin.read()
"""


def started(place):
    process = subprocess.Popen(
        [sys.executable, "-c", SESSION],
        env=os.environ | {"GRAINWISE_EXCHANGE": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().strip()


def test_a_folder_goes_with_its_process_or_with_the_next_sweep(tmp_path):
    ending, first = started(tmp_path)
    killed, second = started(tmp_path)
    for folder in (first, second):
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        os.utime(folder, (0, 0))
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2  # both are in use
    ending.communicate()
    assert [str(folder) for folder in tmp_path.iterdir()] == [second]
    killed.kill()
    killed.communicate()
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_young_folder_and_those_of_others_stay(tmp_path):
    (tmp_path / "grainwise-matlab-young").mkdir()
    (tmp_path / "grainwise-other").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "grainwise-matlab-link").symlink_to(tmp_path / "target")
    for name in ("grainwise-other", "target", "grainwise-matlab-link"):
        os.utime(tmp_path / name, (0, 0), follow_symlinks=False)
    sweep(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
