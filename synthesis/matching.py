"""Children whose statistics match those of their parents: what both neural synthesisers share."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from tqdm import tqdm

from synthesis.canvas import canvas_for, inside_weights, mirrored
from synthesis.exemplars import Task
from synthesis.histograms import match_values
from synthesis.optimisation import minimise
from synthesis.results import Synthesis
from synthesis.surrogates import phase_randomised_children
from toolbox.networks.steerable_pyramid import coarse_spectrum

# Children (B, K, *canvas) and the rows of their parents to matrices of statistics (B, ., .).
Statistics = Callable[[torch.Tensor, torch.Tensor], list[torch.Tensor]]

_POSITIONS_AT_ONCE = 50_000


class Normalised:
    """Exemplars with mean zero, variance one and uncorrelated components."""

    def __init__(self, exemplars: np.ndarray) -> None:
        m, components = exemplars.shape[:2]
        flat = exemplars.reshape(m, components, -1).astype(np.float64)
        flat = flat - flat.mean(axis=2, keepdims=True)
        flat /= flat.std(axis=2, keepdims=True)
        values, vectors = np.linalg.eigh(flat @ flat.transpose(0, 2, 1) / flat.shape[2])
        scale = np.sqrt(np.maximum(values, 1e-6))[:, :, None]
        self.values = (vectors.transpose(0, 2, 1) @ flat / scale).reshape(exemplars.shape)
        self._back = vectors * scale.transpose(0, 2, 1)

    def undo(self, children: np.ndarray, parents: np.ndarray) -> np.ndarray:
        """Mix the components of children again as in their parents, up to gain and offset."""
        flat = children.reshape(*children.shape[:2], -1)
        return (self._back[parents] @ flat).reshape(children.shape)


def exemplar_views(
    task: Task, values: np.ndarray, *, levels: int, multiple: int, reaches: list[float]
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Return the mirrored exemplars, in batches, and the weights of each level's positions."""
    canvas = canvas_for(tuple(2 * length for length in task.space), multiple=multiple)
    wide = torch.tensor(mirrored(values, canvas), dtype=torch.float32)
    weights = [
        torch.tensor(
            inside_weights(task.space, canvas, level=level, reach=reaches[level]),
            dtype=torch.float32,
        )
        for level in range(levels)
    ]
    return list(wide.split(_at_once(canvas))), weights


def match_statistics(
    task: Task,
    normalised: Normalised,
    targets: list[torch.Tensor],
    statistics: Statistics,
    *,
    canvas: tuple[int, ...],
    coarsest: int = 0,
    iterations: int,
    progress: bool,
    method: str,
) -> Synthesis:
    r"""Minimise :math:`\sum \|S(x) - S(p)\|^2 / \sum \|S(p)\|^2` from phase-randomised children.

    The children live on a periodic canvas that is cropped to the wanted size; the crop takes over
    its parent's values by ranks.
    """
    parents = torch.as_tensor(task.parents)
    start = phase_randomised_children(task._replace(exemplars=normalised.values), canvas)
    start = torch.tensor(start, dtype=torch.float32)
    made, losses = [], []
    for rows in _batches(len(parents), _at_once(canvas), progress=progress):
        x = start[rows]
        for level in range(coarsest, -1, -1):
            y = coarsened(x, level)
            objective = _objective(statistics, targets, parents[rows], y.shape[1:])
            more = iterations * 2**level
            y, loss = minimise(objective, y.flatten(1), iterations=more)
            x = with_coarse(x, y.view(*x.shape[:2], *(length >> level for length in canvas)))
        made.append(x)
        losses.append(loss)
    inside = (..., *(slice(0, length) for length in task.size))
    children = normalised.undo(torch.cat(made).double().numpy()[inside], task.parents)
    children = match_values(children, task.exemplars[task.parents], dim=task.dim)
    return Synthesis(
        samples=task.present(children),
        losses=torch.cat(losses).numpy().astype(task.exemplars.dtype),
        parents=task.parents,
        method=method,
        dim=task.dim,
    )


def _objective(
    statistics: Statistics,
    targets: list[torch.Tensor],
    parents: torch.Tensor,
    shape: tuple[int, ...],
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the losses of children as a function of their pixels."""
    every = [target[parents] for target in targets]

    def losses(flat: torch.Tensor) -> torch.Tensor:
        found = statistics(flat.view(-1, *shape), parents)
        wanted = every[len(every) - len(found) :]
        total = sum((target**2).sum((1, 2)) for target in wanted)
        misfit = sum(((f - w) ** 2).sum((1, 2)) for f, w in zip(found, wanted, strict=True))
        return misfit / total

    return losses


def _batches(n: int, size: int, *, progress: bool) -> Iterator[slice]:
    starts = range(0, n, size)
    for start in tqdm(starts, "synthesis", disable=None if progress else True, leave=False):
        yield slice(start, start + size)


def _at_once(canvas: tuple[int, ...]) -> int:
    """Return how many items of this canvas are computed together."""
    return max(1, _POSITIONS_AT_ONCE // int(np.prod(canvas)))


def coarsened(x: torch.Tensor, level: int) -> torch.Tensor:
    """Return the lower frequencies of a periodic x on a grid that is 2^level times coarser."""
    if level == 0:
        return x
    axes = tuple(range(2, x.ndim))
    spectrum = coarse_spectrum(torch.fft.fftn(x, dim=axes), level, len(axes))
    return torch.fft.ifftn(spectrum, dim=axes).real


def with_coarse(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return x with the lower frequencies of y, which is on a coarser grid."""
    if x.shape == y.shape:
        return y
    space = x.shape[2:]
    level = (space[0] // y.shape[2]).bit_length() - 1
    return x + refined(y - coarsened(x, level), space)


def refined(y: torch.Tensor, space: tuple[int, ...]) -> torch.Tensor:
    """Return a periodic y on a finer grid, without its highest frequencies."""
    axes = tuple(range(2, y.ndim))
    spectrum = torch.fft.fftn(y, dim=axes)
    for axis, length in zip(axes, space, strict=True):
        own = spectrum.shape[axis]
        half = (own - 1) // 2
        gap = [length - 2 * half - 1 if a == axis else k for a, k in enumerate(spectrum.shape)]
        lower, upper = spectrum.narrow(axis, 0, half + 1), spectrum.narrow(axis, own - half, half)
        spectrum = torch.cat([lower, spectrum.new_zeros(gap), upper], dim=axis)
        spectrum = spectrum * (length / own)
    return torch.fft.ifftn(spectrum, dim=axes).real
