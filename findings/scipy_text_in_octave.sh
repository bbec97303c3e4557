#!/bin/sh
# SciPy 1.17.1: of text outside ASCII that savemat writes, Octave 7.3.0 reads the beginning only.
#
# savemat stores text as UTF-8 and counts its characters; Octave takes the count for bytes. Each
# letter outside ASCII so costs a letter of the end: "glacé 1" and "glacé 2" both arrive as
# "glacé ", two labels become one. MATLAB and Octave themselves store such text as UTF-16, which
# Octave reads whole, SciPy too; but of text that needs two units of UTF-16 for a character, which
# Octave counts as two, loadmat raises a TypeError.
#
# Seen: "SciPy to Octave: [glacé ] [glacé ]; Octave to SciPy: glacé 1, TypeError"
# Exit status: 0 while it is so, 1 once it has changed, 2 where Octave 7.3.0 is not installed.
# What we do: toolbox/data/files/matlab_elements.py writes UTF-16; octave/grainwise.m sends bytes.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
octave-cli --version 2> /dev/null | grep -q "version 7.3.0" || { echo "wants Octave 7.3.0"; exit 2; }
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet scipy==1.17.1 numpy==2.4.6
cd "$place"
cat > see.py <<'PYTHON'
import subprocess

import scipy
from scipy.io import loadmat, savemat


def octave(code):
    command = ["octave-cli", "--quiet", "--norc", "--eval", code]
    return subprocess.run(command, capture_output=True, encoding="utf-8").stdout


def read(name):
    try:
        return str(loadmat(name)["x"][0])
    except Exception as error:
        return type(error).__name__


savemat("to.mat", {"a": "glacé 1", "b": "glacé 2"})
there = octave("load to.mat; printf ('[%s] [%s]', a, b);")
octave("x = 'glacé 1'; save -v6 one.mat x; x = '\U0001F600'; save -v6 two.mat x;")
said = f"SciPy to Octave: {there}; Octave to SciPy: {read('one.mat')}, {read('two.mat')}"
print("Octave 7.3.0, SciPy", scipy.__version__)
print(said)
seen = "SciPy to Octave: [glacé ] [glacé ]; Octave to SciPy: glacé 1, TypeError"
raise SystemExit(said != seen)
PYTHON
"$place/venv/bin/python" see.py
