"""Tests of the families' features and of the fitted law."""

import itertools

import numpy as np
import pytest

from similarity.families.local_binary_patterns import histograms
from similarity.families.patch_transport import quantiles
from similarity.families.spectrum import (
    bands,
    log_spectra,
    magnitudes,
    multitaper,
    sine_tapers,
    whiten,
)
from similarity.families.wavelet import log_energies, non_spectral, pair_log_energies
from similarity.pairs.fitted_fields import (
    intermittency,
    log_spectrum,
    simulate,
    uneven_noise,
    window_spectrum,
)
from similarity.pairs.separating_metric import separating_metric, within_covariance
from similarity.pairs.statistics import all_pairs
from tests.reference.coloured_fields import coloured
from toolbox import multifractal_field
from toolbox.processes.periodic_fields import log_covariance, spectral_roots


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


@pytest.mark.parametrize(
    ("features", "dim"),
    [
        *itertools.product([log_energies, non_spectral, quantiles], [1, 2]),
        (pair_log_energies, 2),
        (histograms, 2),
    ],
)
def test_a_part_has_its_own_values_in_the_columns_of_the_whole(features, dim):
    size = {1: 256, 2: 40}[dim]
    x = coloured(np.random.default_rng(0), 3, size, 1.0, dim)[:, None]
    whole = features(x, x.shape[2:])
    part = x[(..., *(slice(size // 2),) * dim)]
    found, own = features(part, x.shape[2:]), features(part, part.shape[2:])
    there = np.isfinite(found).all(axis=0)
    np.testing.assert_allclose(found[:, there][:, : own.shape[1]], own, rtol=1e-9, atol=1e-9)
    assert there.sum() >= own.shape[1] > 1
    assert np.isnan(found[:, ~there]).all()
    assert whole.shape == found.shape
    assert np.isfinite(whole).all()


@pytest.mark.parametrize(("size", "side"), [((256,), 128), ((40, 40), 20)])
def test_band_powers_are_means_over_ring_and_sector(size, side):
    """The part's frequencies, one by one, in the bands of the whole."""
    dim, angles = len(size), {1: 1, 2: 4}[len(size)]
    part = coloured(np.random.default_rng(0), 2, side, 1.0, dim)[:, None]
    edges, power = bands(size).edges, multitaper(part)
    held = [[[] for _ in range((len(edges) - 1) * angles)] for _ in part]
    for k in np.ndindex(*(side,) * dim):
        f = np.fft.fftfreq(side)[list(k)]
        turned = np.degrees(np.arctan2(f[0], f[-1])) + 90 / angles if dim == 2 else 0.0
        ring = int(np.sum(np.sqrt(f @ f) >= edges)) - 1
        if 0 <= ring < len(edges) - 1:
            for item, of in enumerate(held):
                of[ring * angles + int(turned % 180 // (180 / angles))].append(power[(item, 0, *k)])
    logs = [[np.log(np.mean(of)) if of else np.nan for of in item] for item in held]
    expected = np.array(logs) - np.nanmean(logs, axis=1, keepdims=True)
    np.testing.assert_allclose(log_spectra(part, size), expected, atol=1e-8)
    assert 1 < np.isfinite(expected).all(axis=0).sum() <= expected.shape[1]


@pytest.mark.parametrize(("size", "side"), [((256,), 128), ((40, 40), 20)])
def test_magnitudes_are_haar_energies_of_the_volatility(size, side):
    """By loops over boxes; the part has fewer than 16 boxes at the last scale, but has them."""
    part = coloured(np.random.default_rng(0), 2, side, 1.0, len(size))[:, None]
    found = magnitudes(part, size)
    for row, white in zip(found, whiten(part)[:, 0], strict=True):
        logs = np.log(np.abs(white) + 0.01)
        columns = haar_energies(logs - logs.mean(), size)
        columns += haar_energies(np.abs(white) - np.abs(white).mean(), size)
        np.testing.assert_allclose(row, [*columns, np.log((white**4).mean())], atol=1e-9)


def haar_energies(field, size):
    """Return the log mean variance inside boxes of two samples a side, scale by scale."""
    energies = []
    while np.prod([n // 2 ** (len(energies) + 1) for n in size]) >= 16:
        places = list(np.ndindex(*(n // 2 for n in field.shape)))
        boxes = [field[tuple(slice(2 * i, 2 * i + 2) for i in at)] for at in places]
        energies.append(np.log(np.mean([box.var() for box in boxes])))
        field = np.reshape([box.mean() for box in boxes], [n // 2 for n in field.shape])
    return [*energies, np.log((field**2).mean())]


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
    fields = simulate(x, np.zeros((64, 1)), copies=4, seed=0).reshape(-1, 1, 40, 40)
    real, fitted = log_spectra(x, (40, 40)), log_spectra(fields, (40, 40))
    # a band's mean over 64 items has a standard error of at most .15
    assert np.abs(real.mean(axis=0) - fitted.mean(axis=0)).max() < 0.6
    assert np.abs(real.mean(axis=0) - fitted.mean(axis=0)).mean() < 0.15


@pytest.mark.parametrize("slope", [0.0, 2.0])
def test_the_fitted_spectrum_of_one_item_is_its_band_powers_and_their_line_beyond(slope):
    x = coloured(np.random.default_rng(1), 1, 40, slope)[:, None]
    fitted = log_spectrum(x, (120, 120))[0, 0]
    rings, table = bands((40, 40)).logs, log_spectra(x, (40, 40)).reshape(-1, 4)
    line = np.polyfit(rings, table.mean(axis=1), 1)[0]
    assert line == pytest.approx(-slope, abs=0.25)
    k = np.arange(1, 61)
    directions = ((fitted[0, k], k / 120), (fitted[k, k], np.sqrt(2) * k / 120))
    for sector, (found, radius) in enumerate((*directions, (fitted[k, 0], k / 120))):
        logs = np.log(radius)
        beyond = line * (logs - np.clip(logs, rings[0], rings[-1]))
        expected = np.interp(logs, rings, table[:, sector]) + beyond
        np.testing.assert_allclose(found, expected, atol=1e-9)


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


def test_squared_histograms_are_the_shares_of_patterns():
    x = np.random.default_rng(0).standard_normal((2, 2, 33, 35))
    shares = histograms(x, (33, 35)).reshape(2, 2, 3, 10) ** 2
    assert np.allclose(shares.sum(axis=-1), 1)
    # radius 1: the eight neighbours, those on the diagonals interpolated between four pixels
    image, counts = np.rint(x[0, 0] * 4096), np.zeros(10)
    for r, c in np.ndindex(31, 33):
        ring = []
        for k in range(8):
            dr, dc = -np.sin(np.pi * k / 4), np.cos(np.pi * k / 4)
            low_r, low_c = int(np.floor(np.round(dr, 5))), int(np.floor(np.round(dc, 5)))
            a, b = round(dr, 5) - low_r, round(dc, 5) - low_c
            at = image[r + 1 + low_r : r + 3 + low_r, c + 1 + low_c : c + 3 + low_c]
            at = np.pad(at, ((0, 2 - at.shape[0]), (0, 2 - at.shape[1])))
            ring.append(np.array([1 - a, a]) @ at @ np.array([1 - b, b]) >= image[r + 1, c + 1])
        changes = sum(ring[k] != ring[k - 1] for k in range(8))
        counts[sum(ring) if changes <= 2 else 9] += 1
    assert np.abs(counts / counts.sum() - shares[0, 0, 0]).max() < 2 / counts.sum()


def test_the_window_spectrum_is_the_mean_periodogram():
    rng, torus = np.random.default_rng(0), (24, 24)
    root = np.sqrt(np.maximum(np.fft.fft2(log_covariance(torus, 1.0, 12.0)).real, 0))
    noise = np.fft.fft2(rng.standard_normal((4000, *torus)))
    fields = np.fft.ifft2(noise * root).real[:, :12, :12]
    power = (np.abs(np.fft.fft2(fields)) ** 2).mean(axis=0) / 144
    # 4000 draws: a relative standard error of .016 to .022, one in 144 beyond 4
    assert np.abs(power / window_spectrum((12, 12)) - 1).max() < 0.09


@pytest.mark.parametrize("strength", [0.0, 0.03, 0.08])
def test_intermittency_of_fields_of_known_lambda(strength):
    law = {"hurst": 0.5, "intermittency": strength, "n": 48, "seed": 3}
    x = multifractal_field((64, 64), **law).values[:, None]
    found, error = intermittency((x - x.mean()) / x.std())
    assert abs(found.mean() - strength) < 0.12 * strength + 0.002
    assert found.std() < 2 * np.sqrt(error.mean())


def test_uneven_noise_has_unit_power():
    roots = spectral_roots(log_covariance((32, 32), 1.0, 16.0))
    noise = uneven_noise(np.random.default_rng(0), np.full(200, 0.05), (32, 32), roots)
    assert abs((noise**2).mean() - 1) < 0.06  # the mean of 200 fields, each .15 from 1


def test_the_separating_metric_finds_the_direction_of_the_laws():
    rng = np.random.default_rng(0)
    within = np.diag([1.0, 4.0, 9.0, 1.0])
    means = np.repeat(rng.standard_normal(20), 10)[:, None] * np.array([0.0, 12.0, 0.0, 0.0])
    items = means + rng.standard_normal((200, 4)) @ np.sqrt(within)
    metric = separating_metric(items, within)
    assert metric.directions == 1
    direction = metric.transform[:, 0] * np.array([1, 2, 3, 1])
    assert abs(direction[1]) > 0.98 * np.linalg.norm(direction)
    distance = metric.statistic(items)
    d = (items[3] - items[77]) @ metric.transform
    assert distance[3, 77] == pytest.approx(d @ d / 2)
    assert separating_metric(items - means, within).directions == 0


def test_the_within_covariance_is_that_of_laws_moved_apart():
    rng = np.random.default_rng(0)
    root = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.5, 1.0]])
    fields = rng.standard_normal((60, 10, 3)) @ root.T + 50 * rng.standard_normal((60, 1, 3))
    truth = root @ root.T
    variance = np.diag(truth)
    found = within_covariance(fields, np.empty(0), variance, from_parts=False)
    assert np.abs(found - truth).max() < 0.12  # 540 vectors: a standard error of .06 at most
    parts = rng.standard_normal((300, 4, 3))
    parts[..., 2] = np.nan
    mixed = within_covariance(fields, parts, variance, from_parts=True)
    assert mixed[0, 1] == pytest.approx(0.4, abs=0.08)
    assert mixed[1, 2] == pytest.approx(0.3, abs=0.12)
