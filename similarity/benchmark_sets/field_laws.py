"""Laws of benchmark fields: periodic images whose spectrum is known at every frequency."""

import numpy as np
from scipy.stats import norm

from toolbox.processes.periodic_fields import log_covariance


def power_law(size: int, hurst: float) -> np.ndarray:
    """Return the spectrum abs(xi)^-(2H + 2) on (size, size) frequencies; 0 at the frequency 0."""
    return normalised(np.exp(-(2 * hurst + 2) * log_radius(size)))


def normalised(spectrum: np.ndarray) -> np.ndarray:
    """Return the spectrum without the frequency 0, of mean 1: fields of variance one."""
    spectrum = spectrum.copy()
    spectrum[0, 0] = 0
    return spectrum / spectrum.mean()


def log_radius(size: int) -> np.ndarray:
    """Return log abs(xi), xi in cycles a pixel; 0 at the frequency 0."""
    square = np.add.outer(np.fft.fftfreq(size) ** 2, np.fft.fftfreq(size) ** 2)
    square[0, 0] = 1
    return np.log(square) / 2


def double_angle(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return cos and sin of twice the angle of each frequency; 0 at the frequency 0.

    A quarter turn of the lattice changes the sign of both, so that they sum to 0 over the
    frequencies of any one radius. At the Nyquist frequency of an even size, where xi and -xi are
    one, the two signs of an axis are averaged, which keeps that.
    """
    down, right = np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size), indexing="ij")
    square = down**2 + right**2
    square[0, 0] = 1
    cosine, sine = (right**2 - down**2) / square, 2 * right * down / square
    if size % 2 == 0:
        sine[size // 2], sine[:, size // 2] = 0, 0
    return cosine, sine


def modulated(spectrum: np.ndarray, modulation: float, angle: float) -> np.ndarray:
    """Return f(xi) (1 + a cos 2(theta - angle)): the mean over any radius is that of f."""
    cosine, sine = double_angle(len(spectrum))
    return spectrum * (1 + modulation * (np.cos(2 * angle) * cosine + np.sin(2 * angle) * sine))


def log_volatility(size: int, intermittency: float) -> np.ndarray:
    """Return the spectrum of omega, whose covariance is lambda^2 ln+(T / (1 + r)), T = size / 2."""
    covariance = log_covariance((size, size), intermittency, size / 2)
    return np.maximum(np.fft.fft2(covariance).real, 0)


def draw(spectrum: np.ndarray, volatility: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a field: white noise times exp(omega), filtered by the root of the spectrum.

    omega has the given spectrum and minus its variance as mean, so that E exp(2 omega) = 1: the
    modulated noise is white, and the field's spectrum is `spectrum`, whatever omega.
    """
    noise = rng.standard_normal(spectrum.shape)
    if volatility.any():
        other = rng.standard_normal(spectrum.shape)
        omega = np.fft.ifft2(np.fft.fft2(other) * np.sqrt(volatility)).real
        noise = noise * np.exp(omega - volatility.mean())
    return np.fft.ifft2(np.fft.fft2(noise) * np.sqrt(spectrum)).real


# ---------------------------------------------------------------------- accuracy of the best rule


def fisher_distance(spectrum: np.ndarray, other: np.ndarray) -> float:
    """Return d' between two Gaussian laws of unknown variance: (1/2 sum (h - mean)^2)^(1/2).

    h is the difference of the log-spectra; the variance of h is taken over all frequencies but 0.
    """
    h = np.log(other.flat[1:]) - np.log(spectrum.flat[1:])
    return float(np.sqrt(((h - h.mean()) ** 2).sum() / 2))


def chain_accuracy(classes: int, distance: float) -> float:
    """Return the accuracy for classes in a row, neighbours d' apart, errors only to neighbours."""
    return float(1 - 2 * (classes - 1) / classes * norm.cdf(-distance / 2))


def ring_accuracy(classes: int, distance: float) -> float:
    """Return the accuracy for classes on a circle in a plane of unit noise, neighbours d' apart.

    Craig's (1991) integral for the error of phase-shift keying; 1 - 2 Phi(-d'/2) where d' is
    large.
    """
    angle = np.linspace(0, np.pi * (1 - 1 / classes), 4001)[1:]
    step = np.pi * (1 - 1 / classes) / 4000
    with np.errstate(under="ignore"):
        integrand = np.exp(-(distance**2) / (8 * np.sin(angle) ** 2))
    return float(1 - step * (integrand.sum() - integrand[-1] / 2) / np.pi)
