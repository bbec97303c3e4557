"""The kernel distance (squared maximum mean discrepancy) between two sets of features."""

from typing import Any

import numpy as np

from synthesis.evaluation.feature_sets import feature_sets
from synthesis.evaluation.set_distance import SetDistance, permutation_test, remarks
from toolbox.core import checks
from toolbox.distances.maximum_mean_discrepancy import polynomial_less_constant


def kernel_distance(
    samples: Any,
    reference: Any,
    *,
    dim: int,
    seed: int,
    units: Any = None,
    reference_units: Any = None,
    resamples: int = 999,
) -> SetDistance:
    r"""Return the kernel distance between two sets, unbiased at every size; smaller = better.

    Parameters
    ----------
    samples, reference : arrays or Descriptions, at least two units each
        Features (n, F) of any feature function with ``dim=0``, as a network would give them; or
        items ``([n, [components,]] *space)``, which `toolbox.describe` describes.
    dim : 0, 1 or 2
        Number of spatial axes; 0 for features.
    seed : int
        Seed of the permutations.
    units, reference_units : one label an item, optional
        What was drawn independently (a photograph); every item by default. Units should hold about
        as many items on both sides. A unit on both sides leaves no p-value.
    resamples : int
        Number of random permutations, 0 for no p-value.

    Returns
    -------
    SetDistance
        In the units of the kernel.

    Raises
    ------
    InputError
        With fewer than two units on a side, or features that differ.

    Notes
    -----
    The squared maximum mean discrepancy with the kernel
    :math:`k(x, y) = (\langle x, y \rangle / F + 1)^3` (Binkowski et al., 2018; the KID with the
    features of an Inception network), which compares moments up to the third. `value` is the
    U-statistic that leaves out pairs of items of one unit: its expectation is the distance of the
    laws at every size and number of features. `plug_in` keeps all pairs and is >= 0. The kernel has
    an origin and a scale: features far from zero are compared by their means alone. The p-value
    permutes whole units.

    References
    ----------
    M. Binkowski, D. Sutherland, M. Arbel, A. Gretton, Demystifying MMD GANs, ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import kernel_distance
    >>> x = np.random.Generator(np.random.Philox(0)).standard_normal((80, 4))
    >>> same = kernel_distance(x[:40], x[40:], dim=0, seed=0, resamples=99)
    >>> shifted = kernel_distance(x[:40] + 1, x[40:], dim=0, seed=0, resamples=99)
    >>> abs(same.value) < 0.5 < shifted.value, same.p_value > 0.05 > shifted.p_value
    (True, True)
    """
    seed, resamples = checks.seed(seed), checks.count(resamples, "resamples", minimum=0)
    sets = feature_sets(
        samples, reference, dim=dim, units=units, reference_units=reference_units, fewest=2
    )
    pooled, own = sets.pooled, sets.own
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = polynomial_less_constant(pooled, pooled, origin=pooled.mean(axis=0))
    if not np.isfinite(kernel).all():
        got = f"features up to {np.abs(pooled).max():.3g}"
        checks.refuse("samples", "features whose kernel is finite (divide all by one scale)", got)
    independent = (own[:, None] != own[None, :]).astype(np.float64)
    kept = kernel * independent

    def unbiased(first: np.ndarray) -> float:
        return _discrepancy(first, kernel, kept, independent)

    p_value, note = permutation_test(
        unbiased, sets, name="kernel_distance", seed=seed, resamples=resamples
    )
    observed = np.arange(len(pooled)) < len(sets.samples)
    return SetDistance(
        value=unbiased(observed),
        plug_in=_discrepancy(observed, kernel, kernel, np.ones_like(kernel)),
        p_value=p_value,
        units=sets.n_units,
        note=remarks(note, sets.note),
    )


def _discrepancy(
    first: np.ndarray, kernel: np.ndarray, within: np.ndarray, pairs: np.ndarray
) -> float:
    """Return the mean of `within` over the `pairs` of each set less twice that across."""
    sides = [side.astype(np.float64) for side in (first, ~first)]
    inside = sum((side @ within @ side) / (side @ pairs @ side) for side in sides)
    return float(inside - 2 * (sides[0] @ kernel @ sides[1]) / np.prod([s.sum() for s in sides]))
