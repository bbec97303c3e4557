#!/bin/sh
# mahotas 1.4.19: Haralick's 14th feature is a correlation of 1.44 for noise, 1.07 for equal neighbours.
#
# The maximal correlation coefficient (so haralick_labels calls it) is the largest correlation that any
# functions of a pixel's and of its neighbour's grey level can have: 0 for independent ones, 1 where one
# tells the other, never more. Haralick et al. (1973) take the root of the second largest eigenvalue of
# Q(i, j) = sum over k of p(i, k) p(j, k) / (px(i) py(k)). With compute_14th_feature, haralick takes that
# of numpy.corrcoef(p) instead, the correlations between rows of the matrix, whose eigenvalues add up to
# the number of grey levels: all textures of 8 levels or more that were tried are above 1, noise above
# stripes. With two levels it returns 0. The other 13 are as documented. In brackets is the second
# singular value of p / sqrt(px py), which is the same as Haralick's root.
#
# Seen: "noise 1.44 (0.01), stripes 1.07 (1.00), chequers 0.00 (1.00)", right ones in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes co-occurrences of grey levels; our texture statistics are held to
# plain ones in tests/reference/texture_statistics.py.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet mahotas==1.4.19 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import sys

import mahotas
import numpy as np


def right(levels):
    """Return the maximal correlation of horizontal neighbours, each pair counted both ways."""
    pairs = np.zeros((levels.max() + 1,) * 2)
    np.add.at(pairs, (levels[:, :-1], levels[:, 1:]), 1)
    p = (pairs + pairs.T) / (2 * pairs.sum())
    return np.linalg.svd(p / np.sqrt(np.outer(p.sum(axis=1), p.sum(axis=0))), compute_uv=False)[1]


def taken(levels):
    return mahotas.features.haralick(levels, compute_14th_feature=True)[0, 13]


stream = np.random.Generator(np.random.Philox(1))
textures = {
    "noise": stream.integers(0, 8, (400, 400)),
    "stripes": np.repeat(stream.integers(0, 8, (400, 1)), 400, axis=1),
    "chequers": np.indices((400, 400)).sum(axis=0) % 2,
}
said = ", ".join(f"{name} {taken(x):.2f} ({right(x):.2f})" for name, x in textures.items())
print("mahotas", mahotas.__version__)
print(said)
sys.exit(said != "noise 1.44 (0.01), stripes 1.07 (1.00), chequers 0.00 (1.00)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
