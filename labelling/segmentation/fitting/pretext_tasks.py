"""Teach an encoder by questions that images answer themselves, before there are labels (torch).

Which turn an image was given (Gidaris, Singh and Komodakis, 2018); in which order its quarters
stand (Noroozi and Favaro, 2016); to which cluster of the encoder's own features a place belongs
(Caron et al., 2018). The encoder keeps what it learned, the layer that answers is thrown away.
"""

from collections.abc import Callable
from itertools import permutations
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from labelling.segmentation.fitting.consistency_views import turned
from toolbox.networks.segmentation.dihedral import D4, Element
from toolbox.networks.segmentation.pixel_networks import DEPTHS, UNet

STEPS, BATCH, RATE = 100, 8, 3e-3
ROTATIONS: tuple[Element, ...] = tuple(g for g in D4 if sum(g) % 2 == 0)  # these mirror nothing
ORDERS = tuple(permutations(range(4)))
PIECE = 0.75  # of a quarter's side: without a gap between pieces their edges would tell
PER_CLASS, SAMPLE = 2, 4000  # clusters, and places that they are found from
TINY = 1e-6  # spread of a feature that is the same everywhere

Asked = tuple[torch.Tensor, torch.Tensor]  # features (m, D), and the right answers (m,)


class Given(NamedTuple):
    """An encoder, and what it is taught on."""

    network: UNet
    channels: np.ndarray  # (n, F, h, w)
    components: int
    classes: int
    rng: np.random.Generator


class Question(NamedTuple):
    """What is asked of images by their index, and how many answers and features there are."""

    answers: int
    features: int
    ask: Callable[[np.ndarray], Asked]


def pretrain(given: Given, *, task: str) -> None:
    """Teach the encoder of a network by one of `TASKS`, its question put anew in each round."""
    encoder = [p for part in given.network.encoder() for p in part.parameters()]
    n, rounds = len(given.channels), ROUNDS[task]
    for _ in range(rounds):
        question = TASKS[task](given)
        layer = torch.zeros(question.answers, question.features, requires_grad=True)
        optimiser = torch.optim.AdamW([*encoder, layer], lr=RATE)
        for _ in range(STEPS // rounds):
            items = given.rng.choice(n, min(BATCH, n), replace=False)
            features, answers = question.ask(np.sort(items))
            loss = cross_entropy(features @ layer.T, answers)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def which_turn(given: Given) -> Question:
    """Ask by how many quarters each image was turned; by halves where it is not square."""
    square = given.channels.shape[-2] == given.channels.shape[-1]
    turns = [g for g in ROTATIONS if square or not g[0]]

    def turn(image: np.ndarray, element: Element) -> torch.Tensor:
        batch = {"channels": torch.from_numpy(image[None])}
        return turned(batch, element, given.components)["channels"]

    def ask(items: np.ndarray) -> Asked:
        answers = given.rng.integers(len(turns), size=len(items))
        views = [turn(given.channels[i], turns[a]) for i, a in zip(items, answers, strict=True)]
        return _of_images(given.network, torch.cat(views)), torch.from_numpy(answers)

    return Question(len(turns), DEPTHS[-1], ask)


def which_order(given: Given) -> Question:
    """Ask in which order pieces of an image's four quarters are shown."""
    halves = [side // 2 for side in given.channels.shape[-2:]]
    sides = [int(PIECE * half) for half in halves]

    def piece(image: np.ndarray, quarter: int) -> np.ndarray:
        place = [
            half * at + int(given.rng.integers(half - side + 1))
            for half, side, at in zip(halves, sides, divmod(quarter, 2), strict=True)
        ]
        return image[:, place[0] : place[0] + sides[0], place[1] : place[1] + sides[1]]

    def ask(items: np.ndarray) -> Asked:
        answers = given.rng.integers(len(ORDERS), size=len(items))
        shown = [
            piece(given.channels[i], quarter)
            for i, a in zip(items, answers, strict=True)
            for quarter in ORDERS[a]
        ]
        features = _of_images(given.network, torch.from_numpy(np.stack(shown)))
        return features.reshape(len(items), -1), torch.from_numpy(answers)

    return Question(len(ORDERS), 4 * DEPTHS[-1], ask)


def which_cluster(given: Given) -> Question:
    """Ask to which cluster of the features of now each place belongs, all clusters alike."""
    from sklearn.cluster import KMeans

    rng = given.rng
    starts = range(0, len(given.channels), BATCH)
    with torch.no_grad():
        blocks = [_of_places(given.network, given.channels[i : i + BATCH]) for i in starts]
    places = torch.cat(blocks).numpy()
    places = (places - places.mean(axis=0)) / np.maximum(places.std(axis=0), TINY)
    sample = rng.choice(len(places), min(SAMPLE, len(places)), replace=False)
    many = min(PER_CLASS * given.classes, len(sample))
    model = KMeans(many, n_init=1, random_state=int(rng.integers(2**31)))
    found = model.fit(places[sample]).predict(places).reshape(len(given.channels), -1)

    def ask(items: np.ndarray) -> Asked:
        seen, answers = _of_places(given.network, given.channels[items]), found[items].ravel()
        weight = 1 / np.bincount(answers, minlength=many)[answers]
        drawn = rng.choice(len(answers), len(answers), p=weight / weight.sum())
        return seen[torch.from_numpy(drawn)], torch.from_numpy(answers[drawn]).long()

    return Question(many, DEPTHS[-1], ask)


TASKS = {"rotation": which_turn, "jigsaw": which_order, "clusters": which_cluster}
ROUNDS = {"rotation": 1, "jigsaw": 1, "clusters": 5}  # features change, and with them clusters


def _of_images(network: UNet, x: torch.Tensor) -> torch.Tensor:
    """Return the mean of the coarsest features of each image (n, D)."""
    return network.encoded(x)[-1].mean(dim=(2, 3))


def _of_places(network: UNet, channels: np.ndarray) -> torch.Tensor:
    """Return the coarsest features of each place of all images, one after the other (m, D)."""
    features = network.encoded(torch.from_numpy(channels))[-1]
    return features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
