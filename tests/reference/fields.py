"""Isotropic multifractal fields with known law, as plainly as possible.

White noise times exp(omega), omega Gaussian with covariance lambda^2 ln(L / (1 + r)) up to the
distance L, then divided by |xi|^(H + 1) in the Fourier domain; simulated on a torus of twice the
size and cropped, so that the two sides of a field are not neighbours.
c_1 = H + lambda^2, c_2 = -lambda^2 (Bacry, Delour & Muzy, 2001, in two dimensions).
"""

import numpy as np


def multifractal_fields(n, size, *, hurst, intermittency, rng):
    """Return n fields ``(n, size, size)``, each centred and of unit variance."""
    return np.stack([_field(size, hurst, intermittency, rng) for _ in range(n)])


def _field(size, hurst, intermittency, rng):
    torus = 2 * size
    k = np.fft.fftfreq(torus) * torus
    distance = np.hypot(k[:, None], k[None, :])
    covariance = intermittency * np.log(np.maximum(size / (1 + distance), 1))
    amplitude = np.sqrt(np.maximum(np.fft.fft2(covariance).real, 0))
    omega = np.fft.ifft2(amplitude * np.fft.fft2(rng.standard_normal((torus, torus)))).real
    noise = rng.standard_normal((torus, torus)) * np.exp(omega)
    frequency = np.maximum(distance, 1)
    spectrum = np.fft.fft2(noise - noise.mean()) / frequency ** (hurst + 1)
    spectrum[0, 0] = 0
    field = np.fft.ifft2(spectrum).real[:size, :size]
    return (field - field.mean()) / field.std()
