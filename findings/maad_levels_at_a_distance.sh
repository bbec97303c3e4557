#!/bin/sh
# scikit-maad 1.5.2: sound levels at another distance are 6 dB off, or take the forest or the air wrongly.
#
# A sound loses 20 log10(r / r0) dB by spreading, what air takes (ISO 9613-1) and a0 dB a kHz and metre in the
# habitat. spl.attenuation_dB adds them up so. Three functions beside it should do the same to levels and
# signals. dBSPL_at_r0 turns dB into pascals by 20 uPa and back by 10 uPa, its default: a level comes out 6.02
# dB higher, at its own distance too. pressure_at_r0 writes dB /20*log10(e) where dB / (20 log10(e)) is
# meant: habitats take .19 of what they should. apply_attenuation, for whole signals, takes k fs / 2n for the
# frequency of line k of n (it is k fs / n) and goes on so where frequencies are negative: one half of a tone
# at f is damped as at f / 2, the other as at (fs - f) / 2. All three are public; no warning. Besides,
# sound.spectral_snr subtracts its energies per bin from themselves: the SNR of every bin is 0 dB.
#
# Seen: "60 dB at 1 m, at 1 m 66.0 dB; 99 m of forest at 4 kHz 1.5 (7.9) dB; tones at 100 m, 2 kHz -46.1
# (-40.9), 8 kHz -47.3 (-48.8), 12 kHz -48.3 (-58.7) dB; SNR of a tone's bin 0 (77) dB", right ones in brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours takes sound levels.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet scikit-maad==1.5.2 scikit-image==0.26.0 PyWavelets==1.9.0 \
    matplotlib==3.11.2 pandas==3.1.1 scipy==1.17.1 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from maad import sound, spl

FS = 32000


def of_air(f, kelvin=293.15, humidity=60.0):
    """Return dB a metre at frequency f in Hz and 101.325 kPa, by ISO 9613-1."""
    warm = kelvin / 293.15
    water = humidity * 10 ** (4.6151 - 6.8346 * (273.16 / kelvin) ** 1.261)
    oxygen = 24 + 40400 * water * (0.02 + water) / (0.391 + water)
    nitrogen = warm**-0.5 * (9 + 280 * water * np.exp(-4.17 * (warm ** (-1 / 3) - 1)))
    relaxing = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + f**2 / oxygen)
    relaxing += 0.1068 * np.exp(-3352 / kelvin) / (nitrogen + f**2 / nitrogen)
    return 8.686 * f**2 * (1.84e-11 * warm**0.5 + warm**-2.5 * relaxing)


def at_100_m(f):
    """Return what a tone lost over 99 m without habitat, found and right, as text."""
    tone = np.sin(2 * np.pi * f * np.arange(FS) / FS)
    found = 20 * np.log10(spl.apply_attenuation(tone, FS, 100.0, a0=0.0).std() / tone.std())
    right = -20 * np.log10(100.0) - 99 * of_air(f)
    sums, _ = spl.attenuation_dB(float(f), 100.0, 1.0, a0=0.0)
    assert abs(right + sums[0]) < 0.01
    return f"{f / 1000:.0f} kHz {found:.1f} ({right:.1f})"


level = spl.dBSPL_at_r0(4000.0, 1.0, 60.0)
with_forest, without = (spl.pressure_at_r0(4000.0, 100.0, 1.0, a0=a0) for a0 in (0.02, 0.0))
rng = np.random.Generator(np.random.PCG64(0))
noise = rng.standard_normal(10 * FS)
tone = np.sin(2 * np.pi * 4000 * np.arange(len(noise)) / FS) * (np.arange(len(noise)) < 2 * FS)
power, _, frequencies, _ = sound.spectrogram(tone + 0.001 * noise, FS)
line = np.argmin(np.abs(frequencies - 4000))
_, _, _, energy, background, snr = sound.spectral_snr(power)
by_hand = 10 * np.log10(energy[line]) - background[line]
said = f"60 dB at 1 m, at 1 m {level:.1f} dB; "
said += f"99 m of forest at 4 kHz {20 * np.log10(with_forest / without):.1f} ({0.02 * 4 * 99:.1f}) dB; "
said += f"tones at 100 m, {', '.join(at_100_m(f) for f in (2000, 8000, 12000))} dB; "
said += f"SNR of a tone's bin {snr[line]:.0f} ({by_hand:.0f}) dB"
print("scikit-maad", importlib.metadata.version("scikit-maad"))
print(said)
seen = "60 dB at 1 m, at 1 m 66.0 dB; 99 m of forest at 4 kHz 1.5 (7.9) dB; tones at 100 m, 2 kHz -46.1 "
seen += "(-40.9), 8 kHz -47.3 (-48.8), 12 kHz -48.3 (-58.7) dB; SNR of a tone's bin 0 (77) dB"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
