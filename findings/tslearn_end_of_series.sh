#!/bin/sh
# tslearn 0.10.0: piecewise means leave out the end of a series, up to almost half of it.
#
# PiecewiseAggregateApproximation(n_segments) rounds the length of a segment down, and what is left over
# after the last segment belongs to none: of 19 samples in 10 segments the first 10 count. SAX and
# 1d-SAX, which build on it, do the same, and the documentation asks for no such length. Two series that
# differ by 12 from the eleventh sample on are at distance 0. The method (Keogh et al. 2001) covers the
# series by segments of equal length; where a sample at a border is shared between two, as in R's
# TSclust, the distance is 12 sqrt(1.9 (4 + (14/19)^2)) = 35.3, below that of the series, 36.
#
# Seen: "19 samples that differ in 9: distance 0; 20 samples that differ in 10: distance 37.9"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes piecewise means; docs/topics/satellite_series.md tells of it.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet tslearn==0.10.0 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")  # of formats that are not installed
from tslearn.piecewise import PiecewiseAggregateApproximation  # noqa: E402


def distance(n):
    series = np.zeros((2, n, 1))
    series[1, 10:] = 12
    means = PiecewiseAggregateApproximation(n_segments=10).fit(series)
    return means.distance(*series)


said = f"19 samples that differ in 9: distance {distance(19):.3g}; "
said += f"20 samples that differ in 10: distance {distance(20):.3g}"
print("tslearn", importlib.metadata.version("tslearn"))
print(said)
seen = "19 samples that differ in 9: distance 0; 20 samples that differ in 10: distance 37.9"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
