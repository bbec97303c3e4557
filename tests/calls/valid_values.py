"""Valid records, files and callables that calls take."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

import confidence
import labelling
import similarity
import synthesis
import toolbox
from tests.calls.arguments import TWELVE, noise, probabilities


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
def a_ledger():
    book = labelling.ledger()
    for time, who in enumerate(("A", "B")):
        book = labelling.tell(
            book, kind="label", items=[0, 1, 2], values=[0, 1, 2], who=who, time=time
        )
    return labelling.tell(book, kind="pair", items=0, others=5, values=True, who="A", time=2)


@cache
def a_readout():
    x = noise(12, 4)
    return labelling.learn(labelling.analytic(x), x, TWELVE)


@cache
def a_stream():
    return labelling.stream(a_ledger())


@cache
def an_expert():
    return labelling.simulated_expert(TWELVE, seed=0)


@cache
def a_plan():
    return labelling.audit_plan([0] * 40, tolerance=0.2, seed=0)


@cache
def an_ensemble():
    x = noise(12, 3)
    return confidence.ensemble(x, TWELVE, dim=0, members=2, seed=1, steps=2, progress=False)


@cache
def a_series_ensemble():
    return confidence.classify_series(
        noise(12, 4, 3),
        np.arange(12) % 2,
        members=2,
        seed=1,
        network="linear",
        steps=2,
        progress=False,
    )


@cache
def an_explanation():
    return confidence.explain(a_series_ensemble(), noise(12, 4, 3), method="occlusion")


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


def a_member(streams, data):
    return {"mean": data["x"].mean() + float(streams["resample"][0])}


@cache
def some_scenes():
    return similarity.captioned_scenes(12, size=24, seed=1)


@cache
def two_towers():
    scenes = some_scenes()
    return similarity.image_text(
        scenes.images, scenes.captions, seed=1, steps=2, width=4, progress=False
    )


@cache
def a_clip():
    """Return random weights of a small CLIP and a file of merges."""
    import torch

    from toolbox.networks.two_towers.image_towers import vision_transformer_shapes
    from toolbox.networks.two_towers.text_towers import causal_transformer_shapes

    image = {"components": 3, "width": 64, "depth": 1, "patch": 8, "places": 4, "embedding": 8}
    shapes = vision_transformer_shapes(**image)
    shapes |= causal_transformer_shapes(words=516, length=9, width=64, depth=1, embedding=8)
    place = folder()
    weights = {k: torch.tensor(noise(*s, name=k)).float() for k, s in shapes.items()}
    torch.save(weights | {"logit_scale": torch.tensor(1.0)}, place / "clip.pt")
    (place / "merges.txt").write_text("#version\nc a\nca t</w>\n")
    return place / "clip.pt", place / "merges.txt"
