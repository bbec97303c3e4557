"""CLIP from a file of weights that the user supplies, under OpenCLIP's or Hugging Face's names."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from similarity.two_towers.models import ImageText
from similarity.two_towers.tokens import SPECIAL, read_merges
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.data.files.tensors import read_tensors, weights_file

ENDINGS = (".pt", ".pth", ".bin", ".safetensors")
# Means and deviations of red, green and blue, as published with CLIP's weights.
CENTRE = (0.48145466, 0.4578275, 0.40821073)
DEVIATION = (0.26862954, 0.26130258, 0.27577711)
BYTES = 512  # tokens of single bytes, inside and at the end of a word
HEAD_WIDTH = 64  # of all of OpenAI's and OpenCLIP's common models
# What tells the widths, and how many axes it has.
MEASURED = {
    "visual.conv1.weight": 4,
    "visual.positional_embedding": 2,
    "visual.class_embedding": 1,
    "token_embedding.weight": 2,
    "positional_embedding": 2,
    "text_projection": 2,
}
# Kept in files beside the weights, and implied by them.
IGNORED = r"(.*position_ids|attn_mask|input_resolution|context_length|vocab_size)"
# Hugging Face's names -> OpenCLIP's; q, k and v are joined afterwards, projections turned over.
RENAMED = (
    (r"vision_model\.embeddings\.class_embedding", "visual.class_embedding"),
    (r"vision_model\.embeddings\.patch_embedding\.weight", "visual.conv1.weight"),
    (r"vision_model\.embeddings\.position_embedding\.weight", "visual.positional_embedding"),
    (r"vision_model\.pre_layrnorm\.(\w+)", r"visual.ln_pre.\1"),
    (r"vision_model\.post_layernorm\.(\w+)", r"visual.ln_post.\1"),
    (r"vision_model\.encoder\.layers\.(\d+)\.", r"visual.transformer.resblocks.\1."),
    (r"visual_projection\.weight", "visual.proj"),
    (r"text_model\.embeddings\.token_embedding\.weight", "token_embedding.weight"),
    (r"text_model\.embeddings\.position_embedding\.weight", "positional_embedding"),
    (r"text_model\.final_layer_norm\.(\w+)", r"ln_final.\1"),
    (r"text_model\.encoder\.layers\.(\d+)\.", r"transformer.resblocks.\1."),
    (r"text_projection\.weight", "text_projection"),
    (r"\.layer_norm([12])\.", r".ln_\1."),
    (r"\.mlp\.fc1\.", ".mlp.c_fc."),
    (r"\.mlp\.fc2\.", ".mlp.c_proj."),
    (r"\.self_attn\.out_proj\.", ".attn.out_proj."),
)


def load_clip(
    path: Any,
    *,
    merges: Any,
    activation: str = "quick_gelu",
    head_width: int = HEAD_WIDTH,
) -> ImageText:
    r"""Load a CLIP whose weights and merges are files of yours; nothing is fetched or executed.

    Parameters
    ----------
    path : str or Path
        A state dictionary in ``.safetensors``, or in ``.pt``, ``.pth``, ``.bin`` (plain tensors
        only), under the names of OpenAI and OpenCLIP or of Hugging Face's ``CLIPModel``. The
        network of images must be a vision transformer.
    merges : str or Path
        CLIP's ``bpe_simple_vocab_16e6.txt`` (also gzipped) or Hugging Face's ``merges.txt``.
    activation : str
        "quick_gelu" (OpenAI's weights) or "gelu" (most of OpenCLIP's): the file does not say it.
    head_width : int
        Width of an attention head, 64 in all common models: the file does not say it either.

    Returns
    -------
    ImageText
        For images of 3 components from 0 to 1; of another size they are resized and cut.

    Raises
    ------
    InputError
        A file that is not there, is damaged, holds more than tensors, is of another network or
        lacks weights; merges that are too few.

    Notes
    -----
    The forward passes are those of Radford et al. (2021): patches and a class token through a
    transformer with layer norm before each part, tokens through a causal one, both projected. They
    equal `transformers` to 1e-6 with random weights.

    With n the layer norm, a the attention and m the perceptron a block maps x to

    .. math:: y = x + a(n_1(x)), \qquad z = y + m(n_2(y)).

    References
    ----------
    A. Radford et al., Learning transferable visual models from natural language supervision,
    ICML 2021.

    Examples
    --------
    >>> from similarity import load_clip
    >>> load_clip("no_such_file.safetensors", merges="merges.txt")
    Traceback (most recent call last):
    toolbox.core.checks.InputError: path: wanted a file that exists, got 'no_such_file.safetensors'
    """
    place = weights_file(path, "path", network="CLIP's weights", endings=ENDINGS)
    kind = checks.choice(activation, "activation", ("quick_gelu", "gelu"))
    narrow = checks.count(head_width, "head_width")
    weights = _canonical(_read(place))
    plan, size = _plan(weights, kind, narrow)
    words = len(weights["token_embedding.weight"])
    if words <= BYTES + SPECIAL:
        refuse("path", f"more than {BYTES + SPECIAL} tokens", f"{words} in {place.name}")
    return ImageText(
        weights=weights,
        architecture=plan,
        tokens="byte pairs",
        vocabulary=read_merges(merges, words - BYTES - SPECIAL),
        components=3,
        size=size,
        resized=True,
        centre=np.array(CENTRE, np.float32),
        deviation=np.array(DEVIATION, np.float32),
        losses=np.zeros(0),
        note=f"weights of {place.name}",
    )


def _read(place: Path) -> dict[str, np.ndarray]:
    return {
        re.sub(r"^module\.", "", key): value.detach().float().numpy()
        for key, value in read_tensors(place, "path", within="state_dict").items()
    }


def _canonical(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights under OpenCLIP's names."""
    if "visual.conv1.weight" in found and "visual.layer1.0.conv1.weight" in found:
        refuse("path", "a vision transformer", "a CLIP whose network of images is a ResNet")
    theirs = any(key.startswith("vision_model.") for key in found)
    weights = {}
    for key, value in found.items():
        if not re.fullmatch(IGNORED, key):
            weights[_renamed(key) if theirs else key] = value
    if not theirs:
        return weights
    for key in ("visual.proj", "text_projection"):
        if key in weights:
            weights[key] = np.ascontiguousarray(weights[key].T)
    return _joined(weights)


