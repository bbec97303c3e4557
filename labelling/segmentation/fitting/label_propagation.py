"""Guesses of pixels that neighbours share where they look alike: a random walker in an image."""

import numpy as np

EDGES = 700.0  # how soon a difference, as a share of that of any two pixels, parts two neighbours
ALONE = 0.01  # what a pixel counts by itself, against a neighbour just like it: ten pixels' reach
STEPS = 100


def propagated(p: np.ndarray, left: np.ndarray, logits: np.ndarray) -> np.ndarray:
    r"""Return probabilities (C, h, w) of one image, carried on to pixels that look alike.

    `p` are those of each pixel by itself, `left` (C, h, w) the classes that it may be of, one of
    them at least; where only one is left, it is what neighbours hear. `logits` z (C, h, w) say what
    looks alike. From f = p on, with the four neighbours y of a pixel x, a hundred times

    .. math:: f(x) \leftarrow \Big(\sum_y w_{xy} f(y) + \gamma p(x)\Big)
        \Big/ \Big(\sum_y w_{xy} + \gamma\Big),
        \quad w_{xy} = \exp\Big(-\beta \frac{\|z(x) - z(y)\|^2}{2 \sum_k \mathrm{Var} z_k}\Big),

    within the classes that are left: a random walker with prior models (Grady, 2005), by which a
    class is carried as far as what looks like it goes. Where neighbours differ as any two pixels
    do, as of classes that are strewn pixel by pixel, each stays what it is.
    """
    across, down = likeness(logits)
    near = neighbours_sum(np.ones_like(p[:1]), across, down) + ALONE
    f = p
    for _ in range(STEPS):
        f = (neighbours_sum(f, across, down) + ALONE * p) * (left / near)
        f /= f.sum(axis=0)
    return f


def likeness(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights between neighbours in a row (h, w - 1) and in a column (h - 1, w)."""
    z = logits.astype(np.float64)
    any_two = 2 * z.var(axis=(1, 2)).sum()
    if any_two == 0:  # all look the same
        any_two = np.inf
    across, down = (
        np.exp(-EDGES * (np.diff(z, axis=axis) ** 2).sum(axis=0) / any_two) for axis in (2, 1)
    )
    return across, down


def neighbours_sum(f: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Return the sum over the neighbours of each pixel, weighted by likeness."""
    total = np.zeros_like(f)
    total[..., 1:] += across * f[..., :-1]
    total[..., :-1] += across * f[..., 1:]
    total[:, 1:] += down * f[:, :-1]
    total[:, :-1] += down * f[:, 1:]
    return total
