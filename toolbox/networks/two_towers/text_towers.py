"""Texts to unit vectors: the mean of their words, or CLIP's causal transformer (torch).

Tokens are numbers from 1; 0 fills up short texts. A prompt that is learned comes in as vectors
that stand before the words of every text, or of each text its own.
"""

import torch
from jaxtyping import Float, Int
from torch.nn.functional import gelu, linear, normalize

from toolbox.networks.two_towers.transformer import (
    Architecture,
    Weights,
    normed,
    transformer,
    transformer_shapes,
)

Tokens = Int[torch.Tensor, "n length"]
Context = Float[torch.Tensor, "n prompt width"] | None
Vectors = Float[torch.Tensor, "n embedding"]


def bag(
    tokens: Tokens,
    weights: Weights,
    architecture: Architecture,
    context: Context = None,
) -> Vectors:
    """Return unit vectors: two layers on the mean of the words; their order does not count."""
    words = weights["token_embedding.weight"][tokens]
    real = (tokens > 0).to(words.dtype)[:, :, None]
    total, number = (words * real).sum(dim=1), real.sum(dim=1)
    if context is not None:
        total, number = total + context.sum(dim=1), number + context.shape[1]
    x = gelu(linear(total / number, weights["text.hidden.weight"], weights["text.hidden.bias"]))
    return normalize(linear(x, weights["text.out.weight"], weights["text.out.bias"]), dim=-1)


def causal_transformer(
    tokens: Tokens,
    weights: Weights,
    architecture: Architecture,
    context: Context = None,
) -> Vectors:
    """Return unit vectors: the projected state of the last token, the one of the highest number.

    A prompt stands after the first token, as in Zhou et al. (2022); what it pushes beyond the
    longest text is cut, which is padding where texts leave as much room.
    """
    x = weights["token_embedding.weight"][tokens]
    end = tokens.argmax(dim=1)
    if context is not None:
        x = torch.cat([x[:, :1], context, x[:, 1:]], dim=1)[:, : tokens.shape[1]]
        end = end + context.shape[1]
    x = x + weights["positional_embedding"][: x.shape[1]]
    heads = int(architecture["text_heads"])
    quick = architecture["activation"] == "quick_gelu"
    x = transformer(x, weights, "transformer.", heads=heads, causal=True, quick=quick)
    last = normed(x, weights, "ln_final")[torch.arange(len(x)), end]
    return normalize(last @ weights["text_projection"], dim=-1)


def bag_shapes(*, words: int, width: int, embedding: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of the bag of words."""
    return {
        "token_embedding.weight": (words, width),
        "text.hidden.weight": (2 * width, width),
        "text.hidden.bias": (2 * width,),
        "text.out.weight": (embedding, 2 * width),
        "text.out.bias": (embedding,),
    }


def causal_transformer_shapes(
    *, words: int, length: int, width: int, depth: int, embedding: int
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of CLIP's text tower."""
    return {
        "token_embedding.weight": (words, width),
        "positional_embedding": (length, width),
        "ln_final.weight": (width,),
        "ln_final.bias": (width,),
        "text_projection": (width, embedding),
        **transformer_shapes("transformer.", width=width, depth=depth),
    }
