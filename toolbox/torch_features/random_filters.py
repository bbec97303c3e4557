"""An untrained network: random rectified filters on the levels of a dyadic pyramid (torch)."""

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

_BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


class FilterBank(NamedTuple):
    """Filters and thresholds of the levels, finest first."""

    filters: tuple[torch.Tensor, ...]  # (channels, K, *taps) a level
    thresholds: torch.Tensor  # (channels,)


def filter_features(x: torch.Tensor, bank: FilterBank) -> list[torch.Tensor]:
    r"""Return :math:`\mathrm{ReLU}(w_c * x_j - b_c)` for each level :math:`x_j` of the pyramid.

    Everything is periodic: x (B, K, *canvas) with sides that are multiples of 2^(levels - 1),
    features (B, channels, *canvas / 2^j).
    """
    features = []
    for level, filters in enumerate(bank.filters):
        if level:
            x = blur_and_halve(x)
        features.append(torch.relu(_convolve(x, filters, bias=-bank.thresholds)))
    return features


def blur_and_halve(x: torch.Tensor) -> torch.Tensor:
    """Blur by the binomial filter of 5 taps along each axis and keep every other value."""
    taps = torch.tensor(_BINOMIAL, dtype=x.dtype, device=x.device)
    window = taps
    for _ in range(x.ndim - 3):
        window = window[..., None] * taps
    channels = x.shape[1]
    weight = window.expand(channels, 1, *window.shape)
    return _convolve(x, weight, stride=2, groups=channels)


def random_bank(
    draws: list[np.ndarray], patch_covariances: list[np.ndarray], *, floor: float
) -> FilterBank:
    r"""Turn Gaussian draws into filters for which the exemplars' patches are white.

    Photographs have so little energy in their finest details that plain random filters hardly see
    them. With the patch covariance :math:`\Sigma_j` of a level, the filters are
    :math:`R_j \Sigma_j^{-1/2}`, the rows of :math:`R_j` random directions of length one, so that
    every response has a variance near one; eigenvalues are raised to `floor` times the largest.
    Thresholds rise evenly from 0 to 2 standard deviations.

    Parameters
    ----------
    draws : list of ndarray, shape (channels, K, *taps)
    patch_covariances : list of ndarray, shape (P, P), P = K times the number of taps
    floor : float
    """
    filters = []
    for draw, covariance in zip(draws, patch_covariances, strict=True):
        values, vectors = np.linalg.eigh(covariance)
        values = np.maximum(values, max(floor * values[-1], 1e-12))
        rows = draw.reshape(len(draw), -1)
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        white = rows @ (vectors * values**-0.5) @ vectors.T
        filters.append(torch.tensor(white.reshape(draw.shape), dtype=torch.float32))
    channels = len(draws[0])
    thresholds = torch.arange(channels, dtype=torch.float32) * (2.0 / channels)
    return FilterBank(filters=tuple(filters), thresholds=thresholds)


def patches(x: torch.Tensor, taps: tuple[int, ...]) -> torch.Tensor:
    """Return the patch around each position of a periodic x: (B, K * taps, positions)."""
    half = [t // 2 for t in taps]
    shifts = list(np.ndindex(*taps))
    axes = tuple(range(2, x.ndim))
    moved = [
        torch.roll(x, tuple(h - s for h, s in zip(half, shift, strict=True)), axes)
        for shift in shifts
    ]
    return torch.stack(moved, dim=2).flatten(1, 2).flatten(2)


def _convolve(
    x: torch.Tensor,
    weight: torch.Tensor,
    *,
    bias: torch.Tensor | None = None,
    stride: int = 1,
    groups: int = 1,
) -> torch.Tensor:
    """Correlate a periodic x with filters of odd length, centred."""
    pad = [side for taps in reversed(weight.shape[2:]) for side in (taps // 2, taps // 2)]
    wide = functional.pad(x, pad, mode="circular")
    convolution = functional.conv1d if x.ndim == 3 else functional.conv2d
    return convolution(wide, weight, bias, stride=stride, groups=groups)
