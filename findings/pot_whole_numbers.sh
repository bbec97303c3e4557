#!/bin/sh
# POT 0.9.7.post1: the sliced Wasserstein distance of whole numbers is 0, however far apart they are.
#
# ot.sliced_wasserstein_distance and ot.wasserstein_1d make weights of 1/n in the type of the samples,
# so that for integers (grey values, counts) every weight is rounded to 0, and so is what is summed with
# them. No warning; ot.emd2_1d of the same samples is right. Between a set and the same set 100 further
# along the first axis the distance is 100, and along a direction 100 times its cosine: 62.8 on average
# over the eight directions here.
#
# Seen: "integers: one dimension 0, sliced 0; floats: one dimension 100, sliced 62.8"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox.distances turns integers into floats first, and
# tests/toolbox/distances/test_clouds.py compares both.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet pot==0.9.7.post1 numpy==2.4.6 scipy==1.17.1
cat > "$place/see.py" <<'PYTHON'
import sys

import numpy as np
import ot

line = np.arange(50)
plane = np.stack([line, line[::-1]], axis=1)
angles = np.pi * np.arange(8) / 8


def distances(kind):
    near, far = line.astype(kind), (line + 100).astype(kind)
    points, moved = plane.astype(kind), (plane + [100, 0]).astype(kind)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    one = ot.wasserstein_1d(near, far, p=1)
    sliced = ot.sliced_wasserstein_distance(points, moved, projections=directions, p=1)
    return f"one dimension {one:.3g}, sliced {sliced:.3g}"


said = f"integers: {distances('i8')}; floats: {distances('f8')}"
print("POT", ot.__version__)
print(said)
sys.exit(said != "integers: one dimension 0, sliced 0; floats: one dimension 100, sliced 62.8")
PYTHON
"$place/venv/bin/python" "$place/see.py"
