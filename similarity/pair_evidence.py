"""Evidence that two textures are the same, calibrated with or without judged pairs."""

from importlib import import_module
from typing import Any

import numpy as np
from scipy.special import logit

from similarity.fitted_law import standardised
from similarity.judgements import judged_pairs
from similarity.log_odds import logistic_line, null_p_values, two_groups
from similarity.pair_statistics import family_features, pair_statistics
from toolbox import doors
from toolbox.doors import refuse
from toolbox.records import record

# family: (file, features, whether they are log-energies, whether their correlations are read
# from the parts of items too)
FAMILIES = {
    "spectrum": ("spectrum_family", "log_spectra", True, False),
    "wavelet": ("wavelet_family", "log_energies", True, False),
    "whitened": ("whitened_family", "magnitudes", False, False),
    "leaders": ("leaders_family", "non_spectral", False, False),
    "hyperbolic": ("hyperbolic_family", "log_energies", True, False),
    "lbp": ("lbp_family", "histograms", False, True),
    "patches": ("patches_family", "quantiles", False, True),
}
IMAGES_ONLY = ("hyperbolic", "lbp")
SMALLEST = {1: 128, 2: 32}


@record
class Evidence:
    """Evidence for each pair of n items.

    Attributes
    ----------
    matrix : array (n, n)
        Natural log-odds that the pair is the same texture; positive = same; symmetric, diagonal
        NaN. They include the prior share of same pairs (see `note`).
    p_values : array (n, n)
        Against "both are drawn from one law"; small = different.
    statistics : array (n, n)
        The distance that the log-odds fall with, over its mean between two images of one law:
        about 1 for such pairs.
    family : str
    note : str
        What the log-odds and p-values rest on.
    share : float
        The share of same pairs whose log-odds are in `matrix`.
    directions : int
        In how many directions of the features the items differ beyond what images of one law do;
        0 = the family tells none of them apart.
    """

    matrix: np.ndarray
    p_values: np.ndarray
    statistics: np.ndarray
    family: str
    note: str
    share: float = 0.5
    directions: int = 1

    def plot(self) -> Any:
        """Return a matplotlib Figure of the matrix of log-odds."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5, 4), layout="constrained")
        axes = figure.subplots()
        bound = np.nanquantile(np.abs(self.matrix), 0.98)
        image = axes.imshow(self.matrix, cmap="RdBu_r", vmin=-bound, vmax=bound)
        axes.set(xlabel="item", ylabel="item", title=f"evidence: {self.family}")
        figure.colorbar(image, label="log-odds that the pair is the same")
        return figure


def evidence(
    images: Any,
    *,
    dim: int,
    family: str = "spectrum",
    pairs: Any = None,
    seed: int,
) -> Evidence:
    """Return the log-odds that each pair of images is the same texture; higher = more alike.

    Parameters
    ----------
    images
        ``(n, [components,] *space)``, n >= 4, at least 32 samples an axis (128 for signals).
        Gain and offset of each item do not matter.
    dim
        1 (signals) or 2 (images).
    family
        What is compared: "spectrum" (log-spectra on bands of radius and angle), "wavelet" (log
        wavelet energies of each scale and direction), "hyperbolic" (of each pair of scales along
        the axes; images only), "whitened" (what remains when the spectrum is divided out: energies
        of the magnitude and its logarithm, kurtosis), "leaders" (the groups of `toolbox.describe`
        other than its spectrum), "lbp" (shares of local binary patterns; images only) or "patches"
        (quantiles of projections of patches).
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least five of each.
    seed
        Seed of the simulations behind the p-values.

    Returns
    -------
    Evidence
        `matrix` (log-odds), `p_values`, `statistics`, `family`, `note`.

    Raises
    ------
    InputError
        For too few or too small images, a constant image, or pairs of one kind only.

    Notes
    -----
    p-values: T = sum_f d_f^2 / (2 v_f) over the family's features, v_f the variance of a feature
    between images of one law; for log-energies its terms are the likelihood ratio of two gamma
    variables, (4 / v) log cosh(d / 2), with 2 / v effective degrees of freedom. To up to 32 items a
    law is fitted: a smooth spectrum and log-correlated strength of the item's lambda^2, both shrunk
    over items; it is simulated on twice the size and cropped. T between fields of one law is gamma
    distributed to a good approximation (Satterthwaite, 1946), its mean taken item by item, and
    widened by how much more the halves or quadrants of real items differ than those of simulated
    ones. With long memory parts of one image resemble one another more than separate images do, so
    for textures that the fitted law resembles badly p-values are still too small (`note`).
    `benchmarks/evidence_nulls.py` measures how often 5 % tests reject.

    Log-odds fall with another statistic, which weighs the directions of the features by how much
    the items of the set differ along them beyond what images of one law do: with b_k the variance
    between laws over that within along the k-th direction, sum_k (b_k / (1 + b_k)) d_k^2 / 2, of
    all directions that stand out of noise (Ioffe, 2006, without labels; see
    `similarity.separating_metric`). Where none does, `directions` is 0 and T is used. The
    covariance within is that between simulated fields; for "lbp" and "patches", whose statistics
    fitted laws do not have, the mean of it and that between parts of items. Without pairs the
    log-odds are log P(same) / P(different) in a two-groups model (Efron, 2008) with the simulated
    null and a share of same pairs estimated from the large p-values (Storey, 2002), shrunk to the
    prior where the covariance of many features is known badly (Hartlap et al., 2007). With pairs:
    a + b (-log of the statistic), two parameters fitted by logistic regression, b > 0. Both include
    the prior: without pairs the estimated share of same pairs among all, with pairs the share
    among the judged ones; subtract its log-odds (`share`) to compare under another prior.

    References
    ----------
    B. Efron, "Microarrays, empirical Bayes and the two-groups model", Statistical Science 2008.
    J. D. Storey, "A direct approach to false discovery rates", JRSS B 2002.
    S. Ioffe, "Probabilistic linear discriminant analysis", ECCV 2006.
    J. Hartlap, P. Simon, P. Schneider, "Why your model parameter confidences might be too
    optimistic", Astronomy and Astrophysics 464, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((8, 32, 32))
    >>> noise[4:] = noise[4:].cumsum(axis=2)
    >>> found = evidence(noise, dim=2, seed=0)
    >>> bool(found.matrix[0, 1] > found.matrix[0, 4]), bool(found.p_values[0, 4] < 1e-6)
    (True, True)
    """
    dim = doors.dimension(dim)
    family = doors.choice(family, "family", tuple(FAMILIES))
    seed = doors.seed(seed)
    images = checked_images(images, dim=dim)
    judged = None if pairs is None else judged_pairs(pairs, len(images))
    if dim == 1 and family in IMAGES_ONLY:
        refuse("family", f"one for signals, not of {IMAGES_ONLY}", family)
    file, name, energies, from_parts = FAMILIES[family]
    features = getattr(import_module(f"similarity.{file}"), name)
    standard = standardised(images, dim=dim)
    # Simulated noise goes to items in the order of their skewness, not of their row, so that
    # reordered items have the same evidence.
    order = np.argsort((standard**3).mean(axis=tuple(range(1, standard.ndim))))
    described = family_features(standard[order], features, seed=seed)
    found = pair_statistics(described, energies=energies, from_parts=from_parts)
    place = np.argsort(order)
    upper = np.triu_indices(len(images), 1)
    ratio, separation = (t[np.ix_(place, place)][upper] for t in (found.ratio, found.separation))
    log_ratio = np.log(np.maximum(separation, 1e-12))
    if judged is None:
        p_values = null_p_values(separation, found.separation_shape)
        odds, share = two_groups(log_ratio, p_values, found.separation_shape, n=len(images))
        odds = logit(share) + found.trust * (odds - logit(share))
        basis = f"two-groups model, estimated share of same pairs {share:.3g}"
    else:
        odds, basis = calibrated(-log_ratio, upper, judged, len(images))
        share = float(judged[1].mean())
    return Evidence(
        matrix=symmetric(odds, upper, len(images), np.nan).astype(images.dtype),
        p_values=symmetric(null_p_values(ratio, found.shape), upper, len(images), np.nan).astype(
            images.dtype
        ),
        statistics=symmetric(separation, upper, len(images), 0.0).astype(images.dtype),
        family=family,
        note=f"log-odds from a {basis}; {_directions_note(found.directions)}; "
        + _null_note(float(np.median(found.widening))),
        share=share,
        directions=found.directions,
    )


def calibrated(
    score: np.ndarray, upper: tuple, judged: tuple[np.ndarray, np.ndarray], n: int
) -> tuple[np.ndarray, str]:
    """Return a + b score of all pairs (upper triangle), fitted on judged pairs, and its basis."""
    index, same = judged
    standard = (score - score.mean()) / (score.std() or 1.0)
    table = symmetric(standard, upper, n, np.nan)
    a, b = logistic_line(table[index[:, 0], index[:, 1]], same)
    return (
        a + b * standard,
        f"logistic line through {len(same)} judged pairs, {same.mean():.0%} same",
    )


def checked_images(
    images: Any, *, dim: int, smallest: int = 4, argument: str = "images"
) -> np.ndarray:
    """Return (n, components, *space) large enough to be compared."""
    array = doors.not_constant(doors.items(images, argument, dim=dim), argument)
    if len(array) < smallest:
        refuse(argument, f"at least {smallest} items", f"{len(array)}")
    if min(array.shape[2:]) < SMALLEST[dim]:
        refuse(argument, f"at least {SMALLEST[dim]} samples an axis", f"shape {array.shape}")
    return array


def symmetric(values: np.ndarray, upper: tuple, n: int, diagonal: float) -> np.ndarray:
    """Return the (n, n) matrix with the given upper triangle."""
    matrix = np.full((n, n), diagonal)
    matrix[upper] = values
    matrix.T[upper] = values
    return matrix


def _directions_note(directions: int) -> str:
    if directions:
        return f"items differ in {directions} directions of the features beyond one law"
    return "items differ no more than images of one law may: all features count alike"


def _null_note(widening: float) -> str:
    text = (
        "p-values from fields of each item's spectrum and intermittency, "
        f"widened {widening:.2f} times (median) by how parts of an item differ"
    )
    if widening > 1.15:
        text += "; these textures are far from that law: read p-values as too small"
    return text
