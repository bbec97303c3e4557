#!/bin/sh
# tifffile 2026.3.3: pages that are half as large as the first are missing from TiffFile.series.
#
# A TIFF of two photographs, 40 x 60 and 20 x 30 pixels, neither marked as a reduced copy
# (NewSubfileType 0), has one series: the second page is taken for a pyramid level of the first,
# from its size alone. Of 40 x 60 and 21 x 30 pixels, it has two. A program that goes through the
# series, as the documentation shows, loses the second photograph without a word.
#
# Seen: "half the size: 1 of 2 pages in the series; nearly half: 2 of 2"
# Exit status: 0 while it is so, 1 once it has changed. What we do: toolbox.load goes through the
# pages and leaves out those that the file marks.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet tifffile==2026.3.3 numpy==2.4.6 pillow==13.0.0
cat > "$place/see.py" <<'PYTHON'
import sys

import numpy as np
import tifffile
from PIL import Image


def series(file, *shapes):
    first, *others = [Image.fromarray(np.full(shape, 7, dtype="u1")) for shape in shapes]
    first.save(file, save_all=True, append_images=others)
    with tifffile.TiffFile(file) as tiff:
        assert len(tiff.pages) == 2
        assert all(page.subfiletype == 0 for page in tiff.pages)
        return sum(len(one.pages) for one in tiff.series)


half = series(sys.argv[1], (40, 60), (20, 30))
nearly = series(sys.argv[1], (40, 60), (21, 30))
print("tifffile", tifffile.__version__)
print(f"half the size: {half} of 2 pages in the series; nearly half: {nearly} of 2")
sys.exit((half, nearly) != (1, 2))
PYTHON
"$place/venv/bin/python" "$place/see.py" "$place/two.tif"
