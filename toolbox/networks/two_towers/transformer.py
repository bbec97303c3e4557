"""The transformer of CLIP: blocks of attention and two layers, layer norm before each (torch).

Weights are found by the names that OpenAI and OpenCLIP gave them.
"""

from collections.abc import Collection

import torch
from jaxtyping import Float
from torch.nn.functional import gelu, layer_norm, linear, scaled_dot_product_attention

Weights = dict[str, torch.Tensor]
Architecture = dict[str, int | str]  # the name of either tower, its heads, its activation


def transformer(
    x: Float[torch.Tensor, "n tokens width"],
    weights: Weights,
    prefix: str,
    *,
    heads: int,
    causal: bool,
    quick: bool,
) -> Float[torch.Tensor, "n tokens width"]:
    """Send tokens through all blocks whose names begin with `prefix`."""
    for number in range(depth(weights, prefix)):
        block = f"{prefix}resblocks.{number}."
        y = normed(x, weights, f"{block}ln_1")
        x = x + attention(y, weights, block, heads=heads, causal=causal)
        y = _layer(normed(x, weights, f"{block}ln_2"), weights, f"{block}mlp.c_fc")
        y = y * torch.sigmoid(1.702 * y) if quick else gelu(y)  # OpenAI's approximation of GELU
        x = x + _layer(y, weights, f"{block}mlp.c_proj")
    return x


def attention(
    x: Float[torch.Tensor, "n tokens width"],
    weights: Weights,
    block: str,
    *,
    heads: int,
    causal: bool,
) -> Float[torch.Tensor, "n tokens width"]:
    """Return softmax(q k^T / sqrt(d)) v of each head, mixed; causal: tokens see none after them."""
    n, tokens, width = x.shape
    parts = weights[f"{block}attn.in_proj_weight"], weights[f"{block}attn.in_proj_bias"]
    mixed = linear(x, *parts).reshape(n, tokens, 3, heads, width // heads)
    q, k, v = mixed.permute(2, 0, 3, 1, 4)
    seen = scaled_dot_product_attention(q, k, v, is_causal=causal)
    return _layer(seen.transpose(1, 2).reshape(n, tokens, width), weights, f"{block}attn.out_proj")


def normed(x: torch.Tensor, weights: Weights, name: str) -> torch.Tensor:
    """Return the layer norm of that name."""
    return layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])


def depth(names: Collection[str], prefix: str) -> int:
    """Return how many blocks there are among weights of these names."""
    found = 0
    while f"{prefix}resblocks.{found}.ln_1.weight" in names:
        found += 1
    return found


def transformer_shapes(prefix: str, *, width: int, depth: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of all blocks."""
    shapes = {}
    for number in range(depth):
        block = f"{prefix}resblocks.{number}."
        shapes |= {
            f"{block}attn.in_proj_weight": (3 * width, width),
            f"{block}attn.in_proj_bias": (3 * width,),
            f"{block}attn.out_proj.weight": (width, width),
            f"{block}attn.out_proj.bias": (width,),
            f"{block}mlp.c_fc.weight": (4 * width, width),
            f"{block}mlp.c_fc.bias": (4 * width,),
            f"{block}mlp.c_proj.weight": (width, 4 * width),
            f"{block}mlp.c_proj.bias": (width,),
        }
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"{block}{norm}.weight": (width,), f"{block}{norm}.bias": (width,)}
    return shapes


def _layer(x: torch.Tensor, weights: Weights, name: str) -> torch.Tensor:
    return linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])
