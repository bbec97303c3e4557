"""How many dimensions a cloud of vectors fills, by two estimators whose bias is simulated."""

from typing import Any

import numpy as np

from similarity.clusterability.near_copies import NEIGHBOURS, near_copies
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import binary_exponent
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.distances.squares import lifted

FEWEST, LARGEST = 20, 1000
FEW_FEATURES = 4  # up to which a tree finds neighbours faster than a product of all pairs
ROWS = 128  # of the product at once: it stays in the cache
DISCARDED = 0.1  # share of the largest ratios that the line of TwoNN leaves out
GROWTH = 1.25  # between the dimensions that are simulated
TIE = 1e-5  # log of r_2 / r_1 below which the two are equal but for rounding
FEW_TIES, MANY_TIES = (
    0.01,
    0.1,
)  # shares of points, hardly any of a continuous law: say so; no value
GAP = np.log(
    100.0
)  # of r_(j+1) / r_j: has a probability of 100^-jd in d dimensions, 1 % where d = 1
MANY_GAPS, FEWEST_GAPS = 0.1, 4  # share and number of points
APART = 0.4  # logarithm of the ratio of both estimates, or four standard errors of TwoNN


@record
class IntrinsicDimension:
    """Two estimates of a cloud's dimension.

    Attributes
    ----------
    two_nn, mle : float
        As estimated; NaN where distances allow none (a grid, near-duplicates), and `note` says why.
    two_nn_bias, mle_bias : float
        Estimate minus truth for Gaussian clouds of as many points on which the estimate is the
        same.
    two_nn_corrected, mle_corrected : float
        The dimensions of those clouds: the estimate minus its bias. At most F.
    items : int
        Points used, duplicates left out.
    note : str
    """

    two_nn: float
    mle: float
    two_nn_bias: float
    mle_bias: float
    two_nn_corrected: float
    mle_corrected: float
    items: int
    note: str


