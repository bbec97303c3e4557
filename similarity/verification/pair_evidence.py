"""Evidence that two textures are the same: log-odds where judged pairs or units set their level."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from similarity.families.registry import FAMILIES, IMAGES_ONLY
from similarity.pairs.fitted_fields import LawFields, checked_images, law_fields, standardised
from similarity.pairs.kept_features import features_folder, keeping
from similarity.pairs.known_pairs import FEWEST_COMPARISONS, FEWEST_UNITS, Known, known_pairs
from similarity.pairs.statistics import family_features, parts_of
from similarity.verification.family_fits import (
    FamilyFit,
    evidence_tables,
    fitted_family,
    levelled_by_units,
)
from similarity.verification.pooling import POOLED, pooled_evidence, pooling
from similarity.verification.records import NO_LEVEL, NONE, Evidence
from toolbox.core import checks
from toolbox.core.checks import refuse


def evidence(
    images: Any,
    *,
    dim: int,
    family: str = "spectrum",
    units: Any = None,
    pairs: Any = None,
    seed: int,
) -> Evidence:
    r"""Return the log-odds that each pair of images is the same texture; higher = more alike.

    They need judged pairs or units. Without either only `scores` are given, which rank pairs.

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
    units
        (n,) what was drawn independently (a sheet, a photograph), by default those of the record
        that the images came in: items of one unit are known to be the same, items of two may be.
        They set the level of the log-odds from 4 units of several items on, which hold 8 items or
        more beyond the first of each.
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least five of each.
    seed
        Seed of the simulations behind the p-values.

    Returns
    -------
    Evidence
        `matrix` (log-odds), `scores`, `p_values`, `statistics`, `level`, `family`, `note`.

    Raises
    ------
    InputError
        For too few or too small images, a constant image (of leaders, a constant half or quadrant),
        other than one unit an item, or pairs of one kind only, or that contradict one another or
        the units.

    Notes
    -----
    p-values are those of the sum over the family's features f

    .. math:: T = \sum_f \frac{d_f^2}{2 v_f}, \qquad \text{for log-energies} \quad
        T = \sum_f \frac{4}{v_f} \log \cosh \frac{d_f}{2},

    d_f the difference of the two items, v_f the variance of a feature between images of one law;
    the latter is the likelihood ratio of gamma variables with 2 / v degrees of freedom. To up to 32
    items a law is fitted: a smooth spectrum and log-correlated strength of the item's lambda^2,
    both shrunk over items; it is simulated on twice the size and cropped. T between fields of one
    law is gamma distributed to a good approximation (Satterthwaite, 1946), its mean taken item by
    item, and widened by how much more the halves or quadrants of real items differ than those of
    simulated ones. With long memory parts of one image resemble one another more than separate
    images do, so for textures that the fitted law resembles badly p-values are still too small
    (`note`). `benchmarks/evidence_nulls.py` measures how often 5 % tests reject. Pairs known to be
    the same, judged or of one unit, are a better null: from 20 of them on (no more than half of
    their items are counted) T is held against their mean, and T over it has Fisher's law of 2 a and
    2 m a degrees of freedom, m the number of pairs and a the shape of the gamma law, theirs where
    they spread more. Judged ones must be of separate images and rightly judged.

    Scores fall with another statistic, which weighs the directions of the features by how much
    the items of the set differ along them beyond what images of one law do: with b_k the variance
    between laws over that within along the k-th direction, sum_k (b_k / (1 + b_k)) d_k^2 / 2, of
    all directions that stand out of noise (Ioffe, 2006, without labels; see
    `similarity.separating_metric`). Where none does, `directions` is 0 and T is used. The
    covariance within is that between simulated fields; for "lbp" and "patches", whose statistics
    fitted laws do not have, the mean of it and that between parts of items; where units set the
    level the variance within each direction is theirs.

    What sets their level is told by `level`:

    - "judged pairs": log-odds = a + b (-log of the statistic), two parameters fitted by logistic
      regression, b > 0, with the share of same pairs among the judged ones as the prior.
    - "units": log-odds of P(same | u) = share f1(u) / f(u), u the log-statistic, f1 its density
      between items of one unit (a unit of k items counts k - 1), f that between items of two, both
      by kernels (Efron, 2008; neither group is ruled out with more certainty than one in the number
      of such pairs). The share is twice that of the pairs of two units that are nearer than the
      median pair of one (Storey, 2002), by the pool of *all* families, whichever is asked for: one
      that is blind to a difference sees f1 = f there, and its log-odds stay at the prior. So the
      call takes as long as "pooled" does. The share is an upper bound: where textures differ by
      less than two images of one do, no data without labels tell it, and it is too large
      (`benchmarks/evidence_levels.py`).
    - "none": `matrix` is NaN, `scores` are log P(same) / P(different) in the same model with the
      simulated null, shrunk to the prior where the covariance of many features is known badly
      (Hartlap et al., 2007). Simulated laws are narrower than real textures: read as log-odds,
      such scores have two to three times the log-loss of the base rate on photographs.

    To compare under another prior, subtract the log-odds of `share` and add those of the other.

    Of more than 1500 items the share of same pairs, the densities of the statistics, the scale of
    the logistic line and the weights of the pool rest on a million pairs drawn at random (`seed`),
    and p-values are read from tables (off by less than 1e-3 of themselves where above 1e-30). Pairs
    are weighed in tiles of 512 by 512: beyond the tables that are returned, memory grows with the
    number of items only. The families of a pool share their simulated fields.

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
    >>> bool(found.scores[0, 1] > found.scores[0, 4]), bool(found.p_values[0, 4] < 1e-6)
    (True, True)
    >>> found.level, float(found.matrix[0, 1])  # nobody said of any pair that it is the same
    ('none', nan)
    >>> i, j = np.triu_indices(8, 1)
    >>> judged = np.column_stack([i, j, (i < 4) == (j < 4)])
    >>> told = evidence(noise, dim=2, pairs=judged[::2], seed=0)
    >>> told.level, bool(told.matrix[0, 1] > 0 > told.matrix[0, 4])
    ('judged pairs', True)
    """
    dim, seed = checks.dimension(dim), checks.seed(seed)
    family = _checked(family, "family", (*FAMILIES, POOLED), dim)
    units = checks.known_units(images, units)
    images = checked_images(images, dim=dim)
    known = known_pairs(pairs, units, len(images))
    every = family == POOLED or known.by_units
    names = families_of(dim) if every else [family]
    fits = fitted_families(images, names, dim=dim, known=known, seed=seed)
    if family == POOLED:
        pooled = pooled_evidence(fits, known, dtype=images.dtype, seed=seed)
        doubts = (f"{fit.family}: {_note_of(fit, known)}" for fit in fits)
        return replace(pooled, note="; ".join(filter(None, [pooled.note, known.note, *doubts])))
    fits = with_level(fits, known, [family], seed=seed)
    return evidence_of(fits[0], known, dtype=images.dtype)


def every_evidence(
    images: Any,
    *,
    dim: int,
    families: Sequence[str] = (),
    units: Any = None,
    pairs: Any = None,
    store: str | os.PathLike | None = None,
    seed: int,
) -> list[Evidence]:
    """Return the evidence of each family of features, to compare them or to `pool` them.

    Parameters
    ----------
    images
        ``(n, [components,] *space)``, n >= 4, at least 32 samples an axis (128 for signals).
    dim
        1 (signals) or 2 (images).
    families
        Names of families; all that there are for such items by default.
    units
        One label an item, what was drawn independently, by default the record's: see `evidence`.
    pairs
        (m, 3) judged pairs: i, j, 1 for same or 0 for different; at least five of each.
    store
        A folder in which the features of each family are kept as soon as they are computed, by
        what they are of: a call that was killed goes on from there, and one with other judged
        pairs or units takes them too. Nothing is kept by default.
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
        As `evidence`; a store that is no folder, or not in one that exists.

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
    wanted = [_checked(f, "families", tuple(FAMILIES), dim) for f in families] or families_of(dim)
    units = checks.known_units(images, units)
    images = checked_images(images, dim=dim)
    known = known_pairs(pairs, units, len(images))
    names = families_of(dim) if known.by_units else wanted
    options = {"dim": dim, "known": known, "folder": features_folder(store), "seed": seed}
    fits = fitted_families(images, names, **options)
    fits = with_level(fits, known, wanted, seed=seed)
    return [evidence_of(fit, known, dtype=images.dtype) for fit in fits]


