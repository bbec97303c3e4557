"""The fitted model of several components: multivariate walks, analysed as the data were."""

from math import ceil
from typing import Any

import numpy as np

from toolbox.core.streams import integer
from toolbox.multifractals.components.cross_moments import cross_figures, multifractal_correlation
from toolbox.multifractals.fitted_model.exponent_grid import HURST_RANGE, MOST_STRENGTH
from toolbox.multiscale.wavelet_transform import filters
from toolbox.processes.multivariate_walks import multivariate_field

SAMPLES_AT_ONCE = 2**22  # of all components
DRAWS_AT_ONCE = 16  # the same for few draws and many: an accelerator compiles once
RESAMPLES = 200  # as in `simulated_walks`

Model = dict[str, Any]


def fitted_model(
    c1: np.ndarray, c11: np.ndarray, *, rho_ss: np.ndarray, scale: float, dim: int
) -> Model:
    """Return the arguments of `multivariate_field` that give one item's exponents and rho_ss.

    lambda^2 = -c_2 or 0, H = c_1 - lambda^2, both within the limits of the model; correlations are
    made correlation matrices. The noise is more correlated than the coefficients, whose
    correlation the intermittency weakens.
    """
    strength = np.clip(-np.diagonal(c11), 0, MOST_STRENGTH * dim)
    mixed = _correlation_matrix(np.nan_to_num(multifractal_correlation(c11)))
    common = mixed * np.sqrt(np.outer(strength, strength))
    weakening = scale ** (common - (strength[:, None] + strength) / 2)
    return {
        "hurst": np.clip(c1 - strength, *HURST_RANGE),
        "intermittency": strength,
        "noise_correlation": _correlation_matrix(np.nan_to_num(rho_ss) / weakening),
        "multifractal_correlation": mixed,
        "integral_scale": scale,
    }


def model_c11(model: Model) -> np.ndarray:
    """Return the true c_11 of a model, (K, K)."""
    strength = model["intermittency"]
    return -model["multifractal_correlation"] * np.sqrt(np.outer(strength, strength))


def model_errors(
    estimate: Any, i: int, model: Model, *, draws: int, seed: int, device: str
) -> dict[str, np.ndarray]:
    """Draw the model, analyse it as item i of `estimate` was, and return what it misses.

    Names: c1 (draws, K) and c11 (draws, K, K) less the truth, and the bootstrap's variance
    (draws, K, K) of c11, NaN where `estimate` was not resampled. The random numbers are the same
    for every model and item.
    """
    components = estimate.c1.shape[1]
    at_once = SAMPLES_AT_ONCE // (components * int(np.prod(estimate.space)))
    at_once = max(1, min(draws, at_once, DRAWS_AT_ONCE))
    analysis = {"p": estimate.p, "gamma": float(estimate.gamma[i]), "device": device}
    analysis["resamples"] = RESAMPLES if estimate.blocks else 0
    parts = []
    for part in range(ceil(draws / at_once)):
        number = min(at_once, draws - part * at_once)
        noise = {"n": number, "seed": integer(seed, "fitted components", part)}
        walks = multivariate_field(estimate.space, **model, **noise)
        got = cross_figures(walks.values, filters(estimate.wavelet), estimate.scales, **analysis)
        parts.append(
            {
                "c1": got["c1"] - walks.cumulants[:, 0],
                "c11": got["c11"] - walks.cross_cumulants,
                "variance": got["standard_error"] ** 2,
            }
        )
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _correlation_matrix(matrix: np.ndarray) -> np.ndarray:
    """Return the matrix, its entries cut to [-1, 1], without its negative eigenvalues."""
    cut = np.clip(matrix, -1, 1)
    np.fill_diagonal(cut, 1)
    values, vectors = np.linalg.eigh(cut)
    whole = (vectors * np.maximum(values, 0)) @ vectors.T
    root = np.sqrt(np.diagonal(whole))
    whole /= root[:, None] * root
    whole = (whole + whole.T) / 2
    np.fill_diagonal(whole, 1)
    return whole
