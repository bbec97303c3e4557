"""Both towers as functions of their weights: which networks there are, how they start, NumPy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from toolbox.networks.two_towers.image_towers import convolutional, vision_transformer
from toolbox.networks.two_towers.text_towers import bag, causal_transformer
from toolbox.networks.two_towers.transformer import Architecture, Weights

IMAGE_TOWERS: dict[str, Callable[..., torch.Tensor]] = {
    "convolutional": convolutional,
    "transformer": vision_transformer,
}
TEXT_TOWERS: dict[str, Callable[..., torch.Tensor]] = {
    "bag": bag,
    "transformer": causal_transformer,
}
START_SCALE = float(np.log(1 / 0.07))  # log of what cosines are multiplied by, as Radford et al.
TOGETHER = 256  # images or texts


def image_vectors(
    images: torch.Tensor, weights: Weights, architecture: Architecture
) -> torch.Tensor:
    """Return unit vectors of images."""
    return IMAGE_TOWERS[str(architecture["image_network"])](images, weights, architecture)


def text_vectors(
    tokens: torch.Tensor,
    weights: Weights,
    architecture: Architecture,
    context: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return unit vectors of texts, behind a learned prompt where there is one."""
    return TEXT_TOWERS[str(architecture["text_network"])](tokens, weights, architecture, context)


def initial(shapes: dict[str, tuple[int, ...]], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw weights: normal of variance 1 / inputs, ones for norms, zeros for what is added."""
    drawn = {}
    for name, shape in shapes.items():
        if name.endswith("bias"):
            drawn[name] = np.zeros(shape, np.float32)
        elif len(shape) == 1 and name.endswith("weight"):
            drawn[name] = np.ones(shape, np.float32)
        else:
            embedded = "embedding" in name
            inputs = shape[0] if name.endswith("proj") else np.prod(shape[1:])
            spread = 0.1 if embedded else np.sqrt(1 / inputs)
            values = rng.standard_normal(shape, dtype=np.float32)
            drawn[name] = (spread * values).astype(np.float32)
    return drawn | {"logit_scale": np.array(START_SCALE, np.float32)}


def tensors(weights: dict[str, np.ndarray], device: str) -> Weights:
    """Return the weights as tensors of their own."""
    return {name: torch.tensor(value, device=device) for name, value in weights.items()}


def arrays(weights: Weights) -> dict[str, np.ndarray]:
    """Return tensors as arrays."""
    return {name: value.detach().cpu().numpy() for name, value in weights.items()}


def encoded(
    tower: Callable[..., torch.Tensor],
    values: np.ndarray,
    weights: dict[str, np.ndarray],
    architecture: Architecture,
    *,
    device: str,
) -> np.ndarray:
    """Return unit vectors (n, embedding) of images or tokens, some hundred at once."""
    placed = tensors(weights, device)
    with torch.no_grad():
        found = [
            tower(torch.tensor(part, device=device), placed, architecture).cpu().numpy()
            for part in np.split(values, range(TOGETHER, len(values), TOGETHER))
        ]
    return np.concatenate(found)


def scale(weights: dict[str, Any]) -> Any:
    """Return what cosines are multiplied by; at most 100, as Radford et al. (2021)."""
    value = weights["logit_scale"]
    if isinstance(value, torch.Tensor):
        return value.clamp(max=float(np.log(100))).exp()
    return float(np.exp(min(float(value), np.log(100))))
