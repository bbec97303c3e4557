"""Evidence that two textures are the same, calibrated with or without judged pairs."""

from typing import Any

import numpy as np

from similarity.evidence_records import Evidence
from similarity.family_fits import FAMILIES, IMAGES_ONLY, FamilyFit, Judged, fitted_family
from similarity.fitted_law import standardised
from similarity.judgements import judged_pairs
from similarity.null_laws import above_zero
from similarity.pair_blocks import symmetric_tables
from similarity.pair_statistics import LawFields, law_fields, parts_of
from similarity.pooled_fits import POOLED, pooled_evidence
from toolbox import doors
from toolbox.doors import refuse

SMALLEST = {1: 128, 2: 32}


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
        For too few or too small images, a constant image (of leaders, a constant half or quadrant),
        or pairs of one kind only.

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
    dim = doors.dimension(dim)
    family = doors.choice(family, "family", (*FAMILIES, POOLED))
    seed = doors.seed(seed)
    images = checked_images(images, dim=dim)
    judged = None if pairs is None else judged_pairs(pairs, len(images))
    if dim == 1 and family in IMAGES_ONLY:
        refuse("family", f"one for signals, not of {IMAGES_ONLY}", family)
    if family in ("leaders", POOLED):
        _check_parts(images)
    if family == POOLED:
        fits = fitted_families(images, dim=dim, judged=judged, seed=seed)
        return pooled_evidence(fits, judged=judged, dtype=images.dtype, seed=seed)
    given, place = simulated(images, dim=dim, seed=seed)
    fit = fitted_family(family, given, place, judged=judged, dtype=images.dtype, seed=seed)
    return evidence_of(fit, dtype=images.dtype)


def every_evidence(images: Any, *, dim: int, seed: int) -> list[Evidence]:
    """Return the evidence of every family for such items, their laws simulated once."""
    images = checked_images(images, dim=dim)
    _check_parts(images)
    fits = fitted_families(images, dim=dim, seed=seed)
    return [evidence_of(fit, dtype=images.dtype) for fit in fits]


def fitted_families(
    images: np.ndarray, *, dim: int, judged: Judged | None = None, seed: int
) -> list[FamilyFit]:
    """Return the fit of every family for such items."""
    given, place = simulated(images, dim=dim, seed=seed)
    names = [f for f in FAMILIES if dim == 2 or f not in IMAGES_ONLY]
    options = {"judged": judged, "dtype": images.dtype, "seed": seed}
    return [fitted_family(f, given, place, **options) for f in names]


def evidence_of(fit: FamilyFit, *, dtype: np.dtype) -> Evidence:
    """Return the evidence of all pairs in one family."""
    matrix, p_values, statistics = symmetric_tables(
        fit.between, len(fit.statistics.null), diagonals=(np.nan, np.nan, 0.0), dtype=dtype
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


def _check_parts(images: np.ndarray) -> None:
    """Refuse items with a constant part, of which there is no description."""
    parts = parts_of(images)
    flat = parts.reshape(*parts.shape[:3], -1)
    constant = np.argwhere((flat.max(axis=-1) == flat.min(axis=-1)).any(axis=(1, 2)))
    if len(constant):
        part = "half" if images.ndim == 3 else "quadrant"
        wanted = f"variation in every {part} of each item for the leaders (or another family)"
        refuse("images", wanted, f"a constant one in item {constant[0, 0]}")


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
