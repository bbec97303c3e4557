"""Wavelet coefficients of signals and images, border-free and L1-normalised."""

from functools import lru_cache
from typing import Any

import numpy as np
import pywt

from toolbox.core import checks
from toolbox.core.device import compute
from toolbox.core.records import record

DAUBECHIES = pywt.wavelist("db", kind="discrete")[:20]


@record
class Coefficients:
    """Wavelet coefficients, one array a scale, finest first.

    Attributes
    ----------
    details : tuple of J arrays
        ``(..., n_j)`` for signals, ``(..., 3, h_j, w_j)`` for images in PyWavelets' order H, V, D;
        the leading axes are those of the input. L1-normalised: 2^{-j dim/2} times the coefficients
        of an orthonormal transform.
    first : array (J, dim)
        The coefficient at index i of scale j sits on [k 2^j, (k+1) 2^j) with k = first + i.
    approximation : array
        The approximation at scale J (orthonormal).
    wavelet : str
    """

    details: tuple[np.ndarray, ...]
    first: np.ndarray
    approximation: np.ndarray
    wavelet: str


def wavelet_coefficients(
    x: Any, *, dim: int, wavelet: str = "db3", levels: int | None = None, device: str = "auto"
) -> Coefficients:
    r"""Compute the discrete wavelet coefficients that no border touches.

    Parameters
    ----------
    x : array ``([items, [components,]] *space)``
    dim : 1 (signals) or 2 (images)
    wavelet : a Daubechies wavelet of PyWavelets, "db1" to "db20"
    levels : number of scales; by default as many as leave one coefficient
    device : "auto", "cpu" or "cuda:0"

    Returns
    -------
    Coefficients

    Raises
    ------
    InputError
        When `x` is not finite, has the wrong number of axes, or is too small for `levels` scales
        (the text says how long it must be).

    Notes
    -----
    With the filters h and g of length L (Mallat 1989)

    .. math:: a_j[k] = \sum_n h[n]\, a_{j-1}[2k + n], \quad
        d_j[k] = \sum_n g[n]\, a_{j-1}[2k + 2 - L + n], \quad c_j = 2^{-j\,dim/2} d_j.

    Coefficients whose filter would leave the signal are not computed.

    Examples
    --------
    >>> import numpy as np, toolbox
    >>> ramp = np.arange(64.0)
    >>> c = toolbox.wavelet_coefficients(ramp, dim=1, wavelet="db2", levels=2)
    >>> [d.shape for d in c.details], c.first.ravel().tolist()
    ([(31,), (14,)], [1, 1])
    >>> bool(np.abs(c.details[0]).max() < 1e-10)   # db2 does not see a straight line
    True
    """
    dim = checks.dimension(dim)
    filters(wavelet)
    batch = checks.items(x, "x", dim=dim)
    lead = np.shape(x)[: np.ndim(x) - dim]
    return details_of(batch, lead, dim=dim, wavelet=wavelet, levels=levels, device=device)


def details_of(
    batch: np.ndarray,
    lead: tuple[int, ...],
    *,
    dim: int,
    wavelet: str,
    levels: int | None,
    device: str,
) -> Coefficients:
    """Return the coefficients of checked items, in which NaN may mark gaps."""
    low, high = filters(wavelet)
    levels = check_levels(batch.shape[-dim:], levels, length=len(low))
    from toolbox.kernels.wavelet import details_per_scale

    flat = batch.reshape(-1, *batch.shape[-dim:])
    low, high = low.astype(batch.dtype), high.astype(batch.dtype)
    details, approximation = compute(
        details_per_scale, flat, low, high, levels=levels, device=device
    )
    return Coefficients(
        details=tuple(d.reshape(*lead, *d.shape[1:]) for d in details),
        # Approximations all start at k = 0, so each scale's first detail has the same lead.
        first=np.full((levels, dim), len(low) // 2 - 1),
        approximation=approximation.reshape(*lead, *approximation.shape[1:]),
        wavelet=wavelet,
    )


def filters(wavelet: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the low-pass and the high-pass filter of a Daubechies wavelet."""
    return _filters(checks.choice(wavelet, "wavelet", DAUBECHIES))


@lru_cache  # a fifteenth of the time of a short call, otherwise
def _filters(name: str) -> tuple[np.ndarray, np.ndarray]:
    bank = pywt.Wavelet(name)
    low, high = np.array(bank.rec_lo), np.array(bank.rec_hi)
    low.flags.writeable = high.flags.writeable = False
    return low, high


def sizes(n: int, levels: int, *, length: int, dim: int) -> list[int]:
    """Return how many details each scale has along an axis of `n` samples."""
    result = []
    for _ in range(levels):
        n = (n - length) // 2 + 1
        result.append(n if dim == 1 else n - (length // 2 - 1))
    return result


def check_levels(space: tuple[int, ...], levels: int | None, *, length: int) -> int:
    """Return the number of scales, all those that fit when `levels` is None."""
    n, dim = min(space), len(space)
    fit = 0
    while n >= length and sizes(n, 1, length=length, dim=dim)[0] >= 1:
        n, fit = (n - length) // 2 + 1, fit + 1
    wanted = 1 if levels is None else checks.count(levels, "levels")
    if wanted > fit:
        shortest = 1 if dim == 1 else length // 2
        for _ in range(wanted):
            shortest = 2 * (shortest - 1) + length
        checks.refuse("x", f"at least {shortest} samples an axis for levels={wanted}", min(space))
    return fit if levels is None else wanted
