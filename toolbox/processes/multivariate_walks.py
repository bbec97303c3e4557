"""Fields of several components, whose noise and whose multifractality are correlated as asked."""

from math import log
from typing import Any

import numpy as np

from toolbox.core.checks import number, real_array, refuse, without_mask
from toolbox.processes.multifractal_walks import checked_scale, fractional_integral
from toolbox.processes.periodic_fields import corner, filtered, log_covariance, spectral_roots
from toolbox.processes.process import Process, asked, realisations


def multivariate_field(
    shape: Any,
    *,
    hurst: Any,
    intermittency: Any,
    noise_correlation: Any,
    multifractal_correlation: Any,
    n: int = 1,
    seed: int,
    integral_scale: float | None = None,
) -> Process:
    r"""Draw multifractal walks or fields of K >= 2 components with known cross-cumulants.

    Parameters
    ----------
    shape : int or pair of int
        Samples of a signal, or rows and columns of an image; at least 4 along each axis.
    hurst : float or array, shape (K,)
        H of every component, or of each: above 0 and below 1.
    intermittency : float or array, shape (K,)
        lambda^2 of every component, or of each: from 0 to below half the number of axes.
    noise_correlation : float or array, shape (K, K)
        Correlation of the Gaussian noises: of every pair, or a correlation matrix.
    multifractal_correlation : float or array, shape (K, K)
        rho_mf, the correlation of the fluctuations of regularity: of every pair, or a matrix.
        K is the largest of the four arguments' sizes; two where all are single numbers.
    n : int
        Number of realisations; realisation i is the same for any `n`.
    seed : int
        Seed of the named streams, one a realisation.
    integral_scale : float, optional
        T, the distance in samples at which the log-correlation ends, from 2 to the smallest side;
        by default that side.

    Returns
    -------
    Process
        `values` (n, K, *shape); `cumulants` (K, 3), rows (H + lambda^2, -lambda^2, 0);
        `cross_cumulants` (K, K), c_11 = -rho_mf lambda_a lambda_b.

    Raises
    ------
    InputError
        If the sizes do not agree on K, or a correlation is no correlation matrix (symmetric, ones
        on the diagonal, no negative eigenvalue).

    Notes
    -----
    Component a is the filter :math:`|\xi|^{-(H_a + d/2)}` applied to :math:`\epsilon_a
    e^{\omega_a}`, where epsilon is white noise correlated across components, and omega, independent
    of it, has minus its variance as mean and the covariance

    .. math:: \mathrm{Cov}(\omega_a(t), \omega_b(t + r))
        = \rho_{mf}\, \lambda_a \lambda_b \ln \frac{T}{1 + |r|}.

    The intermittency weakens the correlation of the products, which is the noise correlation times
    :math:`T^{\rho_{mf} \lambda_a \lambda_b - (\lambda_a^2 + \lambda_b^2) / 2}`.

    References
    ----------
    J.-F. Muzy, J. Delour and E. Bacry, Modelling fluctuations of financial time series: from
    cascade process to stochastic volatility model, Eur. Phys. J. B 17 (2000) 537.
    H. Wendt, R. Leonarduzzi, P. Abry et al., Assessing cross-dependencies using bivariate
    multifractal analysis, ICASSP 2018.

    Examples
    --------
    >>> from toolbox import multivariate_field
    >>> pair = multivariate_field(
    ...     256, hurst=[0.6, 0.7], intermittency=0.04, noise_correlation=0.5,
    ...     multifractal_correlation=-0.8, seed=0,
    ... )
    >>> pair.values.shape, pair.cross_cumulants.round(3).tolist()
    ((1, 2, 256), [[-0.04, 0.032], [0.032, -0.04]])
    """
    shape, n, seed = asked(shape, n, seed, minimum=4)
    arguments = {
        "hurst": real_array(hurst, "hurst"),
        "intermittency": real_array(intermittency, "intermittency"),
        "noise_correlation": real_array(noise_correlation, "noise_correlation"),
        "multifractal_correlation": real_array(
            multifractal_correlation, "multifractal_correlation"
        ),
    }
    k = max(2, *(len(np.atleast_1d(value)) for value in arguments.values()))
    hursts = _each(hurst, "hurst", k, above=0, below=1)
    strengths = _each(intermittency, "intermittency", k, minimum=0, below=len(shape) / 2)
    noise_root = _root(_correlation(noise_correlation, "noise_correlation", k))
    mixed = _correlation(multifractal_correlation, "multifractal_correlation", k)
    scale = checked_scale(integral_scale, shape)
    torus = tuple(2 * side for side in shape)
    transfers = [fractional_integral(torus, h, "sampled") for h in hursts]
    roots = spectral_roots(log_covariance(torus, 1.0, scale))
    omega_root = np.sqrt(strengths)[:, None] * _root(mixed)

    def draw(rng: np.random.Generator) -> np.ndarray:
        noise, other = rng.standard_normal((2, k, *torus))
        common = np.stack([filtered(single, roots) for single in other])
        omega = np.tensordot(omega_root, common, 1)
        product = np.tensordot(noise_root, noise, 1)
        for a in range(k):
            product[a] *= np.exp(omega[a] - strengths[a] * log(scale))
        pairs = zip(product, transfers, strict=True)
        return np.stack([corner(filtered(single, transfer), shape) for single, transfer in pairs])

    return Process(
        values=realisations(draw, "multivariate_field", n, seed),
        cumulants=np.stack([hursts + strengths, -strengths, np.zeros(k)], axis=1),
        cross_cumulants=-mixed * np.sqrt(np.outer(strengths, strengths)),
        hurst=hursts,
        intermittency=strengths,
        note=f"multifractal walks, integral scale {scale:g} samples, torus of twice the size",
    )


def _each(value: Any, argument: str, k: int, **limits: float) -> np.ndarray:
    """Return one number a component."""
    without_mask(value, argument, f"a number or {k} of them, one a component")
    listed = np.asarray(value, dtype=np.float64)
    if listed.shape not in ((), (1,), (k,)):
        refuse(argument, f"a number or {k} of them, one a component", f"shape {listed.shape}")
    numbers = [number(single, argument, **limits) for single in listed.reshape(-1)]
    return np.array(numbers * (k // len(numbers)))


def _correlation(value: Any, argument: str, k: int) -> np.ndarray:
    """Return a correlation matrix, from one correlation for every pair or from the matrix."""
    without_mask(value, argument, f"a correlation, or a {k} x {k} correlation matrix")
    matrix = np.asarray(value, dtype=np.float64)
    if matrix.size == 1:
        single = number(matrix, argument, minimum=-1, maximum=1)
        matrix = np.full((k, k), single) + (1 - single) * np.eye(k)
    wanted = f"a correlation, or a {k} x {k} correlation matrix (one row a component)"
    if matrix.shape != (k, k):
        refuse(argument, wanted, f"shape {matrix.shape}")
    if np.abs(matrix - matrix.T).max() > 1e-9 or np.abs(np.diag(matrix) - 1).max() > 1e-9:
        refuse(argument, wanted, "a matrix that is not symmetric with ones on its diagonal")
    smallest = np.linalg.eigvalsh(matrix)[0]
    if smallest < -1e-9:
        refuse(argument, wanted, f"a matrix with the eigenvalue {smallest:.3g} below 0")
    return matrix


def _root(correlation: np.ndarray) -> np.ndarray:
    """Return the symmetric square root of a correlation matrix, singular ones included."""
    values, vectors = np.linalg.eigh(correlation)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
