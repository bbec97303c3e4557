"""The second log-cumulant c_2 from the spectrum of the log-leaders at one scale."""

from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from toolbox.core import checks
from toolbox.core.item_blocks import unit_items
from toolbox.core.panels import panels
from toolbox.core.records import record
from toolbox.multifractals.leader_regularity import low_note
from toolbox.multifractals.leader_sums import lowest_block
from toolbox.multifractals.log_leader_spectra import (
    band,
    cascade_spectra,
    frequency,
    periodogram,
    window,
)
from toolbox.multifractals.scaling_range import leader_boxes
from toolbox.multiscale.leaders import log_leaders
from toolbox.multiscale.wavelet_transform import filters

FEWEST = 16  # frequencies compared
SHARES = np.linspace(0, 1, 41)  # of noise, among which the likelihood is searched first
EQUAL = 1000.0  # roundings: a smaller deviation of log-leaders is none
BINS = 12  # of the modulus of the frequency, in the picture


@record
class WhittleC2:
    """c_2 of each item from the spectrum of its log-leaders; ``...`` are the input's leading axes.

    Attributes
    ----------
    c2 : array (...)
        The estimate, <= 0; minus the intermittency lambda^2.
    interval : array (..., 2)
        Low and high limits <= 0, where twice the log-likelihood has fallen by the quantile of
        chi-square; the bias of a sampled process is not in it.
    level : float
        Nominal level of the interval.
    standard_error : array (...)
        From the expected information at the estimate.
    noise : array (...)
        Variance of the part of the log-leaders that is independent from leader to leader.
    frequencies : int
        Number of frequencies compared.
    radii : array (R,)
        Frequencies, in cycles a sample of x, at which the spectra are given.
    spectrum, model : arrays (..., R)
        Observed and fitted mean periodogram of the log-leaders (images: of their increments) about
        each of `radii`: where they part, the model does not hold.
    scale : int
    gamma : float
    wavelet : str
    note : str
        What to know before trusting the numbers; empty when there is nothing to say.
    """

    c2: np.ndarray
    interval: np.ndarray
    level: float
    standard_error: np.ndarray
    noise: np.ndarray
    frequencies: int
    radii: np.ndarray
    spectrum: np.ndarray
    model: np.ndarray
    scale: int
    gamma: float
    wavelet: str
    note: str = ""

    def plot(self, ax: Any = None) -> Any:
        """Draw the observed (points) and the fitted spectra (lines)."""
        figure, axes = panels(ax, size=(4.2, 3.2))
        spectra = zip(
            self.spectrum.reshape(-1, len(self.radii)),
            self.model.reshape(-1, len(self.radii)),
            strict=True,
        )
        for i, (observed, fitted) in enumerate(spectra):
            axes.loglog(self.radii, observed, ".", color=f"C{i % 10}")
            axes.loglog(self.radii, fitted, "-", color=f"C{i % 10}")
        axes.set(xlabel="frequency, cycles a sample", ylabel="spectrum")
        return figure