def intrinsic_dimension(
    x: Any, *, neighbours: int = 10, seed: int, draws: int = 4
) -> IntrinsicDimension:
    r"""Return the dimension of a cloud of vectors by TwoNN and by maximum likelihood.

    Parameters
    ----------
    x : array (n, F)
        At least 20 different vectors, more than `neighbours` + 1. Of more than 1000, 1000 drawn at
        random are used.
    neighbours : int
        k of the maximum-likelihood estimate, at least 3.
    seed : int
        Of the points drawn and of the simulated clouds.
    draws : int
        Clouds simulated at each dimension.

    Returns
    -------
    IntrinsicDimension

    Raises
    ------
    InputError
        Too few different vectors.

    Notes
    -----
    TwoNN (Facco et al. 2017): with mu = r_2 / r_1 the ratio of the distances to the second and
    first neighbour and F its empirical distribution, the slope through 0 of -log(1 - F) on log mu,
    without the largest tenth. Maximum likelihood (Levina & Bickel 2004), the mean over points taken
    as MacKay & Ghahramani (2005) take it:

    .. math:: \hat m^{-1} = \frac1n \sum_i \frac{1}{k - 1} \sum_{j < k} \log \frac{r_{ik}}{r_{ij}}:

    each term is without bias for the inverse dimension, while k - 2 belongs to the mean of the
    inverses of the terms.

    Points on a grid have neighbours at equal distances, and near-duplicates a neighbour much closer
    than all others: neither says how many dimensions there are, and where a tenth of the points is
    such there is no estimate. Fewer near-copies make both too small, and the note says so where
    more distances to first neighbours are short than those to later ones allow: in the plane, of
    5 % copies at a hundredth of the spread (TwoNN 1.6 to 1.7) 83 to 95 % of clouds of 200 to 1000
    points are told, at a three-hundredth all. At two and three hundredths, where copies are about
    as far as neighbours, 22 to 42 % and 8 to 25 % are told, and TwoNN falls by 12 to 16 % unsaid:
    whoever knows the density, the share and the distance can tell 92 to 99 % and 68 to 78 %, but of
    28 statistics that only see distances to neighbours none told more than 45 and 25 % at the same
    rate of false alarms.

    Both fall short of dimensions above some ten, the more so the fewer the points: for 1000
    Gaussian points in 20 dimensions they say about 16 and 15. The bias is that on isotropic
    Gaussian clouds, simulated at dimensions that grow by a quarter until the estimate is passed,
    and interpolated; for other shapes (a uniform cube, a sphere) it is another.

    References
    ----------
    E. Facco, M. d'Errico, A. Rodriguez, A. Laio, "Estimating the intrinsic dimension of datasets by
    a minimal neighborhood information", Scientific Reports 2017. E. Levina, P. Bickel, "Maximum
    likelihood estimation of intrinsic dimension", NIPS 2004. D. MacKay, Z. Ghahramani, "Comments on
    'Maximum likelihood estimation of intrinsic dimension'", 2005.

    Examples
    --------
    >>> import numpy as np
    >>> plane = np.random.default_rng(0).normal(size=(300, 2)) @ np.eye(2, 9)
    >>> found = intrinsic_dimension(plane, seed=0)
    >>> round(found.two_nn), round(found.mle), round(found.mle_bias, 1)
    (2, 2, 0.1)
    """
    x = checks.real_array(x, "x", ndim=2).astype(np.float64)
    neighbours = checks.count(neighbours, "neighbours", minimum=3)
    seed, draws = checks.seed(seed), checks.count(draws, "draws")
    points, names = np.unique(x, axis=0, return_index=True)
    least = max(FEWEST, neighbours + 2)
    if len(points) < least:
        refuse("x", f"at least {least} different vectors", len(points))
    notes = [] if len(points) == len(x) else [f"{len(x) - len(points)} repeated vectors left out"]
    if len(points) > LARGEST:
        drawn = generator(seed, "intrinsic_dimension", "points").choice(
            len(points), LARGEST, replace=False
        )
        notes.append(f"{LARGEST} of {len(points)} vectors used")
        points, names = points[drawn], names[drawn]
    every = log_distances(points, min(max(neighbours, NEIGHBOURS), len(points) - 1))
    logs = every[:, :neighbours]
    observed, doubts = _without_doubtful(estimates(logs), logs)
    if np.isfinite(observed).all():
        doubts += near_copies(every[:, :NEIGHBOURS], names)
    truth = _matching(observed, len(points), x.shape[1], neighbours, seed, draws)
    if np.any(truth >= x.shape[1]):
        notes.append("the cloud fills all of its dimensions")
    return IntrinsicDimension(
        two_nn=float(observed[0]),
        mle=float(observed[1]),
        two_nn_bias=float(observed[0] - truth[0]),
        mle_bias=float(observed[1] - truth[1]),
        two_nn_corrected=float(truth[0]),
        mle_corrected=float(truth[1]),
        items=len(points),
        note="; ".join(notes + doubts),
    )


