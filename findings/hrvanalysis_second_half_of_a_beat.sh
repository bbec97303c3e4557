#!/bin/sh
# hrv-analysis 1.0.6: of an extra beat the long interval stays; Lomb's powers grow with the heart rate.
#
# A beat that comes too early gives a short interval and, as the next one is in time, a long one after it.
# remove_ectopic_beats, by its docstring, removes intervals that differ from the one before by more than the
# rule allows (Malik 20 %; Kamath & Fallen 24.5 % down, 32.5 % up). After one that was removed the next is
# kept unexamined, so that with "malik", "kamath" (the default of get_nn_intervals) and "custom" every long
# one stays, and the gap before is interpolated towards it; "karlsson" and "acar" remove both. Ten such beats
# among 300 make RMSSD almost four times too large. By method="lomb", lf, hf and the others are said to be
# variances, and by Welch's they are; but astropy's normalization="psd" is the power times half the number
# of beats, not per Hz: what is integrated is the variance times half the beats a second. No warning.
#
# Seen: "of 10 short and 10 long intervals kamath removes 10 and 0, malik 10 and 0, karlsson 10 and 10; RMSSD
# 52.5, without these beats 14.2, by the rule of the docstring 13.3; LF of a rhythm of variance 450 at 100 beats
# a minute Welch 439, Lomb 373; at 60 beats 422, 224"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes intervals between beats; artefacts of fetal heart rate are
# marked sample by sample, and a gap is never interpolated.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
# nolds 0.6.3, which hrv-analysis asks for, cannot be imported by Python 3.11; 0.6.2 can.
"$place/venv/bin/python" -m pip install --quiet nolds==0.6.2 astropy==8.0.2 matplotlib==3.11.2 \
    pandas==3.1.1 scipy==1.17.1 numpy==2.4.6
"$place/venv/bin/python" -m pip install --quiet --no-deps hrv-analysis==1.0.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import hrvanalysis
import numpy as np


def rmssd(intervals):
    return hrvanalysis.get_time_domain_features(intervals)["rmssd"]


rng = np.random.Generator(np.random.PCG64(0))
normal = 800 + 10 * rng.standard_normal(300)
early = np.arange(20, 300, 28)
recorded = normal.copy()
recorded[early] -= 280
recorded[early + 1] += 280
removed = []
for rule in ("kamath", "malik", "karlsson"):
    kept = hrvanalysis.remove_ectopic_beats(list(recorded), method=rule, verbose=False)
    kept = np.array(kept[0] if isinstance(kept, tuple) else kept)
    removed.append(f"{rule} {'removes ' if not removed else ''}{np.isnan(kept[early]).sum()} and ")
    removed[-1] += f"{np.isnan(kept[early + 1]).sum()}"
found = hrvanalysis.get_nn_intervals(list(recorded), verbose=False)
change = np.diff(recorded) / recorded[:-1]
good = np.concatenate([[True], (change <= 0.325) & (change >= -0.245)])
right = np.interp(np.arange(300), np.flatnonzero(good), recorded[good])
said = f"of 10 short and 10 long intervals {', '.join(removed)}; RMSSD {rmssd(found):.1f}, "
said += f"without these beats {rmssd(normal):.1f}, by the rule of the docstring "
said += f"{np.sqrt(np.mean(np.diff(right) ** 2)):.1f}; LF of a rhythm of variance 450"
powers = []
for length in (600.0, 1000.0):
    rhythm = length + 30 * np.sin(2 * np.pi * 0.1 * np.arange(1, 601) * length / 1000)
    powers += [hrvanalysis.get_frequency_domain_features(rhythm, method=m)["lf"] for m in ("welch", "lomb")]
said += " at 100 beats a minute Welch {:.0f}, Lomb {:.0f}; at 60 beats {:.0f}, {:.0f}".format(*powers)
print("hrv-analysis", importlib.metadata.version("hrv-analysis"))
print(said)
seen = "of 10 short and 10 long intervals kamath removes 10 and 0, malik 10 and 0, karlsson 10 and 10; "
seen += "RMSSD 52.5, without these beats 14.2, by the rule of the docstring 13.3; LF of a rhythm "
sys.exit(said != seen + "of variance 450 at 100 beats a minute Welch 439, Lomb 373; at 60 beats 422, 224")
PYTHON
"$place/venv/bin/python" "$place/see.py"
