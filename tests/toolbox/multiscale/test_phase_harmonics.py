"""Phase harmonics: against sums over frequencies, symmetries, Gaussian fields and photographs."""

import re

import numpy as np
import pytest
from scipy import stats

import synthesis
import toolbox
from tests.reference import phase_harmonics as plain
from toolbox.core.streams import generator
from toolbox.multiscale.phase_harmonics import filters_of


def noise(*shape, name=""):
    return generator(9, "phase", name, *shape).standard_normal(shape)


def columns(harmonics, *groups):
    return np.flatnonzero(np.isin(harmonics.groups, groups))


def numbers(text):
    found = [int(n) for n in re.findall(r"\d+", text)]
    return found[0] if len(found) == 1 else tuple(found)


@pytest.mark.parametrize(("shape", "levels"), [((40,), 3), ((21, 22), 2)])
def test_every_value_is_the_sum_of_its_definition(shape, levels):
    x = np.exp(noise(*shape))
    got = toolbox.phase_harmonics(x, dim=len(shape), levels=levels)
    chosen = range(len(got.names)) if len(shape) == 1 else range(0, len(got.names), 9)
    for i in chosen:
        name, arguments = got.names[i].rstrip("]").split("[")
        j, *rest = arguments.split(",")
        j = numbers(j)
        t = numbers(rest[0]) if len(shape) == 2 else (0 if name == "sparsity" else (0, 0))
        scales = (j, j) if name == "modulus_orientations" else j
        expected = plain.statistic(x, name, scales, t)
        part = expected.imag if "imaginary" in arguments else expected.real
        assert got.values[0, i] == pytest.approx(part, abs=1e-9), got.names[i]


def test_filters_are_analytic_and_of_the_frequency_of_their_scale():
    psi = filters_of((64, 64), 2)
    u, v = (2 * np.pi * f for f in np.meshgrid(*[np.fft.fftfreq(64)] * 2, indexing="ij"))
    assert (psi[:, 0][:, v < 0] == 0).all()  # t = 0 varies along the columns' axis
    assert (psi[:, 2][:, u < 0] == 0).all()
    for j, scale in enumerate(psi):
        where = [np.unravel_index(p.argmax(), p.shape) for p in scale]
        peaks = [np.hypot(u[w], v[w]) for w in where]
        np.testing.assert_allclose(peaks, 0.75 * np.pi / 2 ** (j + 1), atol=0.06)


def test_gain_and_offset_change_nothing():
    x = np.cumsum(noise(3, 64, 48), axis=1)
    got = toolbox.phase_harmonics(x, dim=2)
    other = toolbox.phase_harmonics(3e3 * x - 50, dim=2)
    np.testing.assert_allclose(other.values, got.values, atol=1e-9)


def test_symmetries_of_signals():
    x = noise(5, 300) ** 2
    got = toolbox.phase_harmonics(x, dim=1)
    back, upside_down = (toolbox.phase_harmonics(y, dim=1) for y in (x[:, ::-1], -x))
    imaginary = np.array(["imaginary" in name for name in got.names])
    sign = np.where(imaginary, -1, 1)
    np.testing.assert_allclose(back.values, sign * got.values, atol=1e-9)
    odd = np.isin(got.groups, ("coupling", "doubling"))
    np.testing.assert_allclose(upside_down.values, np.where(odd, -1, 1) * got.values, atol=1e-9)


def test_a_signal_is_told_from_its_reverse():
    shots = (noise(30, 2048, name="shots") > 2) * 1.0
    decay = np.exp(-np.arange(200) / 12)
    x = np.array([np.convolve(s, decay)[:2048] for s in shots]) + 0.01 * noise(30, 2048)
    forth, back = (toolbox.phase_harmonics(y, dim=1, levels=5).values for y in (x, x[:, ::-1]))
    far = np.abs(forth.mean(axis=0) - back.mean(axis=0)) / forth.std(axis=0)
    assert far.max() > 5


