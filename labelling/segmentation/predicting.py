"""What trained members say of each pixel (torch), plainly or as the mean over a group of turns."""

from functools import partial
from typing import Any

import numpy as np
import torch

from labelling.segmentation.fitting.consistency_views import turned, zoomed
from toolbox.core.checks import refuse
from toolbox.networks.segmentation.dihedral import GROUPS, inverse, moved
from toolbox.networks.segmentation.mean_field import mean_field
from toolbox.networks.segmentation.pixel_networks import with_arrays
from toolbox.retraining.retrain import Runs
from toolbox.torch_features.pixel_channels import pixel_channels

TOGETHER = 16  # images that go through a network at once


def raw_channels(x: np.ndarray) -> np.ndarray:
    """Return the channels (n, F, h, w) of standardised images."""
    return np.concatenate([pixel_channels(torch.from_numpy(block)).numpy() for block in _blocks(x)])


def raw_zoomed_channels(x: np.ndarray) -> np.ndarray:
    """Return the channels of the middle of standardised images, enlarged to their size."""
    return raw_channels(zoomed(torch.from_numpy(x)).contiguous().numpy())


def votes_of(segmenter: Any, x: np.ndarray, neighbours: float) -> np.ndarray:
    """Return the probabilities (R, n, C, h, w) of standardised images, neighbours heard."""
    centre, scale = (v[:, None, None] for v in (segmenter.centre, segmenter.scale))
    channels = raw_channels(x)
    if len(centre) != channels.shape[1]:  # saved by a version that had others
        wanted = f"one trained on {channels.shape[1]} channels, as this version makes"
        refuse("segmenter", wanted, f"one of {len(centre)}: train it again")
    ready = (channels - centre) / scale
    function = partial(
        probabilities,
        network=segmenter.network,
        group=segmenter.exact_group,
        components=segmenter.components,
    )
    votes = segmenter.runs.predict(function, ready)
    for member in votes:
        for block in _blocks(member):  # views of the votes
            block[:] = mean_field(torch.from_numpy(block), neighbours).numpy()
    return votes


def soft_targets(runs: Runs, data: dict[str, np.ndarray], network: str, group: str) -> np.ndarray:
    """Return the members' mean probabilities of all training images: what is distilled."""
    components = int(data["components"])
    function = partial(probabilities, network=network, group=group, components=components)
    return runs.predict(function, data["channels"]).mean(axis=0)


def probabilities(
    arrays: dict[str, np.ndarray],
    channels: np.ndarray,
    *,
    network: str,
    group: str,
    components: int,
) -> np.ndarray:
    """Return one member's probabilities (n, C, h, w) of standardised channels."""
    made = with_arrays(network, {k: v for k, v in arrays.items() if k != "loss"})
    with torch.no_grad():
        blocks = [
            _group_mean(made, torch.from_numpy(block), group, components)
            for block in _blocks(channels)
        ]
    return torch.cat(blocks).numpy()


def _blocks(items: np.ndarray) -> list[np.ndarray]:
    return [items[i : i + TOGETHER] for i in range(0, len(items), TOGETHER)]


def _group_mean(
    network: torch.nn.Module, channels: torch.Tensor, group: str, components: int
) -> torch.Tensor:
    """Return the mean over the group of what the network says of a turned image, turned back."""
    total = 0
    for element in GROUPS[group]:
        view = turned({"channels": channels}, element, components)["channels"]
        total = total + moved(network(view.contiguous()).softmax(dim=1), inverse(element))
    return total / len(GROUPS[group])
