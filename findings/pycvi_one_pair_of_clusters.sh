#!/bin/sh
# pycvi-lib 1.0.1: one pair of clusters decides the Davies-Bouldin index, and lone samples are the best.
#
# The index of Davies & Bouldin (1979) is the mean over clusters of their worst ratio (S_i + S_j) / D_ij. DB
# takes the worst of all pairs for every cluster, so that the mean is one of equal numbers: of two clusterings
# it prefers the other one. The width s of a sample alone in its cluster is 0 in Rousseeuw (1987), who chose
# it as neutral; Silhouette has 1, the best there is, and averages over clusters instead of over samples:
# splitting nearly all samples off wins. A distance of one's own (CALLABLE) is taken out of the caller's
# dictionary at its first use; what follows is Euclidean, and so are all later calls. No warning.
#
# Seen, two pairs of groups of 4, right ones in brackets: "DB of 3 clusters 0.515 (0.515), of 4 0.625 (0.484);
# Silhouette of 4 0.607 (0.607), of 15 0.910 (-0.043); Dunn by an own distance, asked once, 0.600 (0.200)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes DB or Dunn; cluster_confidence takes scikit-learn's silhouettes,
# where a lone sample has 0.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet pycvi-lib==1.0.1 aeon==1.6.0 numba==0.63.1 \
    scikit-learn==1.9.1 scipy==1.17.1 numpy==2.3.5 pandas==3.0.6 matplotlib==3.11.2
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from pycvi.cvi import DB, Dunn, Silhouette
from scipy.spatial.distance import cdist, pdist


def davies_bouldin(x, members):
    spread = np.array([np.sqrt(x[m].var(axis=0).sum()) for m in members])
    centres = np.array([x[m].mean(axis=0) for m in members])
    apart = cdist(centres, centres) + np.diag(np.full(len(members), np.inf))
    return ((spread[:, None] + spread) / apart).max(axis=1).mean()


def silhouette(x, members):
    far, widths = cdist(x, x), []
    for m in members:
        for i in m:
            b = min(far[i, other].mean() for other in members if other is not m)
            a = far[i, m].sum() / max(len(m) - 1, 1)
            widths.append((b - a) / max(a, b) if len(m) > 1 else 0)
    return np.mean(widths)


def high(x, y=None):
    """Return distances for which heights count three times."""
    asked.append(len(x))
    return pdist(x * [1, 3]) if y is None else cdist(x * [1, 3], y * [1, 3])


around = np.array([[0.5, 0], [-0.5, 0], [0, 0.5], [0, -0.5]])
x = np.concatenate([around + centre for centre in ([0.8, 0], [-0.8, 0], [0, 2.8], [0, -2.8])])
three, four = np.split(np.arange(16), [8, 12]), np.split(np.arange(16), 4)
fifteen = np.split(np.arange(16), range(2, 16))  # two samples together, all others alone
db = [f"{DB()(x, c):.3f} ({davies_bouldin(x, c):.3f})" for c in (three, four)]
width = [f"{Silhouette()(x, c):.3f} ({silhouette(x, c):.3f})" for c in (four, fifteen)]
asked = []
dunn = Dunn()(x, four, cvi_kwargs={"dist_kwargs": {"CALLABLE": high}})
times = "once" if len(asked) == 1 else f"{len(asked)} times"
far, own = high(x, x), np.arange(16) // 4
right = far[own[:, None] != own].min() / far[own[:, None] == own].max()
said = f"DB of 3 clusters {db[0]}, of 4 {db[1]}; Silhouette of 4 {width[0]}, of 15 {width[1]}; "
said += f"Dunn by an own distance, asked {times}, {dunn:.3f} ({right:.3f})"
print("pycvi-lib", importlib.metadata.version("pycvi-lib"))
print(said)
seen = "DB of 3 clusters 0.515 (0.515), of 4 0.625 (0.484); Silhouette of 4 0.607 (0.607), of 15 0.910 "
seen += "(-0.043); Dunn by an own distance, asked once, 0.600 (0.200)"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
