#!/bin/sh
# dask-image 2026.5.0: mode="wrap" closes the first and the last block upon themselves, not the image.
#
# gaussian_filter, uniform_filter, median_filter, sobel and the other filters document the modes of
# SciPy; "wrap" goes on at the other end of the image. Blocks lend each other their borders inside, but
# at the ends SciPy sees a single block and wraps that, so that the result depends on the blocks: right
# for one, wrong along every side of the image for more. convolve and correlate are right. Periodic
# textures, whose statistics must not change by a shift, get a seam. SciPy's result on the whole array
# is what would be right.
#
# Seen: "largest error in one block 0, in four blocks 0.663; convolve in four blocks 0"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox/core/lazy_blocks.py computes items that are whole in a block; README.md tells why.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet dask-image==2026.5.0 dask==2026.8.0 \
    scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import dask.array as da
import numpy as np
from dask_image import ndfilters
from scipy import ndimage

x = np.cos(2 * np.pi * np.arange(40) / 40)[:, None] * np.ones(40)


def error(name, block, *arguments):
    blocks = da.from_array(x, chunks=block)
    found = getattr(ndfilters, name)(blocks, *arguments, mode="wrap").compute()
    return np.abs(found - getattr(ndimage, name)(x, *arguments, mode="wrap")).max().round(12)


errors = error("uniform_filter", 40, 3), error("uniform_filter", 20, 3)
said = f"largest error in one block {errors[0]:.3g}, in four blocks {errors[1]:.3g}; "
said += f"convolve in four blocks {error('convolve', 20, np.ones((3, 3)) / 9):.3g}"
print("dask-image", importlib.metadata.version("dask-image"))
print(said)
seen = "largest error in one block 0, in four blocks 0.663; convolve in four blocks 0"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
