"""Gaussian fields that scale differently along two perpendicular directions."""

from typing import Any

import numpy as np

from toolbox.core.checks import number
from toolbox.processes.periodic_fields import corner, filtered, variogram
from toolbox.processes.process import Process, asked, realisations

NODES = 8  # of the spectral quadrature, for each frequency of the torus
WAVES = 3000  # of the lowest frequencies, before those out of their reach are left out
WAVE_REACH = 16  # the waves' highest frequency, in frequencies of the torus
STRIDES = (0.7548776662466927, 0.5698402909980532)  # Roberts' plane-filling sequence


def anisotropic_field(
    shape: Any, *, hurst: float, anisotropy: float, angle: float, n: int = 1, seed: int
) -> Process:
    r"""Draw operator-scaling Gaussian fields (images) of known anisotropy and direction.

    Parameters
    ----------
    shape : int or pair of int
        Rows and columns of an image (one number: a square); at least 8 along each axis.
    hurst : float
        H, above 0 and below both `anisotropy` and 2 - `anisotropy`.
    anisotropy : float
        alpha, from 0.5 to 1.5; 1 is isotropic. Increments scale with the exponent H / alpha
        along the direction `angle` and H / (2 - alpha) across it.
    angle : float
        Direction in radians, from the horizontal (along the columns) towards increasing rows.
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.

    Returns
    -------
    Process
        `values` (n, *shape), zero at the first pixel, increments of one pixel of unit variance on
        the mean of both axes. `cumulants`: c_1 = H / max(alpha, 2 - alpha), the regularity of an
        analysis that knows no direction, c_2 = c_3 = 0.

    Raises
    ------
    InputError
        If the shape has not two axes, or H or the anisotropy is out of its range.

    Notes
    -----
    With xi_1 and xi_2 along and across the direction the spectral amplitude is

    .. math:: \rho(\xi)^{-(H + 1)}, \qquad
        \rho(\xi) = \bigl(|\xi_1|^{2/\alpha} + |\xi_2|^{2/(2 - \alpha)}\bigr)^{1/2},

    so that :math:`X(a^\alpha x_1, a^{2 - \alpha} x_2)` has the law of :math:`a^H X(x_1, x_2)`
    (Bierme, Meerschaert and Scheffler, 2007; as a texture model Roux et al., 2013, whose rho is the
    sum without squares and roots, of the same scaling). The spectrum is integrated by quasi Monte
    Carlo in the polar coordinates in which rho is the radius: its highest frequencies, aliases
    folded, onto a torus of twice the size, its lowest, where the torus is too coarse for a narrow
    oblique spectrum, onto plane waves of their own frequencies. The exponents of the second moment
    so obtained are within 0.01 of the truth from one pixel to half the size for moderate
    anisotropy, 0.7 to 1.3, and within 0.025 elsewhere, H up to 0.8 of its limit; beyond, within
    0.04. (More anisotropy than is allowed here needs more waves.)

    References
    ----------
    H. Bierme, M. M. Meerschaert and H.-P. Scheffler, Operator scaling stable random fields,
    Stoch. Process. Appl. 117 (2007) 312.
    S. G. Roux, M. Clausel, B. Vedel, S. Jaffard and P. Abry, Self-similar anisotropic texture
    analysis: the hyperbolic wavelet transform contribution, IEEE Trans. Image Process. 22 (2013)
    4353.

    Examples
    --------
    >>> from toolbox import anisotropic_field
    >>> field = anisotropic_field((32, 32), hurst=0.4, anisotropy=0.8, angle=0.0, seed=0)
    >>> field.values.shape, field.cumulants.round(3).tolist()
    ((1, 32, 32), [0.333, 0.0, 0.0])
    """
    shape, n, seed = asked(shape, n, seed, minimum=8)
    shape = shape * 2 if len(shape) == 1 else shape
    alpha = number(anisotropy, "anisotropy", minimum=0.5, maximum=1.5)
    hurst = number(hurst, "hurst", above=0, below=min(alpha, 2 - alpha))
    angle = number(angle, "angle")
    torus = tuple(2 * side for side in shape)
    transfer, waves, amplitudes = spectral_parts(torus, hurst, alpha, angle)
    down, across = (
        np.exp(1j * np.outer(np.arange(m), f)) for m, f in zip(shape, waves, strict=True)
    )

    def draw(rng: np.random.Generator) -> np.ndarray:
        fine = corner(filtered(rng.standard_normal(torus), transfer), shape)
        real, imaginary = amplitudes * rng.standard_normal((2, len(amplitudes)))
        coarse = ((real + 1j * imaginary) * down @ across.T).real
        return fine + coarse - coarse[0, 0]

    return Process(
        values=realisations(draw, "anisotropic_field", n, seed),
        cumulants=np.array([hurst / max(alpha, 2 - alpha), 0.0, 0.0]),
        cross_cumulants=np.zeros((1, 1)),
        hurst=hurst,
        intermittency=0.0,
        note=f"operator-scaling Gaussian, anisotropy {alpha:g}, angle {angle:g}",
    )


