"""Structural texture similarity: written out plainly, its symmetries, textures, nonsense."""

import numpy as np
import pytest

from synthesis import phase_randomised, stsim
from tests.reference import structural_similarity as plain
from toolbox import InputError, crops, textures
from toolbox.core.streams import generator
from toolbox.processes.periodic_fields import periodic_component


def noise(*shape, name=""):
    return generator(17, "stsim", name, *shape).standard_normal(shape)


def rough(*shape):
    return np.cumsum(noise(*shape), axis=-1) + 30


@pytest.mark.parametrize(("levels", "orientations"), [(1, 2), (2, 3), (3, 4)])
@pytest.mark.parametrize("kind", ["STSIM-1", "STSIM-2"])
def test_similarity_is_its_definition(levels, orientations, kind):
    images = rough(3, 48, 40)
    options = {"levels": levels, "orientations": orientations}
    periodic = periodic_component(images, dim=2)
    truth = [
        [plain.stsim(a, b, crossed=kind == "STSIM-2", **options) for b in periodic]
        for a in periodic
    ]
    np.testing.assert_allclose(stsim(images, dim=2, kind=kind, **options), truth, atol=1e-5)


@pytest.mark.parametrize("dim", [1, 2])
def test_similarity_is_symmetric_and_one_for_equal_items(dim):
    x = rough(5, *[64] * dim)
    scores = stsim(x, dim=dim)
    np.testing.assert_allclose(scores, scores.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(scores), 1, atol=1e-12)
    assert (scores <= 1 + 1e-12).all()
    assert (scores > 0).all()
    np.testing.assert_allclose(stsim(x[:2], x[2:], dim=dim), scores[:2, 2:], atol=1e-12)


def test_real_textures_are_nearer_to_their_kind_and_their_phases_matter():
    photographs = textures().values
    images = np.concatenate([crops(p, size=96, n=4, seed=0).values for p in photographs])
    scores = stsim(images, dim=2)
    kind = np.repeat(np.arange(len(photographs)), 4)
    same = kind[:, None] == kind
    np.fill_diagonal(scores, np.nan)
    nearest = np.nanargmax(scores, axis=1)
    assert np.mean(kind[nearest] == kind) >= 11 / 12
    assert np.nanmean(scores[same]) > np.nanmean(scores[~same]) + 0.03
    bricks = images[:4]
    surrogates = phase_randomised(bricks, dim=2, n=4, seed=0).samples
    real = scores[:4, :4][~np.eye(4, dtype=bool)].mean()
    assert stsim(surrogates, bricks, dim=2).mean() < real - 0.03


def test_invariant_scores_know_neither_brightness_nor_contrast():
    x = rough(3, 64, 64)
    brighter = 3 * x + 100
    scores = stsim(x, dim=2, invariant=True)
    np.testing.assert_allclose(stsim(x, brighter, dim=2, invariant=True), scores, atol=1e-9)
    assert (np.diag(stsim(x, brighter, dim=2)) < 0.97).all()
    scaled = stsim(10 * x, dim=2)
    np.testing.assert_allclose(scaled, stsim(x, dim=2), atol=1e-9)  # a gain of both never matters


def test_shifts_of_a_periodic_texture_do_not_matter():
    x = periodic_component(rough(2, 64, 64), dim=2)
    rolled = np.roll(x, (8, 16), axis=(1, 2))
    rows = np.abs(stsim(x, x, dim=2) - stsim(rolled, x, dim=2))
    assert rows.max() < 0.02  # the jump across the new frame is taken off too


def test_sizes_may_differ_and_are_cut_to_whole_cells():
    x, y = noise(2, 64, 64), noise(3, 71, 90)
    scores = stsim(x, y, dim=2)
    assert scores.shape == (2, 3)
    assert (scores > 0.95).all()
    np.testing.assert_array_equal(scores, stsim(x, y[:, :64, :88], dim=2))


def test_components_are_averaged_and_precision_follows_the_input():
    x = noise(4, 2, 48, 48)
    parts = [stsim(x[:, k], dim=2) for k in range(2)]
    np.testing.assert_allclose(stsim(x, dim=2), np.mean(parts, axis=0), atol=1e-12)
    single = stsim(x.astype(np.float32), dim=2)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, stsim(x, dim=2), atol=1e-4)


def test_many_items_in_blocks(monkeypatch):
    x = noise(5, 40, 40)
    whole = stsim(x, dim=2)
    monkeypatch.setattr("synthesis.evaluation.structural_similarity._LARGEST", 2 * 40 * 40)
    np.testing.assert_allclose(stsim(x, dim=2), whole, atol=1e-12)


def test_a_pure_wave_has_no_say_in_empty_bands():
    wave = np.cos(2 * np.pi * 8 * np.arange(64) / 64) + np.zeros((64, 1))
    moved = np.roll(wave, 3, axis=1)
    scores = stsim(np.stack([wave, moved, wave.T]), dim=2)
    assert scores[0, 1] > 0.98 > 0.9 > scores[0, 2]


def test_items_that_cannot_be_compared_are_refused():
    x = noise(3, 64, 64)
    with pytest.raises(InputError, match=r"^y: wanted 1 components, as in x, got 2"):
        stsim(x, noise(2, 2, 64, 64), dim=2)
    with pytest.raises(InputError, match=r"^y: wanted values that vary, got a constant item 1"):
        stsim(x, np.stack([x[0], np.ones((64, 64))]), dim=2)
    with pytest.raises(InputError, match=r"^x: wanted at least 32 samples an axis for levels=3"):
        stsim(noise(2, 31, 64), dim=2)
    with pytest.raises(InputError, match=r"^orientations: "):
        stsim(x, dim=2, orientations=1)
