"""How far apart two Gaussian textures are: the distance that the likelihood itself sees."""

from typing import Any

import numpy as np
from scipy.special import ndtr

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record


@record
class TextureSeparation:
    """The distance between two spectra, and what it lets the best classifier do.

    Attributes
    ----------
    distance : float
        d': standard deviations between the two laws' log-likelihood ratios, amplitude unknown.
    accuracy : float
        Of the best classifier among the classes asked about.
    error_of_parameter : float
        The step in the parameter over d': its standard error (Cramer & Rao); NaN without a step, or
        where d' is 0.
    classes : int
    arrangement : str
    """

    distance: float
    accuracy: float
    error_of_parameter: float
    classes: int
    arrangement: str


def texture_separation(
    spectrum_a: Any,
    spectrum_b: Any,
    *,
    classes: int = 2,
    arrangement: str = "chain",
    step: float | None = None,
) -> TextureSeparation:
    r"""Return the distance of two periodic Gaussian textures from their spectra; larger = easier.

    Parameters
    ----------
    spectrum_a, spectrum_b : array (*space)
        Their power at every frequency of the discrete Fourier transform of a field (all of them,
        not half). Frequencies at which both are 0, such as the mean, are left out.
    classes : int
        Number of classes, each as far from the next as these two.
    arrangement : "chain" | "ring"
        Whether they lie on a line, as steps of H do, or close to a ring, as angles do.
    step : float, optional
        By how much the two textures' parameter differs.

    Returns
    -------
    TextureSeparation

    Raises
    ------
    InputError
        Spectra of different shapes, negative, or with power where the other has none.

    Notes
    -----
    Whittle's (1953) likelihood is exact for periodic fields. Over the frequencies k, since the
    amplitude is unknown,

    .. math:: d'^2 = \frac12 \sum_k (\delta_k - \bar\delta)^2, \qquad \delta = \log f_a - \log f_b

    (Fisher information; right for small differences). The accuracy of K classes is :math:`1 - 2
    \frac{K - 1}{K} \Phi(-d'/2)` in a chain and :math:`1 - 2 \Phi(-d'/2)` in a ring, K > 2. For
    isotropic fields on N x N points H has the standard error sqrt(2) / N. Held against simulated
    fields to +-.01 or so; textures cut from larger, not periodic ones are harder to tell apart.

    Examples
    --------
    >>> import numpy as np
    >>> k = np.hypot(*np.meshgrid(*[np.fft.fftfreq(64)] * 2))
    >>> power = [np.where(k > 0, np.maximum(k, 1e-9) ** (-2 * h - 2), 0) for h in (0.5, 0.55)]
    >>> found = texture_separation(*power, classes=10, step=0.05)
    >>> round(found.distance, 2), round(found.accuracy, 2), round(found.error_of_parameter, 3)
    (2.29, 0.77, 0.022)
    """
    a = checks.real_array(spectrum_a, "spectrum_a").astype(np.float64)
    b = checks.real_array(spectrum_b, "spectrum_b").astype(np.float64)
    classes = checks.count(classes, "classes", minimum=2)
    arrangement = checks.choice(arrangement, "arrangement", ("chain", "ring"))
    step = float("nan") if step is None else checks.number(step, "step", above=0)
    if a.ndim > 3:
        refuse("spectrum_a", "one to three axes of frequencies", f"shape {a.shape}")
    if a.min() < 0:
        refuse("spectrum_a", "powers >= 0", f"{a.min():.3g}")
    if a.shape != b.shape:
        refuse("spectrum_b", f"the shape of spectrum_a, {a.shape}", f"{b.shape}")
    if b.min() < 0 or ((a > 0) != (b > 0)).any():
        refuse("spectrum_b", "powers >= 0, 0 only where spectrum_a is", "others")
    used = a > 0
    if used.sum() < 2:
        refuse("spectrum_a", "power at two frequencies or more", f"{used.sum()}")
    difference = _log_powers(a[used]) - _log_powers(b[used])
    distance = float(np.sqrt(((difference - difference.mean()) ** 2).sum() / 2))
    if distance == 0:
        step = float("nan")
    sides = 2 if arrangement == "ring" and classes > 2 else 2 * (classes - 1) / classes
    # Steps so small that the chain's formula would fall below guessing say no more than guessing.
    accuracy = max(1 - sides * ndtr(-distance / 2), 1 / classes)
    return TextureSeparation(
        distance=distance,
        accuracy=float(accuracy),
        error_of_parameter=step / distance if distance else float("nan"),
        classes=classes,
        arrangement=arrangement,
    )


def _log_powers(power: np.ndarray) -> np.ndarray:
    """Return logarithms that a power of two changes in no bit: amplitudes do not matter."""
    mantissa, exponent = np.frexp(power)
    return np.log(mantissa) + (exponent - exponent.max()) * np.log(2)
