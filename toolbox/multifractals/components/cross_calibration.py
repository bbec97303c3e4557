"""Calibration of cross-cumulants: their bias on the fitted multivariate model, taken off."""

from dataclasses import replace
from typing import Any

import numpy as np
from tqdm import tqdm

from toolbox.core import checks
from toolbox.multifractals.components.cross_cumulants import (
    BIAS_NOTE,
    CrossMultifractal,
    note_of_cross,
)
from toolbox.multifractals.components.cross_moments import multifractal_correlation
from toolbox.multifractals.components.simulated_components import (
    Model,
    fitted_model,
    model_c11,
    model_errors,
)
from toolbox.multifractals.fitted_model.exponent_grid import (
    BEYOND,
    FEWEST_DRAWS,
    STRENGTH_STEP,
    widening_of,
)
from toolbox.multifractals.multifractal_analysis import interval_around

# Of signals fewer than `calibrate` draws: each item has a model of its own, and shares no grid.
SIGNAL_DRAWS, IMAGE_DRAWS = 64, 32
FEW = 16  # draws where only a difference, or a first guess, is wanted


def calibrate_cross(
    estimate: Any,
    *,
    seed: int,
    draws: int | None = None,
    device: str = "auto",
    progress: bool = True,
) -> CrossMultifractal:
    r"""Take off the bias that the same analysis has on simulations of the fitted components.

    Parameters
    ----------
    estimate : CrossMultifractal
        What `cross_multifractal` returned, of any number of items.
    seed : int
        Seed of the simulations.
    draws : int, optional
        Simulations of each item's model, at least 8; by default 64 of signals, 32 of images.
    device : "auto", "cpu" or "cuda:0"
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    CrossMultifractal
        As `estimate`; `c11` and `c1` less their bias, `rho_mf` of the new `c11`; `interval` around
        it; `standard_error` widened as the simulations ask for, with the error of the simulated
        bias; `systematic`, how far that bias depends on the integral scale. `log_covariance`,
        `rho_ss` and `coherence` are those that were measured.

    Raises
    ------
    InputError
        When `estimate` is not an uncalibrated CrossMultifractal, or a component is not one of a
        walk with 0 < H < 1 (of increments, analyse their running sum).

    Notes
    -----
    Indirect inference (Gourieroux, Monfort & Renault 1993), as `calibrate` does for one component.
    The model of an item is `multivariate_field` of its own H = c_1 + c_2, lambda^2 = -c_2 and
    rho_mf, and of the noise correlation that gives its rho_ss: that of the coefficients over
    T^(rho_mf lambda_a lambda_b - (lambda_a^2 + lambda_b^2) / 2). Correlations that are no
    correlation matrix are made one. Its bias b is simulated twice, at the exponents c as measured
    and at those less this first bias, so that the result is

    .. math:: c - b\bigl(c - b(c)\bigr),

    with the same random numbers for every item: an item's result does not depend on the others. The
    standard error is widened as by `calibrate`, and multiplied by 1 / (1 + db/dc), about 1.1: the
    bias grows with the exponents, so that taking it off stretches their errors. `systematic` is the
    change of the bias when the integral scale T is an eighth of the size; it is not in the
    interval. For components that are not walks of this kind nothing is known.

    References
    ----------
    C. Gourieroux, A. Monfort and E. Renault, Indirect inference, J. Appl. Econometrics 8 (1993).

    Examples
    --------
    >>> import toolbox
    >>> pairs = toolbox.multivariate_field(
    ...     1024, hurst=0.4, intermittency=0.1, noise_correlation=0.0,
    ...     multifractal_correlation=0.8, n=8, seed=0,
    ... )
    >>> raw = toolbox.cross_multifractal(pairs.values, dim=1, gamma=0.5)
    >>> better = toolbox.calibrate_cross(raw, seed=1, draws=8)
    >>> [bool(abs(e.c1.mean() - 0.5) < 0.03) for e in (raw, better)]      # c_1 = H + lambda^2
    [False, True]
    """
    _check(estimate)
    seed = checks.seed(seed)
    default = SIGNAL_DRAWS if len(estimate.space) == 1 else IMAGE_DRAWS
    draws = default if draws is None else checks.count(draws, "draws", minimum=FEWEST_DRAWS)
    options = {"draws": draws, "seed": seed, "device": device}
    bar = tqdm(range(len(estimate.c11)), unit="item", disable=None if progress else True)
    items = [_calibrated_item(estimate, i, **options) for i in bar]
    figures = {name: np.stack([item[name] for item in items]) for name in items[0]}
    errors, blocks = figures["standard_error"], estimate.blocks
    c11 = figures["c11"]
    figures["interval"] = interval_around(c11, errors, blocks=blocks, level=estimate.level)
    figures["rho_mf"] = multifractal_correlation(c11)
    figures = {name: value.astype(estimate.c11.dtype) for name, value in figures.items()}
    settled = {BIAS_NOTE, note_of_cross(estimate.c11)}
    others = (text for text in estimate.note.split("; ") if text not in settled)
    return replace(estimate, **figures, note=note_of_cross(c11, *others))


