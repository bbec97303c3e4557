"""Images as networks are trained on them: standardised channels, beside what is known."""

from typing import Any

import numpy as np

from labelling.segmentation.targets import image_weights, labelled_images
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import unit_items
from toolbox.networks.segmentation.dihedral import GROUPS

SMALLEST = 32  # rows and columns
TINY = 1e-12  # variance of a channel that is the same everywhere


def checked_images(images: Any, argument: str, *, like: np.ndarray | None = None) -> np.ndarray:
    """Return images (n, K, h, w) in float32, each component standardised by itself."""
    x = checks.items(images, argument, dim=2)
    if min(x.shape[-2:]) < SMALLEST:
        refuse(argument, f"images of at least {SMALLEST} x {SMALLEST}", f"shape {x.shape}")
    if like is not None and x.shape[1:] != like.shape[1:]:
        wanted = f"images of {like.shape[1]} components and {like.shape[2:]}, as the labelled ones"
        refuse(argument, wanted, f"shape {x.shape}")
    checks.not_constant(x, argument)
    values = unit_items(x, dim=2)[0].astype(np.float64)
    values = values - values.mean(axis=(2, 3), keepdims=True)
    return (values / values.std(axis=(2, 3), keepdims=True)).astype(np.float32)


def checked_group(group: Any, argument: str, shape: tuple[int, int]) -> str:
    """Return a group that images of this shape have: only squares have quarter turns."""
    checks.choice(group, argument, tuple(GROUPS))
    if group == "d4" and shape[0] != shape[1]:
        got = f"'d4' for images of {shape[0]} x {shape[1]}"
        refuse(argument, "'d2' or 'none' for images that are not square", got)
    return group


def training_data(
    x: np.ndarray, told: dict[str, np.ndarray], *, zoomed: bool = False
) -> dict[str, np.ndarray]:
    """Return what members train on: standardised channels, targets, which images have labels."""
    from labelling.segmentation.predicting import raw_channels, raw_zoomed_channels

    channels = raw_channels(x)
    centre, scale = channel_scales(channels, x.shape[1])
    seen = {"channels": channels} | ({"zoomed": raw_zoomed_channels(x)} if zoomed else {})
    for values in seen.values():
        values -= centre[:, None, None]
        values /= scale[:, None, None]
    labelled = np.flatnonzero(labelled_images(told))
    if not len(labelled):
        refuse("weak", "labels that say something of some image", "none that do")
    rest = {
        "centre": centre,
        "scale": scale,
        "components": np.int64(x.shape[1]),
        "weight": image_weights(told),
        "labelled": labelled,
        "unlabelled": np.setdiff1d(np.arange(len(x)), labelled),
    }
    return told | seen | rest


def channel_scales(channels: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the spread of each channel.

    They are those of both directions together: turning an image exchanges these, and no more.
    """
    from toolbox.torch_features.pixel_channels import transposed_order

    order = transposed_order(components)
    mean = channels.mean(axis=(0, 2, 3), dtype=np.float64)
    square = channels.var(axis=(0, 2, 3), dtype=np.float64) + mean**2
    centre, square = (mean + mean[order]) / 2, (square + square[order]) / 2
    spread = np.sqrt(np.maximum(square - centre**2, TINY))
    return centre.astype(np.float32), spread.astype(np.float32)
