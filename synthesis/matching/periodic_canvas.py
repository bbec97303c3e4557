"""How an exemplar with a frame is put on a periodic canvas, and which positions may be counted.

By its mirror images, or by its spectrum alone: children of random phases, where every optimiser
starts.
"""

import numpy as np
from scipy import fft

from synthesis.matching.exemplars import Task, noise
from toolbox.processes.periodic_fields import periodic_component


def canvas_for(size: tuple[int, ...], *, multiple: int) -> tuple[int, ...]:
    """Return the smallest canvas of at least `size` whose sides are multiples of `multiple`."""
    return tuple(-(-length // multiple) * multiple for length in size)


def mirrored(x: np.ndarray, canvas: tuple[int, ...]) -> np.ndarray:
    """Continue items ``(m, K, *space)`` by their mirror images to the canvas: no jump anywhere."""
    space = x.shape[2:]
    after = [(0, wide - own) for wide, own in zip(canvas, space, strict=True)]
    return np.pad(x, [(0, 0), (0, 0), *after], mode="symmetric")


def inside_weights(
    space: tuple[int, ...], canvas: tuple[int, ...], *, level: int, reach: float
) -> np.ndarray:
    """Return equal weights, summing to one, for the positions of a level that lie well inside.

    A position counts when it is at least `reach` from the frame, in pixels of the finest level;
    never more than a quarter of the shortest side is asked for, so that some always count.
    """
    reach = min(reach, 0.25 * min(space))
    weights = np.ones(())
    for own, wide in zip(space, canvas, strict=True):
        position = np.arange(wide >> level) * 2**level
        counts = (position >= reach - 0.5) & (position <= own - 1 - reach + 0.5)
        weights = weights[..., None] * counts
    return weights / weights.sum()


def phase_randomised_children(task: Task, size: tuple[int, ...]) -> np.ndarray:
    """Return float64 children ``(n, K, *size)`` of random phases."""
    canvas = tuple(max(wanted, own) for wanted, own in zip(size, task.space, strict=True))
    spots = _spots(task.exemplars, canvas)
    axes = tuple(range(1, task.dim + 1))
    children = np.empty((len(task.parents), spots.shape[1], *size))
    inside = (slice(None), *(slice(0, length) for length in size))
    for child, parent in enumerate(task.parents):
        phases = np.angle(fft.fftn(noise(task, child, canvas)))
        phases.flat[0] = 0.0
        spectrum = fft.fftn(spots[parent], axes=axes) * np.exp(1j * phases)
        children[child] = fft.ifftn(spectrum, axes=axes).real[inside]
    return children


def _spots(exemplars: np.ndarray, canvas: tuple[int, ...]) -> np.ndarray:
    """Return periodic components on the canvas: same mean and variance, tapered if it is larger."""
    dim = len(canvas)
    axes = tuple(range(-dim, 0))
    periodic = periodic_component(exemplars, dim=dim)
    space = periodic.shape[-dim:]
    if space == canvas:
        return periodic
    mean = periodic.mean(axis=axes, keepdims=True)
    tapered = periodic - mean
    for axis in axes:
        if space[axis] < canvas[axis]:
            taper = _taper(space[axis])
            tapered = tapered * taper.reshape([-1 if a == axis else 1 for a in axes])
    tapered -= tapered.mean(axis=axes, keepdims=True)
    energy = (tapered**2).sum(axis=axes, keepdims=True) / np.prod(canvas)
    tapered *= np.sqrt(periodic.var(axis=axes, keepdims=True) / energy)
    after = [(0, wide - own) for wide, own in zip(canvas, space, strict=True)]
    return mean + np.pad(tapered, [(0, 0), (0, 0), *after])


def _taper(length: int) -> np.ndarray:
    """Return a window that is one but for a raised-cosine tenth at each end."""
    position = np.arange(length) + 0.5
    depth = np.minimum(position, length - position) / max(0.1 * length, 1.0)
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(depth, 1.0))