def _check(estimate: Any) -> None:
    if not isinstance(estimate, CrossMultifractal):
        wanted = "what cross_multifractal returned"
        checks.refuse("estimate", wanted, checks.describe_value(estimate))
    if not np.isnan(estimate.systematic).all():
        checks.refuse("estimate", "one that is not calibrated yet", "a calibrated one")
    c2 = np.diagonal(estimate.c11, axis1=1, axis2=2)
    hurst = estimate.c1 - np.maximum(-c2, 0)
    outside = hurst[(hurst < -BEYOND) | (hurst > 1 + BEYOND)]
    if len(outside):
        wanted = "c_1 + c_2, the H of its model, from 0 to 1 (of increments, their running sum)"
        checks.refuse("estimate", wanted, f"{outside[0]:.2f}")


def _calibrated_item(
    estimate: CrossMultifractal, i: int, *, draws: int, seed: int, device: str
) -> dict[str, np.ndarray]:
    """Return one item's c1 and c11 less their bias, standard errors and systematic spread."""

    def errors_of(model: Model, number: int) -> dict[str, np.ndarray]:
        return model_errors(estimate, i, model, draws=number, seed=seed, device=device)

    few, scale = min(FEW, draws), float(min(estimate.space))
    names = ("c1", "c11", "rho_ss")
    c1, c11, rho_ss = (getattr(estimate, name)[i].astype(np.float64) for name in names)
    limits = {"rho_ss": rho_ss, "dim": len(estimate.space)}
    guess = errors_of(fitted_model(c1, c11, scale=scale, **limits), few)
    fitted = (c1 - guess["c1"].mean(axis=0), c11 - guess["c11"].mean(axis=0))
    model = fitted_model(*fitted, scale=scale, **limits)
    errors = errors_of(model, draws)

    def change(other: Model) -> np.ndarray:  # the same walks, so that few are enough
        return (errors_of(other, few)["c11"] - errors["c11"][:few]).mean(axis=0)

    shorter = fitted_model(*fitted, scale=max(2.0, scale / 8), **limits)
    wider = model | {"intermittency": model["intermittency"] + STRENGTH_STEP}
    step = model_c11(wider) - model_c11(model)
    own = estimate.standard_error[i].astype(np.float64) ** 2 * _widened(errors, estimate.blocks)
    variance = own + errors["c11"].var(axis=0, ddof=1) / draws
    return {
        "c1": c1 - errors["c1"].mean(axis=0),
        "c11": c11 - errors["c11"].mean(axis=0),
        "standard_error": _stretch(change(wider), step) * np.sqrt(variance),
        "systematic": np.abs(change(shorter)),
    }


def _widened(errors: dict[str, np.ndarray], blocks: int) -> np.ndarray:
    """Return by what to multiply the bootstrap's variance: (K, K)."""
    draws, *shape = errors["c11"].shape
    flat = (errors[name].reshape(draws, -1) for name in ("variance", "c11"))
    return widening_of(*flat, blocks).reshape(shape)


def _stretch(change: np.ndarray, step: np.ndarray) -> float:
    """Return by what removing the bias b multiplies errors, 1 / (1 + db/dc).

    `change` is that of b where c11 changes by `step`; db/dc is its least-squares share in it.
    """
    return 1 / (1 + (change * step).sum() / (step**2).sum())
