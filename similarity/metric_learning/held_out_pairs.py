"""What a Siamese network says of the pairs that it was not trained on, and their weights."""

import numpy as np


def held_out_cosines(
    weights: dict[str, np.ndarray],
    channels: np.ndarray,
    held_out: np.ndarray,
    view: tuple[int, ...],
    device: str,
) -> np.ndarray:
    """Return the cosines of held-out pairs; opposite corners of an item with itself."""
    from toolbox.networks.siamese_training import encode

    i, j, _ = held_out.T
    items = np.unique(held_out[:, :2])
    at_i, at_j = np.searchsorted(items, i), np.searchsorted(items, j)
    if (i != j).all():
        z = encode(weights, channels[items], device=device).astype(np.float64)
        return (z[at_i] * z[at_j]).sum(axis=1)
    first = channels[items][(..., *(slice(v) for v in view))]
    last = channels[items][(..., *(slice(-v, None) for v in view))]
    a, b = (encode(weights, x, device=device).astype(np.float64) for x in (first, last))
    return (a[at_i] * b[at_j]).sum(axis=1)


def even_weights(held_out: np.ndarray, given: np.ndarray | None) -> np.ndarray:
    """Return weights with which same and different pairs weigh alike, one an item in all."""
    same = held_out[:, 2] == 1
    items = len(np.unique(held_out[:, :2]))
    given = np.ones(len(same)) if given is None else given
    return items / 2 * given / np.where(same, given[same].sum(), given[~same].sum())
