"""A valid call of every public function of the package synthesis."""

import numpy as np

import synthesis
from tests.calls.arguments import (
    DIM2,
    SEED,
    Argument,
    array,
    choice,
    count,
    given,
    labels,
    made,
    noise,
    number,
    probabilities,
    whole,
)
from tests.calls.valid_values import a_weights_file, few_steps, some_gans


def synthesis_calls():
    """Return the arguments of every public function."""
    images, small = noise(12, 40, 40), noise(6, 40, 40)
    quiet = {"progress": given(False)}
    return {
        synthesis.filter_synthesis: {**synthesised(small), "iterations": count(2), **quiet},
        synthesis.frechet_distance: {**two_sets(), "seed": SEED, "resamples": whole(9)},
        synthesis.kernel_distance: {**two_sets(), "seed": SEED, "resamples": whole(9)},
        synthesis.precision_recall: {**two_sets(), "neighbours": count(2)},
        synthesis.scenes: {
            "kind": choice("parcels"),
            "n": count(3),
            "size": given(32),
            "classes": given(4),
            "rare": given(0.05),
            "part": choice("second"),
            "per_parent": count(2),
            "seed": SEED,
        },
        synthesis.stsim: {
            "x": array(small[:2]),
            "y": given(small[2:]),  # None, which an array may not be, is x itself
            "dim": DIM2,
            "kind": choice("STSIM-1"),
            "levels": count(2),
            "orientations": count(3),
            "invariant": whole(1),
        },
        synthesis.gan_member: {
            "epochs": count(3),
            "filters": count(1),
            "depth": count(1),
            "latent": count(2),
            "batch": given(4),
            "learning_rate": number(1e-3),
            "output": choice("tanh"),
            "resample": given(True),
            "device": choice("cpu"),
        },
        synthesis.gan_reproducibility: {
            "runs": made(some_gans),
            "reference": array(noise(8, 32, 32, name="reference")),
            "seed": SEED,
            "n": count(5),
            "declared": choice("gradient_ratio"),
            "reference_units": labels(np.arange(8)),
            "resamples": count(19),
            "device": choice("cpu"),
        },
        synthesis.gan_samples: {
            "runs": made(some_gans),
            "n": count(2),
            "seed": SEED,
            "device": choice("cpu"),
        },
        synthesis.gate: {
            "candidates": array(noise(3, 40, 40)),
            "rare": array(images),
            "majority": array(noise(14, 40, 40, name="majority")),
            "majority_labels": labels(np.repeat([0, 1], 7)),
            "alpha": number(0.2),
            "dim": DIM2,
            "parents": labels([0, 1, 2]),
            "units": labels(np.arange(len(images))),
        },
        synthesis.iaaft: {**synthesised(small), "iterations": count(3)},
        synthesis.network_synthesis: {
            **synthesised(probabilities(2, 16, 16)),
            "weights": Argument("path", a_weights_file()),
            "blocks": count(1),
            "iterations": count(2),
            **quiet,
        },
        synthesis.oversample: {
            "rare": array(images),
            "n": count(3),
            "majority": array(noise(14, 40, 40, name="majority")),
            "dim": DIM2,
            "seed": SEED,
            "synthesiser": given(few_steps),
            "majority_labels": labels(np.repeat([0, 1], 7)),
            "alpha": number(0.2),
            "units": labels(np.arange(len(images))),
        },
        synthesis.patch_synthesis: {
            **synthesised(small),
            "width": count(4),
            "iterations": count(2),
            **quiet,
        },
        synthesis.phase_randomised: synthesised(small),
        synthesis.quality: {
            "samples": array(small),
            "reference": array(noise(8, 40, 40, name="reference")),
            "dim": DIM2,
            "seed": SEED,
            "units": labels(np.arange(6)),
            "reference_units": labels(np.arange(8)),
            "resamples": count(19),
        },
        synthesis.wavelet_synthesis: {
            **synthesised(small),
            "iterations": count(2),
            "device": choice("cpu"),
            **quiet,
        },
    }


def two_sets():
    return {
        "samples": array(noise(10, 3)),
        "reference": array(noise(9, 3, name="reference")),
        "dim": whole(0),
        "units": labels(np.repeat(np.arange(5), 2)),
        "reference_units": labels(np.arange(9) + 5),
    }


def synthesised(exemplars):
    return {"exemplars": array(exemplars[:2]), "dim": DIM2, "n": count(2), "seed": SEED}
