"""Eight groups of emoji, learned one after the other: ``python -m benchmarks.emoji_groups FOLDER``.

FOLDER holds Debian's fonts-noto-color-emoji and unicode-cldr-core and npm's
emoji-datasource-twitter, unpacked (`apt-get download`, `dpkg-deb -x`; `npm pack`, `tar -x`).
Nothing of it is kept. Each emoji is a class; it is learned from Google's drawing and asked for in
Twitter's, among those of its group. The features are three small networks' trained from scratch
without labels, to tell changed copies of one drawing from those of another, on Google's drawings
of the first two groups only. On the same lifted features three readouts are compared: `analytic`,
group after group; a softmax head trained on all groups at once; and that head group after group.

A number behind FOLDER is the seed; each seed's figures are kept beside those of the others, with
their mean and its standard error.
"""

import sys
from typing import Any

import numpy as np
import torch

from benchmarks import provenance
from benchmarks.picture_copies import copies, read
from labelling import Analytic, analytic, continual_scores, learn, predict
from labelling.continual.analytic_readout import lifted
from similarity import Emoji, embed_images, image_text

ORDER = (
    "Smileys & People",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
    "Symbols",
    "Flags",
)
NETWORKS, STEPS, WIDTH = 3, 500, 16
SEEN_COPIES, LEARNED_COPIES = 12, 20
LIFT, RIDGE = 2048, 1.0
HEAD_STEPS, HEAD_BATCH, HEAD_RATE = 100, 256, 1e-3  # steps a group, joint as many for all eight


