#!/bin/sh
# scikit-maad 1.5.2: of four functions of frequency bands, none takes the band that was asked for.
#
# soundscape_index, the NDSI (Kasten et al. 2012), is (B - A) / (B + A) of the power in the band of animals,
# by default 1 to 10 kHz, and of people, 0 to 1 kHz. Bins of 1 kHz are named by their lower edge, and both
# edges are included: what is between 1 and 2 kHz is in A and in B, and a song there has an NDSI of 0.
# With R's limits, 1-2 and 2-11 kHz, it is the same at 2 to 3 kHz. bioacoustics_index, but as "soundecology",
# selects the rows of flim and then sums all. region_of_interest_index(remove_rois_flim_max) is the limit
# "above which ROIs are removed"; those below are. linear_to_octave(thirdOctave=False) sums a sixth of an
# octave on each side of the octaves' centres, as for thirds, where IEC 61260 has a half: most of the
# spectrum is in no octave. No warning.
#
# Seen: "a song at 1.5 kHz: NDSI 0.00 (1.00); at 5 kHz: BI of 2 to 4 kHz 53.1 (0.0), of 8 to 15 kHz 53.1 (0.0);
# 4 calls at 3 kHz and 7 at 12 kHz, without those above 8 kHz 7 (4), below it 7 (7); flat spectrum, octave
# at 1 kHz 232 (707) lines", right ones in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes levels of sound bands.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet scikit-maad==1.5.2 scikit-image==0.26.0 PyWavelets==1.9.0 \
    matplotlib==3.11.2 pandas==3.1.1 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys
import warnings

import numpy as np
from maad import features, sound

FS = 44100
T = np.arange(10 * FS) / FS
NOISE = np.random.Generator(np.random.PCG64(0)).standard_normal(len(T))


def song(f):
    """Return a power spectrogram of a tone at f, in faint noise, and its frequencies."""
    power, _, frequencies, _ = sound.spectrogram(np.sin(2 * np.pi * f * T) + 0.0001 * NOISE, FS)
    return power, frequencies


def calls(f, number):
    """Return that many calls of .3 s, which waver around f."""
    swelling = np.zeros(len(T))
    for start in ((0.2 + 9 * np.arange(number) / number) * FS).astype(int):
        swelling[start : start + 3 * FS // 10] = np.hanning(3 * FS // 10)
    return swelling * np.sin(2 * np.pi * f * T + 100 / 6 * np.sin(12 * np.pi * T))


def kept(**limits):
    """Return how many regions are left of 4 calls at 3 kHz and 7 at 12 kHz."""
    power, times, frequencies, _ = sound.spectrogram(calls(3000, 4) + calls(12000, 7) + 0.001 * NOISE, FS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        a_minute, _ = features.region_of_interest_index(power, times, frequencies, **limits)
    return round(a_minute * times[-1] / 60)


power, frequencies = song(1500)
found = features.soundscape_index(power, frequencies)[0]
animals = power[(frequencies >= 1000) & (frequencies < 10000)].sum()
people = power[frequencies < 1000].sum()
right = (animals - people) / (animals + people)
said = f"a song at 1.5 kHz: NDSI {abs(found):.2f} ({right:.2f}); at 5 kHz: BI "
power, frequencies = song(5000)
mean = (power / power.max()).mean(axis=1)
for name, low, high in (("of 2 to 4 kHz", 2000, 4000), (", of 8 to 15 kHz", 8000, 15000)):
    found = features.bioacoustics_index(np.sqrt(power), frequencies, (low, high), R_compatible="maad")
    within = (frequencies >= low) & (frequencies <= high)
    right = np.sqrt(mean[within].sum()) * (frequencies[1] - frequencies[0])
    said += f"{name} {found:.1f} ({right:.1f})"
assert kept() == 11
said += "; 4 calls at 3 kHz and 7 at 12 kHz, without those above 8 kHz "
said += f"{kept(remove_rois_flim_max=8000)} (4), below it {kept(remove_rois_flim_min=8000)} (7); "
lines = np.arange(10000.0)
octaves, centres = sound.linear_to_octave(np.ones(len(lines)), lines, thirdOctave=False)
right = np.sum((lines >= 1000 / np.sqrt(2)) & (lines <= 1000 * np.sqrt(2)))
said += f"flat spectrum, octave at 1 kHz {octaves[centres == 1000][0]:.0f} ({right}) lines"
print("scikit-maad", importlib.metadata.version("scikit-maad"))
print(said)
seen = "a song at 1.5 kHz: NDSI 0.00 (1.00); at 5 kHz: BI of 2 to 4 kHz 53.1 (0.0), of 8 to 15 kHz 53.1 (0.0); "
seen += "4 calls at 3 kHz and 7 at 12 kHz, without those above 8 kHz 7 (4), below it 7 (7); flat spectrum, "
sys.exit(said != seen + "octave at 1 kHz 232 (707) lines")
PYTHON
"$place/venv/bin/python" "$place/see.py"
