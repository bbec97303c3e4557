#!/bin/sh
# clusim 0.4: two of its four similarities of overlapping clusterings are not what they are named after.
#
# overlap_quality (Ahn et al. 2010) is the mutual information of how many clusters an element is in here
# and there, H1 + H2 - H12. The source adds H12: clusterings whose overlaps have nothing to do with each
# other score more than a clustering and itself. onmi (Lancichinetti et al. 2009) compares two clusters only
# if h(p11) + h(p00) > h(p01) + h(p10), p00 the share of elements in neither; the source has 1 - p11 for it.
# Equal clusterings still give 1, but others come out nearer than they are until, all at once, the answer
# is 0. No warning. Right ones, in brackets, are sums over the elements; cdlib 0.4.1 has the same onmi (LFK).
#
# Seen, for a clustering and itself, for independent overlaps; for 36 and for 60 elements of 120 moved:
# "overlap_quality 3.00 (1.00), 4.00 (0.00); onmi 0.54 (0.35), 0.00 (0.14)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours compares overlapping clusterings.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet clusim==0.4 python-igraph==1.0.0 networkx==3.6.1 \
    mpmath==1.4.1 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from clusim import sim
from clusim.clustering import Clustering
from scipy.special import entr


def open_share(x, y):
    """Return the mean over columns of x of what is open of each, given the best column of y."""
    both, a, b = x.T @ y / len(x), x.mean(axis=0)[:, None], y.mean(axis=0)
    near, far = entr(both) + entr(1 - a - b + both), entr(a - both) + entr(b - both)
    left = (near + far - entr(b) - entr(1 - b)) / (entr(a) + entr(1 - a))
    return np.where(near > far, left, 1).min(axis=1).mean()


def clustering(members):
    return Clustering(elm2clu_dict={i: np.flatnonzero(m).tolist() for i, m in enumerate(members)})


def moved(n):
    """Return onmi of 6 clusters of 20, and of them with n elements moved, and what is right."""
    i = np.arange(120)
    x, y = np.eye(6)[i % 6], np.eye(6)[(i + (i < n) * (1 + i // 6 % 5)) % 6]
    right = 1 - (open_share(x, y) + open_share(y, x)) / 2
    return f"{sim.onmi(clustering(x), clustering(y)):.2f} ({right:.2f})"


i = np.arange(80)  # every element is in the first cluster, half of them in the second too
one, other = (clustering(np.stack([i >= 0, j % 2], axis=1)) for j in (i, i // 2))
said = f"overlap_quality {sim.overlap_quality(one, one):.2f} (1.00), "
said += f"{sim.overlap_quality(one, other):.2f} (0.00); onmi {moved(36)}, {moved(60)}"
print("clusim", importlib.metadata.version("clusim"))
print(said)
sys.exit(said != "overlap_quality 3.00 (1.00), 4.00 (0.00); onmi 0.54 (0.35), 0.00 (0.14)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