def features(found: Emoji, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features (copies, n, F) of Google's drawings, and (n, F) of Twitter's."""
    shown = np.flatnonzero(np.isin(found.groups, ORDER[:2]))
    rng = np.random.default_rng([seed, 1])
    learned = [copies(found.images[0], None)]
    learned += [copies(found.images[0], rng) for _ in range(LEARNED_COPIES - 1)]
    asked = copies(found.images[1], None)
    told, new = [], []
    for number in range(NETWORKS):
        rng = np.random.default_rng([seed, 2, number])
        images = np.concatenate([copies(found.images[0, shown], rng) for _ in range(SEEN_COPIES)])
        numbers = [f"drawing{i}" for i in shown] * SEEN_COPIES
        model = image_text(images, numbers, seed=NETWORKS * seed + number, steps=STEPS, width=WIDTH)
        told.append(np.stack([embed_images(model, each) for each in learned]))
        new.append(embed_images(model, asked))
    return np.concatenate(told, axis=-1), np.concatenate(new, axis=-1)


def right(scores: np.ndarray, tasks: list[np.ndarray]) -> list[float]:
    """Return the share of each group's items whose own class scores highest in the group."""
    return [
        float((scores[np.ix_(own, own)].argmax(axis=1) == np.arange(len(own))).mean())
        for own in tasks
    ]


def analytic_table(
    told: np.ndarray, new: np.ndarray, tasks: list[np.ndarray]
) -> tuple[np.ndarray, float, Analytic]:
    """Return the accuracies after each group, and the largest difference of logits from joint."""
    known = told[:, np.concatenate(tasks[:2])].reshape(-1, told.shape[-1])
    state = empty = analytic(known, lift=LIFT, ridge=RIDGE, seed=0)
    rows, classes = [], np.arange(len(new))
    for number, own in enumerate(tasks):
        state = learn(state, *_items(told, own))
        scores = np.zeros((len(new), len(new)))  # a class never learned scores 0
        known = np.sort(np.concatenate(tasks[: number + 1]))
        scores[:, known] = predict(state, new, classes=known).logits
        rows.append(right(scores, tasks))
    joint = predict(learn(empty, *_items(told, classes)), new).logits
    return np.array(rows), float(np.abs(joint - scores).max()), empty


def _items(told: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return told[:, own].reshape(-1, told.shape[-1]), np.tile(own, len(told))


class Head:
    """A softmax head on fixed features, trained by Adam."""

    def __init__(self, inputs: int, classes: int) -> None:
        self.weights = torch.zeros(inputs, classes, requires_grad=True)
        self.optimiser = torch.optim.Adam([self.weights], lr=HEAD_RATE)

    def learn(self, h: torch.Tensor, y: np.ndarray, steps: int, seed: int) -> None:
        """Make steps on batches of these items."""
        rng = np.random.default_rng([seed, 3])
        for _ in range(steps):
            batch = rng.integers(0, len(y), HEAD_BATCH)
            loss = torch.nn.functional.cross_entropy(
                h[batch] @ self.weights, torch.tensor(y[batch])
            )
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()

    def scores(self, h: torch.Tensor) -> np.ndarray:
        """Return the logits."""
        return (h @ self.weights).detach().numpy()


def heads(
    told: np.ndarray, new: np.ndarray, tasks: list[np.ndarray], state: Analytic, seed: int
) -> tuple[list[float], np.ndarray]:
    """Return accuracies of the head trained on all groups at once, and after each in turn."""
    shape = told.shape[:2]
    h = lifted(state, told.reshape(-1, told.shape[-1])).astype(np.float32)
    asked = torch.tensor(lifted(state, new).astype(np.float32))
    h = torch.tensor(h).reshape(*shape, -1)
    classes = np.arange(shape[1])
    joint = Head(h.shape[-1], shape[1])
    y = np.tile(classes, shape[0])
    joint.learn(h.reshape(len(y), -1), y, HEAD_STEPS * len(tasks), seed)
    sequential, rows = Head(h.shape[-1], shape[1]), []
    for own in tasks:
        part = h[:, own].reshape(shape[0] * len(own), -1)
        sequential.learn(part, np.tile(own, shape[0]), HEAD_STEPS, seed)
        rows.append(right(sequential.scores(asked), tasks))
    return right(joint.scores(asked), tasks), np.array(rows)


def measured(found: Emoji, seed: int) -> dict[str, Any]:
    """Return the figures of one seed."""
    torch.set_num_threads(1)
    tasks = [np.flatnonzero(found.groups == group) for group in ORDER]
    told, new = features(found, seed)
    table, difference, state = analytic_table(told, new, tasks)
    joint, one_by_one = heads(told, new, tasks, state, seed)
    of, sequential = continual_scores(table), continual_scores(one_by_one)
    return {
        "analytic, last": of.last,
        "analytic, last of each group": dict(zip(ORDER, table[-1].tolist(), strict=True)),
        "analytic, forgetting": of.forgetting,
        "analytic, largest difference of logits from all groups at once": difference,
        "head on all groups at once, last": float(np.mean(joint)),
        "analytic over that head": of.last / float(np.mean(joint)),
        "head group after group, when learned": float(np.diagonal(one_by_one).mean()),
        "head group after group, last": sequential.last,
        "head group after group, forgetting": sequential.forgetting,
        "chance": float(np.mean([1 / len(own) for own in tasks])),
    }


def over_seeds(seeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Return mean and standard error over the seeds of each figure; none of one seed."""
    if len(seeds) < 2:
        return {}
    return {
        name: over_seeds([each[name] for each in seeds])
        if isinstance(first, dict)
        else _mean([each[name] for each in seeds])
        for name, first in seeds[0].items()
    }


def _mean(values: list[float]) -> list[float]:
    return [float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))]


def main(packages: str, seed: str = "0") -> None:
    """Measure one seed, print and keep."""
    found = read(packages)
    figures = measured(found, int(seed))
    kept = provenance.read("emoji_groups").get("seeds", {}) | {seed: figures}
    print(figures)
    provenance.write(
        "emoji_groups",
        {
            "emoji": len(found.characters),
            "mean and standard error over seeds": over_seeds(list(kept.values())),
            "seeds": kept,
        },
        libraries=("numpy", "scipy", "torch"),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
