#!/bin/sh
# NeuroKit2 0.3.0: its cumulative residual entropy is of the other tail; its nearest-neighbour entropy is
# too large by a bit a dimension.
#
# The cumulative residual entropy (Rao et al. 2004) is minus the integral of P(X > x) log2 P(X > x), which
# the docstring gives too; entropy_cumulativeresidual sums P(X <= x) log2 P(X <= x). Both agree
# on symmetric samples, as the docstring's example is. An exponential law of mean 1 has 1 / ln 2 = 1.443
# bits; what comes out is (pi^2 / 6 - 1) / ln 2 = .930, and of the law turned around, which has .930, 1.443.
# entropy_kl (Kozachenko & Leonenko 1987) measures the ball up to the nearest sample by its diameter
# where the constant of the Euclidean norm, the default, is that for radii: d ln 2 nats too much in d
# dimensions. The uniform law has 0 nats in any. norm="max", whose constant is for diameters, is right.
#
# Seen: "exponential 0.929 bits, turned around 1.436; uniform in 1, 2, 3 dimensions 0.71, 1.40, 2.09 nats,
# by norm max 0.02, 0.01, 0.02"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes either entropy.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet neurokit2==0.3.0 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
import neurokit2  # noqa: E402

waits = np.random.default_rng(1).exponential(size=20000)
uniform = np.random.default_rng(0).random(20000)


def nearest(norm):
    """Return the entropies of uniform points in one, two and three dimensions, in nats."""
    found = (neurokit2.entropy_kl(uniform, dimension=d, norm=norm)[0] for d in (1, 2, 3))
    return ", ".join(f"{nats:.2f}" for nats in found)


tails = [neurokit2.entropy_cumulativeresidual(x)[0] for x in (waits, waits.max() - waits)]
said = f"exponential {tails[0]:.3f} bits, turned around {tails[1]:.3f}; "
said += f"uniform in 1, 2, 3 dimensions {nearest('euclidean')} nats, by norm max {nearest('max')}"
print("NeuroKit2", importlib.metadata.version("neurokit2"))
print(said)
seen = "exponential 0.929 bits, turned around 1.436; uniform in 1, 2, 3 dimensions "
sys.exit(said != seen + "0.71, 1.40, 2.09 nats, by norm max 0.02, 0.01, 0.02")
PYTHON
"$place/venv/bin/python" "$place/see.py"
