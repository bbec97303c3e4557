#!/bin/sh
# sewar 0.4.10: the multi-scale SSIM of a picture with several bands depends on their order.
#
# MS-SSIM (Wang et al. 2003) halves a picture from scale to scale, after a mean over 2 x 2 pixels. msssim
# calls uniform_filter with the size 2 for an array of rows, columns and bands: the mean is over 2 bands too,
# each band but the first being mixed with the one before it, anew at each of the four halvings. What one band
# lost is made good by its neighbour, and errors of opposite sign, as of noise in colours, cancel. Of red,
# green, blue and of blue, green, red the answers differ. A picture of one band is right. No warning. In
# brackets is the same index, averaged over bands at each scale, with each band halved by itself.
#
# Seen, for one equal band and an unrelated one, then in the other order, then for errors +e and -e:
# "equal first 0.88 (0.53), last 0.14 (0.53), opposite errors 0.79 (0.69)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes this index; synthesis.stsim compares each component by itself, and
# returns the mean.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet sewar==0.4.10 numpy==2.4.6 scipy==1.17.1 pillow==13.0.0
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from scipy.ndimage import gaussian_filter
from sewar import msssim


def similarity(x, y):
    """Return the mean of SSIM, and that without its luminance, over all windows of one band."""
    pairs = x, y, x * x, y * y, x * y
    mean_x, mean_y, xx, yy, xy = (gaussian_filter(one, 1.5, radius=5)[5:-5, 5:-5] for one in pairs)
    structure = 2 * (xy - mean_x * mean_y) + (0.03 * 255) ** 2
    structure /= xx - mean_x**2 + yy - mean_y**2 + (0.03 * 255) ** 2
    luminance = 2 * mean_x * mean_y + (0.01 * 255) ** 2
    luminance /= mean_x**2 + mean_y**2 + (0.01 * 255) ** 2
    return (luminance * structure).mean(), structure.mean()


def halved(x):
    """Return the means of 2 x 2 pixels around every other one, mirrored at the edge."""
    x = np.pad(x, ((1, 0), (1, 0)), mode="edge")
    return (x[:-1, :-1] + x[1:, :-1] + x[:-1, 1:] + x[1:, 1:])[::2, ::2] / 4


def by_definition(one, other):
    """Return MS-SSIM of lists of bands."""
    product = 1
    for scale, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        found = np.mean([similarity(x, y) for x, y in zip(one, other, strict=True)], axis=0)
        product *= found[int(scale < 4)] ** weight
        one, other = ([halved(x) for x in bands] for bands in (one, other))
    return product


def both(one, other):
    """Return the library's answer and the right one."""
    theirs = msssim(np.stack(one, axis=-1), np.stack(other, axis=-1), MAX=255)
    return f"{theirs:.2f} ({by_definition(one, other):.2f})"


rng = np.random.Generator(np.random.Philox(1))
smooth = gaussian_filter(rng.normal(size=(3, 256, 256)), (0, 2, 2))
equal, x, y = 128 + 30 * smooth / smooth.std()
error = gaussian_filter(rng.normal(size=(256, 256)), 1) * 120
assert abs(msssim(x, y, MAX=255) - by_definition([x], [y])) < 1e-9
said = f"equal first {both([equal, x], [equal, y])}, last {both([x, equal], [y, equal])}, "
said += f"opposite errors {both([x, x], [x + error, x - error])}"
print("sewar", importlib.metadata.version("sewar"))
print(said)
sys.exit(said != "equal first 0.88 (0.53), last 0.14 (0.53), opposite errors 0.79 (0.69)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
