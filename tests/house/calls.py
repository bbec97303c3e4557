"""One valid call of every public function, and what kind each of its arguments is.

Both batteries read this table: the doors battery spoils one argument at a time, the MATLAB battery
sends the same values as MATLAB would. A public function without an entry fails the suite.

Kinds: array (real numbers), labels, count (a whole number >= 1), whole (>= 0), number, choice,
seed, path, given (anything else: records, callables, tuples; left as it is).
"""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

import numpy as np

import confidence
import similarity
import synthesis
import toolbox
from toolbox.retraining.streams import generator


class Argument(NamedTuple):
    """A valid value and its kind."""

    kind: str
    value: object


def noise(*shape, scale=1.0, name=""):
    return scale * generator(5, "calls", name, *shape).standard_normal(shape)


def array(value):
    return Argument("array", value)


def labels(value):
    return Argument("labels", np.asarray(value))


def count(value):
    return Argument("count", value)


def whole(value):
    return Argument("whole", value)


def number(value):
    return Argument("number", value)


def choice(value):
    return Argument("choice", value)


def given(value):
    return Argument("given", value)


DIM1, DIM2, SEED = Argument("count", 1), Argument("count", 2), Argument("seed", 3)
TWELVE = np.repeat([0, 1, 2], 4)


def probabilities(*shape):
    p = np.exp(noise(*shape, name="p"))
    return p / p.sum(axis=-1, keepdims=True)


@cache
def a_conformal():
    return confidence.conformal(probabilities(40, 3), np.arange(40) % 3, alpha=0.2)


@cache
def an_estimate():
    walk = np.cumsum(noise(1, 300, name="walk"), axis=1)
    return toolbox.multifractal(walk, dim=1, scales=(1, 4), gamma=1, resamples=20, seed=1)


@cache
def a_cross_estimate():
    walks = np.cumsum(noise(1, 2, 300, name="walks"), axis=-1)
    return toolbox.cross_multifractal(walks, dim=1, scales=(1, 4), gamma=1, resamples=20, seed=1)


@cache
def an_ensemble():
    x = noise(12, 3)
    return confidence.ensemble(x, TWELVE, dim=0, members=2, seed=1, steps=2, progress=False)


@cache
def a_network():
    images = noise(10, 40, 40)
    return similarity.siamese(images, dim=2, seed=1, steps=2, progress=False)


@cache
def an_evidence():
    return similarity.evidence(noise(6, 40, 40), dim=2, family="wavelet", seed=0)


@cache
def some_gans():
    member = synthesis.gan_member(epochs=3, filters=1, latent=2, batch=4)
    data = {"fields": noise(8, 32, 32)}
    return toolbox.retrain(member, data, members=2, seed=1, progress=False)


@cache
def a_temperature():
    return confidence.temperature(probabilities(3, 12, 3), TWELVE)


@cache
def a_file():
    path = Path(mkdtemp()) / "description.npz"
    toolbox.save(toolbox.describe(noise(40, 40), dim=2), path)
    return path


@cache
def toolbox_file():
    path = folder() / "images.npy"
    np.save(path, noise(3, 8, 8))
    return path


@cache
def a_weights_file():
    """Random weights of the first block of VGG-19."""
    import torch

    shapes = {"conv1_1": (64, 3, 3, 3), "conv1_2": (64, 64, 3, 3)}
    weights = {f"{k}.weight": torch.tensor(noise(*shape)).float() for k, shape in shapes.items()}
    path = Path(mkdtemp()) / "vgg19.pth"
    torch.save(weights | {f"{k}.bias": torch.zeros(64) for k in shapes}, path)
    return path


def a_classifier():
    from sklearn.linear_model import Perceptron

    return Perceptron()


def folder():
    return Path(mkdtemp())


def few_steps(exemplars, *, dim, n, seed, **options):
    return synthesis.phase_randomised(exemplars, dim=dim, n=n, seed=seed)


