#!/bin/sh
# dcor 0.7: the energy distance of two sets of 8-bit pixels comes out far too small, unsaid.
#
# Distances between points are taken in the type that the points came in. Differences and squares of
# uint8 wrap around at 256, so that sets of colours 100 apart are nearly at distance 0, and distance
# correlations move too; squares past 32767 make int16 NaN. Nothing is said for uint8.
# The same numbers as floats are right, and so are wider integers. For x all (0, 0, 0) and y all
# (100, 100, 100) the energy distance is 2 |x - y| = 2 * 100 sqrt(3) = 346.4; in uint8 the squares,
# 10000 mod 256 = 16 each, add up to 48, and 2 sqrt(48) = 13.9.
#
# Seen: "uint8: 13.9, float64: 346.4, warnings: 0"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: energy_distance and every other function turn whole numbers into floats that hold them at
# the door; tests/calls/test_integers_battery.py asks each of them.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet dcor==0.7 numpy==2.4.6 scipy==1.17.1 numba==0.68.1
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import dcor
import numpy as np

dark, bright = np.zeros((20, 3)), np.full((20, 3), 100)


def distance(kind):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        return dcor.energy_distance(dark.astype(kind), bright.astype(kind)), len(told)


(eight, told), (floats, _) = distance("u1"), distance("f8")
said = f"uint8: {eight:.1f}, float64: {floats:.1f}, warnings: {told}"
print("dcor", importlib.metadata.version("dcor"))
print(said)
sys.exit(said != "uint8: 13.9, float64: 346.4, warnings: 0")
PYTHON
"$place/venv/bin/python" "$place/see.py"
