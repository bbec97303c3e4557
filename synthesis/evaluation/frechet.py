"""The Frechet distance between two sets of features, without the bias of small sets."""

from typing import Any, NamedTuple

import numpy as np

from synthesis.evaluation.feature_sets import feature_sets
from synthesis.evaluation.frechet_halves import contrast_of_halves
from synthesis.evaluation.set_distance import SetDistance, permutation_test, remarks
from toolbox.core import checks
from toolbox.core.item_blocks import binary_exponent, varies
from toolbox.core.streams import generator

# Of the largest standard deviation: squares of what is far smaller are rounded away beside those of
# the largest.
_REGULAR = 0.01
_FEWEST = 4  # units a side: two halves of two


def frechet_distance(
    samples: Any,
    reference: Any,
    *,
    dim: int,
    seed: int,
    units: Any = None,
    reference_units: Any = None,
    resamples: int = 999,
) -> SetDistance:
    r"""Return the Frechet distance between two sets, unbiased for equal laws; smaller = better.

    Parameters
    ----------
    samples, reference : arrays or Descriptions, at least four units each
        Features (n, F) of any feature function with ``dim=0``, as a network would give them; or
        items ``([n, [components,]] *space)``, which `toolbox.describe` describes.
    dim : 0, 1 or 2
        Number of spatial axes; 0 for features.
    seed : int
        Seed of the splits and permutations.
    units, reference_units : one label an item, optional
        What was drawn independently (a photograph); every item by default. Units should hold about
        as many items on both sides. A unit on both sides leaves no p-value.
    resamples : int
        Number of random permutations, 0 for no p-value; one costs a singular value decomposition of
        size min(n, F).

    Returns
    -------
    SetDistance
        In the squared units of the features.

    Raises
    ------
    InputError
        With fewer than four units on a side, a set of identical items, or features that differ.

    Notes
    -----
    The squared 2-Wasserstein distance between two Gaussian laws (Frechet, 1957),
    :math:`d = |\mu_x - \mu_y|^2 + \mathrm{tr}\,(\Sigma_x + \Sigma_y - 2 (\Sigma_x
    \Sigma_y)^{1/2})`, the FID with the features of an Inception network (Heusel et al., 2017). With
    sample moments put in its place (`plug_in`) it is too large, for F features and n items by about
    :math:`F/n` variances, and it ranks sets by their size (Chong & Forsyth, 2020).

    `value` is the energy-like contrast of halves: with disjoint halves :math:`x', x''` of k units
    and likewise y, :math:`D_k = \frac14 \sum d(x^\bullet, y^\bullet) - \frac12 d(x', x'') -
    \frac12 d(y', y'')`, averaged over random splits. All four halves are alike under the null, so
    that :math:`E D_k = 0` exactly, for every k, F and law; Chong & Forsyth's extrapolation of the
    plug-in to infinite n is so only to first order. What remains under an alternative, of the
    order of :math:`d F / k`, is extrapolated in 1/k from halves and quarters (from 8 units a side),
    which leaves the null at zero. Where every item is its own unit, a quadratic approximation whose
    mean over all splits is known takes most of the splits' noise away, and few are drawn. With F
    larger than the number of items a true Frechet distance cannot be seen by anyone, and the value
    is too small: the note says so.

    The p-value is that of the plug-in distance under permutations of whole units.

    References
    ----------
    M. J. Chong, D. Forsyth, Effectively unbiased FID and Inception score and where to find them,
    CVPR 2020. M. Heusel et al., GANs trained by a two time-scale update rule converge to a local
    Nash equilibrium, NeurIPS 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from synthesis import frechet_distance
    >>> x = np.random.Generator(np.random.Philox(0)).standard_normal((80, 4))
    >>> same = frechet_distance(x[:40], x[40:], dim=0, seed=0, resamples=99)
    >>> same.value < 0 < same.plug_in, same.p_value > 0.05
    (True, True)
    >>> shifted = frechet_distance(x[:40] + 1, x[40:], dim=0, seed=0, resamples=99)
    >>> 2 < shifted.value < 6, shifted.p_value <= 0.02  # 4 features, each shifted by 1
    (True, True)
    """
    seed, resamples = checks.seed(seed), checks.count(resamples, "resamples", minimum=0)
    sets = feature_sets(
        samples,
        reference,
        dim=dim,
        units=units,
        reference_units=reference_units,
        fewest=_FEWEST,
    )
    for argument, points in (("samples", sets.samples), ("reference", sets.reference)):
        if not varies(points).any():
            checks.refuse(argument, "features that vary between items", "none that does")
    pooled = sets.pooled
    with np.errstate(over="ignore", invalid="ignore"):
        squares = ((pooled - pooled.mean(axis=0)) ** 2).sum()
    if not np.finfo(np.float64).tiny < squares < np.inf:
        got = f"features up to {np.abs(pooled).max():.3g}"
        checks.refuse(
            "samples", "features whose squares are numbers (divide all by one scale)", got
        )

    def plug_in(first: np.ndarray) -> float:
        return plug_in_distance(pooled[first], pooled[~first])

    p_value, note = permutation_test(
        plug_in, sets, name="frechet_distance", seed=seed, resamples=resamples
    )
    fewest, features = min(len(sets.samples), len(sets.reference)), pooled.shape[1]
    too_small = f"{features} features of {fewest} items: a difference is underestimated"
    return SetDistance(
        value=contrast_of_halves(sets, generator(seed, "frechet_distance", "splits")),
        plug_in=plug_in_distance(sets.samples, sets.reference),
        p_value=p_value,
        units=sets.n_units,
        note=remarks(note, sets.note, too_small if features >= fewest else ""),
    )


