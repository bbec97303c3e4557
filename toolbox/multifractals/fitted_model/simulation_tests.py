"""Tests of estimates against simulations: c_2 = 0, and one scaling over a range of scales."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import record
from toolbox.multifractals.fitted_model.exponent_grid import WalkGrid, check_estimate, item_of
from toolbox.multifractals.leader_regularity import UNCALIBRATED

FEWEST_DRAWS = 19  # the smallest p-value is 1 / 20
DISCRETISATIONS = ("sampled", "difference", "frequency")


@record
class SimulationTest:
    """A test of each item against simulations; ``...`` are the leading axes of the estimate.

    Attributes
    ----------
    p_value : array (...)
        The largest over the discretisations: small where none of them explains the item.
    p_values : array (..., 3)
        One a discretisation of the simulated walk: sampled, difference, frequency.
    statistic : array (...)
        What was compared with the simulations.
    note : str
        What makes the estimate doubtful.
    """

    p_value: np.ndarray
    p_values: np.ndarray
    statistic: np.ndarray
    note: str = ""


def monofractality_test(
    estimate: Any, *, seed: int, draws: int = 199, device: str = "auto", progress: bool = True
) -> SimulationTest:
    r"""Test c_2 = 0 against c_2 < 0: a small p-value says multifractal.

    Parameters
    ----------
    estimate : Multifractal
        What `multifractal` returned, not calibrated.
    seed : int
        Seed of the simulations.
    draws : int
        Simulated monofractal walks, at least 19; the smallest p-value is 1 / (draws + 1).
    device : "auto", "cpu" or "cuda:0"
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    SimulationTest
        Its statistic is c_2 as measured.

    Raises
    ------
    InputError
        When `estimate` is calibrated, lacks c_2, or is not of a walk (see `calibrate`).

    Notes
    -----
    With :math:`c_2^{(k)}` those of `draws` fractional Brownian walks or fields of the H that fits
    c_1, analysed in the same way,

    .. math:: p = \frac{1 + \#\{k : c_2^{(k)} \le c_2\}}{\mathrm{draws} + 1}.

    The bias of c_2 depends on how a continuous walk is put on a grid, by as much as its standard
    deviation, hence the largest p-value over three ways: a true hypothesis is rejected at most as
    often as the level says, in two of the ways more rarely.

    Examples
    --------
    >>> import toolbox
    >>> walk = toolbox.multifractal_field(4096, hurst=0.6, intermittency=0.15, seed=0)
    >>> estimate = toolbox.multifractal(walk.values[0], dim=1)
    >>> float(toolbox.monofractality_test(estimate, seed=1, draws=19).p_value)
    0.05
    """
    grid = _grid(estimate, draws, seed=seed, device=device, progress=progress)
    c2 = estimate.cumulants[..., 1]

    def one(i: tuple, way: str) -> float:
        item = item_of(estimate, i)
        at = grid.fit(item, monofractal=True)
        null = grid.errors(item, **at, discretisation=way)["cumulants"][:, 1]  # the truth is 0
        return (1 + np.count_nonzero(null <= c2[i])) / (draws + 1)

    return _tested(grid, c2, one)


def scaling_test(
    estimate: Any, *, seed: int, draws: int = 199, device: str = "auto", progress: bool = True
) -> SimulationTest:
    r"""Test whether the scales j1 to j2 scale together; a small p-value says that they do not.

    Parameters
    ----------
    estimate : Multifractal
        What `multifractal` returned, not calibrated.
    seed : int
        Seed of the simulations.
    draws : int
        Simulated walks of the fitted model, at least 19.
    device : "auto", "cpu" or "cuda:0"
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    SimulationTest
        Its statistic is the squared Mahalanobis distance, among the simulations that are sampled,
        of the residuals of C_1(j) from its straight line.

    Raises
    ------
    InputError
        When `estimate` is calibrated, has only two scales, lacks c_2, or is not of a walk (see
        `calibrate`).

    Notes
    -----
    Residuals r_j of a sampled walk are not zero on average at fine scales, so that they are
    compared with those of the fitted multifractal walk, analysed in the same way: p is the rank of
    the item's

    .. math:: D^2 = (r - \bar r)^T S^+ (r - \bar r)

    among those of the simulations, their mean and covariance S taken over all of them with the item
    (exchangeable under the hypothesis), S^+ the pseudo-inverse. The largest p-value over three
    discretisations is returned. What is rejected may be the range, or the model's curve at the
    finest scales: try a larger j1.

    Examples
    --------
    >>> import toolbox
    >>> walk = toolbox.fractional_field(4096, hurst=0.6, seed=0)
    >>> estimate = toolbox.multifractal(walk.values[0], dim=1, scales=(3, 8))
    >>> bool(toolbox.scaling_test(estimate, seed=1, draws=19).p_value > 0.05)
    True
    """
    grid = _grid(estimate, draws, seed=seed, device=device, progress=progress)
    j1, j2 = estimate.scales
    if j2 - j1 < 2:
        checks.refuse("estimate", "three scales or more", estimate.scales)
    residual = _residual_maker(j2 - j1 + 1)
    observed = _residuals(estimate.log_cumulants, estimate.scales, residual)
    distance = np.zeros(observed.shape[:-1])

    def one(i: tuple, way: str) -> float:
        item = item_of(estimate, i)
        curves = grid.errors(item, **grid.fit(item), discretisation=way)["log_cumulants"]
        together = np.vstack([observed[i], _residuals(curves, estimate.scales, residual)])
        d = _distances(together)
        if way == DISCRETISATIONS[0]:
            distance[i] = d[0]
        return np.count_nonzero(d >= d[0]) / len(d)

    return _tested(grid, distance, one)


def _grid(estimate: Any, draws: Any, **options: Any) -> WalkGrid:
    """Return the simulations for an estimate that was not calibrated."""
    check_estimate(estimate)
    if not np.isnan(estimate.systematic).all():
        checks.refuse("estimate", "one that is not calibrated", "a calibrated one")
    draws = checks.count(draws, "draws", minimum=FEWEST_DRAWS)
    return WalkGrid(
        estimate.analysis, draws=draws, **options | {"seed": checks.seed(options["seed"])}
    )


def _tested(grid: WalkGrid, statistic: np.ndarray, one: Any) -> SimulationTest:
    """Return the p-values of every item and discretisation."""
    p = np.array([[one(i, way) for way in DISCRETISATIONS] for i in np.ndindex(statistic.shape)])
    grid.bar.close()
    p = p.reshape(*statistic.shape, len(DISCRETISATIONS))
    note = "; ".join(n for n in grid.analysis.notes if n != UNCALIBRATED)  # that is of intervals
    return SimulationTest(
        p_value=p.max(axis=-1), p_values=p, statistic=np.asarray(statistic), note=note
    )


def _residual_maker(n: int) -> np.ndarray:
    """Return the n - 2 orthonormal rows that a straight line over n scales is orthogonal to."""
    line = np.vander(np.arange(n), 2).astype(np.float64)
    return np.linalg.svd(line, full_matrices=True)[0][:, 2:].T


def _residuals(curves: np.ndarray, scales: tuple[int, int], residual: np.ndarray) -> np.ndarray:
    """Return what is not straight in C_1(j): (..., range - 2)."""
    return curves[..., scales[0] - 1 : scales[1], 0] @ residual.T


def _distances(rows: np.ndarray) -> np.ndarray:
    """Return each row's squared Mahalanobis distance among all of them."""
    centred = rows - rows.mean(axis=0)
    # A pseudo-inverse: few simulations cannot span many scales.
    inverse = np.linalg.pinv(np.atleast_2d(np.cov(rows, rowvar=False)), hermitian=True)
    return np.einsum("ra,ab,rb->r", centred, inverse, centred)
