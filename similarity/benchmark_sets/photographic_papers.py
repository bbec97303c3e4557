"""A synthetic twin of the photographic-paper challenge: sheets within packages within makers."""

import numpy as np

from similarity.benchmark_sets.field_laws import double_angle, draw, log_radius, normalised
from similarity.benchmark_sets.likelihood_oracle import normal_log_density, spectral_parameters
from toolbox.core.streams import generator

LEVELS = ("sheet", "package", "maker")
# log-spectrum = theta . basis: slope, fall-off of the finest grain, and two of the direction
CENTRE = np.array([1.4, 1.0, 0.0, 0.0])
SPREAD = np.array([0.2, 0.6, 0.25, 0.25])  # standard deviations between makers
PACKAGE = 0.25  # a maker's packages, in makers' standard deviations
SHEET = 0.12  # a package's sheets
NAMES = ("slope", "grain", "direction (cos)", "direction (sin)")


def spectral_basis(size: int) -> np.ndarray:
    """Return the log-spectra (4, size, size) that the parameters stand for."""
    radius = log_radius(size)
    grain = np.exp(2 * radius) / 0.25**2
    cosine, sine = double_angle(size)
    return np.stack([-2 * radius, -grain, cosine, sine])


def members(classes: int, n: int) -> tuple[list[tuple[int, int, int]], list[str]]:
    """Return maker, package, sheet of each item, and the level of its group.

    A third of the groups are one sheet, a third one package, a third one maker; singles, of a
    maker each, are a quarter of all items.
    """
    each, items, levels = classes // 3, [], []
    for group in range(classes):
        level = LEVELS[group // each]
        for i in range(n):
            package = i if level == "maker" else 0
            sheet = i if level == "package" else 0
            items.append((group, package, sheet))
            levels.append(level)
    singles = round(each * n)  # 30 beside 9 groups of 10
    items += [(classes + i, 0, 0) for i in range(singles)]
    return items, levels + ["single"] * singles


def parameters(item: tuple[int, int, int], seed: int) -> np.ndarray:
    """Return the spectral parameters of a (maker, package, sheet)."""
    jitter = [
        generator(seed, "papers", *names).standard_normal(4)
        for names in (("maker", *item[:1]), ("package", *item[:2]), ("sheet", *item))
    ]
    return CENTRE + SPREAD * (jitter[0] + PACKAGE * jitter[1] + SHEET * jitter[2])


def papers(classes: int, n: int, size: int, seed: int) -> dict:
    """Return values, labels, units (sheets), levels, and each item's parameters."""
    items, levels = members(classes, n)
    basis, nothing = spectral_basis(size), np.zeros((size, size))
    theta = np.array([parameters(item, seed) for item in items])
    values = np.empty((len(items), size, size))
    for i, row in enumerate(theta):
        spectrum = normalised(np.exp(np.tensordot(row, basis, 1)))
        values[i] = draw(spectrum, nothing, generator(seed, "papers", "field", i))
    labels = np.array([item[0] for item in items])
    sheets = np.unique(np.array(items), axis=0, return_inverse=True)[1].reshape(-1)
    return {
        "values": values,
        "labels": labels,
        "units": sheets,
        "levels": np.array(levels),
        "parameters": theta,
    }


def oracle_distances(values: np.ndarray) -> np.ndarray:
    """Return minus the log-odds that two items are of one group rather than of two makers.

    From the difference of their fitted parameters, whose laws within a sheet, a package and a
    maker (as likely) and between makers are known.
    """
    theta, error = spectral_parameters(values, spectral_basis(values.shape[-1]))
    differences = theta[:, None] - theta
    between = np.diag(SPREAD**2)
    within = [0.0, SHEET**2, SHEET**2 + PACKAGE**2]
    same = [normal_log_density(differences, 2 * (error + share * between)) for share in within]
    other = normal_log_density(differences, 2 * (error + (1 + within[-1]) * between))
    return other - np.logaddexp.reduce(same, axis=0) + np.log(len(same))
