"""Tests of the families' features and of the fitted law."""

import numpy as np
import pytest

from similarity.fitted_law import log_spectrum, simulate
from similarity.leaders_family import non_spectral
from similarity.pair_statistics import all_pairs
from similarity.spectrum_family import bands, log_spectra, multitaper, sine_tapers
from similarity.wavelet_family import log_energies
from similarity.whitened_family import magnitudes, whiten
from tests.reference.coloured_fields import coloured


@pytest.mark.parametrize("space", [(32, 32), (40, 40), (33, 47), (128, 64), (64,), (501,)])
def test_every_frequency_but_zero_is_in_one_band_with_its_conjugate(space):
    layout = bands(space)
    label = layout.label
    assert label[(0,) * len(space)] == -1
    assert (label.ravel()[1:] >= 0).mean() > 0.95
    conjugate = label[np.ix_(*(-np.arange(n) % n for n in space))]
    inner = np.ones(space, bool)
    for axis, n in enumerate(space):
        if n % 2 == 0:
            inner[(slice(None),) * axis + (n // 2,)] = False  # Nyquist: its own conjugate
    assert (label == conjugate)[inner].all()
    assert np.bincount(label[label >= 0], minlength=layout.count).min() > 0


def test_tapers_are_orthonormal():
    tapers = sine_tapers(37, 4)
    assert np.allclose(tapers @ tapers.T, np.eye(4))


def test_the_periodogram_of_white_noise_is_flat_and_keeps_the_variance():
    noise = np.random.default_rng(0).standard_normal((400, 1, 16, 16))
    power = multitaper(noise).mean(axis=0)[0]
    inner = power[3:-3, 3:-3]  # the mean is removed near zero
    assert abs(inner.mean() - 1) < 0.03
    assert inner.std() < 0.1


@pytest.mark.parametrize("features", [log_spectra, log_energies, magnitudes, non_spectral])
@pytest.mark.parametrize("dim", [1, 2])
def test_features_ignore_nothing_but_what_parts_lack(features, dim):
    size = {1: 256, 2: 40}[dim]
    x = coloured(np.random.default_rng(0), 3, size, 1.0, dim)[:, None]
    whole = features(x, x.shape[2:])
    half = features(x[(..., *(slice(size // 2),) * dim)], x.shape[2:])
    assert whole.shape == half.shape
    assert np.isfinite(whole).all()
    assert np.isfinite(half).any(axis=0).sum() >= 2


def test_whitening_flattens_the_band_powers():
    x = coloured(np.random.default_rng(0), 4, 64, 3.0)[:, None]
    white = whiten(x)
    layout = bands((64, 64))
    power = np.abs(np.fft.fft2(white)) ** 2
    means = np.array([power[:, 0, layout.label == b].mean() for b in range(layout.count)])
    assert means.max() / means.min() < 1.01
    assert np.allclose(white.std(axis=(2, 3)), 1)


@pytest.mark.parametrize("slope", [0.0, 2.0, 3.0])
def test_the_fitted_law_has_the_spectrum_of_the_images(slope):
    x = coloured(np.random.default_rng(1), 64, 40, slope)[:, None]
    fields = simulate(x, copies=4, seed=0).reshape(-1, 1, 40, 40)
    real, fitted = log_spectra(x, (40, 40)), log_spectra(fields, (40, 40))
    # a band's mean over 64 items has a standard error of at most .15
    assert np.abs(real.mean(axis=0) - fitted.mean(axis=0)).max() < 0.6
    assert np.abs(real.mean(axis=0) - fitted.mean(axis=0)).mean() < 0.15


def test_the_fitted_spectrum_of_one_item_is_finite_on_any_torus():
    x = coloured(np.random.default_rng(1), 1, 40, 2.0)[:, None]
    assert np.isfinite(log_spectrum(x, (80, 80))).all()


@pytest.mark.parametrize("energies", [True, False])
def test_all_pairs_agrees_with_a_double_loop(energies):
    rng = np.random.default_rng(2)
    values, v = rng.standard_normal((7, 5)), rng.uniform(0.1, 2, 5)
    for i in range(7):
        for j in range(7):
            d = values[i] - values[j]
            # likelihood ratio of two gamma variables with 2 / v degrees of freedom
            a, b = np.exp(values[i]), np.exp(values[j])
            gammas = (2 / v) * (2 * np.log((a + b) / 2) - np.log(a) - np.log(b))
            expected = (gammas if energies else d**2 / (2 * v)).sum()
            assert all_pairs(values, v, energies=energies)[i, j] == pytest.approx(
                expected, abs=1e-9
            )
