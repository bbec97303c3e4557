#!/bin/sh
# biosppy 2.2.4: the frequency bands asked for are handed back with the powers of other bands.
#
# hrv() and hrv_frequencydomain() take fbands, by the docstring the bands wanted, for a heart that is not an
# adult's: of a fetus, which beats twice as fast, LF is .03 to .15 Hz and HF .5 to 1 Hz (Signorini et al.
# 2003). The answer holds them under "fbands", but the call of compute_fbands leaves them out, so that
# powers, peaks, LF/HF and the normalised units are those of the default bands: HF .15 to .4 Hz. A band
# under a new name is missing. compute_fbands itself, called with fbands, is right. No warning.
#
# Seen, rhythms at .08, .3 and, the strongest, .7 Hz: "bands in the answer: hf [0.5, 1.0], lf [0.03, 0.15];
# peak of HF 0.30 (0.70) Hz, LF/HF 4.00 (0.27), no mf_pwr", the right ones in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes a spectrum of intervals between beats.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet biosppy==2.2.4 peakutils==1.3.5 setuptools==75.8.0 \
    matplotlib==3.11.2 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from biosppy.signals.hrv import hrv_frequencydomain

wanted = {"lf": [0.03, 0.15], "mf": [0.15, 0.5], "hf": [0.5, 1.0]}
time, intervals = 0, []
for _ in range(1000):
    swings = np.sin(2 * np.pi * np.array([0.08, 0.3, 0.7]) * time / 1000)
    intervals.append(430 + [6, 3, 12] @ swings)
    time += intervals[-1]
answer = hrv_frequencydomain(np.array(intervals), fbands=wanted, detrend_rri=False)
frequencies, powers = answer["frequencies"], answer["powers"]


def by_definition(name):
    """Return the power in the band of this name, and the frequency of its peak."""
    low, high = answer["fbands"][name]
    inside = (low <= frequencies) & (frequencies <= high)
    return powers[inside].sum() * frequencies[1], frequencies[inside][powers[inside].argmax()]


low, high = by_definition("lf"), by_definition("hf")
bands = ", ".join(f"{name} {answer['fbands'][name]}" for name in ("hf", "lf"))
said = f"bands in the answer: {bands}; peak of HF {answer['hf_peak']:.2f} ({high[1]:.2f}) Hz, "
said += f"LF/HF {answer['lf_hf']:.2f} ({low[0] / high[0]:.2f}), "
said += "mf_pwr" if "mf_pwr" in answer.keys() else "no mf_pwr"
print("biosppy", importlib.metadata.version("biosppy"))
print(said)
seen = "bands in the answer: hf [0.5, 1.0], lf [0.03, 0.15]; peak of HF 0.30 (0.70) Hz, "
seen += "LF/HF 4.00 (0.27), no mf_pwr"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
