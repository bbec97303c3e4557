"""Calibration of multifractal estimates: their bias on the fitted model, taken off."""

from dataclasses import replace
from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.multifractals.fitted_model.exponent_grid import (
    FEWEST_DRAWS,
    Fit,
    Item,
    WalkGrid,
    check_estimate,
    item_of,
)
from toolbox.multifractals.leader_regularity import UNCALIBRATED
from toolbox.multifractals.multifractal_analysis import Multifractal, interval_around

# The simulated bias then adds 1 % (3 %) to the variance of one item's estimate, which is counted.
SIGNAL_DRAWS, IMAGE_DRAWS = 100, 32


def calibrate(
    estimate: Any,
    *,
    seed: int,
    draws: int | None = None,
    device: str = "auto",
    progress: bool = True,
) -> Multifractal:
    r"""Take off the bias that the same analysis has on simulations of the fitted model.

    Parameters
    ----------
    estimate : Multifractal
        What `multifractal` returned, of any number of items.
    seed : int
        Seed of the simulations.
    draws : int, optional
        Simulations at each node of the grid, at least 8; by default 100 of a signal, 32 of an
        image.
    device : "auto", "cpu" or "cuda:0"
    progress : bool
        Show a progress bar, on a terminal only.

    Returns
    -------
    Multifractal
        As `estimate`; `cumulants`, `zeta`, `h`, `D` less their bias; `interval` around the new
        cumulants; `standard_error` widened as the simulations ask for, with the error of the
        simulated bias; `systematic`, how far that bias depends on how the model is discretised and
        on its integral scale. Items for which the model has no exponents keep their measured
        figures, with NaN for limits and errors; `note` says how many, after what `estimate` noted.
        `log_cumulants` are those that were measured.

    Raises
    ------
    InputError
        When `estimate` is not an uncalibrated Multifractal of two cumulants or more, or is not one
        of a walk with 0 < H < 1 (for signals also of its increments or its running sum).

    Notes
    -----
    Indirect inference (Gourieroux, Monfort & Renault 1993): with c the estimate and b(theta) its
    bias on multifractal walks of the exponents theta, the result solves

    .. math:: \theta = c - b(\theta).

    The model is `multifractal_field` of H = c_1 + c_2 and lambda^2 = -c_2, which is fractional
    Brownian where c_2 would be positive, of the size, scales, wavelet, p and gamma of `estimate`. b
    is simulated at the nodes of a grid, .05 in H and .02 in lambda^2, and interpolated: an item's
    result does not depend on the others. A wrong model makes a wrong bias: `systematic` is the
    largest change of b when the walk is discretised by differences or by frequencies instead of as
    sampled, or its integral scale is an eighth of the size; it is not in the interval. For
    processes that are not walks of this kind nothing is known. Blocks of the bootstrap depend on
    their neighbours, which it does not see: the standard error is multiplied, about 1.1, so that
    errors over standard errors of the simulations have the variance of Student's law. Taking off a
    bias that changes with the exponent stretches errors by 1 / (1 + b'), 1.0 to 1.2 as a rule. The
    walks' white noise is drawn once where it takes at most 128 MB, by default of signals of up to
    41,000 samples and of images of up to 256 x 256; of larger ones at every node anew.

    References
    ----------
    C. Gourieroux, A. Monfort and E. Renault, Indirect inference, J. Appl. Econometrics 8 (1993).

    Examples
    --------
    >>> import toolbox
    >>> rough = toolbox.fractional_field(1024, hurst=0.3, n=20, seed=0)
    >>> raw = toolbox.multifractal(rough.values, dim=1)
    >>> better = toolbox.calibrate(raw, seed=1, draws=20)
    >>> bias = [abs(e.cumulants[:, 0].mean() - 0.3) for e in (raw, better)]
    >>> bool(bias[1] < bias[0] / 2)
    True
    """
    check_estimate(estimate)
    if not np.isnan(estimate.systematic).all():
        checks.refuse("estimate", "one that is not calibrated yet", "a calibrated one")
    seed = checks.seed(seed)
    default = SIGNAL_DRAWS if estimate.analysis.dim == 1 else IMAGE_DRAWS
    draws = default if draws is None else checks.count(draws, "draws", minimum=FEWEST_DRAWS)
    grid = WalkGrid(estimate.analysis, draws=draws, seed=seed, device=device, progress=progress)
    lead = estimate.cumulants.shape[:-1]
    items = [_calibrated_item(grid, estimate, i) for i in np.ndindex(lead)]
    grid.bar.close()
    return _with(estimate, {k: np.stack([item[k] for item in items]) for k in items[0]}, lead)


def _calibrated_item(grid: WalkGrid, estimate: Multifractal, i: tuple) -> dict[str, np.ndarray]:
    """Return one item's figures less their bias, standard errors and systematic spread."""
    item = item_of(estimate, i)
    at = grid.fit(item)
    errors = grid.errors(item, **at)
    own = estimate.standard_error[i] ** 2 * errors["widening"]
    simulated = errors["cumulants"].var(axis=0, ddof=1) / grid.draws
    figures = {
        name: getattr(estimate, name)[i] - errors[name].mean(axis=0)
        for name in ("cumulants", "zeta", "h", "D")
    }
    doubtful = {"doubtful": np.array(not grid.explains(figures["cumulants"], **at))}
    if doubtful["doubtful"]:
        kept = {name: getattr(estimate, name)[i] for name in figures}  # no bias of another model
        unknown = np.full_like(own, np.nan)
        return kept | doubtful | {"standard_error": unknown, "systematic": unknown}
    return (
        figures
        | doubtful
        | {
            "standard_error": np.sqrt(own + simulated) * grid.stretch(item, **at),
            "systematic": _systematic(grid, item, at, errors["cumulants"]),
        }
    )


def _systematic(grid: WalkGrid, item: Item, at: Fit, standard: np.ndarray) -> np.ndarray:
    """Return the largest change of the cumulants' bias over other ways to make the walk."""
    few = max(FEWEST_DRAWS, grid.draws // 4)  # the same walks, so that their changes differ little
    others: list[dict[str, Any]] = [{"discretisation": way} for way in ("difference", "frequency")]
    if at["strength"] > 0:
        others.append({"integral_scale": max(2.0, min(grid.analysis.space) / 8)})
    changed = [grid.errors(item, **at, draws=few, **other)["cumulants"] for other in others]
    return np.abs([(errors - standard[:few]).mean(axis=0) for errors in changed]).max(axis=0)


def _with(
    estimate: Multifractal, figures: dict[str, np.ndarray], lead: tuple[int, ...]
) -> Multifractal:
    """Return the record with these figures, its interval around the new cumulants."""
    dtype = estimate.cumulants.dtype
    figures["interval"] = interval_around(
        figures["cumulants"],
        figures["standard_error"],
        blocks=estimate.analysis.blocks,
        level=estimate.analysis.level,
    )
    doubtful = int(figures.pop("doubtful").sum())
    shaped = {k: v.reshape(*lead, *v.shape[1:]).astype(dtype) for k, v in figures.items()}
    notes = [note for note in estimate.analysis.notes if note != UNCALIBRATED]
    if doubtful:
        notes.append(
            f"{doubtful} items lie where the model has no exponents, or did not settle: they keep "
            "what was measured, without limits"
        )
    analysis = replace(estimate.analysis, notes=tuple(notes))
    return replace(estimate, **shaped, analysis=analysis, note="; ".join(notes))
