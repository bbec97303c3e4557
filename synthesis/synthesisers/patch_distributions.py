"""Synthesis from the distribution of patches on a fine pyramid."""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from synthesis.matching.exemplars import Task, read_task
from synthesis.matching.periodic_canvas import phase_randomised_children
from synthesis.matching.statistics import Normalised
from synthesis.matching.synthesis_record import Synthesis
from synthesis.matching.values import match_values
from synthesis.synthesisers.patch_transport import Child, Target, resized
from toolbox.core import checks
from toolbox.core.streams import generator

_SMALLEST = 16
_WIDTH = {1: 15, 2: 7}
_RATIO = 0.75
# Fewer patches than this on the coarsest level, and children would be copies of their parents.
_FEWEST_PATCHES = 200

# The sizes of exemplar and child.
_Level = tuple[tuple[int, int], tuple[int, int]]


def patch_synthesis(
    exemplars: Any,
    *,
    dim: int,
    n: int = 1,
    size: Any = None,
    seed: int,
    width: int | None = None,
    iterations: int = 100,
    progress: bool = True,
) -> Synthesis:
    r"""Synthesise textures or signals whose patches are distributed as the exemplar's.

    For geometric textures (bricks, weaves), whose edges and corners other statistics blur.

    Parameters
    ----------
    exemplars : array_like, shape ([m, [K,]] *space)
        Images or signals to imitate, at least 16 long along every axis. They need not be periodic:
        only patches inside them count.
    dim : int
        Number of spatial axes, 1 or 2.
    n : int
        Number of children. Each is made from one exemplar, dealt in turn.
    size : int or sequence of int, optional
        Size of the children; the exemplars' own by default.
    seed : int
        Seed of the initial textures and of the directions; child i is the same for every `n`.
    width : int, optional
        Side of a patch, from 2 to half the shortest side; by default 7 on images and 15 on
        signals, or that half where it is less.
    iterations : int
        Number of steps on each level of the pyramid.
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    Synthesis
        ``.samples`` (n, [K,] *size); ``.losses`` (n, levels * iterations), coarse to fine: the
        relative misfit of the patches along the step's directions, 0 when they match. New
        directions at every step, and finer patches on every level, make it jump.
        ``.parents`` (n,).

    Raises
    ------
    InputError
        If the exemplars are constant, shorter than 16 along an axis, or not finite.

    Notes
    -----
    For a direction :math:`\theta`, the projections :math:`\langle \theta, p_i \rangle` of all
    patches of a child and those :math:`\langle \theta, q_i \rangle` of its parent are sorted; the
    sliced Wasserstein distance is the mean over directions of

    .. math:: \frac1N \sum_i (\langle \theta, p \rangle_{(i)} - \langle \theta, q \rangle_{(i)})^2

    (for textures, Heitz, Vanhoey, Chambon & Belcour, 2021; on pixels' patches, coarse to fine,
    Elnekave & Weiss, 2022; optimal transport of patches, Houdard et al., 2021), with quantiles at
    the mid-ranks where the numbers of patches differ. Each step takes a new random orthogonal basis
    of the space of patches, moves every patch to its wanted place along all directions and averages
    where patches overlap: a gradient step through the sorting, to which .8 of the previous step is
    added. Patches are compared after their covariance :math:`\Sigma` has been flattened to
    :math:`\Sigma^{0.7}`, since photographs have so little variance in their finest details. Levels
    are 3/4 of each other in size; the coarsest has at least 200 patches in the exemplar, where it
    has as many, and starts from random phases: pieces of that patch's size, a third of an image of
    128 x 128, may be repeated from the parent. Patches span all components, which are decorrelated
    first. Every child takes its parent's values by ranks in the end. Computed in float32; the cost
    grows as the number of positions times the number of values in a patch.

    References
    ----------
    A. Elnekave, Y. Weiss, "Generating natural images with direct patch distributions matching",
    ECCV 2022. E. Heitz, K. Vanhoey, T. Chambon, L. Belcour, "A sliced Wasserstein loss for neural
    texture synthesis", CVPR 2021. A. Houdard, A. Leclaire, N. Papadakis, J. Rabin,
    "Wasserstein generative models for patch-based texture synthesis", SSVM 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import patch_synthesis
    >>> image = np.random.default_rng(0).standard_normal((24, 24)).cumsum(axis=1)
    >>> patch_synthesis(image, dim=2, n=2, seed=0, iterations=20).samples.shape
    (2, 24, 24)
    """
    task = read_task(exemplars, dim=dim, n=n, size=size, seed=seed, smallest=_SMALLEST)
    width = _read_width(width, task)
    iterations = checks.count(iterations, "iterations")
    normalised = Normalised(task.exemplars)
    levels = _levels(task, width)
    taps = (1, width) if task.dim == 1 else (width, width)
    bar = tqdm(
        total=len(levels) * iterations,
        desc="synthesis",
        disable=None if progress else True,
        leave=False,
    )
    with bar:
        children, losses = _grown(
            task, normalised.values, levels, taps=taps, iterations=iterations, bar=bar
        )
    made = children.double().numpy().reshape(len(children), -1, *task.size)
    made = normalised.undo(made, task.parents)
    return Synthesis(
        samples=task.present(match_values(made, task.exemplars[task.parents], dim=task.dim)),
        losses=losses.astype(task.exemplars.dtype),
        parents=task.parents,
        units=task.units[task.parents],
        method="patch_synthesis",
        dim=task.dim,
    )


