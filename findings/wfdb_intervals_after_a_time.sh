#!/bin/sh
# wfdb 4.3.1: ann2rr compares start_time and stop_time with the length of an interval, not with its time.
#
# Its documentation has start_time as the time to start the intervals, in seconds, as option -f of the
# program ann2rr is. What it keeps are intervals longer than that: of 100 beats .8 seconds apart none
# from 40 seconds on (there are 50), all from half a second on, and all until 40 seconds.
#
# Seen: "of 100 intervals: from 40 s 0, from 0.5 s 100, until 40 s 100"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours reads annotations; recordings are cut by toolbox.windows, as
# docs/applications/fetal_heart_rate.md says.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet wfdb==4.3.1 numpy==2.4.6
cd "$place"
cat > see.py <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import wfdb
from wfdb.processing import ann2rr

beats = 200 * np.arange(1, 101)  # .8 seconds apart at 250 a second, until 80 seconds
wfdb.wrann("a", "qrs", beats, symbol=["N"] * 100, fs=250)
assert np.array_equal(wfdb.rdann("a", "qrs").sample, beats)
counts = [len(ann2rr("a", "qrs", **limit)) for limit in ({"start_time": 40}, {"start_time": 0.5})]
until = len(ann2rr("a", "qrs", stop_time=40))
said = f"of 100 intervals: from 40 s {counts[0]}, from 0.5 s {counts[1]}, until 40 s {until}"
print("wfdb", importlib.metadata.version("wfdb"))
print(said)
sys.exit(said != "of 100 intervals: from 40 s 0, from 0.5 s 100, until 40 s 100")
PYTHON
"$place/venv/bin/python" see.py
