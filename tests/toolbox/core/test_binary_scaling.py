"""Powers of two: exact both ways over the whole range of each precision."""

import numpy as np
import pytest

from toolbox.core.binary_scaling import binary_exponent, unit_items


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fields_come_back_bit_by_bit(dtype):
    rng = np.random.default_rng(0)
    largest = np.finfo(dtype).maxexp - 2
    gains = [-largest, -3, 0, 5, largest - 4]
    batch = np.stack([np.ldexp(rng.uniform(-1, 1, (2, 5, 6)).astype(dtype), g) for g in gains])
    batch[1, 0, 2, 2] = np.nan
    batch[2, 1] = 0
    unit, exponent = unit_items(batch, dim=2)
    assert (unit.dtype, exponent.shape) == (dtype, (5, 2))
    size = np.nanmax(np.abs(unit), axis=(2, 3))
    assert (((size >= 0.5) & (size < 1)) | (size == 0)).all()
    np.testing.assert_array_equal(np.ldexp(unit, exponent[..., None, None]), batch)


def test_one_exponent_of_several_arrays():
    assert binary_exponent(np.array([0.1, -3.0]), np.array([[2.0]])) == 2
    assert binary_exponent(np.array([-0.5, np.nan])) == 0
    assert binary_exponent(np.zeros(3)) == 0
    assert binary_exponent(np.array([5e-324])) == -1073