def _grown(
    task: Task,
    values: np.ndarray,
    levels: list[_Level],
    *,
    taps: tuple[int, int],
    iterations: int,
    bar: tqdm,
) -> tuple[torch.Tensor, np.ndarray]:
    """Return children (n, K, h, w) and their losses at every step, coarse to fine."""
    images = torch.tensor(_as_images(values, task.dim), dtype=torch.float32)
    losses = np.empty((len(task.parents), len(levels), iterations))
    children: list[torch.Tensor] = []
    for level, (own, wanted) in enumerate(levels):
        coarse = resized(images, own)
        children = [resized(x, wanted) for x in children] or _start(task, coarse, wanted)
        moving = [Child(x, taps) for x in children]
        targets = {p: Target(coarse[p : p + 1], taps) for p in np.unique(task.parents)}
        for step, basis in enumerate(_bases(task, len(levels) - level, iterations, taps)):
            lines = {p: target.along(basis) for p, target in targets.items()}
            for i, (child, p) in enumerate(zip(moving, task.parents, strict=True)):
                losses[i, level, step] = child.move(lines[p])
            bar.update()
        children = [child.pixels for child in moving]
    return torch.cat(children), losses.reshape(len(children), -1)


def _read_width(width: Any, task: Task) -> int:
    most = min(*task.space, *task.size) // 2
    if width is None:
        return min(_WIDTH[task.dim], most)
    return checks.count(width, "width", minimum=2, maximum=most)


def _levels(task: Task, width: int) -> list[_Level]:
    """Return the sizes of exemplar and child on every level, coarsest first; signals are rows."""
    lead = (1,) * (2 - task.dim)
    levels = [(lead + task.space, lead + task.size)]
    while True:
        scale = _RATIO ** len(levels)
        own, wanted = (
            tuple(round(length * scale) for length in space) for space in (task.space, task.size)
        )
        if min(*own, *wanted) < width or prod(a - width + 1 for a in own) < _FEWEST_PATCHES:
            return levels[::-1]
        levels.append((lead + own, lead + wanted))


def _as_images(x: np.ndarray, dim: int) -> np.ndarray:
    return x if dim == 2 else x[:, :, None]


def _start(task: Task, coarse: torch.Tensor, wanted: tuple[int, int]) -> list[torch.Tensor]:
    """Return phase-randomised children on the coarsest level."""
    exemplars = coarse.numpy().reshape(*coarse.shape[:2], *coarse.shape[4 - task.dim :])
    children = phase_randomised_children(task._replace(exemplars=exemplars), wanted[2 - task.dim :])
    return list(torch.tensor(_as_images(children, task.dim), dtype=torch.float32).split(1))


def _bases(task: Task, level: int, iterations: int, taps: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yield one random orthogonal basis of the space of patches a step."""
    values = task.exemplars.shape[1] * prod(taps)
    for step in range(iterations):
        draw = generator(task.seed, "synthesis", "directions", level, step)
        yield np.linalg.qr(draw.standard_normal((values, values)))[0]