def whittle_c2(
    x: Any,
    *,
    dim: int,
    scale: int = 2,
    wavelet: str = "db2",
    gamma: float = 1.0,
    level: float = 0.95,
    device: str = "auto",
) -> WhittleC2:
    r"""Estimate c_2, minus how much the regularity varies, by a likelihood of the log-leaders.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``
        Components are analysed one by one.
    dim : 1 (signals) or 2 (images)
    scale : the octave j whose leaders are analysed
        A finer one has more leaders and less noise, but lies nearer to the sampling of the process.
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    gamma : order of fractional integration >= 0 before leaders are taken
        With hmin + gamma > 0; the estimate hardly depends on it.
    level : nominal level of the interval, above 0 and below 1
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    WhittleC2

    Raises
    ------
    InputError
        When `x` is not finite, too small for 16 frequencies at the scale, or has leaders that are
        zero (constant stretches) or all equal (periodic patterns).

    Notes
    -----
    For a process built on a cascade the log-leaders at one scale are nearly Gaussian, with a
    covariance const + c_2 ln r at the distance r. As Combrexelle et al. (2015), with three changes,
    c_2 and s >= 0 are where Whittle's likelihood of a periodogram I at low frequencies is largest:

    .. math:: \min_{c_2 \le 0,\, s \ge 0} \sum_f \ln S(f) + \frac{I(f)}{S(f)}, \qquad
        S(f) = -c_2 A(f) + s B(f).

    Its changes:

    - for images, I is of the increments along the axes, whose spectrum is nearly flat, so that the
      window does not leak (without, the standard deviation was 1.3 times as large);
    - A and B are the exact expectations for this window (Sykulski et al. 2019), the neighbourhood
      of 3 leaders in them as an average, of the logarithm and of white noise of variance s;
    - one scale is used, since coarser ones repeat its low frequencies: the sum of the likelihoods
      of scales 2 to 4, as if they were independent, was no more precise.

    Wavelengths of at least 6 leaders enter, that is 6 2^j samples. The constant, and with it the
    integral scale, is not seen: it may be as short as 8 leaders, not shorter. On 512 x 512 fields
    of H = .7 and lambda^2 = .05 at j = 2: bias +.003, standard deviation .0043, where slopes over
    j = 3 to 5 have .025. The bias is towards 0 and proportional to lambda^2 (j = 1, 2, 3: 11, 6 and
    3 %, about the same for H = .3): the covariance of a sampled cascade is not logarithmic at a few
    samples. On dyadic cascades, whose covariance is not one of the distance, it is 3 to 16 %, and a
    95 % interval covers 75 to 92 % (see `benchmarks/intermittency.py`). Any unevenness of strength
    at low frequencies counts as intermittency: compare `spectrum` and `model`.

    References
    ----------
    S. Combrexelle, H. Wendt, N. Dobigeon, J.-Y. Tourneret, S. McLaughlin and P. Abry, Bayesian
    estimation of the multifractality parameter for image texture using a Whittle approximation,
    IEEE Trans. Image Process. 24 (2015) 2540. A. M. Sykulski, S. C. Olhede, A. P. Guillaumin,
    J. M. Lilly and J. J. Early, The debiased Whittle likelihood, Biometrika 106 (2019) 251.

    Examples
    --------
    >>> import toolbox
    >>> field = toolbox.multifractal_field((256, 256), hurst=0.6, intermittency=0.05, n=2, seed=1)
    >>> estimate = toolbox.whittle_c2(field.values, dim=2)
    >>> bool((abs(estimate.c2 + 0.05) < 0.03).all()), estimate.interval.shape
    (True, (2, 2))
    """
    dim = checks.dimension(dim)
    scale = checks.count(scale, "scale")
    gamma = checks.number(gamma, "gamma", minimum=0)
    level = checks.number(level, "level", above=0, below=1)
    low, _ = filters(wavelet)
    batch = checks.not_constant(checks.items(x, "x", dim=dim), "x")
    batch, _ = unit_items(batch, dim=dim)
    lead, space = np.shape(x)[: np.ndim(x) - dim], batch.shape[2:]
    leaders = _leaders(space, scale, length=len(low))
    options = {"wavelet": wavelet, "gamma": gamma, "device": device}
    (y,), _ = log_leaders(batch, dim=dim, scales=(scale, scale), **options)
    inside = band(window(leaders))
    observed = periodogram(y, dim=dim)[:, inside]
    _refuse_equal_leaders(observed, np.finfo(batch.dtype).eps)
    components = cascade_spectra(leaders)[:, inside]
    fits = [_fit(one, components, level=level) for one in observed]
    estimate = {key: np.array([fit[key] for fit in fits]) for key in fits[0]}
    modelled = estimate.pop("powers") @ components
    radii = frequency(window(leaders))[inside]
    bins = _bins(radii)
    estimate |= {"spectrum": observed @ bins, "model": modelled @ bins}
    return WhittleC2(
        **{k: v.astype(batch.dtype).reshape((*lead, *v.shape[1:])) for k, v in estimate.items()},
        radii=(radii @ bins / 2**scale).astype(batch.dtype),
        level=level,
        frequencies=observed.shape[1],
        scale=scale,
        gamma=gamma,
        wavelet=wavelet,
        note=_note(lowest_block(y) > 1),
    )


def _note(low: np.ndarray) -> str:
    """Return what to know of items with leaders that are far too low."""
    text = f"{low_note(low, 'items')}, as in flat or damped stretches"
    return f"{text}: c2 is that of a mixture" if low.any() else ""


