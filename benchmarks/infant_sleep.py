"""Sleep states of one infant from its heart rate: c_1 and variability of windows, held-out blocks.

python -m benchmarks.infant_sleep [FOLDER] writes benchmarks/results/infant_sleep_cpu.json, in
seconds. The series BabyECG (2048 heart rates, one in 16 seconds, with an expert's sleep state at
each) comes with the R package wavethresh (GPL): FOLDER is the `data` folder of its installation, by
default Debian's (r-cran-wavethresh). It is read where it is installed (with the package rdata, in
the extra [bench]) and is no part of this repository. ONE infant: blocks of its night say whether
the state can be told within this night, not in another infant.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import toolbox
from benchmarks.provenance import write

DEBIAN = Path("/usr/lib/R/site-library/wavethresh/data")
STATES = {1: "quiet sleep", 3: "active sleep", 4: "awake"}  # 2, between 1 and 3, has 71 samples
WINDOW, STEP = 64, 16  # samples: 17 and 4 minutes
SCALES = np.array([1, 2, 3])  # of the leaders, as toolbox.fetal_features
REACH = 48  # samples that a leader of the coarsest scale looks at
FOLDS = 8  # contiguous parts of the night
BLOCKS = 16  # redrawn together: half an hour each, longer than most bouts
RESAMPLES, SHIFTS, LEVEL = 2000, 200, 0.95


def main() -> None:
    """Read, tell the states from other parts of the night, and write how often that is right."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN
    if find_spec("rdata") is None or not (folder / "BabyECG.rda").is_file():
        print("infant_sleep: no rdata, or no BabyECG.rda in", folder, "- nothing measured")
        return
    figures = {"subjects": 1} | scored(read(folder, "BabyECG"), read(folder, "BabySS").astype(int))
    print(write("infant_sleep", figures, libraries=("numpy", "scikit-learn", "rdata")))


def read(folder: Path, name: str) -> np.ndarray:
    """Return a series of the R package."""
    import rdata

    return np.asarray(rdata.read_rda(folder / f"{name}.rda")[name], dtype=np.float64)


def scored(beats: np.ndarray, states: np.ndarray) -> dict[str, Any]:
    """Return the balanced accuracy with its block interval, by features, beside chance."""
    x, start = features(beats)
    y = majority(states, start)
    known = np.isin(y, list(STATES))
    x, y, start = x[known], y[known], start[known]
    found: dict[str, Any] = {"windows": len(y), "chance": 1 / len(STATES)}
    for name, columns in (("c1 and variability", [0, 1]), ("c1", [0]), ("variability", [1])):
        told = told_by_others(x[:, columns], y, start)
        low, high = block_interval(y, told, start)
        found[name] = {
            "balanced accuracy": float(balanced_accuracy_score(y, told)),
            "block interval": [low, high],
            "right": {s: float((told[y == k] == k).mean()) for k, s in STATES.items()},
        }
    found["states moved along the night, 95th percentile"] = moved(x, y, start)
    return found


def features(beats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return c_1 and the log-variability (n, 2) of windows, and the sample where each begins.

    c_1 is the slope of the mean log-leaders (p = 2, of the signal integrated once) that sit in the
    window, less the integration; variability the standard deviation beside a line.
    """
    leaders = toolbox.wavelet_leaders(beats, dim=1, wavelet="db2", levels=3, p=2, gamma=1)
    start = np.arange(0, len(beats) - WINDOW + 1, STEP)
    means = []
    for j in SCALES:
        logs = np.log(np.ravel(leaders.values[j - 1]))
        middle = (np.arange(len(logs)) + leaders.first[j - 1, 0] + 0.5) * 2.0**j
        inside = (middle >= start[:, None]) & (middle < start[:, None] + WINDOW)
        means.append(inside @ logs / inside.sum(axis=1))
    slope = np.polyfit(SCALES, np.array(means), 1)[0] / np.log(2) - 1
    windows = np.lib.stride_tricks.sliding_window_view(beats, WINDOW)[::STEP]
    line = np.polynomial.Polynomial.fit
    time = np.arange(WINDOW)
    beside = np.array([w - line(time, w, 1)(time) for w in windows])
    return np.column_stack([slope, np.log(beside.std(axis=1))]), start


def majority(states: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the commonest state of each window."""
    return np.array([np.bincount(states[a : a + WINDOW]).argmax() for a in start])


def told_by_others(x: np.ndarray, y: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the state told to each window by windows that share no sample with its part."""
    told = np.zeros_like(y)
    part = start * FOLDS // (start.max() + 1)
    for fold in range(FOLDS):
        test = part == fold
        low, high = start[test].min() - REACH, start[test].max() + WINDOW + REACH
        train = (start + WINDOW <= low) | (start >= high)
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        told[test] = model.fit(x[train], y[train]).predict(x[test])
    return told


def block_interval(y: np.ndarray, told: np.ndarray, start: np.ndarray) -> tuple[float, float]:
    """Return the percentile interval over redrawn blocks of the night that hold all states."""
    block = start * BLOCKS // (start.max() + 1)
    members = [np.flatnonzero(block == b) for b in np.unique(block)]
    rng, drawn = np.random.Generator(np.random.Philox(0)), []
    while len(drawn) < RESAMPLES:
        those = np.concatenate([members[b] for b in rng.integers(len(members), size=len(members))])
        if len(np.unique(y[those])) == len(STATES):
            drawn.append(balanced_accuracy_score(y[those], told[those]))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def moved(x: np.ndarray, y: np.ndarray, start: np.ndarray) -> float:
    """Return what is reached where states are moved along the night: bouts, but not its own."""
    rng = np.random.Generator(np.random.Philox(1))
    by = rng.integers(len(y) // 8, len(y) * 7 // 8, size=SHIFTS)
    every = [np.roll(y, k) for k in by]
    scores = [balanced_accuracy_score(z, told_by_others(x, z, start)) for z in every]
    return float(np.quantile(scores, LEVEL))


if __name__ == "__main__":
    main()
