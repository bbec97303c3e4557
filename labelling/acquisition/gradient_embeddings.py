"""BADGE: items drawn by the distance of the gradients that their labels would give.

The gradient of the last layer for item i, were its label what the network says, is the outer
product of a_i = p_i - e_argmax and the features h_i (Ash et al. 2020). Its inner products are
(a_i . a_j)(h_i . h_j), so that it is never formed.

Distances to the nearest gradient drawn only fall. Items are drawn by distances that may be old, and
kept with the probability new / old, which draws them by the new ones; those of all items are
computed anew once in a while, for many gradients in one product.
"""

import numpy as np

from toolbox.core.item_blocks import binary_exponent

TOGETHER = 16  # gradients that are compared with all items at once
REFUSALS = 32  # draws in vain after which distances are too old


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
    gradients = Gradients(p, features, weight)
    chosen, found = [], []
    while len(chosen) < batch:
        if len(gradients.pending) >= TOGETHER:
            gradients.catch_up(chosen)
        item, squared = gradients.draw(chosen, rng)
        gradients.pending.append(item)
        chosen.append(item)
        found.append(float(np.sqrt(squared)))
    return np.array(chosen, dtype=np.int64), np.ldexp(np.array(found), gradients.exponent)


class Gradients:
    """The items' gradients a_i h_i', and how far each was from those drawn when all were asked."""

    def __init__(self, p: np.ndarray, features: np.ndarray, weight: np.ndarray) -> None:
        self.exponent = binary_exponent(features)
        self.h = np.ldexp(features, -self.exponent).astype(np.float32)
        self.a = p.astype(np.float32)
        self.a[np.arange(len(p)), p.argmax(axis=1)] -= 1
        self.norms = np.einsum("ij,ij->i", self.a, self.a) * np.einsum("ij,ij->i", self.h, self.h)
        self.squared, self.law = self.norms.astype(np.float64), np.maximum(weight, 0.0) ** 2
        self.pending: list[int] = []
        self.catch_up([])

    def catch_up(self, chosen: list[int]) -> None:
        """Compare all items with the gradients that are pending."""
        if self.pending:
            np.minimum(self.squared, self._apart(slice(None), self.pending), out=self.squared)
            self.pending = []
        mass = self.law * self.squared
        mass[chosen] = 0
        if mass.max() <= 0:  # gradients that are all alike say nothing: any item is as good
            self.squared[:], mass = 0, self.law.copy()
            mass[chosen] = 0
        self.summed = mass.cumsum()

    def draw(self, chosen: list[int], rng: np.random.Generator) -> tuple[int, float]:
        """Return an item drawn by law times D^2, and its D^2."""
        for _ in range(REFUSALS):
            item, squared = self._drawn(rng)
            now = squared
            if self.pending:
                now = min(squared, float(self._apart([item], self.pending)[0]))
            if item not in chosen and rng.random() * squared <= now:
                return item, now
        self.catch_up(chosen)
        return self._drawn(rng)

    def _drawn(self, rng: np.random.Generator) -> tuple[int, float]:
        item = int(np.searchsorted(self.summed, rng.random() * self.summed[-1], side="right"))
        return item, float(self.squared[item])

    def _apart(self, items: slice | list[int], others: list[int]) -> np.ndarray:
        """Return the squared distance of each item's gradient to the nearest of the others'."""
        inner = (self.a[others] @ self.a[items].T) * (self.h[others] @ self.h[items].T)
        inner *= -2
        inner += self.norms[others][:, None]
        return np.maximum(inner.min(axis=0) + self.norms[items], 0)
