"""CLIP's forward passes in NumPy, a head and a token at a time.

Radford et al. (2021); Vaswani et al. (2017) for attention. Weights by OpenAI's names, float64.
"""

import numpy as np
from scipy.special import erf


def layer_norm(x, w, name):
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]


def attention(x, w, block, heads, *, causal):
    """One item, (tokens, width)."""
    tokens, width = x.shape
    narrow = width // heads
    projected = x @ w[f"{block}attn.in_proj_weight"].T + w[f"{block}attn.in_proj_bias"]
    seen = np.zeros_like(x)
    for head in range(heads):
        q, k, v = (
            projected[:, start + head * narrow : start + (head + 1) * narrow]
            for start in (0, width, 2 * width)
        )
        for token in range(tokens):
            last = token + 1 if causal else tokens
            scores = np.array([q[token] @ k[other] for other in range(last)]) / np.sqrt(narrow)
            share = np.exp(scores - scores.max())
            share /= share.sum()
            mixed = sum(s * v[other] for other, s in enumerate(share))
            seen[token, head * narrow : (head + 1) * narrow] = mixed
    return seen @ w[f"{block}attn.out_proj.weight"].T + w[f"{block}attn.out_proj.bias"]


def activated(y, kind):
    if kind == "quick_gelu":
        return y / (1 + np.exp(-1.702 * y))
    return y * (1 + erf(y / np.sqrt(2))) / 2


def blocks(x, w, prefix, *, depth, heads, causal, kind):
    for number in range(depth):
        block = f"{prefix}resblocks.{number}."
        x = x + attention(layer_norm(x, w, f"{block}ln_1"), w, block, heads, causal=causal)
        y = layer_norm(x, w, f"{block}ln_2") @ w[f"{block}mlp.c_fc.weight"].T
        y = activated(y + w[f"{block}mlp.c_fc.bias"], kind)
        x = x + y @ w[f"{block}mlp.c_proj.weight"].T + w[f"{block}mlp.c_proj.bias"]
    return x


def image_vector(image, w, *, depth, heads, kind):
    """Return the unit vector of one image (3, side, side), normalised already."""
    filters = w["visual.conv1.weight"]
    patch, rows = filters.shape[-1], [w["visual.class_embedding"]]
    for top in range(0, image.shape[1], patch):
        for left in range(0, image.shape[2], patch):
            piece = image[:, top : top + patch, left : left + patch]
            rows.append((filters * piece).sum(axis=(1, 2, 3)))
    x = layer_norm(np.array(rows) + w["visual.positional_embedding"], w, "visual.ln_pre")
    shape = {"depth": depth, "heads": heads, "kind": kind}
    x = blocks(x, w, "visual.transformer.", causal=False, **shape)
    z = layer_norm(x[0], w, "visual.ln_post") @ w["visual.proj"]
    return z / np.linalg.norm(z)


def text_vector(tokens, w, *, depth, heads, kind):
    """Return the unit vector of one text; `tokens` without what fills up."""
    x = w["token_embedding.weight"][tokens] + w["positional_embedding"][: len(tokens)]
    x = blocks(x, w, "transformer.", depth=depth, heads=heads, causal=True, kind=kind)
    z = layer_norm(x[-1], w, "ln_final") @ w["text_projection"]
    return z / np.linalg.norm(z)


def byte_signs():
    """CLIP's letters for bytes: printable ones stand for themselves, others follow from 256 on."""
    plain = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or 174 <= b <= 255]
    table, spare = {}, 256
    for b in range(256):
        if b in plain:
            table[b] = chr(b)
        else:
            table[b], spare = chr(spare), spare + 1
    return [table[b] for b in plain] + [table[b] for b in range(256) if b not in plain], table


def tokens_of_word(word, merges):
    """Apply the merges in their order, each wherever it fits."""
    signs, table = byte_signs()
    vocabulary = [*signs, *(s + "</w>" for s in signs), *("".join(m) for m in merges)]
    parts = [table[b] for b in word.encode("utf-8")]
    parts[-1] += "</w>"
    for left, right in merges:
        i = 0
        while i < len(parts) - 1:
            if (parts[i], parts[i + 1]) == (left, right):
                parts[i : i + 2] = [left + right]
            i += 1
    return [vocabulary.index(part) for part in parts]
