"""Patches of images and signals, and the steps that carry them to an exemplar's along lines."""

import numpy as np
import torch
from torch.nn import functional

from synthesis.matching.values import mid_rank_quantiles

# How far the directions of little variance are amplified (0 not at all, 1 whitened), and the least
# variance, against the largest, that still is.
_FLATTENING = 0.3
_LEAST_VARIANCE = 1e-3
_MOMENTUM = 0.8


class Target:
    """The patches of one exemplar (1, K, h, w), and the metric in which they are compared."""

    def __init__(self, exemplar: torch.Tensor, taps: tuple[int, int]) -> None:
        self.exemplar, self.taps = exemplar, taps
        patches = functional.unfold(exemplar, taps)[0]
        centred = (patches - patches.mean(dim=1, keepdim=True)).double()
        values, vectors = np.linalg.eigh((centred @ centred.T / centred.shape[1]).numpy())
        scale = np.maximum(values, _LEAST_VARIANCE * values[-1]) ** (0.5 * _FLATTENING)
        self._stretch, self._shrink = (vectors / scale) @ vectors.T, (vectors * scale) @ vectors.T

    def along(self, basis: np.ndarray) -> "Lines":
        """Return directions from an orthogonal basis, and the patches sorted along each."""
        onto = torch.tensor(basis @ self._stretch, dtype=torch.float32)
        back = torch.tensor(self._shrink @ basis.T, dtype=torch.float32)
        projected = (onto @ functional.unfold(self.exemplar, self.taps)[0]).numpy()
        return Lines(onto, back, np.sort(projected, axis=1))


class Lines:
    """Directions, what they come from, and where the exemplar's patches lie along each."""

    def __init__(self, onto: torch.Tensor, back: torch.Tensor, wanted: np.ndarray) -> None:
        self.onto, self.back, self.wanted = onto, back, wanted
        self.variance = wanted.var(axis=1).sum()

    def residual(self, patches: torch.Tensor) -> tuple[torch.Tensor, float]:
        """Return how far patches (d, N) must move along each direction, and the relative loss."""
        found = (self.onto @ patches).numpy()
        order = np.argsort(found, axis=1)
        moved = np.empty_like(found)
        wanted = mid_rank_quantiles(self.wanted, found.shape[1])
        np.put_along_axis(moved, order, wanted, axis=1)
        moved -= found
        return torch.from_numpy(moved), float((moved**2).mean(axis=1).sum() / self.variance)


class Child:
    """One child on one level: its pixels (1, K, h, w) and their velocity."""

    def __init__(self, pixels: torch.Tensor, taps: tuple[int, int]) -> None:
        self.pixels, self.taps = pixels, taps
        self._velocity = torch.zeros_like(pixels)
        ones = torch.ones_like(functional.unfold(pixels, taps))
        # Pixels at the frame are in few patches: at full step and with momentum they would not
        # settle.
        self._patches_a_pixel = self._fold(ones).clamp(min=0.5 * taps[0] * taps[1])

    def move(self, lines: Lines) -> float:
        """Take one step towards the exemplar; return the loss before it."""
        residual, loss = lines.residual(functional.unfold(self.pixels, self.taps)[0])
        step = self._fold((lines.back @ residual)[None]) / self._patches_a_pixel
        self._velocity = _MOMENTUM * self._velocity + step
        self.pixels = self.pixels + self._velocity
        return loss

    def _fold(self, patches: torch.Tensor) -> torch.Tensor:
        return functional.fold(patches, tuple(self.pixels.shape[2:]), self.taps)


def resized(images: torch.Tensor, space: tuple[int, int]) -> torch.Tensor:
    """Return images (B, K, h, w) in another size, by cubic interpolation without aliasing."""
    if tuple(images.shape[2:]) == space:
        return images
    return functional.interpolate(
        images, size=space, mode="bicubic", antialias=True, align_corners=False
    )
