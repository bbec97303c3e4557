"""Two networks from channels to classes of pixels (torch): a linear map, and a small U-Net."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate, pad

DEPTHS = (24, 32, 48)  # features at full, half and a quarter of the resolution: 100 k weights
GROUPS_OF_NORM = 4
LAST_LAYER = 0.1  # spread of the U-Net's last weights against He's: it begins near even odds


class Linear(nn.Module):
    """Logits of each pixel as a linear map of its channels."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.last = nn.Conv2d(channels, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (n, C, h, w)."""
        return self.last(x)


class UNet(nn.Module):
    """Three resolutions with shortcuts between them, beside a linear map of the channels.

    The linear map lets the network begin as a linear model: what the convolutions add is context
    (Ronneberger, Fischer and Brox, 2015, for the rest).
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        fine, half, coarse = DEPTHS
        self.enter = _block(channels, fine)
        self.down = _block(fine, half)
        self.bottom = _block(half, coarse)
        self.up = _block(coarse + half, half)
        self.out = _block(half + fine, fine)
        self.last = nn.Conv2d(fine, classes, 1)
        self.straight = nn.Conv2d(channels, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (n, C, h, w), for any h and w."""
        h, w = x.shape[-2:]
        fine, half, coarse = self.encoded(x)
        half = self.up(torch.cat([_doubled(coarse), half], dim=1))
        fine = self.out(torch.cat([_doubled(half), fine], dim=1))
        return self.last(fine)[..., :h, :w] + self.straight(x)

    def encoded(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return features at full, half and a quarter of the resolution, sides rounded up."""
        h, w = x.shape[-2:]
        room = (0, -w % 4, 0, -h % 4)
        padded = pad(x, room, mode="replicate") if any(room) else x
        fine = self.enter(padded)
        half = self.down(nn.functional.avg_pool2d(fine, 2))
        return fine, half, self.bottom(nn.functional.avg_pool2d(half, 2))

    def encoder(self) -> tuple[nn.Module, nn.Module, nn.Module]:
        """Return the parts whose features `encoded` gives."""
        return self.enter, self.down, self.bottom


NETWORKS = {"linear": Linear, "discriminant": Linear, "unet": UNet}


def initialised(name: str, channels: int, classes: int, rng: np.random.Generator) -> nn.Module:
    """Return a network whose weights are drawn from `rng` alone (He et al., 2015)."""
    network = _built(name, channels, classes)
    for part, values in network.named_parameters():
        if values.ndim == 1:
            continue  # biases and scales of norms keep their constants
        spread = np.sqrt(2 / values[0].numel())
        if part == "last.weight":
            spread *= LAST_LAYER
        drawn = spread * rng.standard_normal(tuple(values.shape))
        if part == "straight.weight" or name == "linear":
            drawn = np.zeros_like(drawn)
        values.data = torch.tensor(drawn, dtype=torch.float32)
    for part, values in network.named_parameters():
        if part.endswith("bias"):
            values.data.zero_()
    return network


def arrays_of(network: nn.Module) -> dict[str, np.ndarray]:
    """Return the weights by name; maps of single pixels as matrices, without axes of one."""
    state = {name: v.detach().numpy().copy() for name, v in network.state_dict().items()}
    return {k: v[..., 0, 0] if v.shape[2:] == (1, 1) else v for k, v in state.items()}


def with_arrays(name: str, arrays: dict[str, np.ndarray]) -> nn.Module:
    """Return the network of these weights."""
    last = arrays["last.weight"]
    channels = (arrays["straight.weight"] if name == "unet" else last).shape[1]
    network = _built(name, channels, len(last))
    state = network.state_dict()
    network.load_state_dict({k: torch.tensor(v).reshape(state[k].shape) for k, v in arrays.items()})
    return network.eval()


def _built(name: str, channels: int, classes: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):  # torch draws weights of its own, which are replaced
        return NETWORKS[name](channels, classes)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    def layer(inside: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inside, outputs, 3, padding=1, padding_mode="reflect")
        return [convolution, nn.GroupNorm(GROUPS_OF_NORM, outputs), nn.ReLU()]

    return nn.Sequential(*layer(inputs), *layer(outputs))


def _doubled(x: torch.Tensor) -> torch.Tensor:
    return interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
