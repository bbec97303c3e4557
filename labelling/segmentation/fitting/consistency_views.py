"""Views of images without labels, whose maps must agree: turned, zoomed, and disturbed ones."""

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import Module
from torch.nn.functional import interpolate, log_softmax

from toolbox.networks.segmentation.dihedral import Element, moved
from toolbox.torch_features.pixel_channels import transposed_order

SURE = 0.9  # probability from which a weak view teaches a strong one (Sohn et al., 2020)
NOISE, DROPPED = 0.3, 0.2  # strong views: noise on channels, and channels left out
CUT = 0.5  # side of the window that a strong view has from another image (Yun et al., 2019)
SEEN, SMALLEST = 0.75, 32  # side of the window that a shifted view is; pixels at least
ZOOM = 1.25  # how much larger a zoomed view is seen
MAPS = ("labels", "excluded", "regions", "majority", "allowed", "box_sides", "soft")

Batch = dict[str, torch.Tensor]


class Turn(NamedTuple):
    """How the images of one step are turned, and what draws the rest of a view."""

    element: Element
    components: int
    rng: np.random.Generator


def equivariant_views(student: Module, teacher: Module, batch: Batch, how: Turn) -> torch.Tensor:
    """Return the cross-entropy of a turned and shifted view to the teacher's, turned alike.

    The mask of a turned image is the turned mask: the teacher sees the image as it is, the student
    a window of the turned one.
    """
    taught = probabilities(teacher, batch["channels"])
    views = turned({"channels": batch["channels"], "soft": taught}, how.element, how.components)
    window = _window(views["channels"].shape[-2:], SEEN, how.rng, least=SMALLEST)
    return soft_loss(student, {name: values[window] for name, values in views.items()})


def zoomed_views(student: Module, teacher: Module, batch: Batch, how: Turn) -> torch.Tensor:
    """Return the cross-entropy of a zoomed and turned view to the teacher's map, zoomed alike."""
    taught = zoomed(probabilities(teacher, batch["channels"]))
    views = {"channels": batch["zoomed"], "soft": taught}
    return soft_loss(student, turned(views, how.element, how.components))


def strong_views(student: Module, teacher: Module, batch: Batch, how: Turn) -> torch.Tensor:
    """Return the cross-entropy of disturbed, mixed images to the teacher's sure classes.

    A window of each image comes from another one; noise is added and channels are left out.
    """
    views = turned({"channels": batch["channels"]}, how.element, how.components)["channels"]
    taught = probabilities(teacher, views)
    window = _window(views.shape[-2:], CUT, how.rng)
    mixed = views.clone()
    mixed[window], taught[window] = views.roll(1, 0)[window], taught.roll(1, 0)[window]
    noise = torch.tensor(how.rng.standard_normal(tuple(mixed.shape), dtype=np.float32))
    kept = torch.tensor(how.rng.random((len(mixed), mixed.shape[1], 1, 1)) >= DROPPED)
    sure, chosen = taught.max(dim=1)
    logp = log_softmax(student((mixed + NOISE * noise) * kept), dim=1)
    wrong = -logp.gather(1, chosen[:, None])[:, 0]
    return (wrong * (sure >= SURE)).mean()


VIEWS = {"equivariance": equivariant_views, "scale": zoomed_views, "weak-to-strong": strong_views}


def probabilities(network: Module, channels: torch.Tensor) -> torch.Tensor:
    """Return what a network that is not to learn from it says (n, C, h, w)."""
    with torch.no_grad():
        return network(channels).softmax(dim=1)


def soft_loss(student: Module, batch: Batch) -> torch.Tensor:
    """Return the cross-entropy to the probabilities taught."""
    logp = log_softmax(student(batch["channels"]), dim=1)
    return -(batch["soft"] * logp).sum(dim=1).mean()


def zoomed(x: torch.Tensor) -> torch.Tensor:
    """Return the middle of images or maps (n, K, h, w), enlarged to their size."""
    height, width = x.shape[-2:]
    size = [round(ZOOM * side) for side in (height, width)]
    larger = interpolate(x, size=size, mode="bilinear", align_corners=False)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return larger[..., top : top + height, left : left + width]


def turned(batch: Batch, element: Element, components: int) -> Batch:
    """Return the batch with all its maps turned; channels know which direction is which."""
    found = {name: moved(v, element) if name in MAPS else v for name, v in batch.items()}
    channels = moved(batch["channels"], element)
    if element[0]:
        channels = channels[:, torch.as_tensor(transposed_order(components))]
    return found | {"channels": channels.contiguous(memory_format=torch.channels_last)}


def _window(
    shape: tuple[int, int], share: float, rng: np.random.Generator, *, least: int = 1
) -> tuple:
    """Return a place, drawn at random, of so large a share of both sides."""
    sides = [max(least, int(share * s)) for s in shape]
    corner = [int(rng.integers(s - c + 1)) for s, c in zip(shape, sides, strict=True)]
    return (..., *(slice(a, a + c) for a, c in zip(corner, sides, strict=True)))
