"""Train one segmentation network from scratch: partial labels, and views that must agree (torch).

A U-Net begins as the closed-form linear model of the same labels: few images tell its convolutions
little, and what it learns in steps from nothing is worse than that model, by .02 to .1 of the mean
IoU at two to eight masks. Its encoder may be taught before, by images alone.
"""

from copy import deepcopy
from typing import Any

import numpy as np
import torch

from labelling.segmentation.fitting import TURNS
from labelling.segmentation.fitting.consistency_views import (
    MAPS,
    VIEWS,
    Batch,
    Turn,
    soft_loss,
    turned,
)
from labelling.segmentation.fitting.discriminant import discriminant_member
from labelling.segmentation.fitting.partial_losses import partial_loss
from labelling.segmentation.fitting.pretext_tasks import Given, pretrain
from labelling.segmentation.targets import drawn_images
from toolbox.networks.segmentation.dihedral import GROUPS, Element
from toolbox.networks.segmentation.pixel_networks import arrays_of, initialised
from toolbox.retraining.streams import numpy_generator

BATCH = 4  # images of each kind in a step
RATES = {"linear": 3e-2, "unet": 1e-3}
DECAY = 1e-3  # of the weights, decoupled (Loshchilov and Hutter, 2019)
TEACHER = 0.98  # how much of the teacher's weights a step keeps (Tarvainen and Valpola, 2017)
RAMP = 0.3  # share of the steps over which consistency comes in


def segmentation_member(
    streams: dict[str, np.ndarray],
    data: dict[str, np.ndarray],
    *,
    network: str,
    classes: int,
    steps: int,
    consistency: str,
    group: str,
    pretraining: str = "none",
) -> dict[str, Any]:
    """Return the weights of a network trained on its own streams.

    `data` holds "channels" (n, F, h, w), the targets of `labelling.segmentation.targets`, and the
    indices "labelled" and "unlabelled"; with "soft" (n, C, h, w) probabilities are taught too, and
    "zoomed" are the channels of zoomed images.
    """
    rng = {name: numpy_generator(streams[name]) for name in ("init", "order", "augment")}
    components = int(data["components"])
    student = initialised(network, data["channels"].shape[1], classes, rng["init"]).train()
    if network == "unet":
        start_as_discriminant(student, streams, data, classes=classes, group=group)
    student = student.to(memory_format=torch.channels_last)  # a step takes a quarter less
    if pretraining != "none":
        pretrain(
            Given(student, data["channels"], components, classes, rng["init"]), task=pretraining
        )
    teacher = deepcopy(student) if consistency in VIEWS else None
    labelled, in_sample = drawn_images(data, numpy_generator(streams["resample"]))
    orders = {
        "labelled": _weighted(labelled, data["weight"][labelled], rng["order"]),
        "unlabelled": _orders(data["unlabelled"], rng["order"]),
    }
    tensors = tensors_of(data)
    optimiser = torch.optim.AdamW(student.parameters(), lr=RATES[network], weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        element = _element(group, rng["augment"])
        batch = turned(_batch(tensors, next(orders["labelled"])), element, components)
        loss = partial_loss(student(batch["channels"]), batch)
        if "soft" in data or teacher is not None:
            other = _batch(tensors, next(orders["unlabelled"]))
            element = _element(group, rng["augment"])
            if teacher is None:
                loss = loss + soft_loss(student, turned(other, element, components))
            else:
                weight = min(1.0, step / (RAMP * steps))
                loss = loss + weight * VIEWS[consistency](
                    student, teacher, other, Turn(element, components, rng["augment"])
                )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if teacher is not None:
            follow(teacher, student, keep=min(TEACHER, step / (step + 1)))
    result = arrays_of(student) | {"loss": np.float64(loss.item())}
    return result | ({"in_sample": in_sample} if data["resample"] else {})


def start_as_discriminant(
    student: torch.nn.Module,
    streams: dict[str, np.ndarray],
    data: dict[str, np.ndarray],
    *,
    classes: int,
    group: str,
) -> None:
    """Give the U-Net's linear map the weights of a discriminant of the images it is given."""
    taught = "distillation" if "soft" in data else "none"
    plan = {"network": "discriminant", "classes": classes, "group": group, "steps": TURNS}
    linear = discriminant_member(streams, data, **plan, consistency=taught)
    with torch.no_grad():
        student.straight.weight.copy_(torch.from_numpy(linear["last.weight"])[..., None, None])
        student.straight.bias.copy_(torch.from_numpy(linear["last.bias"]))


def follow(teacher: torch.nn.Module, student: torch.nn.Module, *, keep: float) -> None:
    """Move the teacher's weights towards the student's; early ones are soon forgotten."""
    with torch.no_grad():
        for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
            old.lerp_(new, 1 - keep)


def tensors_of(data: dict[str, np.ndarray]) -> Batch:
    """Return all that batches are made of, the channels of a pixel next to each other."""
    names = [name for name in ("tags", "bounds", *MAPS) if name in data]
    seen = [name for name in ("channels", "zoomed") if name in data]
    found = {name: torch.from_numpy(data[name]) for name in (*names, *seen)}
    last = torch.channels_last
    return found | {name: found[name].contiguous(memory_format=last) for name in seen}


def _batch(tensors: Batch, items: np.ndarray) -> Batch:
    chosen = torch.from_numpy(items)
    return {name: values[chosen] for name, values in tensors.items()}


def _weighted(items: np.ndarray, weights: np.ndarray, rng: np.random.Generator) -> Any:
    """Yield batches of indices for ever, drawn by weight; by turns where all weigh the same."""
    if (weights == weights[0]).all():
        yield from _orders(items, rng)
    while True:
        yield rng.choice(items, min(BATCH, len(items)), p=weights / weights.sum())


def _orders(items: np.ndarray, rng: np.random.Generator) -> Any:
    """Yield batches of indices for ever: one random order after the other."""
    while len(items):
        order = rng.permutation(items)
        if len(order) < BATCH:
            yield order
        yield from (order[i : i + BATCH] for i in range(0, len(order) - BATCH + 1, BATCH))


def _element(group: str, rng: np.random.Generator) -> Element:
    elements = GROUPS[group]
    return elements[int(rng.integers(len(elements)))]
