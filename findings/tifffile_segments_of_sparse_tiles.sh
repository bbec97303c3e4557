#!/bin/sh
# tifffile 2026.3.3: TiffPage.segments() gives the bytes of other tiles where one is left out.
#
# GDAL leaves out tiles that hold no value: their offset and their byte count are 0. Where the file
# also has unused bytes between two tiles (here the place of the tile that is left out, as after a
# tile was written anew at the end), TiffPage.asarray() is right, but TiffPage.segments(), in its
# default order, takes the gap for the next tile: 4 of 6 tiles come with other tiles' bytes, and no
# error says so. With sort=True it is right. The check for neighbouring segments passes over pairs
# of which one is empty, and so never compares the tiles on both sides of it.
#
# Seen: "asarray 0 wrong, segments 0.667 wrong, sorted segments 0 wrong"
# Exit status: 0 while it is so, 1 once it has changed. What we do: toolbox.load sorts.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet tifffile==2026.3.3 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import sys

import numpy as np
import tifffile

file = sys.argv[1]
truth = np.arange(1, 32 * 48 + 1, dtype="u2").reshape(32, 48)
tifffile.imwrite(file, truth, tile=(16, 16), photometric="minisblack")
with tifffile.TiffFile(file, mode="r+b") as tiff:
    for name in ("TileOffsets", "TileByteCounts"):
        tag = tiff.pages[0].tags[name]
        tag.overwrite([0 if i == 1 else value for i, value in enumerate(tag.value)])
truth[:16, 16:32] = 0  # the tile that is left out


def tiles(page, **options):
    found = np.zeros_like(truth)
    for tile, (_, _, y, x, _), _ in page.segments(**options):
        if tile is not None:
            found[y : y + 16, x : x + 16] = tile[0, ..., 0]
    return found


with tifffile.TiffFile(file) as tiff:
    page = tiff.pages[0]
    ways = {
        "asarray": page.asarray(),
        "segments": tiles(page),
        "sorted segments": tiles(page, sort=True),
    }
wrong = [f"{name} {np.mean(found != truth):.3g} wrong" for name, found in ways.items()]
print("tifffile", tifffile.__version__)
print(", ".join(wrong))
expected = ["asarray 0 wrong", "segments 0.667 wrong", "sorted segments 0 wrong"]
sys.exit(wrong != expected)
PYTHON
"$place/venv/bin/python" "$place/see.py" "$place/sparse.tif"
