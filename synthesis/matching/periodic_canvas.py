"""How an exemplar with a frame is put on a periodic canvas, and which positions may be counted."""

import numpy as np


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
