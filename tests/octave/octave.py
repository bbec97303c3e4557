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


ONE_OF_SEVERAL = """
try
  source ('{file}');
catch failure
  printf ('<failed> %s|%s', failure.identifier, failure.message);
end
clear -variables
printf ('{mark}');
"""
MARK = "<end of a script>"


def octave_each(scripts, folder, **environment):
    """Run scripts one after the other in one session; return what each printed, or its error.

    Their variables go, the functions that they define and the Python process stay.
    """
    code = []
    for i, script in enumerate(scripts):
        file = folder / f"script_{i}.m"
        file.write_bytes(f"1;\n{script}\n".encode())
        code.append(ONE_OF_SEVERAL.format(file=file, mark=MARK))
    *printed, rest = octave("".join(code), **environment).split(MARK)
    assert rest == ""
    assert len(printed) == len(scripts)
    return printed


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
