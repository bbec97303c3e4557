#!/bin/sh
# scikit-dimension 0.5.0: with more points, KNN finds a lower dimension; by default it reads six.
#
# The estimator of Carter, Raich & Hero (2010) fits the growth of nearest-neighbour graphs with their
# size. KNN draws the points of each graph with replacement: a point that is drawn twice has itself as
# its neighbour, at distance 0, more often the larger the graph. On 1000 uniform points of a cube of five
# dimensions graphs of 50 to 230 points say 4 and graphs of 400 to 900 say 3, where more points should
# help. By default the graphs are of 3 to 6 points, whatever the number of points given, and the
# answers for one cube go from 1 to 5 with the seed alone. The documentation calls it a simplified
# version of that method without block bootstrapping.
#
# Seen (five seeds): "default: 1 to 5; graphs of 50 to 230: 4; of 400 to 900: 3"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: similarity.intrinsic_dimension takes every point once, counts near-copies and says so.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet scikit-dimension==0.5.0 scikit-learn==1.9.1 \
    numpy==2.4.6 scipy==1.17.1 numba==0.68.1
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import skdim


def dimensions(**options):
    """Return the estimate of each of five clouds, each with its own seed."""
    clouds = (np.random.default_rng(seed).random((1000, 5)) for seed in range(5))
    return [
        skdim.id.KNN(random_state=seed, **options).fit(cloud).dimension_
        for seed, cloud in enumerate(clouds)
    ]


default = dimensions()
small = np.mean(dimensions(M=5, ps=np.arange(50, 250, 20)))
large = np.mean(dimensions(M=5, ps=np.arange(400, 1000, 100)))
said = f"default: {min(default):.0f} to {max(default):.0f}; "
said += f"graphs of 50 to 230: {small:.3g}; of 400 to 900: {large:.3g}"
print("scikit-dimension", importlib.metadata.version("scikit-dimension"))
print(said)
sys.exit(said != "default: 1 to 5; graphs of 50 to 230: 4; of 400 to 900: 3")
PYTHON
"$place/venv/bin/python" "$place/see.py"
