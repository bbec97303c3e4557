"""Benchmark sets of textures, with what the best that is known could achieve on them."""

from typing import Any

import numpy as np

from similarity.benchmark_sets import photographic_papers, photographs
from similarity.benchmark_sets.random_fields import class_parameters, fields, names_of
from toolbox.core.checks import choice, count, number, refuse
from toolbox.core.checks import seed as check_seed
from toolbox.core.records import record

CLASSES = {
    "hurst": 10,
    "angle": 10,
    "intermittency": 8,
    "mixed": 12,
    "zooms": 12,
    "crops": 8,
    "papers": 9,
}
STEPS = {"hurst": 0.05, "intermittency": 0.02}
SMALLEST = 16
ORACLES = {
    "hurst": "the spectra of all classes; not the variance (profile Whittle likelihood, exact)",
    "angle": "the spectra of all classes; not the variance (profile Whittle likelihood, exact)",
    "intermittency": "the spectrum, and by simulation the statistics of the whitened field in each "
    "class (Fisher's discriminant)",
    "mixed": "the spectra of fields and of log-volatility of all classes; not the variance (sum of "
    "both Whittle likelihoods, as if Gaussian)",
    "papers": "the laws of the four spectral parameters within and between makers; not the "
    "parameters of any item (maximum likelihood from each image)",
}


@record
class Twins:
    """A benchmark set whose classes differ by known amounts.

    Attributes
    ----------
    values : ndarray, shape (N, size, size)
        The images; those of the simulated kinds are periodic and of variance one in law.
    labels : ndarray of int, shape (N,)
        The class of each image, 0, 1, ...
    units : ndarray of int, shape (N,)
        What was drawn independently: a field, a sheet of paper, a photograph.
    levels : ndarray of str, shape (N,)
        Of "papers", what the images of a group have in common: "sheet", "package", "maker" or
        "single" (nothing); elsewhere "class".
    class_names : tuple of str
        The classes in words.
    parameters : ndarray, shape (classes, P)
        What the classes differ by; of "papers" one row an image.
    parameter_names : tuple of str
        The columns of `parameters`.
    kind : str
    oracle : str
        What the oracle knows, in words; empty where there is none (photographs).
    oracle_distances : ndarray, shape (N, N)
        Its distance of each pair, for `retrieval_scores`; NaN where there is no oracle.
    oracle_accuracy : float
        Share of these images whose class it tells; NaN where it tells pairs only, or is none.
    bayes_accuracy : float
        The expected share for the best rule, where a closed formula is known; NaN elsewhere.
    """

    values: np.ndarray
    labels: np.ndarray
    units: np.ndarray
    levels: np.ndarray
    class_names: tuple[str, ...]
    parameters: np.ndarray
    parameter_names: tuple[str, ...]
    kind: str
    oracle: str
    oracle_distances: np.ndarray
    oracle_accuracy: float
    bayes_accuracy: float