def calls():
    """Return (public function, its name, its arguments) of every public function."""
    images, small = noise(12, 40, 40), noise(6, 40, 40)
    votes, p = probabilities(4, 12, 3), probabilities(12, 3)
    described = toolbox.describe(noise(14, 40, 40), dim=2)
    quiet = {"progress": given(False)}
    rows, columns = np.triu_indices(6, 1)
    pairs = given(np.stack([rows, columns, (rows < 3) == (columns < 3)], axis=1))
    table = {
        # toolbox
        toolbox.anisotropic_field: {
            "shape": array(np.array([8.0, 8.0])),
            "hurst": number(0.4),
            "anisotropy": number(0.7),
            "angle": number(0.5),
            "n": count(2),
            "seed": SEED,
        },
        toolbox.bootstrap_interval: {
            "values": array(noise(8)),
            "statistic": choice("mean"),
            "level": number(0.9),
            "resamples": count(99),
            "units": labels([0, 0, 1, 1, 2, 2, 3, 3]),
            "seed": SEED,
        },
        toolbox.check_split: {"parents": labels([0, 1, 0]), "split": given(([0, 2], [1]))},
        toolbox.components_first: {"image": array(noise(5, 6, 3))},
        toolbox.crops: {
            "image": array(noise(12, 14)),
            "size": count(4),
            "n": count(3),
            "seed": SEED,
            "dim": DIM2,
            "offset": whole(1),
        },
        toolbox.cross_multifractal: {
            "x": array(noise(2, 2, 128)),
            "dim": DIM1,
            "scales": given((1.0, 3.0)),
            "wavelet": choice("db2"),
            "gamma": number(1.5),
            "resamples": whole(20),
            "level": number(0.9),
            "seed": SEED,
            "device": choice("cpu"),
        },
        toolbox.describe: {"x": array(noise(2, 40, 40)), "dim": DIM2, "levels": count(2)},
        toolbox.doctor: {},
        toolbox.fractional_field: {
            "shape": array(np.array([8.0, 8.0])),
            "hurst": number(0.4),
            "n": count(2),
            "seed": SEED,
        },
        toolbox.hyperbolic_distance: {
            "a": array(noise(3, 2, 2)),
            "b": given(noise(2, 2, 2)),  # None, which an array may not be, is a itself
        },
        toolbox.hyperbolic_energy: {
            "images": array(noise(2, 20, 24)),
            "wavelet": choice("db2"),
            "levels": count(2),
            "device": choice("cpu"),
        },
        toolbox.load: {"path": Argument("path", toolbox_file()), "dim": DIM2},
        toolbox.lognormal_cascade: {
            "shape": array(np.array([8.0, 8.0])),
            "intermittency": number(0.1),
            "n": count(2),
            "seed": SEED,
        },
        toolbox.logpoisson_cascade: {
            "shape": array(np.array([8.0, 8.0])),
            "singularity": number(0.3),
            "ratio": number(0.5),
            "n": count(2),
            "seed": SEED,
        },
        toolbox.multifractal: {
            "x": array(noise(2, 128)),
            "dim": DIM1,
            "scales": given((1.0, 2.0)),
            "wavelet": choice("db2"),
            "p": number(2),
            "gamma": number(1),
            "orders": count(2),
            "weights": choice("counts"),
            "resamples": whole(20),
            "level": number(0.9),
            "missing": array(np.arange(128) == 60),
            "seed": SEED,
            "device": choice("cpu"),
        },
        toolbox.multifractal_field: {
            "shape": array(np.array([8.0, 8.0])),
            "hurst": number(0.6),
            "intermittency": number(0.05),
            "n": count(2),
            "seed": SEED,
            "integral_scale": given(5.0),
            "discretisation": choice("difference"),
        },
        toolbox.multivariate_field: {
            "shape": array(np.array([8.0, 8.0])),
            "hurst": array(np.array([0.4, 0.6])),
            "intermittency": array(np.array([0.05, 0.02])),
            "noise_correlation": array(np.array([[1, 0.5], [0.5, 1]])),
            "multifractal_correlation": array(np.array([[1, -0.5], [-0.5, 1]])),
            "n": count(2),
            "seed": SEED,
            "integral_scale": given(5.0),
        },
        toolbox.energy_distance: {**clouds(), "unbiased": whole(1)},
        toolbox.sliced_wasserstein: {
            **clouds(),
            "projections": count(5),
            "seed": SEED,
            "order": number(1),
        },
        toolbox.wasserstein: {**clouds(), "order": number(1), "regularisation": given(0.5)},
        toolbox.mmd: {**clouds(), "kernel": choice("laplace"), "bandwidth": number(1.5)},
        toolbox.permutation_p_value: {
            "x": array(noise(6, 2)),
            "y": array(noise(5, 2, name="y")),
            "statistic": choice("mean_difference"),
            "units_x": labels([0, 0, 1, 1, 2, 2]),
            "units_y": labels([3, 4, 5, 6, 7]),
            "resamples": count(99),
            "seed": SEED,
        },
        toolbox.calibrate: {
            "estimate": given(an_estimate()),
            "seed": SEED,
            "draws": count(8),
            "device": choice("cpu"),
            "progress": given(False),
        },
        toolbox.calibrate_cross: {
            "estimate": given(a_cross_estimate()),
            "seed": SEED,
            "draws": count(8),
            "device": choice("cpu"),
            "progress": given(False),
        },
        toolbox.equality_test: {"a": given(an_estimate()), "b": given(an_estimate())},
        toolbox.monofractality_test: {
            "estimate": given(an_estimate()),
            "seed": SEED,
            "draws": count(19),
            "device": choice("cpu"),
            "progress": given(False),
        },
        toolbox.scaling_test: {
            "estimate": given(an_estimate()),
            "seed": SEED,
            "draws": count(19),
            "device": choice("cpu"),
            "progress": given(False),
        },
        toolbox.phase_harmonics: {
            "x": array(noise(2, 40, 44)),
            "dim": DIM2,
            "levels": count(2),
            "device": choice("cpu"),
        },
        toolbox.regularity_map: {
            "x": array(noise(2, 128)),
            "dim": DIM1,
            "scales": given((1.0, 3.0)),
            "wavelet": choice("db2"),
            "gamma": number(1),
            "device": choice("cpu"),
        },
        toolbox.restore: {"path": Argument("path", a_file())},
        toolbox.retrain: {
            "member": given(a_member),
            "data": given({"x": np.arange(5.0)}),
            "members": count(3),
            "seed": SEED,
            "redraw": choice("resample"),
            "store": Argument("path", folder()),
            "engine": choice("processes"),
            "workers": count(1),
            **quiet,
        },
        toolbox.save: {"record": given(described), "path": given(folder() / "record.npz")},
        toolbox.skewed_walk: {
            "shape": count(16),
            "hurst": number(0.4),
            "intermittency": number(0.05),
            "asymmetry": number(0.5),
            "n": count(2),
            "seed": SEED,
            "integral_scale": given(5.0),
        },
        toolbox.spectral_field: {
            "shape": array(np.array([8.0, 8.0])),
            "spectrum": array(np.array([1.0, 0.5, 0.1])),
            "n": count(2),
            "seed": SEED,
        },
        toolbox.split: {
            "labels": labels(TWELVE),
            "parents": labels(np.arange(12)),
            "fractions": array(np.array([0.5, 0.5])),
            "seed": SEED,
        },
        toolbox.textures: {},
        toolbox.torch_function: {"kernel": given(np.negative)},
        toolbox.wavelet_coefficients: {
            "x": array(noise(2, 64)),
            "dim": DIM1,
            "wavelet": choice("db2"),
            "levels": count(2),
            "device": choice("cpu"),
        },
        toolbox.wavelet_leaders: {
            "x": array(noise(2, 64)),
            "dim": DIM1,
            "wavelet": choice("db2"),
            "levels": count(2),
            "p": number(2),
            "gamma": number(0.5),
            "missing": array(np.arange(64) == 40),
            "device": choice("cpu"),
        },
        toolbox.whittle_c2: {
            "x": array(noise(2, 256)),
            "dim": DIM1,
            "scale": count(1),
            "wavelet": choice("db2"),
            "gamma": number(0.5),
            "level": number(0.9),
            "device": choice("cpu"),
        },
        # confidence
        confidence.conformal: {
            "votes": array(probabilities(40, 3)),
            "labels": labels(np.arange(40) % 3),
            "alpha": given(0.2),
            "score": choice("raps"),
            "groups": given("class"),
            "units": labels(np.arange(40)),
            "penalty": given((0.1, 2.0)),
            "seed": SEED,
        },
        confidence.cluster_confidence: {
            "x": array(noise(20, 2)),
            "ks": given((1, 2)),
            "null": choice("band"),
            "seed": SEED,
            "resamples": count(10),
            "method": choice("ward"),
            "known": labels(np.repeat([0, 1], 10)),
            "level": number(0.9),
        },
        confidence.consensus_matrix: {"labels": array(np.tile(TWELVE, (3, 1)).astype(float))},
        confidence.members_needed: {
            "votes": array(probabilities(4, 6, 3)),
            "error": number(0.05),
            "level": number(0.9),
        },
        confidence.sequential_stopping: {
            "votes": array(probabilities(4, 6, 3)),
            "unsettled": number(0.1),
            "level": number(0.9),
        },
        confidence.variance_components: {
            "votes": array(probabilities(6, 5, 3)),
            "design": array(np.indices((2, 3)).reshape(2, -1).T.astype(float)),
            "names": given(("init", "order")),
            "level": number(0.9),
        },
        confidence.ood_scores: {
            "ordinary": array(noise(9)),
            "outliers": array(noise(8, name="others")),
            "level": number(0.9),
        },
        confidence.risk_coverage: {
            "votes": array(probabilities(12, 3)),
            "labels": labels(TWELVE),
        },
        confidence.conformal_sets: {
            "conformal": given(a_conformal()),
            "votes": array(probabilities(5, 3)),
        },
        confidence.apply_temperature: {
            "temperature": given(a_temperature()),
            "votes": array(votes),
        },
        confidence.assess: {"votes": array(votes), "labels": labels(TWELVE)},
        confidence.balanced_accuracy: scored(p),
        confidence.brier: {**scored(p), "bins": count(5)},
        confidence.class_recall: scored(p),
        confidence.ensemble: {
            "x": array(noise(12, 3)),
            "y": labels(TWELVE),
            "dim": Argument("count", 0),
            "members": count(2),
            "seed": SEED,
            "network": choice("multilayer_perceptron"),
            "redraw": choice("init"),
            "weights": array(np.ones(12)),
            "steps": count(2),
            "store": Argument("path", folder()),
            **quiet,
        },
        confidence.nll: scored(p),
        confidence.predict_votes: {"ensemble": given(an_ensemble()), "x_new": array(noise(5, 3))},
        confidence.reliability: {
            **{k: v for k, v in scored(p).items() if k != "level"},
            "bins": count(5),
            "seed": SEED,
            "resamples": count(99),
        },
        confidence.temperature: {
            "votes": array(votes),
            "labels": labels(TWELVE),
            "how": choice("pool-then-temperature"),
        },
        # similarity
        similarity.capacity: {
            "network": given(a_classifier()),
            "data": array(noise(16, 3)),
            "seed": SEED,
            "trials": count(4),
            "accuracy": number(0.9),
            "steps": count(5),
            "rate": number(0.01),
            **quiet,
        },
        similarity.clusterable: {
            "x": array(noise(24, 3)),
            "labels": labels(np.repeat([0, 1, -1], 8)),
            "labelled": number(0.1),
            "seed": SEED,
        },
        similarity.clusterable_graph: {
            "within": number(0.5),
            "between": number(0.1),
            "items": count(20),
            "classes": count(3),
            "labelled": number(0.1),
        },
        similarity.cluster: {
            "evidence": array(-np.abs(np.subtract.outer(noise(12), noise(12)))),
            "k": count(3),
            "how": choice("agglomerative"),
            "seed": SEED,
        },
        similarity.clusterable_pairs: {
            "evidence": array(-np.abs(np.subtract.outer(noise(12), noise(12)))),
            "labels": labels(TWELVE),
            "labelled": number(0.1),
        },
        similarity.embed: {"siamese": given(a_network()), "images": array(small)},
        similarity.evidence: {
            "images": array(small),
            "dim": DIM2,
            "family": choice("wavelet"),
            "pairs": pairs,
            "seed": SEED,
        },
        similarity.nuisance: {
            "images": array(small),
            "kind": choice("gain"),
            "seed": SEED,
            "strength": number(0.5),
        },
        similarity.intrinsic_dimension: {
            "x": array(noise(24, 3)),
            "neighbours": count(5),
            "seed": SEED,
            "draws": count(1),
        },
        similarity.label_value: {
            "separation": number(1.5),
            "items": count(40),
            "dimensions": count(10),
            "classes": count(3),
            "labelled": array(np.array([0.1, 0.5])),
        },
        similarity.patch_transport: {
            "images": array(small),
            "dim": DIM2,
            "patch": count(3),
            "projections": count(5),
            "patches": count(40),
            "seed": SEED,
        },
        similarity.pool: {"evidences": given([an_evidence(), an_evidence()])},
        similarity.retrieval_scores: {
            "distances": array(np.abs(np.subtract.outer(noise(12), noise(12)))),
            "labels": labels(TWELVE),
            "seed": SEED,
            "resamples": count(19),
            "units": labels(np.arange(12)),
            "level": number(0.9),
            "clusters": labels(np.arange(12) % 3),
        },
        similarity.retrieve: {
            "queries": array(noise(12, 3)),
            "database": array(noise(9, 3)),
            "k": count(2),
            "measure": choice("cosine"),
        },
        similarity.same_probability: {
            "evidence": array(-np.abs(np.subtract.outer(noise(6), noise(6)))),
            "pairs": pairs,
            "prior": number(0.3),
            "error": number(0.1),
            "units": labels(np.arange(6)),
            "level": number(0.9),
            "resamples": count(39),
            "seed": SEED,
        },
        similarity.siamese: {
            "images": array(images),
            "dim": DIM2,
            "labels": labels(np.repeat([0, 1], 6)),
            "loss": choice("triplet"),
            "seed": SEED,
            "steps": count(2),
            "width": count(4),
            **quiet,
        },
        similarity.siamese_log_odds: {
            "networks": given([a_network()]),
            "images": array(small),
        },
        similarity.siamese_same: {
            "siamese": given(a_network()),
            "images_a": array(small[:3]),
            "images_b": array(small[3:]),
        },
        similarity.twins: {
            "kind": choice("hurst"),
            "n": count(2),
            "seed": SEED,
            "size": count(16),
            "classes": count(3),
            "step": number(0.1),
            "modulation": number(0.2),
        },
        similarity.texture_separation: {
            "spectrum_a": array(np.exp(noise(4, 4))),
            "spectrum_b": array(np.exp(noise(4, 4, name="other"))),
            "classes": count(3),
            "arrangement": choice("ring"),
            "step": given(0.1),
        },
        # synthesis
        synthesis.filter_synthesis: {**synthesised(small), "iterations": count(2), **quiet},
        synthesis.frechet_distance: {**two_sets(), "seed": SEED, "resamples": whole(9)},
        synthesis.kernel_distance: {**two_sets(), "seed": SEED, "resamples": whole(9)},
        synthesis.precision_recall: {**two_sets(), "neighbours": count(2)},
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
            "runs": given(some_gans()),
            "reference": array(noise(8, 32, 32, name="reference")),
            "seed": SEED,
            "n": count(5),
            "declared": choice("gradient_ratio"),
            "reference_units": labels(np.arange(8)),
            "resamples": count(19),
            "device": choice("cpu"),
        },
        synthesis.gan_samples: {
            "runs": given(some_gans()),
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
            "batches": count(1),
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
        synthesis.wavelet_synthesis: {**synthesised(small), "iterations": count(2), **quiet},
    }
    return {f"{f.__module__.split('.')[0]}.{f.__name__}": (f, a) for f, a in table.items()}


def clouds():
    return {"x": array(noise(6, 2)), "y": array(noise(5, 2, name="y"))}


def two_sets():
    return {
        "samples": array(noise(10, 3)),
        "reference": array(noise(9, 3, name="reference")),
        "dim": whole(0),
        "units": labels(np.repeat(np.arange(5), 2)),
        "reference_units": labels(np.arange(9) + 5),
    }


def scored(p):
    return {
        "probabilities": array(p),
        "labels": labels(TWELVE),
        "units": labels(np.arange(12)),
        "level": number(0.9),
    }


def synthesised(exemplars):
    return {"exemplars": array(exemplars[:2]), "dim": DIM2, "n": count(2), "seed": SEED}


def a_member(streams, data):
    return {"mean": data["x"].mean() + float(streams["resample"][0])}
