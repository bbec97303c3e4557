"""Generator and discriminator of a deep convolutional GAN, in torch.

The architecture is that of Radford, Metz & Chintala (2016): strided 4 x 4 convolutions, transposed
in the generator, from 4 x 4 positions up to the size of the image; batch normalisation everywhere
but at the generator's output and the discriminator's input; ReLU in the generator, leaky ReLU of
slope 0.2 in the discriminator. The finest layer has `filters` channels and each coarser one twice
as many, up to eight times. With a `depth` above 1 each strided layer is followed by that many less
one 3 x 3 convolutions.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

SIZES = (32, 64, 128, 256)
SPREAD = 0.02  # standard deviation of the initial weights
SLOPE = 0.2  # of the leaky ReLU
WIDEST = 8  # times `filters`


def dcgan_generator(
    components: int, size: int, *, filters: int, depth: int, latent: int, bounded: bool
) -> nn.Sequential:
    """Return the generator, latent vectors (B, latent) to images (B, K, size, size).

    It has no values yet: `initialise` or `load_state_dict` sets them. With `bounded` its output is
    a hyperbolic tangent, from -1 to 1.
    """
    widths = _widths(size, filters)[::-1]
    with torch.device("meta"):  # draws nothing from torch's global stream
        layers = [nn.Unflatten(1, (latent, 1, 1))]
        layers += _block(nn.ConvTranspose2d(latent, widths[0], 4, 1, 0, bias=False), nn.ReLU())
        layers += _deeper(widths[0], depth, nn.ReLU())
        for coarse, fine in pairwise(widths):
            layers += _block(nn.ConvTranspose2d(coarse, fine, 4, 2, 1, bias=False), nn.ReLU())
            layers += _deeper(fine, depth, nn.ReLU())
        layers += [nn.ConvTranspose2d(widths[-1], components, 4, 2, 1)]
        layers += [nn.Tanh()] if bounded else []
        return nn.Sequential(*layers).float()


def dcgan_discriminator(components: int, size: int, *, filters: int, depth: int) -> nn.Sequential:
    """Return the discriminator, images (B, K, size, size) to log-odds (B,) of being real."""
    widths = _widths(size, filters)
    with torch.device("meta"):
        layers = [nn.Conv2d(components, widths[0], 4, 2, 1), nn.LeakyReLU(SLOPE)]
        layers += _deeper(widths[0], depth, nn.LeakyReLU(SLOPE))
        for fine, coarse in pairwise(widths):
            block = _block(nn.Conv2d(fine, coarse, 4, 2, 1, bias=False), nn.LeakyReLU(SLOPE))
            layers += block + _deeper(coarse, depth, nn.LeakyReLU(SLOPE))
        layers += [nn.Conv2d(widths[-1], 1, 4, 1, 0), nn.Flatten(0)]
        return nn.Sequential(*layers).float()


def initialise(network: nn.Sequential, rng: np.random.Generator, device: str) -> nn.Sequential:
    """Draw the weights from N(0, .02^2), the gains of batch normalisation from N(1, .02^2)."""
    network.to_empty(device=device)
    with torch.no_grad():
        for layer in network:
            if isinstance(layer, nn.BatchNorm2d):
                layer.reset_running_stats()
            for name, parameter in layer.named_parameters():
                if name == "bias":
                    parameter.zero_()
                    continue
                centre = 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0
                drawn = centre + SPREAD * rng.standard_normal(parameter.shape)
                parameter.copy_(torch.from_numpy(drawn))
    return network


def state_arrays(network: nn.Sequential, prefix: str) -> dict[str, np.ndarray]:
    """Return all values of a network, with those of batch normalisation, by prefixed name."""
    return {
        f"{prefix}.{name}": value.detach().cpu().numpy().copy()
        for name, value in network.state_dict().items()
    }


def with_arrays(
    network: nn.Sequential, arrays: dict[str, np.ndarray], prefix: str, device: str
) -> nn.Sequential:
    """Set all values of a network from what `state_arrays` returned."""
    network.to_empty(device=device)
    own = {n.removeprefix(f"{prefix}."): v for n, v in arrays.items() if n.startswith(f"{prefix}.")}
    network.load_state_dict({name: torch.tensor(value) for name, value in own.items()})
    return network


def _widths(size: int, filters: int) -> list[int]:
    """Return the channels from the finest layer, of half the size, to the coarsest, 4 x 4."""
    layers = size.bit_length() - 3
    return [filters * min(WIDEST, 2**layer) for layer in range(layers)]


def _block(convolution: nn.Module, activation: nn.Module) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(convolution.out_channels), activation]


def _deeper(width: int, depth: int, activation: nn.Module) -> list[nn.Module]:
    layers = []
    for _ in range(depth - 1):
        layers += _block(nn.Conv2d(width, width, 3, 1, 1, bias=False), activation)
    return layers
