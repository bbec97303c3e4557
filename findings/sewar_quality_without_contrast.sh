#!/bin/sh
# sewar 0.4.10: the universal quality index of a picture and of its negative is .95, not -1.
#
# Q of Wang & Bovik (2002) is 4 cov(x, y) E[x] E[y] / ((var x + var y)(E[x]^2 + E[y]^2)), averaged over
# windows: 1 for equal pictures only, 0 for unrelated ones, -1 at worst. uqi writes it for sums over a
# window of N = 64 pixels, but takes uniform_filter's means for sums: N sum(xy) - sum(x) sum(y), which is
# N^2 times the covariance, becomes N cov(x, y) + (N - 1) E[x] E[y]; likewise below the line. Where the
# mean is large beside the deviation, brightness is compared, and structure hardly counts. d_lambda,
# d_s and qnr, which judge pansharpened satellite images, are made of it.
#
# Seen: "itself 1.00 (1.00), its negative 0.95 (-1.00), unrelated noise 0.98 (0.00)", Q in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes this index; synthesis.stsim is another, held to its definition
# by tests/reference/structural_similarity.py.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet sewar==0.4.10 numpy==2.4.6 scipy==1.17.1 pillow==13.0.0
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sewar import uqi


def by_definition(*pictures):
    """Return the mean of Q over all windows of 8 x 8 pixels."""
    x, y = (sliding_window_view(one, (8, 8)).reshape(-1, 64) for one in pictures)
    mean_x, mean_y = x.mean(axis=1), y.mean(axis=1)
    covariance = ((x - mean_x[:, None]) * (y - mean_y[:, None])).mean(axis=1)
    spread = (x.var(axis=1) + y.var(axis=1)) * (mean_x**2 + mean_y**2)
    return (4 * covariance * mean_x * mean_y / spread).mean()


first, second = np.random.Generator(np.random.Philox(1)).normal(128, 20, (2, 128, 128))
others = {"itself": first, "its negative": 256 - first, "unrelated noise": second}
said = ", ".join(
    f"{name} {uqi(first, other):.2f} ({by_definition(first, other):.2f})"
    for name, other in others.items()
).replace("-0.00", "0.00")
print("sewar", importlib.metadata.version("sewar"))
print(said)
sys.exit(said != "itself 1.00 (1.00), its negative 0.95 (-1.00), unrelated noise 0.98 (0.00)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
