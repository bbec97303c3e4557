"""Children made by matched statistics, whatever the exemplars' unit."""

import numpy as np
import pytest

from synthesis import filter_synthesis, patch_synthesis, wavelet_synthesis
from toolbox.core.streams import generator


@pytest.mark.parametrize("synthesise", [wavelet_synthesis, filter_synthesis, patch_synthesis])
@pytest.mark.parametrize("exponent", [-1000, -600, 600, 1000])
def test_squares_of_the_exemplars_need_not_be_numbers(synthesise, exponent):
    walk = generator(0, "extreme magnitudes").standard_normal((2, 24, 24)).cumsum(axis=2)
    options = {"dim": 2, "n": 2, "seed": 0, "iterations": 3, "progress": False}
    usual = synthesise(walk, **options)
    extreme = synthesise(np.ldexp(walk, exponent), **options)
    np.testing.assert_array_equal(np.ldexp(extreme.samples, -exponent), usual.samples)
    np.testing.assert_array_equal(extreme.losses, usual.losses)
