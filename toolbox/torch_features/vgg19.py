"""The convolutional part of VGG-19 (Simonyan & Zisserman, 2015), in torch: shapes and forward pass.

No weights come with it; whoever has a file brings them.
"""

from typing import NamedTuple

import torch
from torch.nn import functional

# Channels and number of convolutions of each block; every filter is 3 x 3.
BLOCKS = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))


class Vgg19(NamedTuple):
    """Weights by canonical name, and what the network that they come from does beside them."""

    filters: dict[str, torch.Tensor]  # "conv{block}_{i}": (outputs, inputs, 3, 3)
    biases: dict[str, torch.Tensor]  # (outputs,)
    bgr: bool  # the order of the colours that it wants
    offset: tuple[float, float, float]  # taken from red, green and blue in 0 to 255
    scale: tuple[float, float, float]  # by which red, green and blue are then divided
    pooling: str  # "max" or "average"
    padding: str  # "zeros" or "reflect"


def layer_shapes(blocks: int = len(BLOCKS)) -> dict[str, tuple[int, int, int, int]]:
    """Return the shape of the filters of each convolution of the first blocks, in order."""
    shapes, inputs = {}, 3
    for block, (channels, convolutions) in enumerate(BLOCKS[:blocks], start=1):
        for i in range(1, convolutions + 1):
            shapes[f"conv{block}_{i}"] = (channels, inputs, 3, 3)
            inputs = channels
    return shapes


def activations(x: torch.Tensor, network: Vgg19, *, blocks: int) -> dict[str, torch.Tensor]:
    """Return all rectified convolutions and pools of the first blocks.

    Parameters
    ----------
    x : Tensor, shape (B, 3, h, w)
        Red, green and blue, from 0 to 255, each side at least 2^blocks.
    network : Vgg19
    blocks : int

    Returns
    -------
    dict of Tensor
        "conv{block}_{i}", of the block's resolution, and "pool{block}", of half of it.
    """
    x = (x - _colours(network.offset, x)) / _colours(network.scale, x)
    if network.bgr:
        x = x.flip(1)
    pool = functional.max_pool2d if network.pooling == "max" else functional.avg_pool2d
    result = {}
    for block, (_, convolutions) in enumerate(BLOCKS[:blocks], start=1):
        for i in range(1, convolutions + 1):
            name = f"conv{block}_{i}"
            x = torch.relu(_convolve(x, network, name))
            result[name] = x
        x = pool(x, 2)
        result[f"pool{block}"] = x
    return result


def _convolve(x: torch.Tensor, network: Vgg19, name: str) -> torch.Tensor:
    mode = "constant" if network.padding == "zeros" else "reflect"
    wide = functional.pad(x, (1, 1, 1, 1), mode=mode)
    return functional.conv2d(wide, network.filters[name].to(x.dtype), network.biases[name].to(x))


def _colours(values: tuple[float, float, float], x: torch.Tensor) -> torch.Tensor:
    return torch.tensor(values, dtype=x.dtype, device=x.device).view(3, 1, 1)
