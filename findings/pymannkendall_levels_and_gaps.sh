#!/bin/sh
# pymannkendall 1.4.3: two tests answer at the 5 % level whatever is asked; after gaps, trends pass for memory.
#
# regional_test, correlated_seasonal_test and all others take the significance level alpha, and answer trend
# and h by it; these two call the test that they are made of without it. p is right, trend and h are of .05:
# at .001 a series with p = .031 is "increasing". seasonal_test and multivariate_test are as asked.
# The tests for series with memory (Hamed & Rao 1998; Yue & Wang 2004; trend-free pre-whitening) first take
# Sen's slope off. Missing values (NaN) are skipped in all tests, and the slope is right, a step of time; but
# what is taken off is slope times the count of values so far, not times time: after a gap a step is left,
# which passes for memory. The residuals of noise + b t do not depend on b, and so neither does the variance
# of Mann & Kendall's sum. Without gaps it is so; with one, a clear trend loses its significance. No warning
# (but of a negative variance).
#
# Seen, right ones in brackets: "alpha .001, p 0.031: regional increasing, True, multivariate no trend, False;
# variance of the sum for b 0 and .3, no gap 1.13e+05 1.13e+05, with a gap 1.76e+04
# 3.7e+05 (1.78e+04), z 3.1 (14.1)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: tests take the level they are asked for; what gaps touch is left out, never closed up.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet pymannkendall==1.4.3 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import pymannkendall
from scipy import stats

YEARS = np.random.Generator(np.random.PCG64(0)).standard_normal((20, 6)) + 0.02 * np.arange(20)[:, None]


def by_definition(t, x):
    """Return the variance by Hamed & Rao, and z, of values x at times t, without ties."""
    n = len(x)
    rises = (x[None, :] - x[:, None])[np.triu_indices(n, 1)]
    slope = np.median(rises / (t[None, :] - t[:, None])[np.triu_indices(n, 1)])
    ranks = stats.rankdata(x - slope * t) - (n + 1) / 2
    lags = np.arange(1, n)
    memory = np.array([ranks[lag:] @ ranks[:-lag] for lag in lags]) / (ranks @ ranks)
    memory[np.abs(memory) <= stats.norm.ppf(0.975) / np.sqrt(n)] = 0
    more = 2 / (n * (n - 1) * (n - 2)) * ((n - lags) * (n - lags - 1) * (n - lags - 2)) @ memory
    variance = n * (n - 1) * (2 * n + 5) / 18 * (1 + more)
    total = np.sign(rises).sum()
    return variance, (total - np.sign(total)) / np.sqrt(variance)


regional, several = (
    test(YEARS, alpha=0.001) for test in (pymannkendall.regional_test, pymannkendall.multivariate_test)
)
said = f"alpha .001, p {regional.p:.3f}: regional {regional.trend}, {bool(regional.h)}, "
said += f"multivariate {several.trend}, {bool(several.h)}; variance of the sum for b 0 and .3, no gap"
t = np.arange(100.0)
noise = np.random.Generator(np.random.PCG64(0)).standard_normal(100)
gap = np.r_[30:60, 70:75]
for name, missing in (("", []), (", with a gap", gap)):
    said += name
    for b in (0.0, 0.3):
        x = noise + b * t
        x[missing] = np.nan
        found = pymannkendall.hamed_rao_modification_test(x)
        said += f" {found.var_s:.3g}"
known = np.isfinite(x)
variance, z = by_definition(t[known], x[known])
said += f" ({variance:.3g}), z {found.z:.1f} ({z:.1f})"
print("pymannkendall", importlib.metadata.version("pymannkendall"))
print(said)
seen = "alpha .001, p 0.031: regional increasing, True, multivariate no trend, False; variance of the sum for "
seen += "b 0 and .3, no gap 1.13e+05 1.13e+05, with a gap 1.76e+04 3.7e+05 (1.78e+04), z 3.1 (14.1)"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
