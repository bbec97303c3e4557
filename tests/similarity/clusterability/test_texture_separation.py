"""The distance of Gaussian textures: closed forms, and classifiers of simulated fields."""

import numpy as np
import pytest

from similarity import texture_separation
from toolbox import InputError


def radius(size):
    return np.hypot(*np.meshgrid(*[np.fft.fftfreq(size, 1 / size)] * 2))


def power(size, hurst):
    k = radius(size)
    return np.where(k > 0, np.maximum(k, 1) ** (-2 * hurst - 2), 0)


def periodograms(rng, spectrum, items):
    noise = rng.standard_normal((items, *spectrum.shape))
    return np.abs(np.fft.fft2(noise)) ** 2 / noise[0].size * spectrum


def profiled(periodogram, spectra):
    """Return the log-likelihood of each spectrum (classes, items), amplitude profiled out."""
    used = spectra[0] > 0
    rows = []
    for spectrum in spectra:
        amplitude = (periodogram[:, used] / spectrum[used]).mean(axis=1)
        rows.append(-used.sum() / 2 * np.log(amplitude) - np.log(spectrum[used]).sum() / 2)
    return np.array(rows)


@pytest.mark.parametrize("size", [64, 128])
def test_standard_error_of_hurst(size):
    found = texture_separation(power(size, 0.5), power(size, 0.51), step=0.01)
    assert found.error_of_parameter == pytest.approx(np.sqrt(2) / size, rel=0.05)


@pytest.mark.parametrize(("step", "classes"), [(0.05, 4), (0.1, 2)])
def test_accuracy_of_a_chain_of_hurst_against_the_likelihood(step, classes):
    size, items = 32, 1500
    rng = np.random.default_rng(0)
    spectra = [power(size, 0.4 + step * k) for k in range(classes)]
    right = [
        profiled(periodograms(rng, spectrum, items), spectra).argmax(axis=0) == k
        for k, spectrum in enumerate(spectra)
    ]
    found = texture_separation(*spectra[:2], classes=classes, step=step)
    assert found.accuracy == pytest.approx(np.mean(right), abs=0.02)


def test_accuracy_of_a_ring_of_angles_against_the_likelihood():
    size, items, classes = 32, 1200, 6
    rng = np.random.default_rng(1)
    y, x = np.meshgrid(*[np.fft.fftfreq(size)] * 2, indexing="ij")
    angle = np.arctan2(y, x)
    spectra = [
        np.where(radius(size) > 0, np.exp(0.25 * np.cos(2 * (angle - np.pi * k / classes))), 0)
        for k in range(classes)
    ]
    right = [
        profiled(periodograms(rng, spectrum, items), spectra).argmax(axis=0) == k
        for k, spectrum in enumerate(spectra)
    ]
    found = texture_separation(*spectra[:2], classes=classes, arrangement="ring")
    assert found.accuracy == pytest.approx(np.mean(right), abs=0.02)


def test_amplitude_does_not_matter_and_equal_textures_are_guessed():
    a = power(16, 0.3)
    same = texture_separation(a, 5 * a, classes=4)
    assert same.distance == pytest.approx(0, abs=1e-6)
    assert same.accuracy == pytest.approx(0.25, abs=1e-6)
    b = power(16, 0.5)
    there, back = texture_separation(a, b), texture_separation(7 * b, a)
    assert there.distance == pytest.approx(back.distance)


def test_powers_of_any_size_are_compared():
    a, b = np.array([1e200, 1e-200, 1.0]), np.array([1e200, 1e-200, 3.0])
    apart = np.log([1, 1, 3])
    expected = np.sqrt(((apart - apart.mean()) ** 2).sum() / 2)
    assert texture_separation(a, b).distance == pytest.approx(expected)
    assert texture_separation(2.0**300 * a, b).distance == texture_separation(a, b).distance


def test_what_is_refused():
    a = power(8, 0.3)
    for wrong, name in (
        ((a, a[:4]), "spectrum_b"),
        ((a, a + 1), "spectrum_b"),
        ((-a, a), "spectrum_a"),
        ((np.zeros((4, 4)), np.zeros((4, 4))), "spectrum_a"),
    ):
        with pytest.raises(InputError, match=f"^{name}:"):
            texture_separation(*wrong)
    with pytest.raises(InputError, match=r"^step:"):
        texture_separation(a, 2 * a, step=0.0)
