#!/bin/sh
# spectral (SPy) 0.25: the last columns of an image file are counted from its number of rows.
#
# The subscript operator of an opened image "emulates the numpy.ndarray subscript operator"
# (SpyFile.__getitem__), and single negative indices are as there. In slices of rows and columns,
# _fix_negative_indices is told axis 0 both times, so that -2 is the last column but one of square images
# only: of 7 rows and 9 columns, img[:, -2:] gives four columns, img[:, :-2] five. A slice of bands is a
# list before that: img[:, :, -2:] of four bands is bands 2 3 0 1 2 3, and the mean over the last bands is
# one over all, some twice. Nothing is said. img.load(), a NumPy array, gives what was asked for.
#
# Seen: "of 9 columns: last two 5 6 7 8, all but two 0 1 2 3 4; of 4 bands: last two 2 3 0 1 2 3"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox.load reads no ENVI files; the rows of satellite images come from TIFF, by indices
# from 0 on (toolbox/data/series/raster_rows.py).
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet spectral==0.25 numpy==2.4.6
cd "$place"
cat > see.py <<'PYTHON'
import sys

import numpy as np
import spectral

row, column, band = np.indices((7, 9, 4), dtype="f4")
spectral.envi.save_image("columns.hdr", column)
spectral.envi.save_image("bands.hdr", band)
columns, bands = spectral.open_image("columns.hdr"), spectral.open_image("bands.hdr")
assert np.array_equal(columns.load()[:, -2:, :], column[:, -2:])


def named(values):
    return " ".join(f"{value:.0f}" for value in values)


said = f"of 9 columns: last two {named(columns[:, -2:][0, :, 0])}, "
said += f"all but two {named(columns[:, :-2][0, :, 0])}; "
said += f"of 4 bands: last two {named(bands[:, :, -2:][0, 0])}"
print("spectral", spectral.__version__)
print(said)
seen = "of 9 columns: last two 5 6 7 8, all but two 0 1 2 3 4; "
sys.exit(said != seen + "of 4 bands: last two 2 3 0 1 2 3")
PYTHON
"$place/venv/bin/python" see.py
