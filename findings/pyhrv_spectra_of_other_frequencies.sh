#!/bin/sh
# pyhrv 0.5.0: two of its three spectra of heart rate do not tell a slow rhythm from a fast one.
#
# lomb_psd asks scipy's lombscargle for the angular frequencies 2 pi / f, where 2 pi f is meant, and gives it
# times in milliseconds: the periodogram of other frequencies is read as that from 0 to .41 Hz. ar_psd takes
# the model's spectrum in decibels and adds these up over a band: what it returns as powers in ms^2 hardly
# depends on the intervals. It does not subtract their mean either. welch_psd is right. The LF/HF ratio, the
# powers and the peaks of the other two are made of this, and frequency_domain() and hrv() return all three.
# No warning: importing pyhrv silences NumPy's too.
#
# Seen, the share of LF in LF + HF, in percent, of intervals that swing at .1 Hz (LF) and at .25 Hz (HF), and
# by what AR's LF power grows with a swing four times as wide, the right ones in brackets:
# "Welch 100 and 0; Lomb 32 and 38 (100 and 0); AR 36 and 35 (100 and 0), grows 1.0 times (15.7)"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes a spectrum of intervals between beats.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet pyhrv==0.5.0 biosppy==2.2.4 nolds==0.6.2 spectrum==0.10.0 \
    peakutils==1.3.5 setuptools==75.8.0 matplotlib==3.11.2 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import matplotlib
import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import lombscargle

matplotlib.use("agg")
from pyhrv.frequency_domain import ar_psd, lomb_psd, welch_psd


def intervals(frequency, swing=30):
    """Return 400 intervals around 800 ms that swing at this frequency in Hz."""
    time, found = 0, []
    for _ in range(400):
        found.append(800 + swing * np.sin(2 * np.pi * frequency * time / 1000))
        time += found[-1]
    return np.array(found)


def bands(frequencies, power):
    """Return the power of LF and of HF."""
    step = frequencies[1] - frequencies[0]
    inside = [(0.04, 0.15), (0.15, 0.4)]
    inside = [(low <= frequencies) & (frequencies <= high) for low, high in inside]
    return [power[band].sum() * step for band in inside]


def lomb(beats):
    """Return LF and HF of the Lomb periodogram at these frequencies."""
    frequencies = np.linspace(0, 0.41, 257)[1:]
    time = (np.cumsum(beats) - beats[0]) / 1000
    return bands(frequencies, lombscargle(time, beats - beats.mean(), 2 * np.pi * frequencies))


def autoregressive(beats, order=16):
    """Return LF and HF of the Yule-Walker model of the intervals at 4 Hz."""
    time = (np.cumsum(beats) - beats[0]) / 1000
    even = np.interp(np.arange(0, time[-1], 0.25), time, beats)
    even -= even.mean()
    lags = [even[: len(even) - lag] @ even[lag:] / len(even) for lag in range(order + 1)]
    weights = solve_toeplitz(lags[:-1], lags[1:])
    error = lags[0] - weights @ lags[1:]
    frequencies = np.linspace(0, 2, 2049)
    wave = np.exp(-0.5j * np.pi * np.outer(frequencies, np.arange(1, order + 1)))
    return bands(frequencies, error / 2 / abs(1 - wave @ weights) ** 2)


def theirs(spectrum, name, beats):
    """Return LF and HF as the library has it."""
    return spectrum(beats, show=False, mode="dev")[0][name + "_abs"][1:]


def shares(method, *before):
    """Return the share of LF in both recordings."""
    found = [method(*before, intervals(frequency)) for frequency in (0.1, 0.25)]
    return " and ".join(f"{100 * low / (low + high):.0f}" for low, high in found)


narrow, wide = intervals(0.1, 10), intervals(0.1, 40)
said = f"Welch {shares(theirs, welch_psd, 'fft')}; "
said += f"Lomb {shares(theirs, lomb_psd, 'lomb')} ({shares(lomb)}); "
said += f"AR {shares(theirs, ar_psd, 'ar')} ({shares(autoregressive)}), grows "
said += f"{theirs(ar_psd, 'ar', wide)[0] / theirs(ar_psd, 'ar', narrow)[0]:.1f} times "
said += f"({autoregressive(wide)[0] / autoregressive(narrow)[0]:.1f})"
print("pyhrv", importlib.metadata.version("pyhrv"))
print(said)
seen = "Welch 100 and 0; Lomb 32 and 38 (100 and 0); AR 36 and 35 (100 and 0), "
seen += "grows 1.0 times (15.7)"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