def spectral_parts(
    torus: tuple[int, ...], hurst: float, alpha: float, angle: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the torus' transfer, the waves' frequencies (2, M): down, across; their amplitudes.

    Scaled to one-pixel increments of variance one, on the mean of both axes.
    """
    power, waves, variances = (
        _lattice_power(torus, hurst, alpha, angle),
        *_waves(torus, hurst, alpha, angle),
    )
    transfer = np.sqrt(power[:, : torus[1] // 2 + 1])
    steps = variogram(transfer, torus)
    one = (steps[0, 1] + steps[1, 0]) / 2 + (variances * (2 - np.cos(waves).sum(axis=0))).sum()
    return transfer / np.sqrt(one), waves, np.sqrt(variances / one)


def _lattice_power(torus: tuple[int, ...], hurst: float, alpha: float, angle: float) -> np.ndarray:
    """Return the power of each of the torus' frequencies, those of the waves left out."""
    small, large = sorted((alpha, 2 - alpha))
    low = (np.pi / max(torus)) ** (1 / small)
    high = min(100 ** (1 / small), 1e12 ** (1 / large))
    cells, total = torus[0] * torus[1], NODES * torus[0] * torus[1]
    sides = np.array(torus)[:, None]
    power = np.zeros(cells)
    measure = 0.0
    for start in range(0, total, 2**20):
        index = np.arange(start, min(start + 2**20, total))
        frequencies, radius, weight = _nodes(index, low, high, alpha, angle)
        position = frequencies * sides / (2 * np.pi)
        far = np.abs(position).max(axis=0) >= WAVE_REACH
        row, column = np.rint(position % sides).astype(np.int64) % sides
        density = far * weight * radius ** (-2 * hurst)
        power += np.bincount(row * torus[1] + column, weights=density, minlength=cells)
        measure += weight.sum()
    # Beyond the last node the spectrum is folded so often that all frequencies share it alike.
    power += measure / np.log(high / low) * high ** (-2 * hurst) / (2 * hurst) / cells
    power = power.reshape(torus) * np.log(high / low) / total
    return power + np.roll(power[::-1, ::-1], 1, axis=(0, 1))  # the nodes fill half of the plane


def _waves(
    torus: tuple[int, ...], hurst: float, alpha: float, angle: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies and variances of the waves that stand for the lowest frequencies."""
    sides = np.array(torus)[:, None]
    farthest = 2 * np.pi * WAVE_REACH * np.sqrt(2) / min(torus)
    small, large = sorted((alpha, 2 - alpha))
    # Longer waves look like planes; those left out carry a hundredth of the planes' variance.
    low = (10 ** (-1 / (1 - hurst / small)) * np.pi / max(torus)) ** (1 / small)
    high = np.sqrt(farthest ** (2 / small) + farthest ** (2 / large))
    frequencies, radius, weight = _nodes(np.arange(WAVES), low, high, alpha, angle)
    near = np.abs(frequencies * sides).max(axis=0) < 2 * np.pi * WAVE_REACH
    variances = weight * radius ** (-2 * hurst) * np.log(high / low) / WAVES
    return frequencies[:, near], 2 * variances[near] / (torus[0] * torus[1])


def _nodes(
    index: np.ndarray, low: float, high: float, alpha: float, angle: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return frequencies (2, m): down and across, rho, and weights of a plane-filling sequence."""
    radius = low * (high / low) ** ((0.5 + index * STRIDES[0]) % 1)
    along, across, weight = _ellipse(radius, (0.5 + index * STRIDES[1]) % 1, alpha)
    down = along * np.sin(angle) + across * np.cos(angle)
    right = along * np.cos(angle) - across * np.sin(angle)
    return np.stack([down, right]), radius, weight


def _ellipse(
    radius: np.ndarray, turn: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return frequencies along and across at rho = radius, and their weights.

    With q = abs(along)^(2 / alpha) / rho^2 the measure is
    d ln(rho) rho^-(2H) q^(alpha / 2 - 1) (1 - q)^(-alpha / 2) dq; a power of the node takes away
    the singularity at whichever end is near, and the rest is the weight.
    """
    sector = np.floor(4 * turn)
    s = 4 * turn - sector
    near = sector % 2 == 0  # q below one half
    small = np.where(near, s ** (2 / alpha), s ** (2 / (2 - alpha))) / 2
    q, p = np.where(near, small, 1 - small), np.where(near, 1 - small, small)
    weight = np.where(
        near,
        2 ** (-alpha / 2) / alpha * (1 - small) ** (-alpha / 2),
        2 ** (alpha / 2 - 1) / (2 - alpha) * (1 - small) ** (alpha / 2 - 1),
    )
    along = (radius**2 * q) ** (alpha / 2)
    across = (radius**2 * p) ** (1 - alpha / 2)
    return along, np.where(sector < 2, across, -across), weight
