"""Coarser grids keep low frequencies as they are, and give them back."""

import numpy as np
import pytest
import torch

from toolbox.core.streams import generator
from toolbox.torch_features.fourier_grids import coarsened, with_coarse

CASES = [((32,), 2), ((36,), 1), ((24, 40), 2), ((28, 36), 1)]


def drawn(canvas, name="x"):
    return torch.tensor(generator(0, name).standard_normal((2, 3, *canvas)))


@pytest.mark.parametrize(("canvas", "level"), CASES)
def test_a_slow_wave_is_sampled(canvas, level):
    places = np.indices(canvas)
    phase = sum(2 * np.pi * p / length for p, length in zip(places, canvas, strict=True))
    wave = torch.tensor(np.cos(phase + 0.3))[None, None]
    every = (..., *[slice(None, None, 2**level)] * len(canvas))
    torch.testing.assert_close(coarsened(wave, level), wave[every])


@pytest.mark.parametrize(("canvas", "level"), CASES)
def test_what_was_taken_is_given_back(canvas, level):
    x = drawn(canvas)
    torch.testing.assert_close(with_coarse(x, coarsened(x, level), level), x)
    y = drawn(tuple(length >> level for length in canvas), "y")
    # the highest frequency of an even side is left alone: a y without it comes back whole
    y = coarsened(with_coarse(torch.zeros_like(x), y, level), level)
    torch.testing.assert_close(coarsened(with_coarse(x, y, level), level) - y, odd(x, y, level))


def odd(x, y, level):
    """Return what x has at the highest frequencies of the coarser grid, where y has nothing."""
    return coarsened(with_coarse(x, torch.zeros_like(y), level), level)


def test_level_0_is_the_grid_itself():
    x, y = drawn((8,)), drawn((8,), "y")
    assert coarsened(x, 0) is x
    assert with_coarse(x, y, 0) is y