def _renamed(key: str) -> str:
    for pattern, name in RENAMED:
        key = re.sub(pattern, name, key)
    return key


def _joined(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights with queries, keys and values in one array, in that order."""
    apart = re.compile(r"(.*)\.self_attn\.([qkv])_proj\.(weight|bias)")
    joined, parts = {}, {}
    for key, value in weights.items():
        if found := apart.fullmatch(key):
            parts.setdefault(f"{found[1]}.attn.in_proj_{found[3]}", {})[found[2]] = value
        else:
            joined[key] = value
    for key, three in parts.items():
        if len(three) == 3:
            joined[key] = np.concatenate([three[name] for name in "qkv"])
    return joined


def _plan(
    weights: dict[str, np.ndarray], activation: str, head_width: int
) -> tuple[dict[str, Any], tuple[int, int]]:
    """Return the architecture and the size of images, once all weights are those of a CLIP."""
    for key, axes in MEASURED.items():
        if np.ndim(weights.get(key, 0.0)) != axes:
            got = f"no {key!r} of {axes} axes among {len(weights)} tensors: another network's file"
            refuse("path", "the weights of a CLIP", got)
    weights["logit_scale"] = weights.get("logit_scale", np.zeros(0)).reshape(-1)[:1].squeeze()
    shapes = _wanted(weights)
    if other := sorted(weights.keys() - shapes):
        refuse("path", "the weights of a CLIP only", f"{other[0]!r} too: another network's file")
    for key, shape in shapes.items():
        if key not in weights or weights[key].shape != shape:
            got = "none" if key not in weights else f"shape {weights[key].shape}"
            refuse("path", f"{key!r} of shape {shape}", got)
        if not np.isfinite(weights[key]).all():
            refuse("path", f"{key!r} of finite values", "NaN or infinity among them")
    patch = weights["visual.conv1.weight"].shape[-1]
    side = patch * _side(weights)
    widths = len(weights["visual.class_embedding"]), weights["positional_embedding"].shape[1]
    if widths[0] % head_width or widths[1] % head_width:
        refuse("head_width", f"a divisor of {widths[0]} and {widths[1]}", head_width)
    plan = {"image_network": "transformer", "text_network": "transformer"}
    heads = {"image_heads": widths[0] // head_width, "text_heads": widths[1] // head_width}
    length = len(weights["positional_embedding"])
    return plan | heads | {"length": length, "activation": activation}, (side, side)


def _wanted(weights: dict[str, np.ndarray]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the CLIP of these widths and depths."""
    from toolbox.networks.two_towers.image_towers import vision_transformer_shapes
    from toolbox.networks.two_towers.text_towers import causal_transformer_shapes
    from toolbox.networks.two_towers.transformer import depth

    width, components, patch, _ = weights["visual.conv1.weight"].shape
    words, text_width = weights["token_embedding.weight"].shape
    embedding = weights["text_projection"].shape[1]
    image = vision_transformer_shapes(
        components=components,
        width=width,
        depth=max(1, depth(weights, "visual.transformer.")),
        patch=patch,
        places=_side(weights) ** 2,
        embedding=embedding,
    )
    text = causal_transformer_shapes(
        words=words,
        length=len(weights["positional_embedding"]),
        width=text_width,
        depth=max(1, depth(weights, "transformer.")),
        embedding=embedding,
    )
    return image | text | {"logit_scale": ()}


def _side(weights: dict[str, np.ndarray]) -> int:
    places = len(weights["visual.positional_embedding"]) - 1
    return round(max(1, places) ** 0.5)
