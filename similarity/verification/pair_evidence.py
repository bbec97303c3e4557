"""Evidence that two textures are the same, calibrated with or without judged pairs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from similarity.families.registry import FAMILIES, IMAGES_ONLY
from similarity.pairs.images import checked_images, standardised
from similarity.pairs.judged_pairs import judged_pairs
from similarity.pairs.null_distributions import above_zero
from similarity.pairs.statistics import LawFields, family_features, law_fields
from similarity.pairs.tiles import symmetric_tables
from similarity.verification.family_fits import FamilyFit, Judged, fitted_family
from similarity.verification.pooling import POOLED, pooled_evidence
from similarity.verification.records import Evidence
from toolbox.core import checks
from toolbox.core.checks import refuse


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
        (quantiles of projections of patches); "pooled" is all of them that there are for such
        items, as `similarity.pool` pools them.
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
    `benchmarks/evidence_nulls.py` measures how often 5 % tests reject. Pairs judged the same are a
    better null: from 20 of them on (no more than half of their items are counted) T is held against
    their mean, and T over it has Fisher's law of 2 a and 2 m a degrees of freedom, m the number of
    pairs and a the shape of the gamma law, theirs where they spread more. They must be of separate
    images and rightly judged.

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

    Of more than 1500 items the share of same pairs, the density of the statistics, the scale of the
    logistic line and the weights of the pool rest on a million pairs drawn at random (`seed`), and
    p-values are read from tables (off by less than 1e-3 of themselves where above 1e-30). Pairs
    are weighed in tiles of 512 by 512: beyond the three tables that are returned, memory grows
    with the number of items only. The families of a pool share their simulated fields.

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
    dim = checks.dimension(dim)
    family = checks.choice(family, "family", (*FAMILIES, POOLED))
    seed = checks.seed(seed)
    images = checked_images(images, dim=dim)
    judged = None if pairs is None else judged_pairs(pairs, len(images))
    if dim == 1 and family in IMAGES_ONLY:
        refuse("family", f"one for signals, not of {IMAGES_ONLY}", family)
    families = families_of(dim) if family == POOLED else (family,)
    fits = fitted_families(images, families, dim=dim, judged=judged, seed=seed)
    if family == POOLED:
        return pooled_evidence(fits, judged=judged, dtype=images.dtype, seed=seed)
    return evidence_of(fits[0], dtype=images.dtype)


def every_evidence(images: Any, *, dim: int, pairs: Any = None, seed: int) -> list[Evidence]:
    """Return the evidence of each family of features, to compare them or to `pool` them.

    Parameters
    ----------
    images
        ``(n, [components,] *space)``, n >= 4, at least 32 samples an axis (128 for signals).
    dim
        1 (signals) or 2 (images).
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least five of each.
    seed
        Seed of the simulations behind the p-values.

    Returns
    -------
    list of Evidence
        One a family that there is for such items, its name in `.family`: what `evidence` returns
        for each, the laws of the items fitted and simulated once for all of them.

    Raises
    ------
    InputError
        As `evidence`.

    Examples
    --------
    >>> import numpy as np
    >>> from similarity import every_evidence
    >>> noise = np.random.Generator(np.random.Philox(0)).standard_normal((8, 128))
    >>> noise[4:] = noise[4:].cumsum(axis=1)
    >>> [found.family for found in every_evidence(noise, dim=1, seed=0)]
    ['spectrum', 'wavelet', 'whitened', 'leaders', 'patches']
    """
    dim, seed = checks.dimension(dim), checks.seed(seed)
    images = checked_images(images, dim=dim)
    judged = None if pairs is None else judged_pairs(pairs, len(images))
    fits = fitted_families(images, families_of(dim), dim=dim, judged=judged, seed=seed)
    return [evidence_of(fit, dtype=images.dtype) for fit in fits]


def families_of(dim: int) -> list[str]:
    """Return every family that there is for such items."""
    return [name for name in FAMILIES if dim == 2 or name not in IMAGES_ONLY]


def fitted_families(
    images: np.ndarray,
    families: Sequence[str],
    *,
    dim: int,
    judged: Judged | None = None,
    seed: int,
) -> list[FamilyFit]:
    """Return the fits of families, the laws of the items simulated once."""
    given, place = simulated(images, dim=dim, seed=seed)
    options, fits = {"judged": judged, "dtype": images.dtype, "seed": seed}, []
    for name in families:
        described = family_features(given, FAMILIES[name].features)
        fits.append(fitted_family(name, described, place, **options))
    return fits


def evidence_of(fit: FamilyFit, *, dtype: np.dtype) -> Evidence:
    """Return the evidence of all pairs in one family."""
    matrix, p_values, statistics = symmetric_tables(
        fit.between, fit.statistics.items, diagonals=(np.nan, np.nan, 0.0), dtype=dtype
    )
    return Evidence(
        matrix=matrix,
        p_values=above_zero(p_values),
        statistics=statistics,
        family=fit.family,
        note=f"log-odds from a {fit.basis}; {_directions_note(fit.directions)}; " + _null_note(fit),
        share=fit.share,
        directions=fit.directions,
    )


def simulated(images: np.ndarray, *, dim: int, seed: int) -> tuple[LawFields, np.ndarray]:
    """Return items and fields of their laws, and the place of each item among them.

    Simulated noise goes to items in the order of their skewness, not of their row, so that
    reordered items have the same evidence.
    """
    standard = standardised(images, dim=dim)
    order = np.argsort((standard**3).mean(axis=tuple(range(1, standard.ndim))))
    return law_fields(standard[order], seed=seed), np.argsort(order)


def _directions_note(directions: int) -> str:
    if directions:
        return f"items differ in {directions} directions of the features beyond one law"
    return "items differ no more than images of one law may: all features count alike"


def _null_note(fit: FamilyFit) -> str:
    if np.isfinite(fit.null.pairs):
        return f"p-values over the mean of {fit.null.pairs:g} independent pairs judged the same"
    widening = float(np.median(fit.statistics.widening))
    text = (
        "p-values from fields of each item's spectrum and intermittency, "
        f"widened {widening:.2f} times (median) by how parts of an item differ"
    )
    if widening > 1.15:
        text += "; these textures are far from that law: read p-values as too small"
    return text
