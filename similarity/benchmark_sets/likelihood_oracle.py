"""What can be told of images by someone who knows the laws of all classes."""

import numpy as np
from scipy.special import logsumexp

MEAN_LOG_SQUARE_VARIANCE = np.pi**2 / 8  # of log|z|, z standard normal


def profile_whittle(images: np.ndarray, spectra: np.ndarray) -> np.ndarray:
    """Return the Whittle log-likelihood (n, K) of periodic images, their variance profiled out.

    -(M/2) log mean_k(I_k / f_k) - (1/2) sum_k log f_k over the M frequencies but 0: exact for
    Gaussian fields on a torus.
    """
    power = periodograms(images)
    flat = spectra.reshape(len(spectra), -1)[:, 1:]
    m = flat.shape[1]
    scale = power @ (1 / flat).T / m
    return -m / 2 * np.log(scale) - np.log(flat).sum(axis=1) / 2


def whiten(images: np.ndarray, spectrum: np.ndarray) -> np.ndarray:
    """Divide a known spectrum out of periodic images."""
    inverse = np.where(spectrum > 0, 1 / np.sqrt(np.where(spectrum > 0, spectrum, 1)), 0)
    return np.fft.ifft2(np.fft.fft2(images) * inverse).real


def periodograms(images: np.ndarray) -> np.ndarray:
    """Return (n, frequencies but 0) periodograms."""
    power = np.abs(np.fft.fft2(images)) ** 2 / images[0].size
    return power.reshape(len(images), -1)[:, 1:]


def volatility_whittle(
    images: np.ndarray, spectrum: np.ndarray, volatilities: np.ndarray
) -> np.ndarray:
    """Return log-likelihoods (n, K) of log|whitened image|, K spectra of its log-volatility.

    log|e| = log|z| + omega has the spectrum S_omega + pi^2/8; taken as if it were Gaussian.
    """
    white = whiten(images, spectrum)
    power = periodograms(np.log(np.abs(white) + 1e-12 * white.std()))
    flat = volatilities.reshape(len(volatilities), -1)[:, 1:] + MEAN_LOG_SQUARE_VARIANCE
    return -(power @ (1 / flat).T + np.log(flat).sum(axis=1)) / 2


def same_class_distances(log_likelihoods: np.ndarray) -> np.ndarray:
    """Return -log P(two items are of one class) (n, n), all K classes being as frequent."""
    logs = log_likelihoods - logsumexp(log_likelihoods, axis=1, keepdims=True)
    # In pairs: SciPy's sum takes several times as long for few classes.
    result = -np.array([np.logaddexp.reduce(logs + row, axis=1) for row in logs])
    return (result + result.T) / 2


def accuracy(log_likelihoods: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of items whose likeliest class is their own."""
    return float((log_likelihoods.argmax(axis=1) == labels).mean())


# ------------------------------------------------------------------------- log-linear spectra


def spectral_parameters(images: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit log f = a + sum_p theta_p g_p to each periodogram; return theta (n, P), covariance.

    Whittle's likelihood, maximised by Fisher scoring: its information (1/2) sum_k g g' does not
    depend on theta. `basis` is (P, size, size).
    """
    power = periodograms(images)
    columns = np.vstack([np.ones(power.shape[1]), basis.reshape(len(basis), -1)[:, 1:]])
    inverse = np.linalg.inv(columns @ columns.T / 2)
    theta = np.log(power + 1e-300) @ columns.T / 2 @ inverse  # least squares; then the likelihood
    for _ in range(12):
        ratio = power * np.exp(-theta @ columns)
        theta = theta + (ratio - 1) @ columns.T / 2 @ inverse
    return theta[:, 1:], inverse[1:, 1:]


def normal_log_density(differences: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return log N(d; 0, covariance) of (..., P) differences."""
    root = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(root, differences[..., None])[..., 0]
    constant = np.log(np.diag(root)).sum() + len(root) / 2 * np.log(2 * np.pi)
    return -(scaled**2).sum(axis=-1) / 2 - constant
