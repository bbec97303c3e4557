#!/bin/sh
# Quantus 0.6.0: ROAD and Sensitivity-n judge the first batch only; pointing at nothing is a hit.
#
# ROAD (Rong et al. 2022) is the accuracy over the test set once the strongest pixels are replaced. Images
# go through in batches of 64 unless told otherwise, and custom_postprocess of ROAD averages
# evaluation_scores[0], which is the first of them: of 100 images 36 are left out without a word. So it is
# in SensitivityN. That correlates, by Ancona et al. (2018) and its docstring, the attributions summed over
# a set of features with the change of the output without them: 1 for the exact shares of a linear model.
# It takes the sum over the features of one step, but the change since the start, and correlates over
# images instead of sets (issue 354 reports the latter). PointingGame marks images without an object NaN;
# its array is of truth values, where NaN is true: each of them is a hit.
#
# Seen: "ROAD 1.00 (0.64), Sensitivity-n of exact shares 0.66 (1.00), hits without an object 1.00 (nan)"
# Exit status: 0 while it is so, 1 once it has changed. What we do: confidence.score_explanation takes all
# items at once, and has none of these three.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet --constraint "$here/../constraints.txt" \
    quantus==0.6.0 torch==2.13.0 numpy==2.4.6 opencv-python==5.0.0.93
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np
import torch

warnings.simplefilter("ignore")
import quantus  # noqa: E402


class Linear(torch.nn.Module):
    def forward(self, x):
        return x.sum(dim=(1, 2, 3))[:, None] * torch.tensor([1, -1])


def scores(metric, x, shares, masks=None):
    return metric(Linear().eval(), x, np.zeros(100, int), shares, masks, device="cpu")


quiet = {"disable_warnings": True}
x = np.random.Generator(np.random.Philox(1)).normal(size=(100, 1, 16, 16)).astype("f4")
first = (np.arange(100) < 64).astype("f4").reshape(100, 1, 1, 1)
signed = np.abs(x) * (2 * first - 1)
road = scores(quantus.ROAD(percentages=[10], **quiet), signed, np.abs(x))[10]
plain = {"abs": False, "normalise": False, "perturb_baseline": 0.0, **quiet}
exact = np.mean(scores(quantus.SensitivityN(features_in_step=4, **plain), x, x))
objects = np.ones(x.shape) * first  # of the whole picture, or none
hits = scores(quantus.PointingGame(abs=True, **quiet), x, np.abs(x), objects)[64:]
said = f"ROAD {road:.2f} (0.64), Sensitivity-n of exact shares {exact:.2f} (1.00), "
said += f"hits without an object {np.mean(hits):.2f} (nan)"
print(f"quantus {importlib.metadata.version('quantus')}", said, sep="\n")
seen = "ROAD 1.00 (0.64), Sensitivity-n of exact shares 0.66 (1.00), "
sys.exit(said != seen + "hits without an object 1.00 (nan)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
