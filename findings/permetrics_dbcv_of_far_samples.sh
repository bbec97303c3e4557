#!/bin/sh
# permetrics 2.1.0: its density-based validity prefers a straight cut to the moons that it is made for.
#
# DBCV (Moulavi et al. 2014) compares clusters of any shape by the distances at which they are dense. The
# core distance of a sample is there (sum of (1/D)^d / (n - 1))^(-1/d) over the D to the others of its
# cluster, ruled by the nearest ones. ClusteringMetric.DBCVI takes (sum of D^d / (n - 1))^(1/d), ruled by
# the farthest: about the size of the cluster, so that what is long counts as sparse. Two moons are
# worth less than what k-means makes of them, and two parallel lines are below 0, however dense. Round
# clusters far apart come out nearly right, and all stays within -1 to 1. hdbscan's validity_index, and
# the article's steps written anew, have .325 for the moons and -.350 for k-means. Issue 13 of the tracker
# says that DBCVI is another index; the source of this version names the article and follows it
# but for this sign of an exponent.
#
# Seen: "moons -0.078 (0.325), k-means on them 0.121 (-0.350), two blobs 0.825 (0.845)", hdbscan in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: confidence.clusters takes densities from the distance to the k-th nearest sample.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet permetrics==2.1.0 hdbscan==0.8.44 \
    scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
from hdbscan.validity import validity_index  # noqa: E402
from permetrics import ClusteringMetric  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.datasets import make_moons  # noqa: E402

x, moons = make_moons(200, noise=0.05, random_state=0)
cut = KMeans(2, n_init=5, random_state=0).fit_predict(x).astype(int)
rng = np.random.default_rng(0)
blobs = np.concatenate([rng.normal(0, 1, (100, 2)), rng.normal(8, 1, (100, 2))])
sets = {"moons": (x, moons), "k-means on them": (x, cut), "two blobs": (blobs, np.arange(200) // 100)}
said = ", ".join(
    f"{name} {ClusteringMetric(X=at, y_pred=of).DBCVI():.3f} ({validity_index(at, of):.3f})"
    for name, (at, of) in sets.items()
)
print("permetrics", importlib.metadata.version("permetrics"))
print(said)
sys.exit(said != "moons -0.078 (0.325), k-means on them 0.121 (-0.350), two blobs 0.825 (0.845)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
