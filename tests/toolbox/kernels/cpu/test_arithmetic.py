"""Logarithms and exponentials against those of NumPy, over all that leaders can be."""

import numpy as np
import pytest

from toolbox.core.streams import generator
from toolbox.kernels.cpu.arithmetic import exponentials, larger, logarithm

N = 512


def test_logarithms():
    x = np.exp(generator(1, "logarithms").uniform(-700, 700, N))
    x[:4] = [1.0, np.nextafter(1.0, 2), np.sqrt(2), 2.0**-1022]
    found = np.array([logarithm(v) for v in x])
    np.testing.assert_array_max_ulp(found, np.log(x), maxulp=2)


def test_exponentials():
    x = generator(1, "exponentials").uniform(-700, 700, N)
    x[:4] = 0.0, 1e-17, -1e-17, np.log(2) / 2
    found, inverse = np.array([exponentials(v) for v in x]).T
    np.testing.assert_array_max_ulp(found, np.exp(x), maxulp=2)
    np.testing.assert_array_max_ulp(inverse, np.exp(-x), maxulp=2)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_larger_of_two_is_nan_if_one_is(kind):
    one, two, nan = kind(1), kind(2), kind(np.nan)
    assert larger(one, two) == larger(two, one) == two
    assert np.isnan([larger(nan, one), larger(one, nan)]).all()
