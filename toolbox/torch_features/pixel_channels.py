"""Channels of each pixel: the texture around it, by wavelets and by orders of grey levels (torch).

Undecimated, with symmetric filters and mirrored borders, so that a mirror image of an image has
the mirror image of its channels, and a transposed one the same with rows and columns exchanged.
"""

import numpy as np
import torch
from torch.nn.functional import avg_pool2d, conv2d, pad

LEVELS = 4
DIRECTIONS = 3  # high along rows, high along columns, high along both
WIDTH = 2  # pixels to each side over which energies are averaged, widened with the scale
WIDER = 3  # the same of what needs more pixels: third moments, and how often an order occurs
REACHES = (1, 2)  # pixels from the middle of three in a line to the outer ones
# Pixels to each side over which the channels are averaged again. In four worlds of mosaics a shrunk
# discriminant of 8 masks has a mean IoU of .53 with these, of .43 with energies over 11 pixels.
AROUND = (0, 5, 10)
FLOOR = 1e-3  # under the logarithm, of images of variance one

# Channels of one component, before they are averaged again: energies, sparsity and skewness of each
# scale, the pixel, and from there on the orders.
_ORDERS = LEVELS * (DIRECTIONS + 2) + 1
_EACH_REACH = 2 * DIRECTIONS + 1
_ONE = _ORDERS + _EACH_REACH * len(REACHES)
_SPLINE = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # cubic B-spline (Starck and Murtagh, 1994)
# Rows and columns of the neighbours all around, opposite ones four places apart.
_CIRCLE = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))


def pixel_channels(x: torch.Tensor) -> torch.Tensor:
    """Return channels (n, F, h, w) of images (n, K, h, w), of variance one or so.

    For each component: log E|d| in three directions and four scales; the log of E|d| over
    (E d^2)^(1/2) of all directions, which is low where few coefficients hold the energy; the
    skewness E d^3 / (E d^2)^(3/2) of what is high in any direction; the pixel itself; how often
    three pixels in a line have a peak in the middle, or a valley, and a circle of pixels goes from
    lower ones to higher ones; and the means of all these over two wider neighbourhoods. Means of
    logarithms are steadier than the logarithm of a mean, which a single edge decides.
    """
    n, k, h, w = x.shape
    pixels = x.reshape(n * k, 1, h, w)
    orders = [order_patterns(pixels, reach) for reach in REACHES]
    one = torch.cat([*wavelet_statistics(pixels), pixels, *orders], dim=1)
    wider = [_mean(one, around) if around else one for around in AROUND]
    return torch.cat(wider, dim=1).reshape(n, -1, h, w)


def wavelet_statistics(x: torch.Tensor) -> list[torch.Tensor]:
    """Return log-energies, sparsity and skewness of all scales around each pixel (n, 1, h, w)."""
    energies, sparsity, skewness = [], [], []
    smooth = x
    for level in range(LEVELS):
        along, across = _low(smooth, level, axis=2), _low(smooth, level, axis=3)
        low = _low(along, level, axis=3)
        # symmetric in rows and columns: (1 - L) on one axis, L on the other, or (1 - L) on both
        details = torch.cat([across - low, along - low, smooth - along - across + low], dim=1)
        size = details.abs()
        width = WIDTH << min(level, 2)
        energies.append(torch.log(_mean(size, width) + FLOOR))
        square = _mean((details**2).mean(dim=1, keepdim=True), width)
        first = _mean(size.mean(dim=1, keepdim=True), width)
        sparsity.append(torch.log((first + FLOOR) / (square.sqrt() + FLOOR)))
        high = smooth - low
        skewness.append(_mean(high**3, WIDER) / (_mean(high**2, WIDER) ** 1.5 + FLOOR))
        smooth = low
    return [*energies, *sparsity, *skewness]


def order_patterns(x: torch.Tensor, reach: int) -> torch.Tensor:
    """Return how often grey levels are in what order around each pixel (n, 7, h, w).

    Ordinal patterns (Bandt and Pompe, 2002) of three pixels `reach` apart: the share of peaks, then
    of valleys, along rows, along columns and on both diagonals; and the share of places between
    neighbours on a circle where higher ones meet lower ones (Ojala, Pietikainen and Maenpaa, 2002).
    None of it changes with an increasing function of the grey levels.
    """
    height, width = x.shape[-2:]
    padded = pad(x, (reach,) * 4, mode="reflect")
    around = torch.cat(
        [
            padded[..., reach * (1 + i) :, reach * (1 + j) :][..., :height, :width]
            for i, j in _CIRCLE
        ],
        dim=1,
    )
    higher, lower = (around > x).to(x.dtype), (around < x).to(x.dtype)
    half = len(_CIRCLE) // 2
    lines = [both[:, :half] * both[:, half:] for both in (lower, higher)]
    patterns = [part for line in lines for part in (line[:, [0]], line[:, [2]], _diagonals(line))]
    changes = (higher != higher.roll(1, dims=1)).to(x.dtype).mean(dim=1, keepdim=True)
    return _mean(torch.cat([*patterns, changes], dim=1), WIDER)


def transposed_order(components: int) -> np.ndarray:
    """Return where the channels of a transposed image stand among those of the image."""
    one = np.arange(_ONE)
    energies = DIRECTIONS * np.arange(LEVELS)
    peaks = _ORDERS + _EACH_REACH * np.arange(len(REACHES))
    for first in (*energies, *peaks, *(peaks + DIRECTIONS)):
        one[first], one[first + 1] = first + 1, first
    return np.concatenate([one + _ONE * k for k in range(components * len(AROUND))])


def _diagonals(line: torch.Tensor) -> torch.Tensor:
    return (line[:, [1]] + line[:, [3]]) / 2


def _low(x: torch.Tensor, level: int, *, axis: int) -> torch.Tensor:
    """Return the low-pass along one axis, its taps 2^level apart."""
    step = 2**level
    taps = torch.tensor(_SPLINE, dtype=x.dtype, device=x.device)
    shape = (1, 1, 5, 1) if axis == 2 else (1, 1, 1, 5)
    dilation = (step, 1) if axis == 2 else (1, step)
    room = (0, 0, 2 * step, 2 * step) if axis == 2 else (2 * step, 2 * step, 0, 0)
    return conv2d(pad(x, room, mode="reflect"), taps.reshape(shape), dilation=dilation)


def _mean(x: torch.Tensor, width: int) -> torch.Tensor:
    """Return the mean over a square of 2 width + 1 pixels, mirrored at the border."""
    width = min(width, min(x.shape[-2:]) - 1)
    padded, side = pad(x, (width,) * 4, mode="reflect"), 2 * width + 1
    rows = avg_pool2d(padded, (side, 1), stride=1)  # one axis, then the other: 2 side, not side^2
    return avg_pool2d(rows, (1, side), stride=1)
