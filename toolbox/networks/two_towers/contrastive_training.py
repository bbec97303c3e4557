"""Two towers trained so that an image is nearest to its own text (torch)."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn.functional import log_softmax

from toolbox.networks.torch_devices import one_thread
from toolbox.networks.two_towers.towers import (
    arrays,
    image_vectors,
    scale,
    tensors,
    text_vectors,
)
from toolbox.networks.two_towers.transformer import Architecture

WARM_UP = 20  # steps until the learning rate is full
LARGEST_SLOPE = 1.0  # norm of the gradient, above which it is shortened


def contrastive_loss(
    images: Float[torch.Tensor, "n embedding"],
    texts: Float[torch.Tensor, "n embedding"],
    factor: Float[torch.Tensor, ""],
    group: Int[torch.Tensor, " n"],
) -> Float[torch.Tensor, ""]:
    """Return the mean of both cross-entropies: of texts given images, of images given texts.

    Pairs of one group have the same text: none of them is a negative of another, each is as right
    as the others.
    """
    logits = factor * images @ texts.T
    same = (group[:, None] == group).to(logits.dtype)
    wanted = same / same.sum(dim=1, keepdim=True)
    by_image = -(wanted * log_softmax(logits, dim=1)).sum(dim=1).mean()
    by_text = -(wanted * log_softmax(logits.T, dim=1)).sum(dim=1).mean()
    return (by_image + by_text) / 2


def train(
    weights: dict[str, np.ndarray],
    architecture: Architecture,
    images: np.ndarray,
    tokens: np.ndarray,
    rng: np.random.Generator,
    *,
    steps: int,
    batch: int,
    rate: float,
    device: str,
    report: Callable[[int], object],
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return trained weights and the loss of each step."""
    placed = {name: w.requires_grad_() for name, w in tensors(weights, device).items()}
    x, t = torch.tensor(images, device=device), torch.tensor(tokens, device=device)
    group = torch.tensor(np.unique(tokens, axis=0, return_inverse=True)[1].ravel(), device=device)

    def loss(chosen: np.ndarray) -> torch.Tensor:
        picked = torch.tensor(chosen, device=device)
        seen = image_vectors(x[picked], placed, architecture)
        read = text_vectors(t[picked], placed, architecture)
        return contrastive_loss(seen, read, scale(placed), group[picked])

    order = batches(len(images), batch, rng)
    losses = minimise(
        list(placed.values()), lambda: loss(next(order)), steps=steps, rate=rate, report=report
    )
    return arrays(placed), losses


def minimise(
    parameters: list[torch.Tensor],
    loss: Callable[[], torch.Tensor],
    *,
    steps: int,
    rate: float,
    report: Callable[[int], object],
) -> np.ndarray:
    """Make steps of Adam, the rate rising at first and then falling as a cosine; return losses."""
    optimiser = torch.optim.Adam(parameters, lr=rate)
    losses = np.zeros(steps)
    with one_thread():
        for step in range(steps):
            rising = min(1.0, (step + 1) / WARM_UP)
            falling = 0.5 * (1 + np.cos(np.pi * step / steps))
            optimiser.param_groups[0]["lr"] = rate * rising * falling
            value = loss()
            optimiser.zero_grad()
            value.backward()
            torch.nn.utils.clip_grad_norm_(parameters, LARGEST_SLOPE)
            optimiser.step()
            losses[step] = value.item()
            report(1)
    return losses


def batches(n: int, batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield batches of random orders of all items for ever; all at once where they are fewer."""
    size = min(n, batch)
    while True:
        order = rng.permutation(n)
        yield from (order[i : i + size] for i in range(0, n - size + 1, size))
