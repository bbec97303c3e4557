#!/bin/sh
# tifffile 2026.3.3: what a GeoTIFF in LERC leaves empty comes as 0, and bands may come mixed up.
#
# LERC has no NaN among its numbers: which pixels have none stands in a mask beside them. GDAL (here in
# rasterio 1.4.4) writes and reads NaN so. tifffile decodes the numbers and drops the mask: elevations
# that nobody measured are 0, without a word; of its own files too. Where bands have gaps of their
# own, GDAL stores them one after the other; tifffile takes them for pixels of three samples, so that
# values stand in other places and bands. GDAL's array is the one that was written.
#
# Seen: "one band: 60 gaps, GDAL 60, tifffile 0; three bands: GDAL 0 wrong, tifffile 1978 wrong"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox/data/files/tiff_segments.py asks imagecodecs for the mask, and puts such bands in
# order; tests/toolbox/data/files/test_tiff.py.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet tifffile==2026.3.3 imagecodecs==2026.3.6 \
    rasterio==1.4.4 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import sys
import warnings

import numpy as np
import rasterio
import tifffile

warnings.simplefilter("ignore")  # that the images have no place on Earth


def read(file, bands):
    """Write bands by GDAL; return them as GDAL and as tifffile read them."""
    count, height, width = bands.shape
    size = {"count": count, "height": height, "width": width}
    way = {"driver": "GTiff", "dtype": "float32", "compress": "LERC", "interleave": "pixel"}
    with rasterio.open(file, "w", **size, **way) as to:
        to.write(bands)
    with rasterio.open(file) as source:
        gdal = source.read()
    return gdal, np.moveaxis(tifffile.imread(file).reshape(height, width, count), -1, 0)


def wrong(found, bands):
    return int(np.sum((found != bands) & ~(np.isnan(found) & np.isnan(bands))))


bands = 1 + np.arange(3 * 32 * 40, dtype="f4").reshape(3, 32, 40)
bands[:, 5:9, 5:20] = np.nan
gaps = [int(np.isnan(found).sum()) for found in read(sys.argv[1], bands[:1])]
bands[1, 20, 30] = np.nan
errors = [wrong(found, bands) for found in read(sys.argv[1], bands)]
said = f"one band: 60 gaps, GDAL {gaps[0]}, tifffile {gaps[1]}; "
said += f"three bands: GDAL {errors[0]} wrong, tifffile {errors[1]} wrong"
print("tifffile", tifffile.__version__)
print(said)
seen = "one band: 60 gaps, GDAL 60, tifffile 0; three bands: GDAL 0 wrong, tifffile 1978 wrong"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py" "$place/lerc.tif"