def with_level(
    fits: list[FamilyFit], known: Known, wanted: Sequence[str], *, seed: int
) -> list[FamilyFit]:
    """Return the wanted ones of all fits, their log-odds on the level of units where these set it.

    How many pairs are the same is asked of all families together: one alone may be blind to what
    tells some of them apart.
    """
    chosen = {f.family: f for f in fits}
    if not known.by_units:
        return [chosen[name] for name in wanted]
    share = pooling(fits, known, seed=seed).share
    return [levelled_by_units(chosen[name], known, share=share, seed=seed) for name in wanted]


def _checked(family: Any, argument: str, allowed: tuple[str, ...], dim: int) -> str:
    family = checks.choice(family, argument, allowed)
    if dim == 1 and family in IMAGES_ONLY:
        refuse(argument, f"one for signals, not of {IMAGES_ONLY}", family)
    return family


def families_of(dim: int) -> list[str]:
    """Return every family that there is for such items."""
    return [name for name in FAMILIES if dim == 2 or name not in IMAGES_ONLY]


def fitted_families(
    images: np.ndarray,
    families: Sequence[str],
    *,
    dim: int,
    known: Known,
    seed: int,
    folder: Path | None = None,
) -> list[FamilyFit]:
    """Return the fits of families, the laws of the items simulated once."""
    if "leaders" in families:
        _check_parts(images)
    given, place = simulated(images, dim=dim, seed=seed)
    options, fits = {"known": known, "dtype": images.dtype, "seed": seed}, []
    for name in families:
        keep = None if folder is None else keeping(folder, name, given)
        described = family_features(given, FAMILIES[name].features, keep)
        fits.append(fitted_family(name, described, place, **options))
    return fits


