#!/bin/sh
# irrCAC 0.4.4: weighted agreement depends on the order in which the categories are named, and on their type.
#
# raw.CAC takes the list of all possible ratings as categories. Weights (quadratic, linear ...) are made of
# the sorted numbers, but answers are counted in the order given: unless this is ascending, weights of one
# pair of categories meet the counts of another. Krippendorff's alpha for interval data (his handbook of
# 2004), of coincidences below, does not know an order. Numbers of NumPy's integers (np.unique's) are not
# taken for numbers: 1, 2 and 9 are then weighed as 1, 2 and 3. Besides, the p-value of Brennan & Prediger's
# coefficient is one-sided, those of all others of the class are two-sided. No warning.
#
# Seen: "ascending 0.899, 3 1 5 2 4 0.023, by definition 0.899; 1 2 9 0.830, from np.unique 0.875, by
# definition 0.830; p of z = 1.99: 0.036 (0.072)", the two-sided one in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes a weighted coefficient of agreement.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet irrCAC==0.4.4 pandas==2.3.3 scipy==1.12.0 numpy==1.26.4
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import pandas as pd
from irrCAC.raw import CAC
from scipy import stats


def alpha(ratings, categories=None):
    return CAC(ratings, "quadratic", categories, digits=9).krippendorff()["est"]["coefficient_value"]


def by_definition(ratings):
    """Return 1 - observed / expected squared differences, of all pairs of answers of two raters."""
    one, other = ratings.to_numpy().T
    every = np.concatenate([one, other])
    expected = ((every[:, None] - every) ** 2).sum() / (len(every) * (len(every) - 1))
    return 1 - ((one - other) ** 2).mean() / expected


rng = np.random.Generator(np.random.PCG64(0))
first = rng.integers(1, 6, 40)
second = np.clip(first + rng.integers(-1, 2, 40), 1, 5)
five = pd.DataFrame({"first": first, "second": second})
three = five.replace({1: 1, 2: 1, 3: 2, 4: 9, 5: 9})
said = f"ascending {alpha(five, [1, 2, 3, 4, 5]):.3f}, 3 1 5 2 4 {alpha(five, [3, 1, 5, 2, 4]):.3f}, "
said += f"by definition {by_definition(five):.3f}; 1 2 9 {alpha(three, [1, 2, 9]):.3f}, "
said += f"from np.unique {alpha(three, list(np.unique(three))):.3f}, "
said += f"by definition {by_definition(three):.3f}; "
est = CAC(five[:12]).bp()["est"]
two_sided = 2 * stats.t.sf(est["z"], 11)
said += f"p of z = {est['z']:.2f}: {est['p_value']:.3f} ({two_sided:.3f})"
print("irrCAC", importlib.metadata.version("irrCAC"))
print(said)
seen = "ascending 0.899, 3 1 5 2 4 0.023, by definition 0.899; 1 2 9 0.830, from np.unique 0.875, "
sys.exit(said != seen + "by definition 0.830; p of z = 1.99: 0.036 (0.072)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
