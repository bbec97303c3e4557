#!/bin/sh
# scikit-gstat 1.0.23: the variogram's "genton" estimator is about a quarter of the variogram.
#
# Genton (1998) takes, of the differences V = Z(x) - Z(x + h) of a lag, the first quartile Q of |V - V'| over
# pairs of them; (2.2191 Q)^2 / 2 is the semivariance of normal values. Variogram hands every estimator the
# absolute differences |V|, which are all on one side and so nearer to each other; the docstring of
# genton asks for them, while its formula has V. The factor is that for V: of normal values .280 of the
# semivariance comes out, (.1687 / .3186)^2, where a standard normal value is larger than .1687 in size
# with probability sqrt(3/4), and .3186 is its 62.5 % point. A sill or a nugget is that much too low,
# and beside those of "matheron", "cressie" or "dowd" it looks like another field; no warning.
#
# Seen, for white noise of variance 1: "matheron 0.90, cressie 0.86, dowd 0.83, genton 0.24; genton of
# signed differences 0.87"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours estimates variograms; ours of random fields are closed expressions.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet scikit-gstat==1.0.23 numpy==2.4.6 scipy==1.17.1
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
import skgstat  # noqa: E402
from scipy.spatial.distance import pdist  # noqa: E402

rng = np.random.default_rng(0)
at, noise = rng.random((400, 2)), rng.normal(size=400)


def first_lag(estimator):
    """Return the semivariance of the points that are no more than .15 apart."""
    found = skgstat.Variogram(at, noise, estimator=estimator, n_lags=1, maxlag=0.15)
    return f"{found.experimental[0]:.2f}"


first, second = np.triu_indices(400, 1)
signed = (noise[first] - noise[second])[pdist(at) <= 0.15]
quartile = np.quantile(pdist(signed[:, None]), 0.25)
names = ("matheron", "cressie", "dowd", "genton")
said = ", ".join(f"{name} {first_lag(name)}" for name in names)
said += f"; genton of signed differences {(2.2191 * quartile) ** 2 / 2:.2f}"
print("scikit-gstat", importlib.metadata.version("scikit-gstat"))
print(said)
seen = "matheron 0.90, cressie 0.86, dowd 0.83, genton 0.24; genton of signed differences 0.87"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
