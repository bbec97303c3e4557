"""Gradients through leaders and their sums: finite differences, torch, ties, fences."""

from functools import partial
from math import inf

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import pywt
import torch

import toolbox
from toolbox.core.streams import generator
from toolbox.kernels.leaders import larger, largest_of_three, leaders_per_scale
from toolbox.kernels.log_leaders import centred_logarithms, power_sums
from toolbox.kernels.stages import stage
from toolbox.kernels.wavelet import details_per_scale, even_and_odd, filter_axis

BANK = pywt.Wavelet("db2")
LOW, HIGH = np.array(BANK.rec_lo), np.array(BANK.rec_hi)


def noise(*shape):
    return generator(5, "gradients", *shape).standard_normal(shape)


def log_leader_powers(x, *, p=inf, levels=2, gamma=0.0):
    """Means of ln leader and sums of the powers of what deviates, at every scale."""
    low, high = jnp.asarray(LOW, x.dtype), jnp.asarray(HIGH, x.dtype)
    details, _ = details_per_scale(x, low, high, levels=levels)
    leaders, _ = leaders_per_scale(details, first=1, dim=x.ndim - 1, p=p, gamma=gamma)
    e, mean = centred_logarithms(list(leaders), jnp.zeros(len(x), x.dtype))
    return mean, power_sums(e, orders=3)


@pytest.mark.usefixtures("compiled_in_haste")
@pytest.mark.parametrize("p", [inf, 2.0])
@pytest.mark.parametrize("shape", [(2, 40), (2, 41), (1, 26, 29)])
def test_torch_gradients_of_log_leaders_agree_with_finite_differences(shape, p):
    function = toolbox.torch_function(partial(log_leader_powers, p=p))
    x = torch.tensor(noise(*shape), requires_grad=True)  # no ties: continuous values

    def flat(tensor):
        return torch.cat([leaf.reshape(-1) for leaf in function(tensor)])

    assert torch.autograd.gradcheck(flat, (x,), eps=1e-7, atol=1e-4)


@pytest.mark.usefixtures("compiled_in_haste")
@pytest.mark.parametrize("shape", [(3, 700), (2, 90, 77)])
def test_gradients_along_a_line_agree_with_a_central_difference(shape):
    x = np.cumsum(noise(*shape), axis=-1)
    direction = 1e-6 * noise(*shape)[::-1]

    @jax.jit
    @jax.value_and_grad
    def loss(v):
        mean, sums = log_leader_powers(v, levels=3, gamma=0.5)
        return mean.sum() + (sums / v[0].size).sum()

    with jax.enable_x64(True):
        slope = (np.asarray(loss(x)[1]) * direction).sum()
        difference = (float(loss(x + direction)[0]) - float(loss(x - direction)[0])) / 2
    np.testing.assert_allclose(slope, difference, rtol=1e-5)


@pytest.mark.usefixtures("compiled_in_haste")
@pytest.mark.parametrize(("n", "axis"), [(16, 0), (17, 0), (16, 1), (17, -1)])
def test_the_filter_pulls_back_by_its_transpose(n, axis):
    shape = (n, 3) if axis == 0 else (3, n)
    filtered = jax.jit(partial(filter_axis, axis=axis))
    x, taps = noise(*shape), noise(6)
    with jax.enable_x64(True):
        y = np.asarray(filtered(x, taps))
        g = generator(0, "g").standard_normal(y.shape)
        of_x, of_taps = jax.jit(lambda x, taps, g: jax.vjp(filtered, x, taps)[1](g))(x, taps, g)
        basis = [np.asarray(filtered(e.reshape(shape), taps)) for e in np.eye(x.size)]
        np.testing.assert_allclose(of_x.ravel(), [(b * g).sum() for b in basis], atol=1e-12)
        basis = [np.asarray(filtered(x, e)) for e in np.eye(6)]
        np.testing.assert_allclose(of_taps, [(b * g).sum() for b in basis], atol=1e-12)


def test_a_gradient_goes_to_the_first_of_those_that_are_equal():
    one = jnp.ones(1)
    assert jax.jit(jax.grad(lambda u: larger(u, one).sum()))(one) == 1
    assert jax.jit(jax.grad(lambda v: larger(one, v).sum()))(one) == 0
    slope = jax.jit(jax.grad(lambda x: largest_of_three(x, 0).sum()))
    for values, wanted in (
        ([1, 1, 1, 1, 1], [1, 1, 1, 0, 0]),
        ([0, 2, 2, 2, 0], [0, 2, 1, 0, 0]),
        ([3, 1, 2, 2, 1], [1, 0, 2, 0, 0]),
    ):
        gradient = slope(jnp.array(values, float))
        assert gradient.tolist() == wanted


def test_even_and_odd_samples_come_back_in_their_places():
    x = jnp.arange(7.0)
    sums = jax.grad(lambda v: (even_and_odd(v, 0)[0] + 10 * even_and_odd(v, 0)[1]).sum())
    gradient = jax.jit(sums)(x)
    assert gradient.tolist() == [1, 10, 1, 10, 1, 10, 0]


def test_fences_stand_in_the_compiled_program_also_when_the_taps_are_known():
    x = jnp.zeros((2, 32, 32))
    program = jax.jit(log_leader_powers).lower(x).compile().as_text()
    stages = 2 * 2 + 2 * 2 + 2  # scales x (filter rows, columns; join, neighbourhood), logs, powers
    assert program.count(" conditional(") == stages


@pytest.mark.parametrize("first", [0.0, -1.0, np.nan, -np.nan, np.inf])
def test_a_fence_opens_for_every_number(first):
    double = stage(lambda x: 2 * x)
    for dtype in (np.float32, np.float64):
        with jax.enable_x64(dtype == np.float64):
            x = jnp.array([first, 3], dtype)
            np.testing.assert_array_equal(double(x), 2 * x)
            np.testing.assert_array_equal(jax.grad(lambda x: double(x).sum())(x), [2, 2])
