#!/bin/sh
# s-dbw 0.4.0: the score of a clustering depends on the unit of the data, and so does which one is best.
#
# S_Dbw of Halkidi & Vazirgiannis (2001) counts samples within a radius of cluster centres and of the middles
# between them. The radius is sqrt(sum of |v_i|) / k with v_i the variances of cluster i over the columns, a
# length as the data are. method="Halkidi" has standard deviations there: its radius is the square root of
# a length. In metres the same samples lie further apart, beside it, than in kilometres; lower is better, and
# three clear clusters lose to two of them taken together once the numbers are small. Scatter, the other
# term, is of standard deviations too, not of variances. No warning; too large numbers raise an error.
#
# Seen, three clusters and the same with two of them merged: "in units of 10 0.48, 0.72; 1 0.55, 0.95;
# 0.1 0.85, 2.21; 0.01 2.39, 2.22; by definition in each of them 0.32, 1.06"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes this index; the number of clusters that confidence.clusters settles
# comes of other criteria.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet s-dbw==0.4.0 scipy==1.12.0 numpy==1.26.4
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from s_dbw import S_Dbw


def by_definition(x, labels):
    """Return S_Dbw as the paper of 2001 writes it, of Euclidean distances to mean centres."""
    parts = [x[labels == i] for i in np.unique(labels)]
    k, centres = len(parts), [part.mean(axis=0) for part in parts]
    spread = np.array([np.linalg.norm(part.var(axis=0)) for part in parts])
    radius = np.sqrt(spread.sum()) / k

    def near(i, j, place):
        both = np.concatenate([parts[i], parts[j]])
        return np.count_nonzero(np.linalg.norm(both - place, axis=1) <= radius)

    between = [
        near(i, j, (centres[i] + centres[j]) / 2) / max(near(i, j, centres[i]), near(i, j, centres[j]))
        for i in range(k)
        for j in range(k)
        if i != j
    ]
    return spread.mean() / np.linalg.norm(x.var(axis=0)) + np.mean(between)


rng = np.random.Generator(np.random.Philox(1))
three = np.repeat([0, 1, 2], 100)
two = np.minimum(three, 1)
x = rng.normal(size=(300, 2)) + np.array([[0, 0], [5, 0], [0, 5]])[three]
found, right = [], set()
for unit in (10, 1, 0.1, 0.01):
    scores = [S_Dbw(unit * x, labels, method="Halkidi", nearest_centr=False) for labels in (three, two)]
    found.append(f"{unit} {scores[0]:.2f}, {scores[1]:.2f}")
    right.add(f"{by_definition(unit * x, three):.2f}, {by_definition(unit * x, two):.2f}")
said = f"in units of {'; '.join(found)}; by definition in each of them {' or '.join(sorted(right))}"
print("s-dbw", importlib.metadata.version("s-dbw"))
print(said)
seen = "in units of 10 0.48, 0.72; 1 0.55, 0.95; 0.1 0.85, 2.21; 0.01 2.39, 2.22; "
sys.exit(said != seen + "by definition in each of them 0.32, 1.06")
PYTHON
"$place/venv/bin/python" "$place/see.py"
