#!/bin/sh
# Octave 7.3.0: save -v6 miscounts text in several rows of three or four bytes in all.
#
# x = ['a'; 'b'; 'a']; z = 5; save -v6 file.mat x z: the length that the file gives of x is 4 bytes more
# than x has, so that whoever goes by it meets z in the middle. Three or four labels of one letter, a
# row each, are such text. SciPy 1.17.1 cannot read the file. With five it can.
#
# Seen: "three letters: TypeError; five: x z"
# Exit status: 0 while it is so, 1 once it has changed, 2 where Octave 7.3.0 is not installed.
# What we do: toolbox.load knows the miscount.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
octave-cli --version 2> /dev/null | grep -q "version 7.3.0" || { echo "wants Octave 7.3.0"; exit 2; }
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet scipy==1.17.1 numpy==2.4.6
cd "$place"
octave-cli --quiet --eval "z = 5; x = ['a'; 'b'; 'a']; save -v6 three.mat x z" 2> /dev/null
octave-cli --quiet --eval "z = 5; x = ['a'; 'b'; 'a'; 'b'; 'a']; save -v6 five.mat x z" 2> /dev/null
cat > see.py <<'PYTHON'
import sys

import scipy
from scipy.io import loadmat


def names(file):
    try:
        return " ".join(name for name in loadmat(file) if name[0] != "_")
    except Exception as error:
        return type(error).__name__


three, five = names("three.mat"), names("five.mat")
print("Octave 7.3.0, SciPy", scipy.__version__)
print(f"three letters: {three}; five: {five}")
sys.exit("Error" not in three or five != "x z")
PYTHON
"$place/venv/bin/python" see.py
