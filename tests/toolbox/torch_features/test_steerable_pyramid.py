"""The pyramid keeps energy, splits frequencies as stated, and its grids agree."""

import numpy as np
import pytest
import torch

from toolbox.core.streams import generator
from toolbox.torch_features.fourier_grids import coarsened
from toolbox.torch_features.steerable_pyramid import (
    complex_bands,
    grid_levels,
    on_coarser_grid,
    pyramid_filters,
    rectified_bands,
)

CASES = [((40, 48), 2, 4), ((32, 32), 3, 6), ((44, 52), 2, 3), ((64,), 3, 1), ((36,), 2, 1)]


def spread(values, canvas):
    """Put the spectrum of a coarser grid on the grid of the canvas, zeros elsewhere."""
    out = np.zeros(canvas)
    index = [np.round(np.fft.fftfreq(m) * m).astype(int) for m in values.shape]
    out[np.ix_(*index)] = values
    return out


@pytest.mark.parametrize(("canvas", "levels", "orientations"), CASES)
def test_squares_sum_to_one(canvas, levels, orientations):
    filters = pyramid_filters(canvas, levels=levels, orientations=orientations)
    low = spread(filters.low.numpy() ** 2, canvas)
    total = filters.high.numpy() ** 2 + low
    axes = tuple(range(len(canvas)))
    for band in filters.bands:
        for one_sided in band.numpy():
            square = spread(one_sided**2, canvas)
            opposite = np.roll(np.flip(square, axes), 1, axes)
            total += 0.5 * (square + opposite)
    np.testing.assert_allclose(total, 1.0, atol=1e-5)
    square = (filters.above.numpy() ** 2).sum(axis=0)
    opposite = np.roll(np.flip(square, axes), 1, axes)
    np.testing.assert_allclose((square + opposite) / 2, filters.high.numpy() ** 2, atol=1e-5)


@pytest.mark.parametrize(("canvas", "levels", "orientations"), CASES)
def test_the_features_keep_the_energy(canvas, levels, orientations):
    filters = pyramid_filters(canvas, levels=levels, orientations=orientations)
    x = torch.tensor(generator(0, "x").standard_normal((2, 1, *canvas)), dtype=torch.float32)
    own, _ = rectified_bands(x, filters)
    energy = sum(
        (u**2).flatten(1).sum(dim=1) * 2 ** (grid * len(canvas))
        for grid, u in zip(grid_levels(levels), own, strict=True)
    )
    torch.testing.assert_close(energy, (x**2).flatten(1).sum(dim=1), rtol=1e-4, atol=0)


@pytest.mark.parametrize(("canvas", "levels", "orientations"), CASES)
def test_rectified_bands_and_their_gradient_are_those_of_their_definition(
    canvas, levels, orientations
):
    filters = pyramid_filters(canvas, levels=levels, orientations=orientations)
    draws = torch.tensor(generator(0, "x").standard_normal((2, 2, *canvas)))
    x = draws.float().requires_grad_()
    own, coarser = rectified_bands(x, filters)
    bands = complex_bands(x, filters)
    found, wanted = [*own[1:-1], *coarser[1:]], []
    for z in map(lambda z: z.flatten(1, 2), (*bands.own, *bands.coarser)):
        wanted.append(torch.cat([z.real, z.imag, -z.real, -z.imag], dim=1).relu())
    slopes = [torch.randn(f.shape, generator=torch.Generator().manual_seed(1)) for f in found]
    torch.testing.assert_close(found, wanted, rtol=0, atol=0)
    (of_found,) = torch.autograd.grad(found, x, slopes, retain_graph=True)
    (of_wanted,) = torch.autograd.grad(wanted, x, slopes)
    torch.testing.assert_close(of_found, of_wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("canvas", "levels", "orientations"), CASES)
def test_a_coarser_band_on_the_finer_grid_agrees_where_the_grids_meet(canvas, levels, orientations):
    filters = pyramid_filters(canvas, levels=levels, orientations=orientations)
    x = torch.tensor(generator(0, "x").standard_normal((1, 2, *canvas)), dtype=torch.float32)
    own, coarser = rectified_bands(x, filters)
    every_other = (..., *[slice(None, None, 2)] * len(canvas))
    assert len(coarser) == levels
    torch.testing.assert_close(coarser[0], own[1], atol=0, rtol=0)  # they share the canvas
    for level, wide in enumerate(coarser[1:], start=1):
        torch.testing.assert_close(wide[every_other], own[level + 1], atol=1e-5, rtol=0)


def test_a_wave_answers_in_its_own_scale_and_orientation():
    filters = pyramid_filters((64, 64), levels=3, orientations=4)
    rows, columns = np.mgrid[:64, :64]
    for level in range(3):
        for axis, orientation in ((columns, 0), (rows, 2)):
            wave = np.cos(np.pi / 2 / 2**level * axis)
            own, _ = rectified_bands(torch.tensor(wave, dtype=torch.float32)[None, None], filters)
            powers = [(u[0] ** 2).reshape(4, 4, -1).sum(dim=(0, 2)) for u in own[1:4]]
            weighted = torch.stack([p * 4**j for j, p in enumerate(powers)])
            assert divmod(int(weighted.argmax()), 4) == (level, orientation)


def test_the_finest_details_have_orientations():
    filters = pyramid_filters((64, 64), levels=2, orientations=4)
    rows, columns = np.mgrid[:64, :64]
    for axis, orientation in ((columns, 0), (rows, 2)):
        wave = np.cos(0.9 * np.pi * axis)
        own, _ = rectified_bands(torch.tensor(wave, dtype=torch.float32)[None, None], filters)
        power = (own[0][0] ** 2).reshape(4, 4, -1).sum(dim=(0, 2))
        assert int(power.argmax()) == orientation
        assert power.sum() > 0.8 * (wave**2).sum()


@pytest.mark.parametrize(("canvas", "levels", "orientations"), CASES)
def test_a_coarser_grid_has_the_same_coarse_bands(canvas, levels, orientations):
    filters = pyramid_filters(canvas, levels=levels, orientations=orientations)
    x = torch.tensor(generator(0, "x").standard_normal((1, 1, *canvas)), dtype=torch.float32)
    own, coarser = rectified_bands(x, filters)
    found, found_coarser = rectified_bands(coarsened(x, 1), on_coarser_grid(filters, 1))
    for wanted, got in zip([*own[2:], *coarser[2:]], [*found, *found_coarser], strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-5, rtol=0)
