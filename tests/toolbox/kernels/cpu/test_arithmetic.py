"""Logarithms and exponentials against those of NumPy, over all that leaders can be."""

import numpy as np

from toolbox.core.streams import generator
from toolbox.kernels.cpu.arithmetic import (
    INVERSE,
    RESULT,
    ROWS,
    STRIP,
    VALUES,
    exponentials,
    larger,
    logarithms,
)


def test_logarithms():
    rows = np.empty((ROWS, STRIP))
    x = np.exp(generator(1, "logarithms").uniform(-700, 700, STRIP))
    x[:4] = [1.0, np.nextafter(1.0, 2), np.sqrt(2), 2.0**-1022]
    rows[VALUES] = x
    logarithms(rows, rows.view(np.int64), STRIP)
    np.testing.assert_array_max_ulp(rows[VALUES], np.log(x), maxulp=2)


def test_exponentials():
    rows = np.empty((ROWS, STRIP))
    x = generator(1, "exponentials").uniform(-700, 700, STRIP)
    x[:3] = 0.0, 1e-17, np.log(2) / 2
    rows[VALUES] = x
    exponentials(rows, rows.view(np.int64), STRIP)
    np.testing.assert_array_max_ulp(rows[RESULT], np.exp(x), maxulp=2)


def test_the_larger_of_two_is_nan_if_one_is():
    assert larger(1.0, 2.0) == larger(2.0, 1.0) == 2.0
    assert np.isnan([larger(np.nan, 1.0), larger(1.0, np.nan)]).all()


def test_inverse_exponentials():
    rows = np.empty((ROWS, STRIP))
    x = generator(1, "inverses").uniform(-700, 700, STRIP)
    x[:3] = 0.0, -1e-17, np.log(2) / 2
    rows[VALUES] = x
    exponentials(rows, rows.view(np.int64), STRIP)
    np.testing.assert_array_max_ulp(rows[INVERSE], np.exp(-x), maxulp=2)
