#!/bin/sh
# hyppo 0.5.2: MMD, and Energy with bias=True, are not their docstrings' equations; the sizes change them.
#
# MMD.statistic documents the unbiased squared maximum mean discrepancy (Gretton et al. 2012), whose mean
# does not depend on how many samples were drawn. What is returned is the correlation of Hsic, not its
# covariance, times 2 n^2 m^2 / (n + m)^4 where the inverse is meant: 100 samples against 10 give a two
# hundredth of what the equation does, 20 against 20 an eighth. Energy(bias=True) is the root of the distance
# covariance times (n + m)^4 / (2 n^2 m^2), so neither the energy distance (Szekely & Rizzo 2004) nor its
# root. Each p-value is right, since in one test these factors are the same for all permutations; but who
# compares distances of several pairs of sets, a rare class among them, compares their sizes. No warning.
#
# Seen, the same two laws at 100 and 100, 100 and 10, equation in brackets: "MMD 0.0171 (0.1334), 0.0007
# (0.1508); Energy 2.32 (0.67), 8.93 (1.09)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox.mmd and toolbox.energy_distance are held to their equations by loops, at unequal sizes
# (tests/toolbox/distances).
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet hyppo==0.5.2 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from hyppo.ksample import MMD, Energy
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import rbf_kernel

GAMMA = 0.5


def discrepancy(x, y):
    """Return the documented estimate: without the n and m pairs of a sample with itself."""
    n, m = len(x), len(y)
    within_x = (rbf_kernel(x, x, GAMMA).sum() - n) / (n * (n - 1))
    within_y = (rbf_kernel(y, y, GAMMA).sum() - m) / (m * (m - 1))
    return within_x + within_y - 2 * rbf_kernel(x, y, GAMMA).mean()


def energy(x, y):
    return 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()


rng = np.random.Generator(np.random.PCG64(0))
x = rng.standard_normal((100, 2))
y = rng.standard_normal((100, 2)) + 1
kernel = MMD(compute_kernel="rbf", gamma=GAMMA)
distance = Energy(bias=True)
pairs = ((x, y), (x, y[:10]))
mmds = ", ".join(f"{kernel.statistic(a, b):.4f} ({discrepancy(a, b):.4f})" for a, b in pairs)
energies = ", ".join(f"{distance.statistic(a, b):.2f} ({energy(a, b):.2f})" for a, b in pairs)
said = f"MMD {mmds}; Energy {energies}"
print("hyppo", importlib.metadata.version("hyppo"))
print(said)
sys.exit(said != "MMD 0.0171 (0.1334), 0.0007 (0.1508); Energy 2.32 (0.67), 8.93 (1.09)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
