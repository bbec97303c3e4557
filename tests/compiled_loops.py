"""Compile what analyses of one precision run on a CPU: `python -m tests.compiled_loops float32`."""

import sys

import numpy as np

import similarity
import toolbox


def compile_loops(precision: str) -> None:
    """Call what reaches the loops, for signals and images; later processes find the programs."""
    noise = np.random.default_rng(0).standard_normal(8 * 48 * 48).astype(precision)
    for dim, items in ((1, noise.reshape(8, -1)), (2, noise.reshape(8, 48, 48))):
        toolbox.describe(items, dim=dim)
        for p in (np.inf, 2.0):
            toolbox.multifractal(items, dim=dim, p=p)
            toolbox.wavelet_leaders(items, dim=dim, p=p)
    distances = np.abs(noise[:8, None] - noise[:8])
    similarity.retrieval_scores(distances, labels=[0, 0, 0, 0, 1, 1, 1, 1], seed=0)


if __name__ == "__main__":
    compile_loops(sys.argv[1])
