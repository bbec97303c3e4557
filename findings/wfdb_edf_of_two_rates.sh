#!/bin/sh
# wfdb 4.3.1: read_edf gives numbers that have no unit where the signals of an EDF file differ in rate.
#
# The faster signal is averaged to the rate of the slowest, but of its gain only the baseline is divided,
# not the samples: a heart rate of 140 beats a minute, at 4 a second beside contractions at 1 a
# second, becomes 5600 "bpm". At one rate for both, the same file is right to one step of the converter.
# The EDF specification has one line through the digital and the physical extremes for each signal;
# pyEDFlib, which writes the file, reads 140 back.
#
# Seen: "at 4 and 4 a second 140.0 bpm, at 4 and 1 a second 5600.0 bpm"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: toolbox.load_ctg refuses a heart rate whose median no fetus has, and
# docs/applications/fetal_heart_rate.md says to convert EDF by another reader.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet wfdb==4.3.1 pyedflib==0.1.42 numpy==2.4.6
cd "$place"
cat > see.py <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
import pyedflib
from wfdb.io.convert.edf import read_edf


def heart_rate(contractions_a_second):
    signals = [
        {"label": "FHR", "dimension": "bpm", "sample_frequency": 4},
        {"label": "UC", "dimension": "mmHg", "sample_frequency": contractions_a_second},
    ]
    scale = {"physical_min": 0, "physical_max": 250, "digital_min": 0, "digital_max": 10000}
    with pyedflib.EdfWriter("a.edf", 2, file_type=pyedflib.FILETYPE_EDF) as to:
        to.setSignalHeaders([signal | scale for signal in signals])
        to.writeSamples([np.full(40, 140.0), np.full(10 * contractions_a_second, 20.0)])
    with pyedflib.EdfReader("a.edf") as source:
        assert np.allclose(source.readSignal(0), 140)
    record = read_edf("a.edf")
    return f"{record.p_signal[3, 0]:.1f} {record.units[0]}"


said = f"at 4 and 4 a second {heart_rate(4)}, at 4 and 1 a second {heart_rate(1)}"
print("wfdb", importlib.metadata.version("wfdb"))
print(said)
sys.exit(said != "at 4 and 4 a second 140.0 bpm, at 4 and 1 a second 5600.0 bpm")
PYTHON
"$place/venv/bin/python" see.py
