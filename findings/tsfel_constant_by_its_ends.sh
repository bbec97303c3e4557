#!/bin/sh
# tsfel 0.2.0: a recording that ends at the value it began with is taken for a constant one.
#
# ecdf_percentile, ecdf_percentile_count and ecdf_slope call a recording constant if its differences add up
# to 0, which is so whenever the last of whole numbers equals the first: after a whole number of periods, or
# by chance (sums of other numbers are rounded, and may escape). Both percentiles are then the first value,
# the slope of the distribution is infinite, and for numbers of samples the first value is given too.
# wavelet_entropy is 0 if the values add up to 0. Besides, ecdf answers 1/n, 2/n, ... 10/n for any recording
# of n > 10 samples: the distribution at the ten smallest samples, whatever these are. No warning.
#
# Seen, of ten periods of a sine, and of the same without its last sample: "percentiles 0 0, -84 77; counts
# 0 0, 100 400; slope inf, 0.0037; wavelet entropy of a sum of 0 0.00, of a sum of 1 1.19; ecdf of sine and
# noise equal"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours settles whether values are constant by a sum of theirs.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet tsfel==0.2.0 statsmodels==0.14.4 PyWavelets==1.9.0 \
    scikit-learn==1.6.1 pandas==2.3.3 scipy==1.12.0 numpy==1.26.4 setuptools==75.8.0
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import numpy as np
from tsfel.feature_extraction import features

sine = np.round(100 * np.sin(2 * np.pi * np.arange(501) / 50))
recordings = sine, sine[:-1]
noise = np.random.Generator(np.random.Philox(1)).normal(size=501)
steps = np.tile([1.0, -1.0, 2.0, -2.0, 0.0], 100)


def of_both(feature, form):
    """Return what is found of both recordings, in words."""
    answers = (np.atleast_1d(feature(recording)) for recording in recordings)
    return ", ".join(" ".join(f"{one:{form}}" for one in answer + 0.0) for answer in answers)


entropies = [features.wavelet_entropy(signal, 100) for signal in (steps, np.append(steps, 1))]
same = "equal" if features.ecdf(sine) == features.ecdf(noise) else "not equal"
said = f"percentiles {of_both(features.ecdf_percentile, '.0f')}; "
said += f"counts {of_both(features.ecdf_percentile_count, '.0f')}; "
said += f"slope {of_both(features.ecdf_slope, '.4f')}; "
said += f"wavelet entropy of a sum of 0 {entropies[0]:.2f}, of a sum of 1 {entropies[1]:.2f}; "
said += f"ecdf of sine and noise {same}"
print("tsfel", importlib.metadata.version("tsfel"))
print(said)
seen = "percentiles 0 0, -84 77; counts 0 0, 100 400; slope inf, 0.0037; "
seen += "wavelet entropy of a sum of 0 0.00, of a sum of 1 1.19; ecdf of sine and noise equal"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
