"""Sliced transport between the patches of all pairs, against a loop over pairs with POT.

python -m benchmarks.patch_distances writes benchmarks/results/patch_distances_cpu.json (one minute
of one core).
"""

import time

import numpy as np
import ot

from benchmarks.provenance import write
from similarity.families.patch_transport import (
    drawn_places,
    euclidean,
    sorted_projections,
    unit_directions,
)
from toolbox import multifractal_field
from toolbox.retraining.streams import generator

SEED = 41
N, SIZE, SIDE, PROJECTIONS, PATCHES = 120, (128, 128), 5, 50, 1024
LOOPED = 100  # pairs that POT is timed on


def main() -> dict:
    """Measure both, and how far their numbers are apart."""
    images = multifractal_field(SIZE, hurst=0.5, intermittency=0.03, n=N, seed=SEED).values[:, None]
    directions = unit_directions(SIDE**2, PROJECTIONS, generator(SEED, "directions"))
    places = drawn_places(SIZE, SIDE, PATCHES, generator(SEED, "places"))
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = euclidean(sorted_projections(images, places, directions, side=SIDE))
        seconds.append(time.perf_counter() - start)
    windows = np.lib.stride_tricks.sliding_window_view(images[:, 0], (SIDE, SIDE), axis=(1, 2))
    rows, columns = np.unravel_index(places, windows.shape[1:3])
    clouds = np.ascontiguousarray(windows[:, rows, columns].reshape(N, PATCHES, -1))
    rng = generator(SEED, "pairs")
    pairs = [rng.choice(N, 2, replace=False) for _ in range(LOOPED)]
    start = time.perf_counter()
    peer = [
        ot.sliced_wasserstein_distance(clouds[i], clouds[j], projections=directions)
        for i, j in pairs
    ]
    a_pair = (time.perf_counter() - start) / LOOPED
    ours = np.array([found[i, j] for i, j in pairs])
    apart = np.abs(ours**2 / np.array(peer) ** 2 - 1).max()
    all_pairs = N * (N - 1) // 2
    figures = {
        "images": N,
        "patches": PATCHES,
        "projections": PROJECTIONS,
        "seconds_all_pairs": float(np.median(seconds)),
        "pot_seconds_a_pair": a_pair,
        "pot_seconds_all_pairs_extrapolated": a_pair * all_pairs,
        "times_faster": a_pair * all_pairs / float(np.median(seconds)),
        "largest_relative_difference_of_squares": float(apart),
    }
    return write("patch_distances", figures, libraries=("numpy", "pot"))


if __name__ == "__main__":
    main()
