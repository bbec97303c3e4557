"""Train one segmentation network from scratch: partial labels, and views that must agree."""

from copy import deepcopy
from typing import Any

import numpy as np
import torch
from torch.nn.functional import log_softmax

from labelling.segmentation.partial_losses import partial_loss
from toolbox.networks.segmentation.dihedral import GROUPS, Element, moved
from toolbox.networks.segmentation.pixel_networks import arrays_of, initialised
from toolbox.retraining.streams import numpy_generator
from toolbox.torch_features.pixel_channels import transposed_order

BATCH = 4  # images of each kind in a step
RATES = {"linear": 3e-2, "unet": 3e-3}
DECAY = 1e-3  # of the weights, decoupled (Loshchilov and Hutter, 2019)
TEACHER = 0.98  # how much of the teacher's weights a step keeps (Tarvainen and Valpola, 2017)
SURE = 0.9  # probability from which a weak view teaches a strong one (Sohn et al., 2020)
RAMP = 0.3  # share of the steps over which consistency comes in
NOISE, DROPPED = 0.3, 0.2  # strong views: noise on channels, and channels left out
CUT = 0.5  # side of the window that a strong view has from another image (Yun et al., 2019)
SEEN, SMALLEST = 0.75, 32  # side of the window that a shifted view is; pixels at least
MAPS = ("labels", "excluded", "regions", "majority", "allowed", "boxed", "soft")

Batch = dict[str, torch.Tensor]


def segmentation_member(
    streams: dict[str, np.ndarray],
    data: dict[str, np.ndarray],
    *,
    network: str,
    classes: int,
    steps: int,
    consistency: str,
    group: str,
) -> dict[str, Any]:
    """Return the weights of a network trained on its own streams.

    `data` holds "channels" (n, F, h, w), the targets of `labelling.segmentation.targets`, and the
    indices "labelled" and "unlabelled"; with "soft" (n, C, h, w) probabilities are taught too.
    """
    rng = {name: numpy_generator(streams[name]) for name in ("init", "order", "augment")}
    components = int(data["components"])
    student = initialised(network, data["channels"].shape[1], classes, rng["init"]).train()
    student = student.to(memory_format=torch.channels_last)  # a step takes a quarter less
    teacher = deepcopy(student) if consistency in VIEWS else None
    labelled, in_sample = drawn_images(data, numpy_generator(streams["resample"]))
    orders = {
        "labelled": _weighted(labelled, data["weight"][labelled], rng["order"]),
        "unlabelled": _orders(data["unlabelled"], rng["order"]),
    }
    optimiser = torch.optim.AdamW(student.parameters(), lr=RATES[network], weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        element = _element(group, rng["augment"])
        batch = turned(_batch(data, next(orders["labelled"])), element, components)
        loss = partial_loss(student(batch["channels"]), batch)
        if "soft" in data or teacher is not None:
            other = _batch(data, next(orders["unlabelled"]))
            element = _element(group, rng["augment"])
            plan = {"element": element, "components": components, "rng": rng["augment"]}
            if teacher is None:
                loss = loss + soft_loss(student, turned(other, element, components))
            else:
                weight = min(1.0, step / (RAMP * steps))
                loss = loss + weight * VIEWS[consistency](student, teacher, other, **plan)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if teacher is not None:
            follow(teacher, student, keep=min(TEACHER, step / (step + 1)))
    result = arrays_of(student) | {"loss": np.float64(loss.item())}
    return result | ({"in_sample": in_sample} if data["resample"] else {})


def soft_loss(student: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """Return the cross-entropy to the probabilities taught."""
    logp = log_softmax(student(batch["channels"]), dim=1)
    return -(batch["soft"] * logp).sum(dim=1).mean()


def equivariant_views(
    student: torch.nn.Module,
    teacher: torch.nn.Module,
    batch: Batch,
    *,
    element: Element,
    components: int,
    rng: np.random.Generator,
) -> torch.Tensor:
    """Return the cross-entropy of a turned and shifted view to the teacher's, turned alike.

    The mask of a turned image is the turned mask: the teacher sees the image as it is, the student
    a window of the turned one.
    """
    with torch.no_grad():
        taught = teacher(batch["channels"]).softmax(dim=1)
    views = turned({"channels": batch["channels"], "soft": taught}, element, components)
    window = _window(views["channels"].shape[-2:], SEEN, rng, least=SMALLEST)
    return soft_loss(student, {name: values[window] for name, values in views.items()})


def strong_views(
    student: torch.nn.Module,
    teacher: torch.nn.Module,
    batch: Batch,
    *,
    element: Element,
    components: int,
    rng: np.random.Generator,
) -> torch.Tensor:
    """Return the cross-entropy of disturbed, mixed images to the teacher's sure classes.

    A window of each image comes from another one; noise is added and channels are left out.
    """
    views = turned({"channels": batch["channels"]}, element, components)["channels"]
    with torch.no_grad():
        taught = teacher(views).softmax(dim=1)
    window = _window(views.shape[-2:], CUT, rng)
    mixed, taught = views.clone(), taught.clone()
    mixed[window], taught[window] = views.roll(1, 0)[window], taught.roll(1, 0)[window]
    noise = torch.tensor(rng.standard_normal(tuple(mixed.shape), dtype=np.float32))
    kept = torch.tensor(rng.random((len(mixed), mixed.shape[1], 1, 1)) >= DROPPED)
    sure, chosen = taught.max(dim=1)
    logp = log_softmax(student((mixed + NOISE * noise) * kept), dim=1)
    wrong = -logp.gather(1, chosen[:, None])[:, 0]
    return (wrong * (sure >= SURE)).mean()


VIEWS = {"equivariance": equivariant_views, "weak-to-strong": strong_views}


def turned(batch: Batch, element: Element, components: int) -> Batch:
    """Return the batch with all its maps turned; channels know which direction is which."""
    found = {name: moved(v, element) if name in MAPS else v for name, v in batch.items()}
    channels = moved(batch["channels"], element)
    if element[0]:
        channels = channels[:, torch.as_tensor(transposed_order(components))]
    return found | {"channels": channels.contiguous(memory_format=torch.channels_last)}


def follow(teacher: torch.nn.Module, student: torch.nn.Module, *, keep: float) -> None:
    """Move the teacher's weights towards the student's; early ones are soon forgotten."""
    with torch.no_grad():
        for old, new in zip(teacher.parameters(), student.parameters(), strict=True):
            old.lerp_(new, 1 - keep)


def _batch(data: dict[str, np.ndarray], items: np.ndarray) -> Batch:
    names = [name for name in ("channels", "tags", "bounds", *MAPS) if name in data]
    return {name: torch.from_numpy(data[name][items]) for name in names}


def drawn_images(
    data: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the labelled images to train on, all or a bootstrap, and which are among them."""
    labelled = data["labelled"]
    if data["resample"]:
        labelled = rng.choice(labelled, len(labelled))
    return labelled, np.isin(np.arange(len(data["channels"])), labelled)


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


def _window(
    shape: tuple[int, int], share: float, rng: np.random.Generator, *, least: int = 1
) -> tuple:
    """Return a place, drawn at random, of so large a share of both sides."""
    sides = [max(least, int(share * s)) for s in shape]
    corner = [int(rng.integers(s - c + 1)) for s, c in zip(shape, sides, strict=True)]
    return (..., *(slice(a, a + c) for a, c in zip(corner, sides, strict=True)))
