#!/bin/sh
# crepes 0.9.1: intervals take one rank too many at calibration sets of 9, 19, 29, ... for 90 %.
#
# Of n sorted residuals the conformal half width is number k = ceil((n + 1) .9) (Papadopoulos et al.
# 2002; Vovk et al. 2005), the 9th of 9 and the 90th of 99. crepes takes the whole part of
# (1 - confidence) (n + 1) in floating point, and 1 - .9 is a little less than .1: wherever n + 1 is a
# multiple of 10, the next residual is taken. 9 residuals give an infinite interval and the warning that
# they are too few, which is true of 8; 19 and 99 give the 19th and the 91st without a word. At n = 20
# the rank is right. The intervals cover, but are wider than the method's, just at the sizes that people
# choose because k is exact.
#
# Seen: "9: inf (9), 19: 19 (18), 20: 19 (19), 99: 91 (90)", right ones in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: confidence.conformal takes alpha for the exact fraction that it prints as
# (confidence/conformal_prediction/exact_ranks.py, and its tests).
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet crepes==0.9.1 scikit-learn==1.9.1 \
    pandas==3.1.1 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import math
import sys
import warnings
from fractions import Fraction

import numpy as np
from crepes import ConformalRegressor

warnings.simplefilter("ignore")


def half_width(n):
    """Return the interval's half width where the residuals are 1 to n: the rank that was taken."""
    regressor = ConformalRegressor().fit(residuals=np.arange(1.0, n + 1))
    return regressor.predict_int(np.zeros(1), confidence=0.9)[0, 1]


sizes = (9, 19, 20, 99)
right = {n: math.ceil((n + 1) * Fraction("0.9")) for n in sizes}
said = ", ".join(f"{n}: {half_width(n):g} ({right[n]})" for n in sizes)
print("crepes", importlib.metadata.version("crepes"))
print(said)
sys.exit(said != "9: inf (9), 19: 19 (18), 20: 19 (19), 99: 91 (90)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