def evidence_of(fit: FamilyFit, known: Known, *, dtype: np.dtype) -> Evidence:
    """Return the evidence of all pairs in one family."""
    return Evidence(
        **evidence_tables(fit.between, fit.statistics.items, level=fit.level, dtype=dtype),
        family=fit.family,
        note="; ".join(filter(None, [_note_of(fit, known), known.note])),
        level=fit.level,
        units=known.units,
        share=fit.share,
        directions=fit.directions,
    )


def simulated(images: np.ndarray, *, dim: int, seed: int) -> tuple[LawFields, np.ndarray]:
    """Return items and fields of their laws, and the place of each item among them.

    Simulated noise goes to items in the order of their skewness, not of their row, so that
    reordered items have the same evidence.
    """
    standard = standardised(images, dim=dim)
    skewness = (standard**3).mean(axis=tuple(range(1, standard.ndim)))
    order = np.argsort(skewness, kind="stable")
    return law_fields(standard[order], seed=seed), np.argsort(order)


def _note_of(fit: FamilyFit, known: Known) -> str:
    return "; ".join([_level_note(fit, known), _directions_note(fit.directions), _null_note(fit)])


def _level_note(fit: FamilyFit, known: Known) -> str:
    if fit.level != NONE:
        return f"log-odds from a {fit.basis}"
    text = f"scores from a {fit.basis}; {NO_LEVEL}"
    if 0 < known.alike.units:
        text += (
            f" (units set it from {FEWEST_UNITS} of several items on, {FEWEST_COMPARISONS} items "
            f"beyond the first of each; here {known.alike.units} and "
            f"{known.alike.comparisons:.0f})"
        )
    return text


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
        return (
            f"p-values over the mean of {fit.null.pairs:g} independent pairs known to be the same"
        )
    widening = float(np.median(fit.statistics.widening))
    text = (
        "p-values from fields of each item's spectrum and intermittency, "
        f"widened {widening:.2f} times (median) by how parts of an item differ"
    )
    if widening > 1.15:
        text += "; these textures are far from that law: read p-values as too small"
    return text
