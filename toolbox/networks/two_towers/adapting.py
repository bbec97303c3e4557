"""Few or all weights of two towers learned on labelled images, held near what was known (torch).

What is learned is a dictionary of tensors; `adapted` turns it and the fixed weights into those of
the towers. Before the first step it changes no answer, but for a prompt, which moves texts.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch.nn.functional import cross_entropy, kl_div, log_softmax, normalize, relu

from toolbox.networks.two_towers.contrastive_training import batches, minimise
from toolbox.networks.two_towers.towers import (
    Architecture,
    arrays,
    image_vectors,
    scale,
    tensors,
    text_vectors,
)
from toolbox.networks.two_towers.transformer import Weights

WAYS = ("prompt", "conditional prompt", "adapter", "lora", "full")
RATES = {"prompt": 0.02, "conditional prompt": 0.02, "adapter": 0.01, "lora": 0.01, "full": 3e-3}
PROMPT = 4  # learned vectors before the words, as in Zhou et al. (2022)
PROMPT_SPREAD = 0.02  # of their first values, as there
RANK = 4  # of LoRA's updates (Hu et al., 2022)
NARROW = 4  # an adapter's hidden layer is so many times narrower (Gao et al., 2024)
BATCH = 64
TOGETHER = 256  # images answered at once


class Towers(NamedTuple):
    """What is fixed: the way in which they are adapted, their weights, how they are built."""

    way: str
    weights: Weights
    plan: Architecture


class Pairs(NamedTuple):
    """Images, texts, and which is right or how much each counts; None: answers are to stay."""

    images: Float[torch.Tensor, "n components height width"]
    labels: Int[torch.Tensor, " n"] | Float[torch.Tensor, "n classes"] | None
    texts: Int[torch.Tensor, "classes length"]


def towers_of(way: str, weights: dict[str, np.ndarray], plan: Architecture) -> Towers:
    """Return fixed towers of these weights."""
    return Towers(way, tensors(weights, "cpu"), plan)


def pairs_of(images: np.ndarray, labels: np.ndarray | None, texts: np.ndarray) -> Pairs:
    """Return images, labels and texts as tensors."""
    told = None if labels is None else torch.tensor(labels)
    return Pairs(torch.tensor(images), told, torch.tensor(texts))


def start(
    way: str, weights: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return what is learned, as it starts: one factor of what it adds to the towers is 0."""

    def drawn(*shape: int) -> np.ndarray:
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    if way == "full":
        return {name: value.copy() for name, value in weights.items() if name != "logit_scale"}
    if way == "lora":
        return _low_rank(weights, drawn)
    common = _embedding(weights)
    hidden = max(1, common // NARROW)
    if way == "adapter":
        up = np.zeros((common, hidden), np.float32)
        return {"adapter.down": drawn(hidden, common), "adapter.up": up}
    width = weights["token_embedding.weight"].shape[1]
    prompt = PROMPT_SPREAD * rng.standard_normal((PROMPT, width))
    learned = {"prompt": prompt.astype(np.float32)}
    if way == "conditional prompt":
        learned["condition.down"] = drawn(hidden, common)
        learned["condition.up"] = np.zeros((width, hidden), np.float32)
    return learned


def adapted(towers: Towers, learned: Weights) -> Weights:
    """Return the towers' weights with what was learned of them: all, or updates of low rank."""
    if towers.way == "full":
        return towers.weights | learned
    changed = dict(towers.weights)
    for name, up in learned.items():
        if name.endswith(".lora_up"):
            base = name.removesuffix(".lora_up")
            update = up @ learned[f"{base}.lora_down"]
            changed[base] = changed[base] + update.reshape(changed[base].shape)
    return changed


def halfway(
    way: str, old: dict[str, np.ndarray], new: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the mean of what was learned before and now; updates of low rank keep their rank.

    Of these it is the mean of the products, not of the factors: the nearest one of their rank
    (Eckart and Young, 1936), which after a first task is half the update.
    """
    if way != "lora":
        return {name: (value + old[name]) / 2 for name, value in new.items()}
    found = {}
    for name in new:
        if name.endswith(".lora_up"):
            down = f"{name.removesuffix('.lora_up')}.lora_down"
            mean = sum(each[name].astype(np.float64) @ each[down] for each in (old, new)) / 2
            left, values, right = np.linalg.svd(mean, full_matrices=False)
            rank = new[name].shape[1]
            found[name] = (left[:, :rank] * values[:rank]).astype(np.float32)
            found[down] = right[:rank].astype(np.float32)
    return found


def logits(
    towers: Towers, learned: Weights, images: torch.Tensor, tokens: torch.Tensor
) -> Float[torch.Tensor, "n classes"]:
    """Return scaled cosines of images and texts, as adapted."""
    weights = adapted(towers, learned)
    seen = image_vectors(images, weights, towers.plan)
    if towers.way == "adapter":
        step = relu(seen @ learned["adapter.down"].T) @ learned["adapter.up"].T
        seen = normalize(seen + step, dim=-1)
    factor = scale(towers.weights)
    if towers.way == "conditional prompt":
        moved = relu(seen @ learned["condition.down"].T) @ learned["condition.up"].T
        prompts = learned["prompt"] + moved[:, None]
        return factor * _each_with_its_prompt(seen, prompts, tokens, weights, towers.plan)
    prompt = learned["prompt"].expand(len(tokens), -1, -1) if towers.way == "prompt" else None
    return factor * seen @ text_vectors(tokens, weights, towers.plan, prompt).T


def answers(
    towers: Towers, learned: Weights, images: torch.Tensor, tokens: torch.Tensor
) -> Float[torch.Tensor, "n classes"]:
    """Return the logits of many images, some at once, without their slopes."""
    with torch.no_grad():
        parts = [logits(towers, learned, part, tokens) for part in images.split(TOGETHER)]
    return torch.cat(parts)


def moved_answers(
    before: Float[torch.Tensor, "n texts"], now: Float[torch.Tensor, "n texts"]
) -> Float[torch.Tensor, ""]:
    """Return KL(before || now), the mean of texts given images, plus that of images given texts.

    Distillation of what was answered (Li and Hoiem, 2018) on images of no task (Zheng et al.,
    2023).
    """
    total = torch.zeros(())
    for axis in (0, 1):
        old, new = log_softmax(before, dim=axis), log_softmax(now, dim=axis)
        total = total + kl_div(new, old, log_target=True, reduction="sum") / old.shape[1 - axis]
    return total


def learn_task(
    towers: Towers,
    learned: dict[str, np.ndarray],
    task: Pairs,
    kept: Pairs | None,
    rng: np.random.Generator,
    *,
    strength: float,
    steps: int,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return what was learned of a task, and the losses; `strength` is of what is kept."""
    moving = {name: value.requires_grad_() for name, value in tensors(learned, "cpu").items()}
    order = batches(len(task.images), BATCH, rng)
    held = _held(towers, tensors(learned, "cpu"), moving, kept, rng)

    def loss() -> torch.Tensor:
        picked = torch.tensor(next(order))
        told = logits(towers, moving, task.images[picked], task.texts)
        return cross_entropy(told, task.labels[picked]) + strength * held()

    losses = minimise(
        list(moving.values()),
        loss,
        steps=steps,
        rate=RATES[towers.way],
        report=lambda _: None,
    )
    return arrays(moving), losses


def _held(
    towers: Towers,
    before: Weights,
    moving: Weights,
    kept: Pairs | None,
    rng: np.random.Generator,
) -> Callable[[], torch.Tensor]:
    """Return what a batch of `kept` costs: wrong labels, or answers that moved."""
    if kept is None:
        return lambda: torch.zeros(())
    order = batches(len(kept.images), BATCH, rng)
    old = answers(towers, before, kept.images, kept.texts) if kept.labels is None else None

    def cost() -> torch.Tensor:
        picked = torch.tensor(next(order))
        now = logits(towers, moving, kept.images[picked], kept.texts)
        if old is None:
            return cross_entropy(now, kept.labels[picked])
        return moved_answers(old[picked], now)

    return cost


def _embedding(weights: dict[str, np.ndarray]) -> int:
    """Return how many components the common vectors have."""
    if "text_projection" in weights:
        return weights["text_projection"].shape[1]
    return len(weights["text.out.bias"])


def _low_rank(
    weights: dict[str, np.ndarray], drawn: Callable[..., np.ndarray]
) -> dict[str, np.ndarray]:
    """Return both factors of an update of low rank for each matrix of a layer; one is 0."""
    found = {}
    for name, value in weights.items():
        if value.ndim < 2 or "embedding" in name:
            continue
        inputs = int(np.prod(value.shape[1:]))
        rank = min(RANK, len(value), inputs)
        found[f"{name}.lora_down"] = drawn(rank, inputs)
        found[f"{name}.lora_up"] = np.zeros((len(value), rank), np.float32)
    return found


def _each_with_its_prompt(
    seen: torch.Tensor,
    prompts: Float[torch.Tensor, "n prompt width"],
    tokens: torch.Tensor,
    weights: Weights,
    plan: Architecture,
) -> Float[torch.Tensor, "n classes"]:
    """Return cosines where each image has texts of its own, behind its own prompt."""
    n, classes = len(seen), len(tokens)
    every, before = tokens.repeat(n, 1), prompts.repeat_interleave(classes, dim=0)
    vectors = text_vectors(every, weights, plan, before).reshape(n, classes, -1)
    return torch.einsum("nd,ncd->nc", seen, vectors)
