"""Children whose statistics match those of their parents: what both neural synthesisers share."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from tqdm import tqdm

from synthesis.matching.batched_lbfgs import minimise
from synthesis.matching.exemplars import Task
from synthesis.matching.periodic_canvas import (
    canvas_for,
    inside_weights,
    mirrored,
    phase_randomised_children,
)
from synthesis.matching.synthesis_record import Synthesis
from synthesis.matching.values import match_components, mid_rank_quantiles
from toolbox.core.item_blocks import unit_items
from toolbox.torch_features.fourier_grids import coarsened, with_coarse

# Children (B, K, *canvas) and the rows of their parents to matrices of statistics (B, ., .).
Statistics = Callable[[torch.Tensor, torch.Tensor], list[torch.Tensor]]

# Of a batch; about as much as leaves the features of its finest grid in a core's cache: measured a
# sixth to a third faster than four times as many.
_POSITIONS_AT_ONCE = 12_000
# And component, of a synthesis with its gradients and past steps: twice what a CPU was seen to
# take.
_BYTES_A_POSITION = 8_000


class Normalised:
    """Exemplars with mean zero, variance one and uncorrelated components."""

    def __init__(self, exemplars: np.ndarray) -> None:
        m, components = exemplars.shape[:2]
        flat = exemplars.reshape(m, components, -1).astype(np.float64)
        flat = unit_items(flat, dim=1)[0]  # squares neither overflow nor vanish
        flat -= flat.mean(axis=2, keepdims=True)
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
    task: Task,
    values: np.ndarray,
    *,
    levels: int,
    multiple: int,
    reaches: list[float],
    device: str = "cpu",
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Return the mirrored exemplars, in batches, and the weights of each level's positions."""
    canvas = canvas_for(tuple(2 * length for length in task.space), multiple=multiple)
    tensor = partial(torch.tensor, dtype=torch.float32, device=device)
    wide = tensor(mirrored(values, canvas))
    weights = [
        tensor(inside_weights(task.space, canvas, level=level, reach=reaches[level]))
        for level in range(levels)
    ]
    return list(wide.split(_at_once(canvas, wide))), weights


def match_statistics(
    task: Task,
    normalised: Normalised,
    targets: list[torch.Tensor],
    statistics: Statistics,
    *,
    canvas: tuple[int, ...],
    coarsest: int = 0,
    values: float = 0.0,
    iterations: int,
    progress: bool,
    method: str,
) -> Synthesis:
    r"""Minimise :math:`\sum \|S(x) - S(p)\|^2 / \sum \|S(p)\|^2` from phase-randomised children.

    The children live on a periodic canvas that is cropped to the wanted size; the crop takes over
    its parent's values by ranks. Where `coarsest` is above 0, their lower frequencies alone are
    first optimised on grids 2^coarsest, ..., 2 times coarser, against those statistics that such a
    grid has: the last ones. A coarser grid of images gets twice the iterations of the next finer
    one, so that it costs half as much, as it does with the same number for signals. On the canvas
    itself, `values` times the squared Wasserstein distance of a child's values to its parent's is
    added, so that the ranks have little to change. Computed where the targets are.
    """
    tensor = partial(torch.tensor, dtype=torch.float32, device=targets[0].device)
    parents = torch.as_tensor(task.parents, device=targets[0].device)
    start = phase_randomised_children(task._replace(exemplars=normalised.values), canvas)
    start = tensor(start)
    jobs = [
        (level, rows)
        for level in range(coarsest, -1, -1)
        for rows in _batches(len(parents), _at_once([side >> level for side in canvas], start))
    ]
    rising = np.sort(normalised.values.reshape(*normalised.values.shape[:2], -1), axis=2)
    quantiles = tensor(mid_rank_quantiles(rising, start[0, 0].numel()))
    children, losses = start, []
    for level, rows in tqdm(jobs, "synthesis", disable=None if progress else True, leave=False):
        x = coarsened(children[rows], level)
        options = {"quantiles": quantiles, "weight": 0.0 if level else values}
        objective = _objective(statistics, targets, parents[rows], x.shape[1:], **options)
        evaluations = iterations * 2 ** (level * (task.dim - 1))
        better, loss = minimise(objective, x.flatten(1), iterations=evaluations)
        children[rows] = with_coarse(children[rows], better.view(x.shape), level)
        losses += [loss] if level == 0 else []
    inside = (..., *(slice(0, length) for length in task.size))
    children = normalised.undo(children.double().cpu().numpy()[inside], task.parents)
    children = match_components(children, task.exemplars[task.parents], dim=task.dim)
    return Synthesis(
        samples=task.present(children),
        losses=torch.cat(losses).cpu().numpy().astype(task.exemplars.dtype),
        parents=task.parents,
        units=task.units[task.parents],
        method=method,
        dim=task.dim,
    )


def _objective(
    statistics: Statistics,
    targets: list[torch.Tensor],
    parents: torch.Tensor,
    shape: tuple[int, ...],
    *,
    quantiles: torch.Tensor,
    weight: float,
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the losses of children as a function of their pixels.

    With a weight the squared Wasserstein distance of the values, which have variance one, is added.
    """
    every, wanted = [target[parents] for target in targets], quantiles[parents]
    squares = [(target**2).sum((1, 2)) for target in every]

    def losses(flat: torch.Tensor) -> torch.Tensor:
        found = statistics(flat.view(-1, *shape), parents)
        first = len(every) - len(found)
        misfit = sum(((f - w) ** 2).sum((1, 2)) for f, w in zip(found, every[first:], strict=True))
        total = misfit / sum(squares[first:])
        if weight:
            rising = flat.view(wanted.shape).sort(dim=2).values
            total = total + weight * ((rising - wanted) ** 2).mean(dim=(1, 2))
        return total

    return losses


def _batches(n: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, n, size)]


def _at_once(canvas: Sequence[int], items: torch.Tensor) -> int:
    """Return how many of the items (n, K, ...), on this canvas, are computed together."""
    positions = _POSITIONS_AT_ONCE
    if items.device.type == "cuda":  # no cache to stay in: as many as there is memory for
        free = torch.cuda.mem_get_info(items.device)[0]
        positions = free // (_BYTES_A_POSITION * items.shape[1])
    return max(1, positions // int(np.prod(canvas)))
