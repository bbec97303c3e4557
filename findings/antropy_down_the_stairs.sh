#!/bin/sh
# antropy 0.2.3: sample entropy of whole numbers halves from 4999 samples to 5000; stairs downwards are noise.
#
# Sample entropy (Richman & Moorman 2000) counts runs that match within a tolerance r, no further apart than
# r. Up to 4999 samples sample_entropy counts differences below r, from 5000 on those up to r, by another
# routine; its docstring says "less than r", and that "both code paths should produce equivalent results".
# Converters and RR intervals give whole numbers: with tolerance=1 only equal ones match in a short recording,
# neighbours too in one sample more. app_entropy always counts up to r. petrosian_fd counts sign changes of
# the differences by the sign bit, in which 0 is positive: a signal of plateaus that goes down changes its
# sign at each step, one that goes up never. A staircase is a line (1, as the docstring has for a line) or, in
# the other direction or with its sign changed, as rough as white noise. No warning.
#
# Seen, of 8 levels at random: "4999 samples 2.08, 5000 samples 1.07, by the chance of a match 1.07; stairs up
# 1.0000, down 1.0382, noise 1.0390"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes a sample entropy or a dimension from changes of sign.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet antropy==0.2.3 numba==0.68.1 scikit-learn==1.9.1 \
    scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import antropy
import numpy as np

rng = np.random.Generator(np.random.PCG64(0))
levels = rng.integers(0, 8, 5000)
every = np.arange(8)
match = np.mean(np.abs(every[:, None] - every) <= 1)
said = f"4999 samples {antropy.sample_entropy(levels[:4999], tolerance=1):.2f}, "
said += f"5000 samples {antropy.sample_entropy(levels, tolerance=1):.2f}, "
said += f"by the chance of a match {-np.log(match):.2f}; "
stairs = np.arange(600) // 3
said += f"stairs up {antropy.petrosian_fd(stairs):.4f}, down {antropy.petrosian_fd(stairs[::-1]):.4f}, "
said += f"noise {antropy.petrosian_fd(rng.standard_normal(600)):.4f}"
print("antropy", importlib.metadata.version("antropy"))
print(said)
seen = "4999 samples 2.08, 5000 samples 1.07, by the chance of a match 1.07; stairs up 1.0000, down 1.0382, "
sys.exit(said != seen + "noise 1.0390")
PYTHON
"$place/venv/bin/python" "$place/see.py"
