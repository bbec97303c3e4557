#!/bin/sh
# wfdb 4.3.1: the mean of a frame counts the code of a lost sample as a value.
#
# A signal of several samples a frame is averaged to one a frame unless smooth_frames=False. The
# average is taken of the converter's numbers before lost ones become NaN, so that a frame with one
# sample of 140 beats a minute and one that was lost is -94 beats a minute: no NaN, and no warning.
#
# Seen: "a frame of 140.0 and a lost sample: -93.84"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox.load_ctg asks for every sample of a frame and leaves lost ones out of the mean.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet wfdb==4.3.1 numpy==2.4.6
cd "$place"
cat > see.py <<'PYTHON'
import struct
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import wfdb  # noqa: E402

samples = [14000] * 8
samples[5] = -32768  # the code of a lost sample in format 16
Path("f.dat").write_bytes(struct.pack("<8h", *samples))
Path("f.hea").write_text("f 1 2 4\nf.dat 16x2 100/bpm 16 0 14000 0 0 FHR\n")
mean = float(wfdb.rdrecord("f").p_signal[2, 0])
print(f"a frame of 140.0 and a lost sample: {mean:.2f}")
sys.exit(0 if abs(mean + 93.84) < 0.01 else 1)
PYTHON
"$place/venv/bin/python" see.py
