"""Images to unit vectors: strided convolutions, or CLIP's vision transformer (torch)."""

import torch
from jaxtyping import Float
from torch.nn.functional import conv2d, gelu, linear, normalize

from toolbox.networks.two_towers.transformer import (
    Architecture,
    Weights,
    normed,
    transformer,
    transformer_shapes,
)

CONVOLUTIONS = 3  # each halves the image
Images = Float[torch.Tensor, "n components height width"]
Vectors = Float[torch.Tensor, "n embedding"]


def convolutional(images: Images, weights: Weights, architecture: Architecture) -> Vectors:
    """Return unit vectors: three strided 3 x 3 convolutions, then two layers that know places."""
    x = images
    for number in range(CONVOLUTIONS):
        name = f"visual.conv{number}"
        x = gelu(conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], 2, 1))
    for name in ("visual.hidden", "visual.out"):
        x = linear(x.flatten(1), weights[f"{name}.weight"], weights[f"{name}.bias"])
        x = gelu(x) if name == "visual.hidden" else x
    return normalize(x, dim=-1)


def vision_transformer(images: Images, weights: Weights, architecture: Architecture) -> Vectors:
    """Return unit vectors: patches, a class token whose last state is projected (CLIP)."""
    filters = weights["visual.conv1.weight"]
    patches = conv2d(images, filters, stride=filters.shape[-1]).flatten(2).transpose(1, 2)
    first = weights["visual.class_embedding"].expand(len(images), 1, -1)
    x = torch.cat([first, patches], dim=1) + weights["visual.positional_embedding"]
    x = normed(x, weights, "visual.ln_pre")
    heads = int(architecture["image_heads"])
    quick = architecture["activation"] == "quick_gelu"
    x = transformer(x, weights, "visual.transformer.", heads=heads, causal=False, quick=quick)
    return normalize(normed(x[:, 0], weights, "visual.ln_post") @ weights["visual.proj"], dim=-1)


def convolutional_shapes(
    *, components: int, size: tuple[int, int], width: int, embedding: int
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of the convolutional tower."""
    channels, shapes = [components, width, 2 * width, 2 * width], {}
    for number in range(CONVOLUTIONS):
        shapes[f"visual.conv{number}.weight"] = (channels[number + 1], channels[number], 3, 3)
        shapes[f"visual.conv{number}.bias"] = (channels[number + 1],)
    places = channels[-1]
    for n in size:
        places *= -(-n // 2**CONVOLUTIONS)
    shapes |= {"visual.hidden.weight": (4 * width, places), "visual.hidden.bias": (4 * width,)}
    return shapes | {
        "visual.out.weight": (embedding, 4 * width),
        "visual.out.bias": (embedding,),
    }


def vision_transformer_shapes(
    *, components: int, width: int, depth: int, patch: int, places: int, embedding: int
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of CLIP's vision transformer."""
    norms = {
        f"visual.{norm}.{part}": (width,)
        for norm in ("ln_pre", "ln_post")
        for part in ("weight", "bias")
    }
    return {
        "visual.conv1.weight": (width, components, patch, patch),
        "visual.class_embedding": (width,),
        "visual.positional_embedding": (places + 1, width),
        "visual.proj": (width, embedding),
        **norms,
        **transformer_shapes("visual.transformer.", width=width, depth=depth),
    }
