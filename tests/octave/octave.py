"""A real Octave, or the reason why there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
OCTAVE = shutil.which("octave-cli")
REQUIRED = os.environ.get("GRAINWISE_REQUIRE_OCTAVE", "") == "1"


def command(code):
    """Return what runs a script in Octave, with our folder on its path."""
    if OCTAVE is None:
        if REQUIRED:
            pytest.fail("octave-cli is required here (GRAINWISE_REQUIRE_OCTAVE=1) and missing")
        pytest.skip("octave-cli is not installed (Debian: apt-get install octave)")
    # Without --no-history Octave 7 ends with a line of error where the folder of its history is
    # missing, as in a fresh container, whatever it was asked to run.
    quiet = ["--norc", "--no-history"]
    return [OCTAVE, *quiet, "--eval", f"addpath ('{HOME / 'octave'}'); {code}"]


def surroundings(**environment):
    """Return the environment in which Octave finds this Python."""
    ours = {"GRAINWISE_PYTHON": sys.executable, "PYTHONPATH": str(HOME)}
    return os.environ | ours | environment


def octave(code, *, cwd=HOME, timeout=300, **environment):
    """Run a script in Octave; return what it printed."""
    run = subprocess.run(
        command(code),
        cwd=cwd,
        env=surroundings(**environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
