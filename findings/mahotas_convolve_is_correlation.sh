#!/bin/sh
# mahotas 1.4.19: convolve does not turn the kernel around; it is a correlation.
#
# The convolution of an impulse with a kernel is the kernel itself. mahotas.convolve and convolve1d give
# it turned around, as scipy.ndimage.correlate does: derivatives change their sign, and the answers of a
# bank of oriented or wavelet filters are those of the mirrored filters. The documentation speaks of a
# convolution.
#
# Seen: "impulse: 9 8 7 (mahotas), 1 2 3 (scipy convolve), 9 8 7 (scipy correlate); slope of x: 2, -2, 2"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: our filters are correlations or convolutions by their equations, held by
# tests/reference.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet mahotas==1.4.19 numpy==2.4.6 scipy==1.17.1
cat > "$place/see.py" <<'PYTHON'
import sys

import mahotas
import numpy as np
from scipy import ndimage

impulse = np.zeros((5, 5))
impulse[2, 2] = 1
kernel = np.arange(1.0, 10).reshape(3, 3)
ramp = np.tile(np.arange(5.0), (5, 1))
slope = np.array([[-1.0, 0, 1]])
functions = (mahotas.convolve, ndimage.convolve, ndimage.correlate)
first = [" ".join(f"{v:.0f}" for v in f(impulse, kernel)[1, 1:4]) for f in functions]
slopes = ", ".join(f"{f(ramp, slope)[2, 2]:.0f}" for f in functions)
said = f"impulse: {first[0]} (mahotas), {first[1]} (scipy convolve), "
said += f"{first[2]} (scipy correlate); slope of x: {slopes}"
print("mahotas", mahotas.__version__)
print(said)
seen = "impulse: 9 8 7 (mahotas), 1 2 3 (scipy convolve), 9 8 7 (scipy correlate); "
sys.exit(said != seen + "slope of x: 2, -2, 2")
PYTHON
"$place/venv/bin/python" "$place/see.py"
