#!/bin/sh
# heartpy 1.2.7: process_rr answers every recording in one dictionary, and its SDSD is of sizes alone.
#
# process_rr and calc_ts_measures have dictionaries as default arguments, which Python makes once: what was
# found of the first recording becomes that of the second as soon as this is analysed, and a list of answers
# for a cohort holds the last one many times. (process, of the signal itself, makes new ones.) SDSD, the
# standard deviation of successive differences (Task Force 1996), is taken of their absolute values: of
# intervals that go up and down by 20 ms it is 0 instead of 20, as RMSSD is. No warning.
#
# Seen, two recordings with beats of 800 and 600 ms: "bpm of the first 74.1, after the second 98.4, one object;
# SDSD 0.0 (20.0), RMSSD 20.0", the right one in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours keeps what it found in an argument; SDSD is not among our statistics.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet heartpy==1.2.7 setuptools==75.8.0 matplotlib==3.9.4 \
    scipy==1.13.1 numpy==1.26.4
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import heartpy
import numpy as np

up_and_down = np.arange(300) % 2 * 20.0
recordings = 800 + up_and_down, 600 + up_and_down
_, first = heartpy.process_rr(recordings[0])
before, sdsd, rmssd = first["bpm"], first["sdsd"], first["rmssd"]
_, second = heartpy.process_rr(recordings[1])
one = "one object" if first is second else "two objects"
said = f"bpm of the first {before:.1f}, after the second {first['bpm']:.1f}, {one}; "
said += f"SDSD {sdsd:.1f} ({np.diff(recordings[0]).std():.1f}), RMSSD {rmssd:.1f}"
print("heartpy", importlib.metadata.version("heartpy"))
print(said)
seen = "bpm of the first 74.1, after the second 98.4, one object; SDSD 0.0 (20.0), RMSSD 20.0"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
