#!/bin/sh
# puncc 0.9.3: APS and RAPS sets hold at most as many classes as items are asked about at once.
#
# An APS or RAPS set (Romano, Sesia & Candes 2020; Angelopoulos et al. 2021) takes classes by falling
# probability until their sum reaches the calibrated threshold; it may take all of them. puncc bounds the
# number taken by the number of items in the call, where that of classes is meant. Asked about thousands of
# items it is right; asked about two at a time, as an expert's page or a stream would, no set has more than
# two classes, whatever was calibrated, and 90 % becomes 64 %. No warning; a single item is an error, from
# NumPy. LAC sets are not affected.
#
# Seen, of 6 classes whose probabilities are the true ones, 90 % asked, coverage (classes in a set): "RAPS
# 2000 at once .89 (3.7), 5 at once .89 (3.7), 3 at once .80 (3.0), 2 at once .64 (2.0)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: the sets of confidence.conformal cover items asked one at a time as well
# (tests/confidence/conformal_prediction/test_calibration.py).
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet puncc==0.9.3 "numpy==1.26.4" "scikit-learn==1.7.2" \
    "scipy==1.15.3" "pandas==2.3.3" "matplotlib==3.10.7"
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from deel.puncc.api.prediction import BasePredictor
from deel.puncc.classification import RAPS


class Truth:
    """A model that knows the probabilities of the classes: they are its input."""

    def predict(self, probabilities):
        return probabilities


rng = np.random.Generator(np.random.PCG64(0))
n = 2000
probabilities = rng.dirichlet(np.ones(6), 2 * n)
labels = (probabilities.cumsum(axis=1) < rng.random((2 * n, 1))).sum(axis=1)
np.random.seed(0)
conformal = RAPS(BasePredictor(Truth(), is_trained=True), train=False, lambd=0.0)
conformal.fit(X_calib=probabilities[:n], y_calib=labels[:n])
said = []
for together in (n, 5, 3, 2):
    sets = []
    for i in range(n, 2 * n, together):
        sets += conformal.predict(probabilities[i : i + together], alpha=0.1)[1]
    covered = np.mean([label in chosen for label, chosen in zip(labels[n:], sets)])
    classes = np.mean([len(chosen) for chosen in sets])
    said.append(f"{together} at once {f'{covered:.2f}'[1:]} ({classes:.1f})")
said = "RAPS " + ", ".join(said)
print("puncc", importlib.metadata.version("puncc"))
print(said)
seen = "RAPS 2000 at once .89 (3.7), 5 at once .89 (3.7), 3 at once .80 (3.0), 2 at once .64 (2.0)"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
