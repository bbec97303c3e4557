#!/bin/sh
# image-similarity-measures 0.3.6: three of its eight measures answer by unit, size and direction.
#
# fsim asks OpenCV for gradients in unsigned 16 bits: edges that fall to the right or bottom are 0, and
# squares of gradients past 255 wrap around. A slope and itself at half the contrast are alike where it
# falls, and differ where it rises; FSIM (Zhang et al. 2011) takes magnitudes, the same for both. sre, in
# decibels, compares the power of the signal, the squared mean, with that of the error: 20 log10(100 / 1)
# = 40 for a mean of 100 and errors of 1. It divides by the norm of the error over n, not by its square
# over n, and so grows by 3 dB where width and height double, by 40 dB from reflectances in 0-1 to
# 0-10000. sam multiplies in the type of the images: in 16 bits, with values past 255 as satellite images
# have, an image is almost at a right angle to itself. No warning for any.
#
# Seen: "FSIM falling 1.00, rising 0.81 (0.81); SRE 58.1, twice the size 61.1, in hundredths 38.1 (40.0);
# SAM of itself 89.5 (0.0)", right ones in brackets
# Exit status: 0 while it is so, 1 once it has changed. What we do: none of ours takes these three.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet image-similarity-measures==0.3.6 phasepack==1.5 \
    opencv-python==4.11.0.86 scikit-image==0.20.0 scipy==1.17.1 numpy==1.26.4
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np
from scipy import ndimage

warnings.simplefilter("ignore")  # that pyfftw is missing
from image_similarity_measures import quality_metrics as quality  # noqa: E402


def magnitude(image, _):
    """Return the gradient magnitude of OpenCV's Scharr filter in floats."""
    kernel = np.outer([3, 10, 3], [-1.0, 0, 1])
    return np.hypot(*(ndimage.correlate(image * 1.0, k, mode="mirror") for k in (kernel, kernel.T)))


def sre(width, unit):
    error = np.indices((width, width, 1)).sum(axis=0) % 2 * 2 - 1.0  # of size 1, by turns
    return quality.sre(np.full(error.shape, 100 * unit), (100 + error) * unit)


falling = (252 - 2 * np.indices((64, 64, 1)).sum(axis=0)).astype("u1")
slopes = [(x, x // 2 + 60) for x in (falling, falling[::-1, ::-1].copy())]
falls, rises = (quality.fsim(*pair) for pair in slopes)
quality._gradient_magnitude = magnitude
image = np.random.Generator(np.random.Philox(1)).integers(0, 4000, (64, 64, 4)).astype("u2")
said = f"FSIM falling {falls:.2f}, rising {rises:.2f} ({quality.fsim(*slopes[0]):.2f}); "
said += f"SRE {sre(64, 1):.1f}, twice the size {sre(128, 1):.1f}, "
said += f"in hundredths {sre(64, 0.01):.1f} (40.0); SAM of itself "
said += f"{quality.sam(image, image):.1f} ({quality.sam(image * 1.0, image * 1.0):.1f})"
print("image-similarity-measures", importlib.metadata.version("image-similarity-measures"))
print(said)
seen = "FSIM falling 1.00, rising 0.81 (0.81); SRE 58.1, twice the size 61.1, in hundredths 38.1 "
sys.exit(said != seen + "(40.0); SAM of itself 89.5 (0.0)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
