"""Valid records, files and callables that calls take."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import tifffile

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
    return labelling.simulated_expert(TWELVE, price={"label": 3, "yes/no": 1}, seed=0)


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
        units=np.arange(12),
        network="linear",
        steps=2,
        progress=False,
    )


@cache
def an_explanation():
    return confidence.explain(a_series_ensemble(), noise(12, 4, 3), method="occlusion")


@cache
def a_network():
    # The shapes and the loss of the call in the table: compiling takes five seconds.
    options = {"dim": 2, "labels": np.repeat([0, 1], 6), "loss": "triplet", "progress": False}
    return similarity.siamese(noise(12, 40, 40), **options, seed=1, steps=2, width=4)


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
def a_description():
    return toolbox.describe(noise(14, 40, 40), dim=2)


@cache
def a_file():
    path = Path(mkdtemp()) / "description.npz"
    toolbox.save(a_description(), path)
    return path


@cache
def toolbox_file():
    path = folder() / "images.npy"
    np.save(path, noise(3, 8, 8))
    return path


@cache
def series_folder():
    """Two dates of three bands."""
    path = Path(mkdtemp())
    for day in ("20190410", "20190710"):
        image = 1000 + np.abs(noise(3, 4, 5) * 100)
        tifffile.imwrite(
            path / f"{day}.tif",
            image.astype(np.uint16),
            planarconfig="separate",
            photometric="minisblack",
        )
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


MASKS = np.repeat([[0], [1], [2]], [10, 12, 10], axis=0) + np.zeros((2, 1, 32), int)


PIXEL_VOTES = np.moveaxis(probabilities(2, 6, 4, 4, 3), -1, 2)


@cache
def a_pixel_conformal():
    return labelling.conformal_pixels(PIXEL_VOTES, np.zeros((6, 4, 4)), alpha=0.2, level=0.8)


@cache
def some_scribbles():
    return labelling.weaken(MASKS, kind="scribble", classes=3, seed=0)


@cache
def a_segmenter():
    return labelling.segment(
        noise(2, 32, 32),
        masks=MASKS,
        classes=3,
        members=2,
        network="linear",
        steps=2,
        seed=0,
        progress=False,
    )


@cache
def some_points():
    return labelling.disagreements(MASKS, MASKS[:, ::-1] // 2, n=6, seed=0)


@cache
def ctg_folder():
    """Two simulated births of ten minutes, as files, and their subjects."""
    path = folder()
    toolbox.fetal_heart_rates(n=2, minutes=10, seed=0).write(path)
    (path / "subjects.csv").write_text("name,subject\n1001,Ada\n")
    return path


@cache
def papers_folder():
    """Three grey images, and a table of where they are from."""
    from skimage.io import imsave

    path = folder()
    for name, image in zip("abc", noise(3, 20, 24, name="papers"), strict=True):
        grey = np.clip(128 + 40 * image, 0, 255).astype(np.uint8)
        imsave(path / f"{name}.png", grey, check_contrast=False)
    (path / "papers.csv").write_text("name,maker\na.png,Agfa\nb.png,Agfa\n")
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
def asked_folder():
    """Return a folder laid out as the data of easy-vqa, of two images."""
    import json

    from skimage.io import imsave

    place = folder() / "asked" / "test"
    (place / "images").mkdir(parents=True, exist_ok=True)
    for i in range(2):
        pixels = np.arange(192, dtype=np.uint8).reshape(8, 8, 3) + 60 * i
        imsave(place / "images" / f"{i}.png", pixels.astype(np.uint8), check_contrast=False)
    rows = [["what shape is it?", "circle", 0], ["is it red?", "no", 1]]
    (place / "questions.json").write_text(json.dumps(rows))
    return place.parent


@cache
def emoji_folder():
    """Return a folder of two emoji in two designs, "others" of files, and tables of names."""
    import json

    from skimage.io import imsave

    place = folder() / "emoji"
    pixels = np.full((8, 8, 3), 90, np.uint8)
    for drawings in (place / "img" / "twitter" / "64", place / "others"):
        drawings.mkdir(parents=True, exist_ok=True)
        for name in ("1f600.png", "1f692.png"):
            imsave(drawings / name, pixels, check_contrast=False)
    groups = {"1F600": "Smileys & Emotion", "1F692": "Travel & Places"}
    rows = [
        {"unified": code, "image": f"{code.lower()}.png", "category": group}
        for code, group in groups.items()
    ]
    (place / "emoji.json").write_text(json.dumps(rows))
    words = '<l><annotation cp="{}" type="tts">face</annotation></l>'
    for part, sign in (("annotations", "\U0001f600"), ("annotationsDerived", "\U0001f692")):
        (place / "names" / part).mkdir(parents=True, exist_ok=True)
        for language in ("en", "fr"):
            file = place / "names" / part / f"{language}.xml"
            file.write_text(words.format(sign), encoding="utf-8")
    return place


@cache
def stamps_folder():
    """Return a folder laid out as Tux Paint's stamps, of one of them."""
    from skimage.io import imsave

    place = folder() / "stamps" / "animals"
    place.mkdir(parents=True, exist_ok=True)
    imsave(place / "cat.png", np.full((8, 8, 3), 90, np.uint8), check_contrast=False)
    (place / "cat.txt").write_text("A cat.\nfr.utf8=Un chat.\n")
    return place.parent


@cache
def towers_adapted():
    scenes = some_scenes()
    task = {"candidates": ["one", "two", "three"], "steps": 2, "seed": 1}
    return labelling.adapt(two_towers(), scenes.images, scenes.attributes[:, 0], **task)


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
