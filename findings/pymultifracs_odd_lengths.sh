#!/bin/sh
# pymultifracs 0.3.1: series of odd length keep a coefficient that their border has made.
#
# wavelet_analysis marks as NaN what the zeros beyond both ends have touched, as many coefficients
# for odd as for even lengths; of an odd one a window more reaches over the end, and its coefficient
# stays. The wavelet db3 sees no straight line: all coefficients of one are rounding, but with 3141
# samples the last of the finest scale is a quarter of the largest sample. The same happens at every
# scale whose approximation has an odd length. It is the largest coefficient wherever a series ends
# far from zero; mfa then refuses one fractional Brownian motion of H = .8 in three, whose regularity
# it takes for negative ("Maximum hmin <= 0").
#
# Seen: "a line: 3140 samples 0, 3141 samples 23.5; H = .8: 3140 samples analysed, 3141 samples refused"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox never pads; benchmarks/first_call.py compares at lengths that are even at every
# scale.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet pymultifracs==0.3.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from pymultifracs import mfa, wavelet_analysis


def largest(x):
    return float(np.nanmax(np.abs(wavelet_analysis(x, wt_name="db3").values[1])))


def motion(n, hurst, seed):
    """Return fractional Brownian motion: sums of noise drawn by circulant embedding."""
    k = np.arange(n + 1.0)
    powers = [np.abs(k + step) ** (2 * hurst) for step in (-1, 0, 1)]
    covariance = (powers[0] - 2 * powers[1] + powers[2]) / 2
    spectrum = np.fft.fft(np.concatenate([covariance, covariance[-2:0:-1]])).real
    normal = np.random.Generator(np.random.Philox(seed)).standard_normal((2, 2 * n))
    return np.cumsum(np.fft.fft(np.sqrt(spectrum / (2 * n)) * (normal[0] + 1j * normal[1])).real[:n])


def said(x):
    try:
        leaders = wavelet_analysis(x, wt_name="db3").get_leaders(p_exp=np.inf)
        mfa(leaders, [(3, 8)], weighted="Nj", q=[1.0], n_cumul=3)
    except ValueError as error:
        return "refused" if "Maximum hmin" in str(error) else repr(error)
    return "analysed"


line = ", ".join(f"{n} samples {round(largest(np.linspace(0, 100, n)), 1):g}" for n in (3140, 3141))
x = motion(3141, 0.8, seed=2)
walk = ", ".join(f"{n} samples {said(x[:n])}" for n in (3140, 3141))
print("pymultifracs", importlib.metadata.version("pymultifracs"))
print(f"a line: {line}; H = .8: {walk}")
seen = "a line: 3140 samples 0, 3141 samples 23.5; H = .8: 3140 samples analysed, 3141 samples refused"
sys.exit(f"a line: {line}; H = .8: {walk}" != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
