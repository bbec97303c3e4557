"""Pooled evidence of all pairs of up to 7000 images: seconds, memory, and what it finds.

python -m benchmarks.all_pairs [N ...] adds 500, 1000, 2000, 4000 and 7000 images (or those asked
for) to benchmarks/results/all_pairs_cpu.json: some five minutes of two cores. Groups of ten images
of 64 x 64 pixels are simulated, each group by a law of its own
(`many_textures` of the figure `scaling_to_7000`).
Describing them and weighing the pairs are done by two processes, so that each has its own peak of
memory; run it on a machine that does nothing else.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import jax
import numpy as np

import similarity
from benchmarks.provenance import RESULTS, write
from paper_figures.texture_similarity.scaling_to_7000 import many_textures
from similarity.families.registry import FAMILIES
from similarity.pairs.known_pairs import known_pairs
from similarity.pairs.statistics import FamilyFeatures, family_features
from similarity.verification.family_fits import fitted_family
from similarity.verification.pair_evidence import simulated
from similarity.verification.pooling import pooled_evidence

NUMBERS = (500, 1000, 2000, 4000, 7000)
EACH, SIZE, SEED = 10, 64, 90
REPEATS = 3  # of weighing the pairs
PART = "--part"


def main() -> None:
    """Measure the numbers of images asked for, one after the other, and write after each."""
    path = RESULTS / f"all_pairs_{jax.devices()[0].platform}.json"
    kept = json.loads(path.read_text())["images"] if path.exists() else {}
    for n in [int(word) for word in sys.argv[1:]] or NUMBERS:
        with tempfile.TemporaryDirectory() as folder:
            kept[str(n)] = part("describe", n, folder) | part("weigh", n, folder)
        kept = {key: kept[key] for key in sorted(kept, key=int)}
        write("all_pairs", summary(kept), libraries=("numpy", "scipy", "jax", "scikit-image"))
        print(n, json.dumps(kept[str(n)]))


def part(name: str, n: int, folder: str) -> dict:
    """Run one part in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.all_pairs", PART, name, str(n), folder]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def summary(kept: dict) -> dict:
    """Return what the file says."""
    return {
        "input": f"simulated textures of {SIZE} x {SIZE} pixels, groups of {EACH}, float32",
        "families": list(FAMILIES),
        "repeats": REPEATS,
        "images": kept,
    }


def describe(n: int, folder: Path) -> dict:
    """Simulate the laws and describe all; keep the features."""
    images, labels = many_textures(n // EACH, each=EACH, size=SIZE, seed=SEED)
    begun = time.perf_counter(), time.process_time()
    given, place = simulated(images[:, None], dim=2, seed=SEED)
    kept = {
        f"{name}/{key}": value
        for name, family in FAMILIES.items()
        for key, value in asdict(family_features(given, family.features)).items()
    }
    seconds = time.perf_counter() - begun[0], time.process_time() - begun[1]
    np.savez(folder / "features.npz", place=place, labels=labels, **kept)
    return {
        "describe_seconds": round(seconds[0], 2),
        "describe_cpu_seconds": round(seconds[1], 2),
        "describe_peak_gb": peak(),
    }


def weigh(n: int, folder: Path) -> dict:
    """Fit all families, weigh all pairs, and score the retrieval."""
    with np.load(folder / "features.npz") as kept:
        features = {
            family: FamilyFeatures(
                **{key: kept[f"{family}/{key}"] for key in FamilyFeatures.__annotations__}
            )
            for family in FAMILIES
        }
        place, labels = kept["place"], kept["labels"]
    known = known_pairs(None, None, n)
    load, loaded, fitting, seconds, cpu = os.getloadavg()[0], peak(), [], [], []
    for _ in range(REPEATS):
        found = None  # the tables of the repeat before are given back first
        begun = time.perf_counter(), time.process_time()
        options = {"known": known, "dtype": np.dtype(np.float32), "seed": SEED}
        fits = [fitted_family(f, features[f], place, **options) for f in FAMILIES]
        fitting.append(time.perf_counter() - begun[0])
        found = pooled_evidence(fits, known, dtype=np.dtype(np.float32), seed=SEED)
        seconds.append(time.perf_counter() - begun[0])
        cpu.append(time.process_time() - begun[1])
    result = {
        "pairs": n * (n - 1) // 2,
        "pairs_seconds": round(float(np.median(seconds)), 3),
        "pairs_seconds_each": [round(s, 3) for s in seconds],
        "pairs_cpu_seconds": round(float(np.median(cpu)), 3),
        "of_which_fitting": round(float(np.median(fitting)), 3),
        "pairs_peak_gb": peak(),
        "before_gb": loaded,
        "load_before": round(load, 2),
    }
    scores = similarity.retrieval_scores(-found.scores, labels, seed=0, resamples=0)
    return result | {
        "p_at_1": round(scores.p_at_1, 4),
        "map_at_r": round(scores.map_at_r, 4),
        "chance": round((EACH - 1) / (n - 1), 5),
    }


def peak() -> float:
    """Return the most memory this process has held, in GB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3)


if __name__ == "__main__":
    if PART in sys.argv:
        name, number, folder = sys.argv[2:]
        parts = {"describe": describe, "weigh": weigh}
        print(json.dumps(parts[name](int(number), Path(folder))))
    else:
        main()
