"""BADGE: items drawn by the distance of the gradients that their labels would give.

The gradient of the last layer for item i, were its label what the network says, is the outer
product of a_i = p_i - e_argmax and the features h_i (Ash et al. 2020). Its inner products are
(a_i . a_j)(h_i . h_j), so that it is never formed.
"""

import numpy as np

from toolbox.core.item_blocks import binary_exponent


def badge(
    p: np.ndarray,
    features: np.ndarray,
    batch: int,
    weight: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return items drawn one after the other by D^2, and the D of each when it was drawn.

    D is the distance to the nearest gradient drawn before, for the first one to zero.
    """
    h = np.ldexp(features, -binary_exponent(features)).astype(np.float32)
    a = p.astype(np.float32)
    a[np.arange(len(a)), p.argmax(axis=1)] -= 1
    norms = (a**2).sum(axis=1) * (h**2).sum(axis=1)
    squared = norms.astype(np.float64)
    law = np.maximum(weight, 0.0) ** 2
    chosen, found = [], []
    for _ in range(batch):
        mass = law * squared
        mass[chosen] = 0
        if mass.max() <= 0:  # gradients that are all alike say nothing: any item is as good
            mass = law.copy()
            mass[chosen] = 0
        summed = mass.cumsum()
        item = int(np.searchsorted(summed, rng.random() * summed[-1], side="right"))
        chosen.append(item)
        found.append(float(np.sqrt(squared[item])))
        apart = norms + norms[item] - 2 * (a @ a[item]) * (h @ h[item])
        squared = np.minimum(squared, np.maximum(apart, 0))
    return np.array(chosen, dtype=np.int64), np.array(found)
