"""Changed copies of small pictures on white, and where the sets of emoji lie on this machine."""

from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

from similarity import Emoji, emoji

DRAWN, SEEN = 40, 32  # pixels an axis as read, and as the networks see them
# How far copies are turned (radians), stretched, shifted (of half the image) and recoloured: less
# than two designs of one thing differ; chosen once, on the first runs, and not tuned.
TURN, SHRINK, STRETCH, SHIFT = 0.3, (0.85, 1.25), 0.15, 0.12
MIX, INK = 0.15, (0.75, 1.2)


def read(packages: str) -> Emoji:
    """Return the emoji of packages that were unpacked below one folder, or are installed."""
    root = Path(packages)
    font = next(root.rglob("NotoColorEmoji.ttf"), None)
    names = next((place.parent for place in root.rglob("annotationsDerived")), None)
    drawings = next(root.rglob("emoji.json")).parent
    return emoji(drawings, font=font, names=names, size=DRAWN)


def copies(images: np.ndarray, rng: np.random.Generator | None) -> np.ndarray:
    """Return one copy (n, 3, 32, 32) of each, changed at random; only made smaller without rng.

    The paper stays white: it is the ink, 1 - x, that is moved and recoloured.
    """
    n = len(images)
    ink = torch.tensor(1 - images)
    grid = affine_grid(torch.tensor(_moves(n, rng)), [n, 3, SEEN, SEEN], align_corners=False)
    moved = grid_sample(ink, grid, align_corners=False).numpy()
    if rng is not None:
        mixed = np.eye(3) + rng.normal(0, MIX, (n, 3, 3))
        strength = rng.uniform(*INK, (n, 1, 1, 1))
        moved = strength * np.einsum("nij,njhw->nihw", mixed, moved)
    return np.clip(1 - moved, 0, 1).astype(np.float32)


def _moves(n: int, rng: np.random.Generator | None) -> np.ndarray:
    """Return affine maps (n, 2, 3) from the copy's places to the picture's."""
    if rng is None:
        return np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1))
    angle, scale = rng.uniform(-TURN, TURN, n), rng.uniform(*SHRINK, n)
    aspect = np.exp(rng.uniform(-STRETCH, STRETCH, n))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    moves = np.zeros((n, 2, 3), np.float32)
    moves[:, 0, 0], moves[:, 0, 1] = cos * aspect, -sin
    moves[:, 1, 0], moves[:, 1, 1] = sin, cos / aspect
    moves[:, :, 2] = rng.uniform(-SHIFT, SHIFT, (n, 2))
    return moves