def plug_in_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Return the distance between the Gaussians with the sample moments of x and y."""
    return _between(_moments(x), _moments(y))


class _Moments(NamedTuple):
    mean: np.ndarray  # (F,)
    root: np.ndarray  # (at most F, F): root^T root is the covariance
    regular: bool  # far from singular
    variance: float  # its trace


def _moments(x: np.ndarray) -> _Moments:
    mean = x.mean(axis=0)
    root = x - mean
    root /= np.sqrt(max(len(x) - 1, 1))
    variance = float(np.vdot(root, root))
    if len(x) <= x.shape[1]:
        return _Moments(mean, root, regular=False, variance=variance)
    return _Moments(mean, *_smaller(root), variance)


def _smaller(root: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return a square root of the same covariance, by Cholesky if that is regular; is it."""
    try:
        lower = np.linalg.cholesky(root.T @ root)
    except np.linalg.LinAlgError:
        return np.linalg.qr(root, mode="r"), False
    deviations = np.diagonal(lower)  # given the features before
    if deviations.min() < _REGULAR * deviations.max():
        return np.linalg.qr(root, mode="r"), False
    return lower.T, True


def _between(a: _Moments, b: _Moments) -> float:
    r"""Return the distance; it is >= 0, but for rounding.

    With roots A, B the eigenvalues of :math:`\Sigma_x \Sigma_y` are the squared singular values of
    :math:`A B^T`.
    """
    both = _sum_of_singular_values(a.root @ b.root.T, regular=a.regular and b.regular)
    shift = a.mean - b.mean
    return float(max(0.0, shift @ shift + a.variance + b.variance - 2 * both))


def _sum_of_singular_values(product: np.ndarray, *, regular: bool) -> float:
    """Return it, in half the time where the eigenvalues of the square keep the digits."""
    if regular:
        exponent = binary_exponent(product)  # whose squares could leave the range of numbers
        unit = np.ldexp(product, -exponent)
        squares = np.linalg.eigvalsh(unit @ unit.T)
        if squares[0] > _REGULAR**4 * squares[-1]:  # a product of two, squared
            return np.ldexp(np.sqrt(squares).sum(), exponent)
    return np.linalg.svd(product, compute_uv=False).sum()
