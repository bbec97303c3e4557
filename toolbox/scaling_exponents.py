"""Exponents from the sums of log-leaders: slopes over scales, and what goes with them."""

from math import inf

import numpy as np

from toolbox.cumulant_slopes import count_weights
from toolbox.cumulants import k_statistics
from toolbox.regressions import r_squared


def exponents(
    sums: dict[str, np.ndarray],
    counts: np.ndarray,
    scales: tuple[int, int],
    *,
    weights: np.ndarray,
    q: np.ndarray,
    p: float,
    dim: int,
) -> dict[str, np.ndarray]:
    """Return cumulants and spectra of each item from `toolbox.kernels.log_leaders`' sums.

    `weights` (items or 1, range, orders) are those of the cumulants' slopes; spectra have those of
    the counts.
    """
    j = np.arange(scales[0], scales[1] + 1)
    n = counts[j - 1]
    slope = count_weights(counts, scales)
    gamma = sums["gamma"][:, None]

    mean = sums["mean"]
    if p != inf:
        mean = mean + finite_resolution(sums["eta"] + p * sums["gamma"], len(counts), p=p)
    # A scale outside the range may have too few leaders for a statistic; it has none then.
    enough = np.where(counts > weights.shape[-1], counts, np.nan)
    C = k_statistics(enough + 0.0 * mean, sums["power_sums"])
    C[..., 0] += mean
    inside = C[:, j - 1]
    cumulants = (weights * inside).sum(axis=1)
    cumulants[:, 0] -= sums["gamma"]

    # With u = e^{q e}, e = ln leader - mean: A = mean u, B = mean u e.
    A, B = sums["exponentials"][..., 0], sums["exponentials"][..., 1]
    level = mean[:, j - 1, None]
    log_moments = q * level + np.log(A)  # ln S(j, q)
    # The gain enters here alone: slopes do not see it, not even by rounding.
    log_gain = sums.get("log_gain", np.zeros(len(mean)))[:, None]
    C[..., 0] += log_gain
    return {
        "structure_functions": (log_moments + q * log_gain[..., None]) / np.log(2),
        "cumulants": cumulants,
        "log_cumulants": C,
        "fit": r_squared(inside.swapaxes(1, 2), j, n),
        "zeta": np.einsum("j,ijq->iq", slope, log_moments) - q * gamma,
        "h": np.einsum("j,ijq->iq", slope, level + B / A) - gamma,
        "D": dim + np.einsum("j,ijq->iq", slope, q * B / A - np.log(A)),
    }


def finite_resolution(regularity: np.ndarray, levels: int, *, p: float) -> np.ndarray:
    """Return what ln of p-leaders lacks since no scale is finer than 1: (items, levels).

    Sums over all finer scales would be geometric, 1 / (1 - 2^{-eta}); those over j scales are
    (1 - 2^{-j eta}) / (1 - 2^{-eta}) of the term at scale j.
    """
    eta, j = regularity[:, None], np.arange(1, levels + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return -np.log((1 - 2 ** (-j * eta)) / (1 - 2.0**-eta)) / p
