"""Train two towers from scratch on images and their texts."""

from typing import Any

import numpy as np

from similarity.two_towers.models import ImageText, word_table
from similarity.two_towers.tokens import SPECIAL, known_words, texts_of, word_numbers
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import varies
from toolbox.core.streams import generator
from toolbox.networks.torch_devices import checked_device, torch_device

SMALLEST = 16  # pixels an axis: three halvings leave two
FEWEST = 2
EMBEDDING = 64
RATE = 3e-3
BATCH = 128
PROMPT_ROOM = 8  # tokens that a learned prompt may take beside the longest text
TEXT_WIDTH, TEXT_DEPTH, TEXT_HEADS = 64, 2, 4


def image_text(
    images: Any,
    texts: Any,
    *,
    text_network: str = "bag",
    seed: int,
    steps: int = 600,
    width: int = 16,
    device: str = "auto",
    progress: bool = True,
) -> ImageText:
    r"""Train a network of images and one of texts from scratch, so that each finds the other.

    Parameters
    ----------
    images : array (n, [components,] height, width)
        At least 16 pixels an axis.
    texts : list of str (n,)
        What each image shows. Images of the same text are alike to the training.
    text_network : str
        "bag": the mean of the words, whose order does not count; "transformer": two causal layers.
    seed : int
        Draws the initial weights and the order of the images.
    steps : int
        Steps of Adam, each on 128 pairs.
    width : int
        Channels of the first layer of the convolutional network of images.
    device : str
        "auto", "cpu" or "cuda:0".
    progress : bool
        Whether a terminal shows a bar.

    Returns
    -------
    ImageText

    Raises
    ------
    InputError
        Numbers of images and texts that differ, an empty text, one text for all images, images
        that are too small or all the same.

    Notes
    -----
    With u_i, v_j the unit vectors of a batch's n images and texts and s a learned factor, at most
    100, the loss is the mean of

    .. math:: -\frac1n \sum_i \log \frac{e^{s u_i^T v_i}}{\sum_j e^{s u_i^T v_j}}

    and of the same for images given texts (Radford et al., 2021). Several pairs of one text share
    the probability.

    References
    ----------
    A. Radford et al., Learning transferable visual models from natural language supervision,
    ICML 2021.

    Examples
    --------
    >>> from similarity import captioned_scenes, image_text
    >>> scenes = captioned_scenes(40, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=2, width=4)
    >>> model.embed_images(scenes.images).shape, model.embed_texts(["two circles"]).shape
    ((40, 64), (1, 64))
    """
    from tqdm.auto import tqdm

    from toolbox.networks.two_towers.contrastive_training import train
    from toolbox.networks.two_towers.towers import initial

    seed, place = checks.seed(seed), torch_device(checked_device(device))
    kind = checks.choice(text_network, "text_network", ("bag", "transformer"))
    steps, width = checks.count(steps, "steps"), checks.count(width, "width")
    pixels, centre, deviation = _pixels(images)
    said = _said(texts, len(pixels))
    words = known_words(said)
    numbers = word_numbers(said, words, "texts")
    plan = _plan(kind, numbers)
    shapes = _shapes(plan, pixels, len(words), width)
    with tqdm(total=steps, desc="image_text", disable=None if progress else True) as bar:
        weights, losses = train(
            initial(shapes, generator(seed, "image_text", "init")),
            plan,
            pixels,
            word_table(numbers, plan, len(words), "texts"),
            generator(seed, "image_text", "order"),
            steps=steps,
            batch=BATCH,
            rate=RATE,
            device=place,
            report=bar.update,
        )
    return ImageText(
        weights=weights,
        architecture=plan,
        tokens="words",
        vocabulary=words,
        components=pixels.shape[1],
        size=tuple(pixels.shape[2:]),
        resized=False,
        centre=centre,
        deviation=deviation,
        losses=losses,
    )


def _pixels(images: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return standardised images, and what they were shifted and divided by."""
    x = checks.items(images, "images", dim=2).astype(np.float64)  # float32 would lose small units
    if len(x) < FEWEST:
        refuse("images", f"at least {FEWEST} images", len(x))
    if min(x.shape[2:]) < SMALLEST:
        refuse("images", f"at least {SMALLEST} pixels an axis", f"{x.shape[2:]}")
    centre, deviation = x.mean(axis=(0, 2, 3)), x.std(axis=(0, 2, 3))
    varying = varies(np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]))
    if not varying.all():
        refuse("images", "values that vary", f"a constant component {int(varying.argmin())}")
    standard = (x - centre[:, None, None]) / deviation[:, None, None]
    return standard.astype(np.float32), centre, deviation


def _said(texts: Any, images: int) -> list[str]:
    said = texts_of(texts, "texts")
    if len(said) != images:
        refuse("texts", f"{images} texts, one an image", len(said))
    if len(set(said)) < 2:
        refuse("texts", "at least two different texts", f"{said[0]!r} alone")
    return said


def _plan(kind: str, numbers: list[list[int]]) -> dict[str, Any]:
    longest = max(map(len, numbers)) + SPECIAL + PROMPT_ROOM
    plan = {"image_network": "convolutional", "text_network": kind, "length": longest}
    return plan | {"text_heads": TEXT_HEADS, "activation": "gelu"}


def _shapes(
    plan: dict[str, Any], pixels: np.ndarray, words: int, width: int
) -> dict[str, tuple[int, ...]]:
    from toolbox.networks.two_towers.image_towers import convolutional_shapes
    from toolbox.networks.two_towers.text_towers import bag_shapes, causal_transformer_shapes

    table = {"words": words + 1 + SPECIAL, "width": TEXT_WIDTH, "embedding": EMBEDDING}
    shapes = convolutional_shapes(
        components=pixels.shape[1], size=pixels.shape[2:], width=width, embedding=EMBEDDING
    )
    if plan["text_network"] == "bag":
        return shapes | bag_shapes(**table)
    return shapes | causal_transformer_shapes(**table, length=plan["length"], depth=TEXT_DEPTH)
