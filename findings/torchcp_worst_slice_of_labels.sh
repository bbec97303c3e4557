#!/bin/sh
# torchcp 1.2.1: the worst slice of WSC is the one with the lowest labels, not with the lowest coverage.
#
# Worst-slice coverage (Cauchois et al. 2021; Romano et al. 2020) shows whether conformal sets fail in some
# part of feature space: of all slabs a <= v'x <= b that hold a share delta of the items or more, that with
# the lowest coverage is sought on one part of the data and evaluated on the other. WSC hands coverage and
# labels over in the wrong order: the slab sought is that with the lowest mean class number. Sets that fail
# in a region can look better there than on the average, and another numbering of the same classes gives
# another answer. No warning. (The file of the metrics is loaded without the rest of the package, which
# would want a compiler for torchsort.)
#
# Seen, sets that never hold the class where x > .8, which is of one class: "coverage 0.80; worst slice 1.00
# with its number 1, 0.00 with its number 0 (0.00)", in brackets the lowest coverage of all slices
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours looks for slices; conformal takes groups that are named beforehand.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet --constraint "$here/../constraints.txt" \
    torch==2.13.0 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 tqdm==4.70.1
"$place/venv/bin/python" -m pip install --quiet --no-deps torchcp==1.2.1
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import importlib.util
import pathlib
import sys
import types

import numpy as np
from torch import from_numpy

folder = pathlib.Path(importlib.util.find_spec("torchcp").origin).parent
for name in ("torchcp", "torchcp.classification", "torchcp.classification.utils"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
metrics = importlib.import_module("torchcp.classification.utils.metrics")


def lowest(covered, delta=0.1):
    """Return the lowest coverage of neighbours in x, at least a share delta of all items."""
    n, sums = len(covered), np.append(0, np.cumsum(covered))
    sizes = np.arange(round(delta * n), n + 1)
    return min((sums[size:] - sums[:-size]).min() / size for size in sizes)


x = (np.arange(1000) + 0.5) / 1000
held = x < 0.8
answers = []
for label in (1 - held, 1 * held):  # either way one class below .8 and the other above
    sets = (label[:, None] == np.arange(2)) & held[:, None]
    features, *data = (from_numpy(one) for one in (x[:, None], sets, label))
    answers.append(metrics.WSC(features, *data, M=10))
said = f"coverage {metrics.coverage_rate(*data):.2f}; worst slice {answers[0]:.2f} with its number 1, "
said += f"{answers[1]:.2f} with its number 0 ({lowest(held):.2f})"
print("torchcp", importlib.metadata.version("torchcp"))
print(said)
seen = "coverage 0.80; worst slice 1.00 with its number 1, 0.00 with its number 0 (0.00)"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
