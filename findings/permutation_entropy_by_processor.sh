#!/bin/sh
# EntropyHub 2.0, NeuroKit2 0.3.0: permutation entropy of whole numbers depends on the processor.
#
# Windows of m samples are told apart by the order of their values (Bandt & Pompe 2002). Both take it from
# NumPy's default argsort, which promises no order among equal values: from windows of four on it gives
# another where the processor has AVX2 or AVX-512. Entropies of heart rates in whole beats, of grey levels
# or of counts, where most windows hold equal values, so differ from machine to machine: no warning, and
# no parameter for it. With equal values in the order of time, as antropy and ordpy have them, the
# entropy is that of the same series with a rise of a billionth a sample, which has no equal values:
# 2.028 bits, and 2.949 weighted, on every machine.
#
# Seen: "as it is: EntropyHub 1.907, weighted 2.544, NeuroKit2 1.907; with the rise 2.028, 2.949, 2.028",
# "without AVX: EntropyHub 2.028, weighted 2.949, NeuroKit2 2.028; with the rise 2.028, 2.949, 2.028"
# Exit status: 0 while it is so, 1 once it has changed, 2 where the processor has neither.
# What we do: no function of ours takes such an entropy; order_patterns, of the pixel features, compares
# samples two by two.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet EntropyHub==2.0 neurokit2==0.3.0 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")
import EntropyHub  # noqa: E402
import neurokit2  # noqa: E402

name = sys.argv[1]
if name == "as it is" and not np._core._multiarray_umath.__cpu_features__.get("AVX2"):
    sys.exit(2)
rng = np.random.default_rng(0)
beats = 140.0 + np.cumsum(rng.integers(-1, 2, 4000) * (rng.random(4000) < 0.4))


def entropies(x):
    """Return three entropies of windows of four, in bits."""
    plain, weighted = (EntropyHub.PermEn(x, m=4, Typex=kind)[0][-1] for kind in ("none", "weighted"))
    return plain, weighted, neurokit2.entropy_permutation(x, dimension=4, corrected=False)[0]


said = "EntropyHub {:.3f}, weighted {:.3f}, NeuroKit2 {:.3f}; ".format(*entropies(beats))
said += "with the rise {:.3f}, {:.3f}, {:.3f}".format(*entropies(beats + 1e-9 * np.arange(4000)))
print(f"{name}: {said}")
rise = "with the rise 2.028, 2.949, 2.028"
numbers = (1.907, 2.544, 1.907) if name == "as it is" else (2.028, 2.949, 2.028)
sys.exit(said != "EntropyHub {}, weighted {}, NeuroKit2 {}; ".format(*numbers) + rise)
PYTHON
echo "EntropyHub 2.0, NeuroKit2 0.3.0"
"$place/venv/bin/python" "$place/see.py" "as it is"
NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4" "$place/venv/bin/python" "$place/see.py" "without AVX"
