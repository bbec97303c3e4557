#!/bin/sh
# EntropyHub 2.0: corrected conditional entropy calls noise regular; multiscale entropy rescales unasked.
#
# The corrected conditional entropy of words of m symbols (Porta et al. 1998) adds the share of words of m
# that occur only once, times the entropy of the symbols, so that short series of noise do not look regular.
# CondEn takes the share among words of m - 1 (Pw; XCondEn takes Pz), which is too small, and its least value
# over m, which says how regular a signal is, comes from the length: 300 samples of noise in 6 symbols have
# 1.08 nats at m = 4; the method does not fall below 1.7, and ln 6 is 1.79. In brackets is a plain count.
# Multiscale sample entropy (Costa et al. 2002) keeps its radius, as MSEn does by RadNew = 0, the default ("no
# rescaling" in the guide). But where the MSobject was given no r, each scale takes .2 of its own deviation,
# as by RadNew = 1, and white noise keeps its entropy instead of losing it. In brackets is minus the
# logarithm of the chance that means over s normal values differ by less than .2. No warning of either.
#
# Seen: "least 1.08 (1.72); scales 1, 3, 5: 2.19 (2.19), 2.18 (1.64), 2.21 (1.39)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes either entropy.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet EntropyHub==2.0 EMD-signal==1.10.0 scipy==1.17.1 \
    numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import contextlib
import importlib.metadata
import sys

import EntropyHub
import numpy as np
from scipy.special import entr
from scipy.stats import norm


def words(symbols, m):
    """Return the entropy of words of m symbols, and the share of them that occur once."""
    found = np.lib.stride_tricks.sliding_window_view(symbols, m)
    counts = np.unique(found, axis=0, return_counts=True)[1]
    return entr(counts / len(found)).sum(), np.sum(counts == 1) / len(found)


def corrected(symbols, m):
    entropy, once = words(symbols, m)
    return entropy - words(symbols, m - 1)[0] + once * words(symbols, 1)[0]


noise, white = np.random.default_rng(0).random(300), np.random.default_rng(0).normal(size=3000)
symbols = np.minimum((noise - noise.min()) / np.ptp(noise) * 6 // 1, 5)
least = min(corrected(symbols, m) for m in range(2, 9))
with contextlib.redirect_stdout(sys.stderr):
    scales = EntropyHub.MSEn(white, EntropyHub.MSobject("SampEn"), Scales=5)[0]
falls = {s: -np.log(1 - 2 * norm.sf(0.2 * (s / 2) ** 0.5)) for s in (1, 3, 5)}
said = f"least {EntropyHub.CondEn(noise, m=8)[0][1:].min():.2f} ({least:.2f}); scales 1, 3, 5: "
said += ", ".join(f"{scales[s - 1]:.2f} ({fall:.2f})" for s, fall in falls.items())
print("EntropyHub", importlib.metadata.version("EntropyHub"))
print(said)
seen = "least 1.08 (1.72); scales 1, 3, 5: 2.19 (2.19), 2.18 (1.64), 2.21 (1.39)"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
