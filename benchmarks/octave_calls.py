"""How long a call from Octave takes: 64 x 64 doubles there and back.

python -m benchmarks.octave_calls writes benchmarks/results/octave_calls_cpu.json; it needs Octave.
The function called cuts a 64 x 64 image into its one crop of 64 pixels, so that next to nothing
but the way there and back is timed.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.provenance import write

HOME = Path(__file__).parent.parent
CALLS = 300
BAR, AIM = 5.0, 2.0  # milliseconds
LIBRARIES = ("numpy", "scipy")
SCRIPT = f"""
addpath ('{HOME / "octave"}');
x = randn (64);
start = tic; r = grainwise ('toolbox.crops', x, 'size', 64); first = toc (start);
same = isequal (squeeze (r.values), x);
times = zeros (1, {CALLS});
for k = 1:{CALLS}
  start = tic; r = grainwise ('toolbox.crops', x, 'size', 64); times(k) = toc (start);
end
printf ('%s', jsonencode (struct ('first', first, 'same', same, 'times', times)));
"""


def main() -> None:
    """Time the calls and write the result."""
    octave = shutil.which("octave-cli")
    if octave is None:
        print("octave_calls: nothing timed, octave-cli is not installed (Debian: octave)")
        return
    found = json.loads(said_by(octave, SCRIPT))
    milliseconds = 1e3 * np.array(found["times"])
    median = float(np.median(milliseconds))
    result = {
        "octave": said_by(octave, "printf ('%s', version ());"),
        "calls": CALLS,
        "comes_back_equal": bool(found["same"]),
        "first_call_seconds": round(found["first"], 2),
        "median_ms": round(median, 2),
        "percentile_95_ms": round(float(np.quantile(milliseconds, 0.95)), 2),
        "bar_ms": BAR,
        "aim_ms": AIM,
        "within_the_bar": median < BAR,
    }
    write("octave_calls", result, libraries=LIBRARIES)
    print(json.dumps(result, indent=1))


def said_by(octave: str, script: str) -> str:
    """Return what Octave prints."""
    paths = {"GRAINWISE_PYTHON": sys.executable, "PYTHONPATH": str(HOME)}
    command = [octave, "--norc", "--no-history", "--eval", script]
    run = subprocess.run(
        command, env=os.environ | paths, capture_output=True, text=True, check=False
    )
    if run.returncode:
        sys.exit(f"octave_calls: {run.stderr}")
    return run.stdout


if __name__ == "__main__":
    main()
