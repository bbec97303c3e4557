#!/bin/sh
# miseval 1.3.0: its Hausdorff distance compares rows of pixels, and its average one is the maximum.
#
# The Hausdorff distance of two masks is the largest distance of a pixel of one to the nearest of the
# other; the average one (Taha & Hanbury 2015) is the larger of both mean distances. "HD" hands the masks
# over where a list of coordinates is wanted: a row of 64 pixels is a point in 64 dimensions, and masks
# with the same rows are equal, in whatever order these are. An organ that is found 20 rows too low is at
# distance 0, and elsewhere the answer is the root of a number of pixels; of several classes, all get the
# same one. "AHD", which the guideline on the package's page recommends beside Dice, takes the maximum
# instead of means: one stray pixel decides. No warning; equal masks have 0.
#
# Seen, a disc of radius 8 and one elsewhere: "20 rows down HD 0.0 (20.0), AHD 20.0 (12.6); 24 columns right
# HD 4.1 (24.0), AHD 24.0 (16.5); a stray pixel added HD 1.0 (34.7), AHD 34.7 (0.2)", right ones in
# brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes distances of masks.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet miseval==1.3.0 hausdorff==0.2.6 dictances==1.5.3 \
    numba==0.68.1 scikit-image==0.26.0 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from miseval import evaluate
from scipy.spatial.distance import cdist


def disc(row, column):
    at = np.indices((64, 64)) - np.array([row, column])[:, None, None]
    return 1 * ((at**2).sum(axis=0) <= 64)


def compared(truth, mask):
    """Return HD and AHD, and by definition."""
    far = cdist(np.argwhere(truth), np.argwhere(mask))
    nearest = far.min(axis=0), far.min(axis=1)
    largest, average = max(d.max() for d in nearest), max(d.mean() for d in nearest)
    hd, ahd = (evaluate(truth, mask, metric=name) for name in ("HD", "AHD"))
    return f"HD {hd:.1f} ({largest:.1f}), AHD {ahd:.1f} ({average:.1f})"


truth, stray = disc(20, 20), disc(20, 20)
stray[50, 50] = 1
said = f"20 rows down {compared(truth, disc(40, 20))}; 24 columns right {compared(truth, disc(20, 44))}; "
said += f"a stray pixel added {compared(truth, stray)}"
print("miseval", importlib.metadata.version("miseval"))
print(said)
seen = "20 rows down HD 0.0 (20.0), AHD 20.0 (12.6); 24 columns right HD 4.1 (24.0), AHD 24.0 (16.5); "
seen += "a stray pixel added HD 1.0 (34.7), AHD 34.7 (0.2)"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
