#!/bin/sh
# MFDFA 0.4.3: the range of lags that a slope is fitted to stays that of the first call.
#
# hurst_exponents, scaling_exponents and singularity_spectrum fit, unless told otherwise, from an eighth to
# two thirds of the lags. They write these limits into their default argument, a list that Python makes once:
# every later call with another number of lags takes the limits of the first one, counted in lags. After a
# short table of lags a long one is fitted at its finest lags alone, after a long one a short one at its
# coarsest. Fractal exponents of one series then depend on which series was analysed before it. No warning.
#
# Seen, a rhythm of 64 samples in noise, h(2) of 40 lags after a call with 10, of 10 after a call with 40:
# "40 lags 1.34 (0.87), 10 lags 0.07 (1.07)", the same call of a fresh process in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours changes a default argument; the range of scales of each estimate is an
# argument or is found from the series itself.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet MFDFA==0.4.3 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from MFDFA import MFDFA
from MFDFA.singspect import hurst_exponents, scaling_exponents

q = np.array([2.0, 3.0, 4.0])
noise = np.random.Generator(np.random.Philox(1)).normal(size=4096)
series = np.sin(2 * np.pi * np.arange(4096) / 64) + noise / 2


def table(count):
    """Return so many lags from 10 to 1000 and their fluctuations."""
    return MFDFA(series, np.geomspace(10, 1000, count), q=q)


def by_definition(lags, fluctuations):
    """Return the slope for q = 2 from an eighth to two thirds of the lags."""
    inside = slice(len(lags) // 8, int(len(lags) / 1.5))
    return np.polyfit(np.log(lags[inside]), np.log(fluctuations[inside, 0]), 1)[0]


few, many = table(10), table(40)
hurst_exponents(*few, q)
later = hurst_exponents(*many, q)[1][0]
said = f"40 lags {later:.2f} ({by_definition(*many):.2f}), "
scaling_exponents(*many, q)
later = (scaling_exponents(*few, q)[1][0] + 1) / 2
said += f"10 lags {later:.2f} ({by_definition(*few):.2f})"
print("MFDFA", importlib.metadata.version("MFDFA"))
print(said)
sys.exit(said != "40 lags 1.34 (0.87), 10 lags 0.07 (1.07)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
