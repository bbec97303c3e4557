"""How close synthesised textures come to held-out real crops, what they cost, what signals keep.

python -m benchmarks.synthesis [PART ...] writes benchmarks/results/synthesis_cpu.json (ten minutes
of one core; PART is one of brick, gravel, grass, time, batch, colour, signals). The ratio is the
mean distance of a child to those crops of its photograph that are not its exemplar, over the mean
distance of two crops: about 1 is as different as two real crops. It is read by `describe` and by
two families that wavelet_synthesis does not optimise.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from skimage import data

from benchmarks import provenance
from paper_figures.multiscale.signal_asymmetry import heart_rates, increment_skewness
from paper_figures.texture_synthesis.held_out_distances import FAMILIES, ratio
from synthesis import (
    filter_synthesis,
    iaaft,
    patch_synthesis,
    phase_randomised,
    wavelet_synthesis,
)
from toolbox import crops, textures

SEED = 5
SIZE, CROPS, SEEDS, BATCH = 128, 16, 5, 16
QUIET = {"progress": False}
METHODS: dict[str, tuple[Callable, dict[str, Any]]] = {
    "wavelet_synthesis": (wavelet_synthesis, QUIET),
    "filter_synthesis": (filter_synthesis, QUIET),
    "patch_synthesis": (patch_synthesis, QUIET),
    "iaaft": (iaaft, {}),
    "phase_randomised": (phase_randomised, {}),
}
BARS = {
    "ratio": {"brick": 1.5, "gravel": 2.0, "grass": 2.5},
    "cpu_s": 30.0,
    "batch_time_over_single": 0.8,
    "component_correlation_error": 0.05,
}


# ------------------------------------------------------------------------ closeness to real crops


def closeness(name: str) -> dict[str, Any]:
    """Return, a method of imitating a photograph, the ratios of every seed by every family.

    Seed s imitates crop s, so that an unusual crop does not decide; the first crop of the brick
    wall, which is one, has children of five seeds of its own as well.
    """
    photographs = textures()
    photograph = photographs.values[photographs.names.index(name)]
    real = crops(photograph, size=SIZE, n=CROPS, seed=0).values
    result = {"exemplars themselves": compared(real[:SEEDS], real)}
    for method, (synthesise, options) in METHODS.items():
        children = [
            synthesise(real[s], dim=2, seed=SEED + s, **options).samples for s in range(SEEDS)
        ]
        result[method] = compared(np.concatenate(children), real)
    if name == "brick":
        children = wavelet_synthesis(real[0], dim=2, n=SEEDS, seed=SEED, **QUIET).samples
        result["wavelet_synthesis, first crop"] = compared(children, real, [0] * SEEDS)
    return result


def compared(
    children: np.ndarray, real: np.ndarray, exemplars: Sequence[int] = range(SEEDS)
) -> dict[str, Any]:
    """Return the median and all ratios, a family; child i imitates crop exemplars[i]."""
    result = {}
    for family, features in FAMILIES.items():
        known, found = features(real), features(children)
        pairs = zip(found, exemplars, strict=True)
        ratios = [ratio(child, np.roll(known, -e, axis=0), family) for child, e in pairs]
        result[family] = {"median": float(np.median(ratios)), "seeds": ratios}
    return result


# ----------------------------------------------------------------------------------- what it costs


def one_synthesis() -> dict[str, float]:
    """Return the CPU and wall seconds of one default synthesis of 128 x 128 on one thread."""
    image = crops(textures().values[0], size=SIZE, n=1, seed=0).values
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    began, wall = time.process_time(), time.perf_counter()
    wavelet_synthesis(image, dim=2, seed=SEED, **QUIET)
    found = {"cpu_s": time.process_time() - began, "wall_s": time.perf_counter() - wall}
    torch.set_num_threads(threads)
    return found


def batch(size: int = 64) -> dict[str, Any]:
    """Return how long 16 seeds take in one call, against 16 calls; default threads."""
    image = crops(textures().values[0], size=size, n=1, seed=0).values
    wall, cpu = time.perf_counter(), time.process_time()
    wavelet_synthesis(image, dim=2, n=BATCH, seed=SEED, **QUIET)
    together = time.perf_counter() - wall, time.process_time() - cpu
    wall, cpu = time.perf_counter(), time.process_time()
    for seed in range(BATCH):
        wavelet_synthesis(image, dim=2, seed=seed, **QUIET)
    apart = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "size": size,
        "seeds": BATCH,
        "threads": torch.get_num_threads(),
        "one_call_wall_s": together[0],
        "calls_wall_s": apart[0],
        "wall_ratio": together[0] / apart[0],
        "cpu_ratio": together[1] / apart[1],
    }


# ------------------------------------------------------------------- components, and time's arrow


def colour() -> dict[str, Any]:
    """Return the errors of the correlations between the components of children of photographs."""
    found = {}
    for name, corner in (("astronaut", (0, 0)), ("coffee", (100, 200))):
        rows, columns = corner
        image = getattr(data, name)()[rows : rows + 64, columns : columns + 64]
        exemplar = np.moveaxis(image, -1, 0)[None].astype(np.float32) / 255
        child = wavelet_synthesis(exemplar, dim=2, seed=SEED, **QUIET).samples[0]
        wanted, got = (np.corrcoef(x.reshape(3, -1)) for x in (exemplar[0], child))
        found[name] = {
            "largest_error": float(np.abs(got - wanted).max()),
            "relative_error": float(np.linalg.norm(got - wanted) / np.linalg.norm(wanted)),
        }
    return found


def signals(n: int = 12) -> dict[str, Any]:
    """Return the skewness of increments over four seconds of heart rates and their imitations."""
    real = heart_rates(n, seed=SEED)
    made = {"real": real}
    for name in ("wavelet_synthesis", "iaaft", "phase_randomised"):
        synthesise, options = METHODS[name]
        made[name] = synthesise(real, dim=1, n=n, seed=SEED, **options).samples
    found = {name: increment_skewness(x, lag=16) for name, x in made.items()}
    return {
        name: {
            "mean": float(v.mean()),
            "standard_error": float(v.std(ddof=1) / np.sqrt(n)),
            "share_of_real": float(v.mean() / found["real"].mean()),
        }
        for name, v in found.items()
    }


# -------------------------------------------------------------------------------------------- main


RATIO = "ratio to held-out crops, 128 x 128, 5 seeds"
PARTS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "brick": (f"{RATIO}: brick", partial(closeness, "brick")),
    "gravel": (f"{RATIO}: gravel", partial(closeness, "gravel")),
    "grass": (f"{RATIO}: grass", partial(closeness, "grass")),
    "time": ("one default synthesis, 128 x 128, one thread", one_synthesis),
    "batch": ("16 seeds in one call against 16 calls", batch),
    "colour": ("correlations of the components of colour crops, 64 x 64", colour),
    "signals": ("skewness of heart-rate increments over 4 s", signals),
}


def main(names: list[str]) -> None:
    """Measure the parts that are named, all by default; the others stay as they are written."""
    path = provenance.RESULTS / "synthesis_cpu.json"
    kept = json.loads(path.read_text()) if names and path.exists() else {}
    for name in names or PARTS:
        title, part = PARTS[name]
        kept[title] = json.loads(json.dumps(part()), parse_float=lambda t: round(float(t), 4))
    figures = {"bars": BARS} | {title: kept[title] for title, _ in PARTS.values() if title in kept}
    libraries = ("numpy", "scipy", "torch", "scikit-image")
    print(json.dumps(provenance.write("synthesis", figures, libraries=libraries), indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
