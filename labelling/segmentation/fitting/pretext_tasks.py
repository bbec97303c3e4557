"""Teach an encoder by questions that images answer themselves, before there are labels (torch).

Which turn an image was given (Gidaris, Singh and Komodakis, 2018); in which order its quarters
stand (Noroozi and Favaro, 2016); to which cluster of the encoder's own features a place belongs
(Caron et al., 2018). The encoder keeps what it learned, the layer that answers is thrown away.
"""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from labelling.segmentation.fitting.consistency_views import turned
from toolbox.networks.segmentation.dihedral import D4, Element
from toolbox.networks.segmentation.pixel_networks import UNet

STEPS, BATCH, RATE = 100, 8, 3e-3
TURNS: tuple[Element, ...] = tuple(g for g in D4 if sum(g) % 2 == 0)  # those that mirror nothing
ORDERS = tuple(permutations(range(4)))
PIECE = 0.75  # of a quarter's side: without a gap between pieces their edges would tell
ROUNDS = 5  # times that features are clustered
PER_CLASS, SAMPLE = 2, 4000  # clusters, and places that they are found from

Asked = tuple[torch.Tensor, torch.Tensor]  # features (m, D), and the right answers (m,)


class Question(NamedTuple):
    """How many answers there are, and what asks it of a batch of images by their index."""

    answers: int
    ask: Callable[[np.ndarray], Asked]


def pretrain(
    network: UNet,
    channels: np.ndarray,
    *,
    task: str,
    components: int,
    classes: int,
    rng: np.random.Generator,
) -> None:
    """Teach the encoder of a network on images' channels (n, F, h, w), by one of `TASKS`."""
    encoder = [p for part in network.encoder() for p in part.parameters()]
    many = ROUNDS if task == "clusters" else 1
    for _ in range(many):
        question = TASKS[task](network, channels, components, classes, rng)
        layer = None
        for _ in range(STEPS // many):
            items = rng.choice(len(channels), min(BATCH, len(channels)), replace=False)
            features, answers = question.ask(np.sort(items))
            if layer is None:
                layer = torch.zeros(question.answers, features.shape[1], requires_grad=True)
                optimiser = torch.optim.AdamW([*encoder, layer], lr=RATE)
            loss = cross_entropy(features @ layer.T, answers)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def which_turn(
    network: UNet,
    channels: np.ndarray,
    components: int,
    classes: int,
    rng: np.random.Generator,
) -> Question:
    """Ask by how many quarters each image was turned; by halves where it is not square."""
    square = channels.shape[-2] == channels.shape[-1]
    turns = [g for g in TURNS if square or not g[0]]

    def ask(items: np.ndarray) -> Asked:
        answers = rng.integers(len(turns), size=len(items))
        views = [
            turned({"channels": torch.from_numpy(channels[[i]])}, turns[a], components)["channels"]
            for i, a in zip(items, answers, strict=True)
        ]
        return _of_images(network, torch.cat(views)), torch.from_numpy(answers)

    return Question(len(turns), ask)


def which_order(
    network: UNet,
    channels: np.ndarray,
    components: int,
    classes: int,
    rng: np.random.Generator,
) -> Question:
    """Ask in which order pieces of an image's four quarters are shown."""
    halves = [side // 2 for side in channels.shape[-2:]]
    sides = [int(PIECE * half) for half in halves]

    def piece(image: np.ndarray, quarter: int) -> np.ndarray:
        place = [
            half * at + int(rng.integers(half - side + 1))
            for half, side, at in zip(halves, sides, divmod(quarter, 2), strict=True)
        ]
        return image[:, place[0] : place[0] + sides[0], place[1] : place[1] + sides[1]]

    def ask(items: np.ndarray) -> Asked:
        answers = rng.integers(len(ORDERS), size=len(items))
        shown = [
            piece(channels[i], quarter)
            for i, a in zip(items, answers, strict=True)
            for quarter in ORDERS[a]
        ]
        features = _of_images(network, torch.from_numpy(np.stack(shown)))
        return features.reshape(len(items), -1), torch.from_numpy(answers)

    return Question(len(ORDERS), ask)


def which_cluster(
    network: UNet,
    channels: np.ndarray,
    components: int,
    classes: int,
    rng: np.random.Generator,
) -> Question:
    """Ask to which cluster of the features of now each place belongs, all clusters alike."""
    from sklearn.cluster import KMeans

    with torch.no_grad():
        features = torch.cat([network.encoded(block)[-1] for block in _blocks(channels)])
    n, depth = features.shape[:2]
    places = features.permute(0, 2, 3, 1).reshape(-1, depth).numpy()
    places = (places - places.mean(axis=0)) / np.maximum(places.std(axis=0), 1e-6)
    sample = rng.choice(len(places), min(SAMPLE, len(places)), replace=False)
    many = min(PER_CLASS * classes, len(sample))
    model = KMeans(many, n_init=1, random_state=int(rng.integers(2**31)))
    found = model.fit(places[sample]).predict(places).reshape(n, -1)

    def ask(items: np.ndarray) -> Asked:
        seen = network.encoded(torch.from_numpy(channels[items]))[-1]
        seen = seen.permute(0, 2, 3, 1).reshape(-1, depth)
        answers = found[items].ravel()
        weight = 1 / np.bincount(answers, minlength=many)[answers]
        drawn = rng.choice(len(answers), len(answers), p=weight / weight.sum())
        return seen[torch.from_numpy(drawn)], torch.from_numpy(answers[drawn]).long()

    return Question(many, ask)


TASKS = {"rotation": which_turn, "jigsaw": which_order, "clusters": which_cluster}


def _of_images(network: UNet, x: torch.Tensor) -> torch.Tensor:
    """Return the mean of the coarsest features of each image (n, D)."""
    return network.encoded(x)[-1].mean(dim=(2, 3))


def _blocks(channels: np.ndarray) -> Iterator[torch.Tensor]:
    for start in range(0, len(channels), BATCH):
        yield torch.from_numpy(channels[start : start + BATCH])