def test_gaussian_fields_have_no_coupling_and_the_sparsity_of_gaussians():
    field = toolbox.spectral_field((128, 128), spectrum=[1, 0.5, 0.1, 0.02, 0.01], n=40, seed=1)
    got = toolbox.phase_harmonics(field.values, dim=2, levels=3)
    error = got.values.std(axis=0) / np.sqrt(40)
    none = columns(got, "coupling", "doubling")
    assert np.abs(got.values.mean(axis=0)[none] / error[none]).max() < 4.5  # of 80 values
    finest = [got.names.index(f"sparsity[j=1,t={t}]") for t in range(4)]
    np.testing.assert_allclose(got.values[:, finest].mean(axis=0), np.log(4 / np.pi), atol=0.01)


@pytest.mark.parametrize("texture", ["brick", "grass", "gravel"])
def test_photographs_are_told_from_their_phase_randomised_twins(texture):
    loaded = toolbox.textures()
    image = np.asarray(loaded.values)[list(loaded.labels).index(texture)]
    crops = toolbox.crops(image, size=96, n=16, seed=0).values
    twins = synthesis.phase_randomised(crops, dim=2, n=16, seed=1).samples
    real, random = (toolbox.phase_harmonics(x, dim=2) for x in (crops, twins))
    beyond = columns(real, "sparsity", "modulus", "coupling", "doubling")
    a, b = real.values[:, beyond], random.values[:, beyond]
    p = toolbox.permutation_p_value(a, b, resamples=999, seed=2)
    assert p.p_value <= 0.002
    t = (a.mean(axis=0) - b.mean(axis=0)) / np.sqrt((a.var(axis=0) + b.var(axis=0)) / 16)
    second_order = columns(real, "linear")  # the control
    sets = [v.values[:, second_order] for v in (real, random)]
    assert toolbox.permutation_p_value(*sets, resamples=999, seed=2).p_value > 0.01
    assert np.abs(t).max() > 6  # of 120 values; by chance above 4.5 once in a thousand times


def test_two_sets_of_one_gaussian_law_are_not_told_apart():
    spectrum = [1, 0.5, 0.1, 0.02, 0.01]
    field = toolbox.spectral_field((48, 48), spectrum=spectrum, n=100 * 12, seed=3)
    values = toolbox.phase_harmonics(field.values, dim=2).values.reshape(100, 12, -1)
    p_values = [
        toolbox.permutation_p_value(v[:6], v[6:], resamples=199, seed=i).p_value
        for i, v in enumerate(values)
    ]
    jitter = generator(9, "jitter").uniform(-0.5, 0.5, 100) / 200  # p-values are whole 200ths
    assert stats.kstest(np.clip(p_values + jitter, 0, 1), "uniform").pvalue > 0.01


def test_items_components_and_precision():
    x = noise(2, 3, 40).astype(np.float32)
    got = toolbox.phase_harmonics(x, dim=1, levels=2)
    assert got.values.dtype == np.float32
    alone = toolbox.phase_harmonics(x[1, 2].astype(np.float64), dim=1, levels=2)
    F = alone.values.shape[1]
    assert got.values.shape == (2, 3 * F)
    np.testing.assert_allclose(got.values[1, 2 * F :], alone.values[0], atol=2e-5)
    assert got.names[2 * F] == "sparsity[k=2,j=1]"
    assert len(got.names) == len(got.groups) == len(set(got.names)) == 3 * F
    assert got.margins == (4, 8)


def test_what_cannot_be_described_is_refused():
    with pytest.raises(toolbox.InputError, match=r"^x: wanted at least 40 samples .* levels=3"):
        toolbox.phase_harmonics(noise(39, 80), dim=2, levels=3)
    with pytest.raises(toolbox.InputError, match=r"^x: wanted at least 16 samples"):
        toolbox.phase_harmonics(noise(15), dim=1)
    stripes = np.sin(np.arange(40.0))[:, None] + np.zeros(40)
    with pytest.raises(toolbox.InputError, match=r"^x: wanted variation at all scales and orient"):
        toolbox.phase_harmonics(stripes, dim=2)
    with pytest.raises(toolbox.InputError, match=r"^x: wanted values that vary"):
        toolbox.phase_harmonics(np.ones((40, 40)), dim=2)
