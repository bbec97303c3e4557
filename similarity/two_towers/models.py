"""Two towers as a record: what it holds, and the vectors of images and of texts."""

from typing import Any

import numpy as np

from similarity.two_towers.tokens import SPECIAL, padded, pair_numbers, texts_of, word_numbers
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import is_record, record
from toolbox.networks.torch_devices import checked_device, torch_device

FARTHEST = 1e6  # deviations of a value from the images trained on: float32 soon overflows


@record
class ImageText:
    """A network of images and one of texts whose unit vectors are compared.

    Attributes
    ----------
    weights : dict of arrays
        Both towers; those of CLIP under OpenCLIP's names.
    architecture : dict
        "image_network", "text_network", "length" of the longest text in tokens, and for
        transformers "image_heads", "text_heads", "activation".
    tokens : str
        "words" or "byte pairs".
    vocabulary : tuple of str
        The words, or the merges of byte pairs.
    components : int
        Of the images.
    size : tuple (height, width)
        Of the images; others are refused, or resized by a network that was loaded.
    resized : bool
        Whether images of another size are resized and cut.
    centre, deviation : ndarray (components,)
        What images are shifted and divided by.
    losses : ndarray (steps,)
        Of the training; empty for a network that was loaded.
    note : str
    """

    weights: dict[str, np.ndarray]
    architecture: dict[str, Any]
    tokens: str
    vocabulary: tuple[str, ...]
    components: int
    size: tuple[int, int]
    resized: bool
    centre: np.ndarray
    deviation: np.ndarray
    losses: np.ndarray
    note: str = ""

    def embed_images(self, images: Any, *, device: str = "auto") -> np.ndarray:
        """Return unit vectors; see `similarity.embed_images`."""
        return embed_images(self, images, device=device)

    def embed_texts(self, texts: Any, *, device: str = "auto") -> np.ndarray:
        """Return unit vectors; see `similarity.embed_texts`."""
        return embed_texts(self, texts, device=device)


def embed_images(model: ImageText, images: Any, *, device: str = "auto") -> np.ndarray:
    r"""Return unit vectors of images; the higher the cosine with a text's, the better it fits.

    Parameters
    ----------
    model : ImageText
    images : array (n, [components,] height, width)
        As those that it was trained on. For a network that was loaded by `load_clip`: 3 components
        from 0 to 1, of any size.
    device : str
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    ndarray (n, embedding), float32

    Raises
    ------
    InputError
        Images of other components or another size than the network's, or of values beyond all
        that it was trained on.

    Notes
    -----
    The vector is the output z of the tower of images at unit length (Radford et al., 2021),

    .. math:: u = z / \Vert z \Vert.

    Examples
    --------
    >>> from similarity import captioned_scenes, embed_images, image_text
    >>> scenes = captioned_scenes(40, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=1, width=4)
    >>> embed_images(model, scenes.images).shape
    (40, 64)
    """
    from toolbox.networks.two_towers.towers import encoded, image_vectors

    model = checked_model(model)
    pixels = network_images(model, images)
    place = torch_device(checked_device(device))
    return encoded(image_vectors, pixels, model.weights, model.architecture, device=place)


def embed_texts(model: ImageText, texts: Any, *, device: str = "auto") -> np.ndarray:
    r"""Return unit vectors of texts; the higher the cosine with an image's, the better it fits.

    Parameters
    ----------
    model : ImageText
    texts : list of str (n,)
    device : str
        "auto", "cpu" or "cuda:0".

    Returns
    -------
    ndarray (n, embedding), float32

    Raises
    ------
    InputError
        An empty text, one of words alone that the network never met, one that is too long for a
        transformer.

    Notes
    -----
    The vector is the output z of the tower of texts at unit length (Radford et al., 2021),

    .. math:: v = z / \Vert z \Vert.

    Examples
    --------
    >>> from similarity import captioned_scenes, embed_texts, image_text
    >>> scenes = captioned_scenes(40, seed=0)
    >>> model = image_text(scenes.images, scenes.captions, seed=0, steps=1, width=4)
    >>> a, b = embed_texts(model, ["two circles", "Circles, two!"])     # a bag of words
    >>> bool(abs(a - b).max() < 1e-6)
    True
    """
    return text_embeddings(checked_model(model), texts, "texts", device=device)


