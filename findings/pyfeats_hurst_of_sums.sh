#!/bin/sh
# pyfeats 1.0.1: the Hurst coefficient of a plane is .62 instead of 1, that of random walks .3.
#
# Where the mean absolute difference of pixels at distance k grows like k^H, H is the Hurst coefficient of
# a fractional Brownian surface (Mandelbrot & Van Ness 1968), 3 - H its dimension. fdta fits a line to the
# logarithms at k = 1, 2, 3, but its sums and counts (_intensity in textural/fdta.py) start at 0 before the
# loop over k, not in it: what stands at 3 is the mean over the distances 1 to 3. Of k itself this
# makes 1, 3/2, 2, a line of slope .626. Surfaces look rougher than they are: a plane gets the dimension
# 2.38, not 2. White noise, H = 0, is right. The other images are a plane, H = 1, and a random walk of the
# row plus one of the column, H = 1/2 along both axes; in brackets is the slope with sums of their own for
# each distance.
#
# Seen: "plane 0.62 (1.00), random walks 0.30 (0.50), noise -0.00 (-0.01)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes mean differences; exponents come from wavelets, and
# tests/toolbox hold them to simulated fields of known H.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet pyfeats==1.0.1 mahotas==1.4.19 opencv-python==5.0.0.93 \
    PyWavelets==1.9.0 scikit-image==0.26.0 matplotlib==3.11.2 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import pyfeats


def right(image):
    """Return the slope of the mean absolute differences at distances 1, 2 and 3 along both axes."""
    means = []
    for k in (1, 2, 3):
        pairs = (image[k:] - image[:-k], image[:, k:] - image[:, :-k])
        means.append(np.mean(np.abs(np.concatenate([pair.ravel() for pair in pairs]))))
    return np.polyfit(np.log([1, 2, 3]), np.log(means), 1)[0]


stream = np.random.Generator(np.random.Philox(1))
rows, columns = np.cumsum(stream.normal(size=(2, 128)), axis=1)
images = {
    "plane": np.indices((128, 128)).sum(axis=0).astype(float),
    "random walks": rows[:, None] + columns,
    "noise": stream.normal(size=(128, 128)),
}
said = ", ".join(
    f"{name} {pyfeats.fdta(image, None, s=0)[0][0]:.2f} ({right(image):.2f})"
    for name, image in images.items()
)
print("pyfeats", importlib.metadata.version("pyfeats"))
print(said)
sys.exit(said != "plane 0.62 (1.00), random walks 0.30 (0.50), noise -0.00 (-0.01)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
