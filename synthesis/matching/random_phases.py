"""Children with an exemplar's spectrum and random phases, where every optimiser starts."""

import numpy as np
from scipy import fft

from synthesis.matching.exemplars import Task, noise
from toolbox.multiscale.periodic_component import periodic_component


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