def _refuse_equal_leaders(observed: np.ndarray, eps: float) -> None:
    """Refuse items whose log-leaders vary by no more than rounding, as in a periodic pattern."""
    flat = np.flatnonzero(observed.mean(axis=1) < (EQUAL * eps) ** 2)
    if len(flat):
        wanted = "leaders that vary from place to place (a texture, no periodic pattern)"
        checks.refuse("x", wanted, f"equal ones in item {flat[0]}")


def _leaders(space: tuple[int, ...], scale: int, *, length: int) -> tuple[int, ...]:
    """Return how many leaders the scale has along each axis, at least enough for a spectrum."""
    boxes = leader_boxes(space, length=length)
    sides = boxes[scale - 1].size if scale <= len(boxes) else (0,)
    there = int(band(window(sides)).sum()) if min(sides) > 2 else 0
    if there < FEWEST:
        wanted = f"space large enough for {FEWEST} frequencies at scale {scale}"
        checks.refuse("x", wanted, f"{space} with {there}")
    return sides


def _fit(observed: np.ndarray, components: np.ndarray, *, level: float) -> dict[str, Any]:
    """Return the powers >= 0 of the two components that are most likely, and the interval."""
    powers = _most_likely(observed, components)
    lowest = _misfit(powers, observed, components)
    limit = lowest + chi2.ppf(level, 1) / 2
    scaled = components / (powers @ components)
    information = scaled @ scaled.T

    def above(power: float) -> float:
        return _profile(power, observed, components) - limit

    error = np.sqrt(np.linalg.inv(information)[0, 0])
    lower = upper = powers[0]
    if above(powers[0]) < 0:  # else the level is so small that the search's own error is larger
        lower = brentq(above, 0, powers[0]) if powers[0] > 0 and above(0) > 0 else 0.0
        upper = powers[0] + error
        while above(upper) < 0:
            upper += upper - powers[0]
        upper = brentq(above, powers[0], upper)
    return {
        "c2": -powers[0],
        "interval": [-upper, -lower],
        "standard_error": error,
        "noise": powers[1],
        "powers": powers,
    }


def _misfit(powers: np.ndarray, observed: np.ndarray, components: np.ndarray) -> float:
    """Return minus Whittle's log-likelihood."""
    expected = powers @ components
    return float(np.sum(np.log(expected) + observed / expected))


def _most_likely(observed: np.ndarray, components: np.ndarray) -> np.ndarray:
    """Return the powers of largest likelihood: of their sum in closed form, of the share searched.

    Searched over the whole range first, so that no start leads astray.
    """
    unit = 1 / components.mean(axis=1)

    def powers(share: float) -> np.ndarray:
        mixture = np.array([1 - share, share]) * unit
        return mixture * np.mean(observed / (mixture @ components))

    def misfit(share: float) -> float:
        return _misfit(powers(share), observed, components)

    best = int(np.argmin([misfit(share) for share in SHARES]))
    bounds = SHARES[max(best - 1, 0)], SHARES[min(best + 1, len(SHARES) - 1)]
    found = minimize_scalar(misfit, bounds=bounds, method="bounded", options={"xatol": 1e-7}).x
    return powers(min((SHARES[best], found), key=misfit))


def _profile(power: float, observed: np.ndarray, components: np.ndarray) -> float:
    """Return the least misfit over the noise when the power of the cascade is given."""
    most = np.max(observed / components[1])  # above it every term of the misfit grows
    tolerance = {"xatol": 1e-6 * min(1.0, most)}  # log-leaders have no unit, but may vary little

    def misfit(noise: float) -> float:
        return _misfit(np.array([power, noise]), observed, components)

    least = 1e-9 * most if power == 0 else 0.0  # some power must be left: ln 0
    found = minimize_scalar(misfit, bounds=(least, most), method="bounded", options=tolerance)
    return min(found.fun, misfit(least))


def _bins(radii: np.ndarray) -> np.ndarray:
    """Return the weights (frequencies, R) of means over intervals of the frequency with some."""
    edges = np.geomspace(radii.min(), radii.max() * (1 + 1e-9), BINS + 1)
    members = (radii[:, None] >= edges[:-1]) & (radii[:, None] < edges[1:])
    members = members[:, members.any(axis=0)]
    return members / members.sum(axis=0)