def twins(
    kind: str,
    *,
    n: int,
    seed: int,
    size: int = 128,
    classes: int | None = None,
    step: float | None = None,
    modulation: float = 0.25,
) -> Twins:
    r"""Draw a benchmark set of textures that are hard to tell apart, and an oracle's answer.

    Parameters
    ----------
    kind
        "hurst": Gaussian fields of spectrum abs(xi)^-(2H + 2), H in steps around 0.5.
        "angle": spectrum abs(xi)^-3 (1 + a cos 2(theta - angle)), the angles all around; the mean
        over any radius is exactly equal.
        "intermittency": multifractal fields of lambda^2 = 0, .02, ..., of exactly equal spectra in
        law (not field by field): white noise times exp(omega) is white whatever lambda.
        "mixed": 12 classes, H .4, .5 or .6, two angles a right angle apart, lambda^2 0 or .06.
        "zooms": brick, grass and gravel (`toolbox.textures`) at zooms 1, 1.15, 1.3 and 1.5.
        "crops": photographs that scikit-image ships.
        "papers": like the photographic-paper challenge, a third of the groups one sheet, a third
        sheets of one package, a third packages of one maker; beside 9 groups of 10, 30 singles.
    n
        Images a class.
    seed
        Seed of the named streams; image i of a class is the same for any `n` (except photographs).
    size
        Pixels along each side, at least 16.
    classes
        Number of classes, by default 10 (hurst, angle), 8 (intermittency, crops), 12 (mixed,
        zooms) or 9 (papers: groups, in threes).
    step
        Of H between the classes of "hurst" (0.05), of lambda^2 between those of "intermittency"
        (0.02).
    modulation
        a of "angle" and "mixed", above 0 and below 1.

    Returns
    -------
    Twins
        `values`, `labels`, `units`, `oracle_distances`, `oracle_accuracy`, `bayes_accuracy`, ...

    Raises
    ------
    InputError
        For a kind that is none, classes or steps that leave the range of H or lambda^2, an option
        that the kind does not have, or more crops than the photographs hold.

    Notes
    -----
    Simulated fields live on a torus: Whittle's likelihood is then exact for Gaussian ones. The
    oracle knows the laws of all classes but neither the variance of a field, which is profiled out,
    nor its class:

    .. math:: d(i, j) = -\log \sum_k P(k \mid i)\, P(k \mid j).

    For "intermittency" it divides the known spectrum out and tells the classes by the octave powers
    of log|e|, |e| and |e|^(1/2) and the kurtosis, whose means and covariance it has from 40
    simulated fields of each class; for "mixed" it divides out the likeliest spectrum and adds the
    Whittle likelihoods of the field and of log|e|, whose spectrum is S_omega + pi^2/8. These two
    are achievable but no bound: another rule may do better. For "papers" it fits the four
    parameters of the spectrum by maximum likelihood and compares them by their known laws within
    and between makers.

    Two Gaussian laws are d' = (1/2 sum_k (h_k - mean h)^2)^(1/2) apart, h the difference of the
    log-spectra (the Fisher distance of the law with free variance). Classes in a row:
    accuracy 1 - 2 (K - 1)/K Phi(-d'/2); on a ring, Craig's (1991) integral. Class accuracy says
    little of retrieval: for that, score `oracle_distances`.

    References
    ----------
    P. Whittle, "Estimation and information in stationary time series", Ark. Mat. 2 (1953) 423.
    J. W. Craig, "A new, simple and exact result for calculating the probability of error for
    two-dimensional signal constellations", MILCOM 1991.

    Examples
    --------
    >>> from similarity import retrieval_scores, twins
    >>> found = twins("hurst", n=4, classes=3, step=0.2, size=32, seed=0)
    >>> found.values.shape, round(found.bayes_accuracy, 3)
    ((12, 32, 32), 0.984)
    >>> retrieval_scores(found.oracle_distances, found.labels, seed=0).p_at_1
    1.0
    """
    kind = choice(kind, "kind", tuple(CLASSES))
    n, seed = count(n, "n"), check_seed(seed)
    size = count(size, "size", minimum=SMALLEST)
    classes = _classes(kind, classes)
    step = _step(kind, step, classes)
    modulation = number(modulation, "modulation", above=0, below=1)
    if kind in ("zooms", "crops"):
        return _photographs(kind, classes, n, size, seed)
    if kind == "papers":
        return _papers(classes, n, size, seed)
    table, names = class_parameters(kind, classes, step), names_of(kind)
    drawn = fields(kind, table, n=n, size=size, modulation=modulation, seed=seed)
    return Twins(
        **drawn,
        units=np.arange(len(drawn["values"])),
        levels=np.full(len(drawn["values"]), "class"),
        class_names=tuple(_named(names, row) for row in table),
        parameters=table,
        parameter_names=names,
        kind=kind,
        oracle=ORACLES[kind],
    )


def _classes(kind: str, classes: Any) -> int:
    if classes is None:
        return CLASSES[kind]
    asked = count(classes, "classes", minimum=2)
    if kind in ("mixed", "zooms") and asked != CLASSES[kind]:
        refuse("classes", f"{CLASSES[kind]} for kind={kind!r}", asked)
    if kind == "crops" and asked > CLASSES[kind]:
        refuse("classes", f"at most {CLASSES[kind]}, so many photographs there are", asked)
    if kind == "papers" and asked % 3:
        refuse("classes", "a multiple of 3 for kind='papers'", asked)
    return asked


def _step(kind: str, step: Any, classes: int) -> float:
    if kind not in STEPS:
        if step is not None:
            refuse("step", f"no step for kind={kind!r}", step)
        return 0.0
    value = number(STEPS[kind] if step is None else step, "step", above=0)
    largest = 1 / (classes - 1)  # H from above 0 to below 1, lambda^2 to below 1
    if value >= largest:
        refuse("step", f"a step < {largest:.3g} for {classes} classes", value)
    return value


def _named(names: tuple[str, ...], row: np.ndarray) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in zip(names, row, strict=True))


def _photographs(kind: str, classes: int, n: int, size: int, seed: int) -> Twins:
    """Cut crops of photographs; a photograph is one unit."""
    if kind == "crops":
        values, names = photographs.photograph_crops(classes, n, size, seed)
        source, parameters = np.arange(classes), np.zeros((classes, 0))
    else:
        values, names = photographs.zoomed_crops(n, size, seed)
        source = np.repeat(np.arange(3), len(photographs.ZOOMS))
        parameters = np.tile(photographs.ZOOMS, 3)[:, None]
    unknown = np.full((len(values), len(values)), np.nan)
    return Twins(
        values=values,
        labels=np.repeat(np.arange(classes), n),
        units=np.repeat(source, n),
        levels=np.full(len(values), "class"),
        class_names=tuple(names),
        parameters=parameters,
        parameter_names=("zoom",) if kind == "zooms" else (),
        kind=kind,
        oracle="",
        oracle_distances=unknown,
        oracle_accuracy=float("nan"),
        bayes_accuracy=float("nan"),
    )


def _papers(classes: int, n: int, size: int, seed: int) -> Twins:
    drawn = photographic_papers.papers(classes, n, size, seed)
    first = np.unique(drawn["labels"], return_index=True)[1]
    return Twins(
        **drawn,
        class_names=tuple(f"{drawn['levels'][i]} {drawn['labels'][i]}" for i in first),
        parameter_names=photographic_papers.NAMES,
        kind="papers",
        oracle=ORACLES["papers"],
        oracle_distances=photographic_papers.oracle_distances(drawn["values"]),
        oracle_accuracy=float("nan"),
        bayes_accuracy=float("nan"),
    )
