"""Items for kernels: scaled exactly, cut into few shapes, every call made once and in order."""

import threading
import time

import numpy as np
import pytest

from toolbox.core.item_blocks import (
    binary_exponent,
    feature_scales,
    item_blocks,
    on_all_cores,
    unit_items,
    varies,
)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("largest", [1, 6, 17, 24, 1000])
def test_blocks_hold_every_item_and_no_more_samples_than_allowed(n, largest):
    batch = np.arange(6.0 * n).reshape(n, 2, 3)
    blocks = item_blocks(batch, largest=largest)
    assert len({b.shape for b in blocks}) == 1
    size = len(blocks[0])
    assert size & (size - 1) == 0
    assert size == 1 or size * 6 <= largest
    joined = np.concatenate(blocks)
    np.testing.assert_array_equal(joined[:n], batch)
    assert (joined[n:] == batch[-1]).all()
    assert len(joined) - n < size
    views = item_blocks(batch, largest=largest, filled=False)
    assert all(np.shares_memory(v, batch) for v in views)
    np.testing.assert_array_equal(np.concatenate(views), batch)
    assert {len(v) for v in views[:-1]} <= {size}


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tiny_and_huge_fields_come_back_too(dtype):
    kind = np.finfo(dtype)
    batch = np.array([[kind.smallest_subnormal * 3, 0], [kind.max, -1], [-kind.tiny, 0]])
    unit, exponent = unit_items(batch.astype(dtype), dim=1)
    np.testing.assert_array_equal(np.abs(unit).max(axis=1), np.abs(np.frexp(batch[:, 0])[0]))
    np.testing.assert_array_equal(np.ldexp(unit, exponent[:, None])[:, 0], batch[:, 0])


def test_one_exponent_of_several_arrays():
    assert binary_exponent(np.array([0.1, -3.0]), np.array([[2.0]])) == 2
    assert binary_exponent(np.array([-0.5, np.nan])) == 0
    assert binary_exponent(np.zeros(3)) == 0
    assert binary_exponent(np.array([5e-324])) == -1073


@pytest.mark.parametrize("value", [1.0, 1e308, -7e-309, 0.0])
def test_what_rounding_makes_of_a_constant_does_not_vary(value):
    alike = value * np.array([np.full(n, 0.1).sum() / n for n in range(1, 50)])
    features = np.column_stack([alike, alike, np.arange(49.0), -alike])
    features[7, 1] = -value or 1.0
    assert varies(features).tolist() == [False, True, True, False]
    centre, scale = feature_scales(features)
    assert scale[[0, 3]].tolist() == [1, 1]
    np.testing.assert_allclose(centre[[0, 3]], [0.1 * value, -0.1 * value], rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_smallest_numbers_have_a_scale_that_is_not_0(dtype):
    least = np.finfo(dtype).smallest_subnormal
    x = np.array([[0, 1]] + 30 * [[least, 1]], dtype)
    assert varies(x).tolist() == [True, False]
    assert feature_scales(x)[1].tolist() == [least, 1]


def test_scales_of_single_precision_are_summed_in_double():
    x = np.random.default_rng(0).normal([[100.0, -3.0]], [[7.0, 0.5]], (1_000_000, 2))
    x = x.astype(np.float32)
    centre, scale = feature_scales(x)
    assert centre.dtype == scale.dtype == np.float32
    np.testing.assert_allclose(centre, x.astype(np.float64).mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(scale, x.astype(np.float64).std(axis=0), rtol=1e-7)


@pytest.mark.parametrize("most", [1, 2, 5, 50])
@pytest.mark.parametrize("first_alone", [False, True])
def test_calls_on_all_cores_come_back_in_order(most, first_alone):
    started, threads = [], set()

    def square(number):
        started.append(number)
        threads.add(threading.get_ident())
        time.sleep(0.002 * (7 - number))  # the last would be the first to end
        return number**2

    found = on_all_cores(square, range(7), most=most, first_alone=first_alone)
    assert list(found) == [n**2 for n in range(7)]
    assert sorted(started) == list(range(7))
    assert (len(threads) > 1) == (most > 1)


def test_the_first_call_is_over_before_another_starts():
    ended = threading.Event()

    def call(number):
        if number == 0:
            time.sleep(0.05)
            ended.set()
        return ended.is_set()

    assert all(on_all_cores(call, range(4), most=4, first_alone=True))


def test_an_error_of_one_call_is_raised():
    def call(number):
        if number == 2:
            raise ValueError("two")
        return number

    for most in (1, 4):
        with pytest.raises(ValueError, match="two"):
            list(on_all_cores(call, range(5), most=most))