def text_embeddings(model: ImageText, texts: Any, argument: str, *, device: str) -> np.ndarray:
    """Return unit vectors of texts that came as some argument."""
    from toolbox.networks.two_towers.towers import encoded, text_vectors

    numbers = network_tokens(model, texts_of(texts, argument), argument)
    place = torch_device(checked_device(device))
    return encoded(text_vectors, numbers, model.weights, model.architecture, device=place)


def checked_model(model: Any) -> ImageText:
    """Return an ImageText, or refuse what is none."""
    if not is_record(model) or not isinstance(model, ImageText):
        refuse("model", "an ImageText", checks.describe_value(model))
    return model


def network_tokens(model: ImageText, texts: list[str], argument: str) -> np.ndarray:
    """Return the tokens (n, length) of texts; one that is too long is refused, not cut."""
    if model.tokens == "byte pairs":
        numbers = pair_numbers(texts, model.vocabulary)
        return padded(numbers, int(model.architecture["length"]), argument)
    numbers = word_numbers(texts, model.vocabulary, argument)
    return word_table(numbers, model.architecture, len(model.vocabulary), argument)


def candidate_tokens(model: ImageText, names: list[str], argument: str) -> np.ndarray:
    """Return the tokens of candidates, no two of which are the same to the network."""
    tokens = network_tokens(model, names, argument)
    read = np.sort(tokens, axis=1) if model.architecture["text_network"] == "bag" else tokens
    before: dict[bytes, str] = {}
    for name, row in zip(names, read, strict=True):
        if (other := before.setdefault(row.tobytes(), name)) != name:
            got = f"{checks.describe_value(other)} and {checks.describe_value(name)}"
            refuse(argument, "candidates that the network reads differently", got)
    return tokens


def word_table(
    numbers: list[list[int]], architecture: dict[str, Any], words: int, argument: str
) -> np.ndarray:
    """Return word numbers as tokens (n, length), for a transformer between a start and an end."""
    if architecture["text_network"] == "bag":
        return padded(numbers)
    start, end = words + 1, words + SPECIAL
    return padded([[start, *row, end] for row in numbers], int(architecture["length"]), argument)


def network_images(model: ImageText, images: Any, argument: str = "images") -> np.ndarray:
    """Return images (n, components, *size) as the network takes them."""
    x = checks.items(images, argument, dim=2).astype(np.float64)
    if x.shape[1] != model.components:
        refuse(argument, f"{model.components} components", f"{x.shape[1]}")
    if model.resized and x.shape[2:] != tuple(model.size):
        x = _resized(x, model.size)
    if x.shape[2:] != tuple(model.size):
        refuse(argument, f"a size of {model.size}", x.shape[2:])
    standard = (x - model.centre[:, None, None]) / model.deviation[:, None, None]
    if (largest := np.abs(standard).max()) > FARTHEST:
        got = f"one {largest:.3g} deviations away"
        refuse(argument, "values like those that the network was trained on", got)
    return standard.astype(np.float32)


def _resized(x: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize the shorter side and cut the middle out, as CLIP's own preparation does."""
    import torch
    from torch.nn.functional import interpolate

    factor = max(size[0] / x.shape[2], size[1] / x.shape[3])
    new = [max(n, round(factor * m)) for n, m in zip(size, x.shape[2:], strict=True)]
    made = interpolate(torch.tensor(x), new, mode="bicubic", antialias=True).clamp(0, 1)
    top, left = ((m - n) // 2 for n, m in zip(size, new, strict=True))
    return made[:, :, top : top + size[0], left : left + size[1]].numpy()