def log_distances(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the logarithms (n, k) of the distances of different points to their neighbours."""
    points = points - points.mean(axis=0)
    points = np.ldexp(points, -binary_exponent(points))
    nearest = _nearest(points, neighbours)
    # The neighbours' distances again, without the cancellation that close points suffer.
    apart = points[nearest]
    apart -= points[:, None]
    exact = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
    return np.log(np.sort(np.maximum(exact, np.finfo(float).tiny), axis=1))


def _nearest(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the indices (n, k) of the nearest other points, in no order."""
    if points.shape[1] <= FEW_FEATURES:
        from scipy.spatial import cKDTree

        found = cKDTree(points).query(points, neighbours + 1)[1]
        others = found != np.arange(len(points))[:, None]
        others[others.all(axis=1), -1] = False  # a point so near that rounding takes it for itself
        return found[others].reshape(-1, neighbours)
    from toolbox.kernels.cpu.ranks import place_smallest

    left, right = lifted(points)
    nearest = np.empty((len(points), neighbours), dtype=np.int64)
    for i in range(0, len(points), ROWS):
        distance = left[i : i + ROWS] @ right.T
        own = np.arange(len(distance))
        distance[own, i + own] = np.inf
        place_smallest(distance, nearest[i : i + ROWS])
    return nearest


def inverse_dimensions(logs: np.ndarray) -> np.ndarray:
    """Return sum_{j<k} log(r_k / r_j) / (k - 1) at each point, of mean 1/d in d dimensions."""
    return (logs[:, -1:] - logs[:, :-1]).mean(axis=1)


def estimates(logs: np.ndarray) -> np.ndarray:
    """Return (TwoNN, maximum likelihood) from log-distances; NaN where these are all equal."""
    ratio = np.sort(logs[:, 1] - logs[:, 0])
    kept = int(len(ratio) * (1 - DISCARDED))
    height = -np.log1p(-np.arange(1, kept + 1) / len(ratio))
    square, inverse = ratio[:kept] @ ratio[:kept], inverse_dimensions(logs).mean()
    two_nn = ratio[:kept] @ height / square if square > 0 else np.nan
    return np.array([two_nn, 1 / inverse if inverse > 0 else np.nan])


def _without_doubtful(observed: np.ndarray, logs: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the estimates, NaN where the distances allow none, and what to know of them."""
    items = len(logs)
    ties = np.mean(logs[:, 1] - logs[:, 0] < TIE)
    gaps = np.count_nonzero(np.diff(logs, axis=1).max(axis=1) > GAP)
    if gaps >= max(FEWEST_GAPS, MANY_GAPS * items):
        text = f"no estimate: {gaps} of {items} points have a neighbour a hundred times closer than"
        return np.full(2, np.nan), [f"{text} the next (near-duplicates)"]
    if ties > MANY_TIES:
        text = f"no estimate by TwoNN, and that by maximum likelihood may be too large: {ties:.0%}"
        return observed * [np.nan, 1], [f"{text} of the points are equally far from two (a grid)"]
    doubts = []
    if ties > FEW_TIES:
        text = (
            "of the points are equally far from two (rounded values, or near-duplicates?): "
            "estimates may be too large, or too small"
        )
        doubts.append(f"{ties:.0%} {text}")
    two_nn, mle = observed
    if abs(np.log(two_nn / mle)) > max(APART, 4 / np.sqrt(items)):
        text = "the two estimates differ, as where the smallest distances are noise or rounding"
        doubts.append(text)
    return observed, doubts


def _matching(
    observed: np.ndarray, items: int, features: int, neighbours: int, seed: int, draws: int
) -> np.ndarray:
    """Return the dimensions of the Gaussian clouds on which the estimates are as observed.

    Only those about the estimates are simulated: from the first of the grid that is not below them
    (they are too small rather than too large) up to where both are passed, and down to where
    neither is.
    """
    grid = _grid(features)
    means = {0: np.zeros(2)}

    def simulated(d: int) -> np.ndarray:
        if d not in means:
            rng = generator(seed, "intrinsic_dimension", "cloud", d)
            clouds = (rng.standard_normal((items, d)) for _ in range(draws))
            found = [estimates(log_distances(cloud, neighbours)) for cloud in clouds]
            means[d] = np.mean(found, axis=0)
        return means[d]

    if np.isnan(observed).all():
        return observed
    top = min(int(np.searchsorted(grid, np.nanmax(observed))), len(grid) - 1)
    while top < len(grid) - 1 and (simulated(grid[top]) < observed).any():
        top += 1
    start = max(top - 1, 0)
    while start and (simulated(grid[start]) > observed).any():
        start -= 1
    dimensions = grid[start : top + 1]
    rising = np.maximum.accumulate(np.array([simulated(d) for d in dimensions]), axis=0)
    matching = np.array([np.interp(observed[i], rising[:, i], dimensions) for i in (0, 1)])
    return np.where(np.isnan(observed), np.nan, matching)


def _grid(features: int) -> list[int]:
    """Return the dimensions that may be simulated: 0 and 1, growing by a quarter, the features."""
    grid = [0]
    while grid[-1] < features:
        grid.append(min(max(grid[-1] + 1, int(GROWTH * grid[-1])), features))
    return grid
