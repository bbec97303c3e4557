"""torch_function: values, gradients against finite differences and against JAX alone."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import pywt
import torch

import toolbox
from toolbox.core.streams import generator
from toolbox.kernels.leaders import leaders_per_scale
from toolbox.kernels.texture_statistics import texture_statistics
from toolbox.kernels.wavelet import details_per_scale

BANK = pywt.Wavelet("db2")
LOW, HIGH = np.array(BANK.rec_lo), np.array(BANK.rec_hi)


def noise(*shape):
    return generator(4, "bridge", *shape).standard_normal(shape)


def details(x):
    return details_per_scale(x, jnp.asarray(LOW), jnp.asarray(HIGH), levels=2)


def leaders(x):
    scales, _ = details(x)
    return leaders_per_scale(scales, first=1, dim=x.ndim - 1, p=2.0, gamma=0.0)[0]


def statistics(x):
    low, high = jnp.asarray(LOW, x.dtype), jnp.asarray(HIGH, x.dtype)
    options = {"levels": 1, "leader_levels": 1, "gamma": 0.5}
    return partial(texture_statistics, **options)(x, low, high)


@pytest.mark.usefixtures("compiled_in_haste")
@pytest.mark.parametrize(
    ("kernel", "shape"),
    [
        (jnp.sin, (3,)),
        (details, (2, 20)),
        (details, (1, 14, 15)),
        (leaders, (1, 22, 22)),
        (statistics, (1, 1, 16, 16)),
    ],
)
def test_gradients_agree_with_finite_differences(kernel, shape):
    function = toolbox.torch_function(kernel)
    x = torch.tensor(noise(*shape), requires_grad=True)

    def flat(tensor):
        return torch.cat([leaf.reshape(-1) for leaf in jax.tree.leaves(function(tensor))])

    assert torch.autograd.gradcheck(flat, (x,), eps=1e-6, atol=1e-4)


@pytest.mark.usefixtures("compiled_in_haste")
def test_values_and_gradients_are_those_of_jax_alone():
    x = noise(2, 1, 24, 24).astype(np.float32)
    tensor = torch.tensor(x, requires_grad=True)

    def loss(v):
        return sum((u**2).sum() for u in jax.tree.leaves(statistics(v)))

    value = toolbox.torch_function(loss)(tensor)
    value.backward()
    assert value.dtype == tensor.grad.dtype == torch.float32
    alone, slope = jax.jit(jax.value_and_grad(loss))(jnp.asarray(x))
    assert float(value.detach()) == pytest.approx(float(alone), rel=1e-6)
    np.testing.assert_allclose(tensor.grad, slope, rtol=1e-4, atol=1e-4)


def test_structures_and_several_arguments_come_back():
    function = toolbox.torch_function(lambda a, b: {"sum": a + b, "pair": (a * b, b)})
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0])
    found = function(a, b)
    assert found["sum"].tolist() == [4.0, 6.0]
    found["pair"][0].sum().backward()
    assert a.grad.tolist() == [3.0, 4.0]


def test_changes_in_place_never_reach_the_backward_pass():
    function = toolbox.torch_function(lambda x: jnp.exp(x))
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    y = function(x)
    with torch.no_grad():
        x.mul_(0)
        y.mul_(0)
    y.sum().backward()
    np.testing.assert_allclose(x.grad, np.exp([0.0, 1.0]), rtol=1e-6)


def test_strided_tensors_and_both_precisions():
    base = torch.tensor(noise(6, 4))
    function = toolbox.torch_function(lambda x: x * 2)
    np.testing.assert_array_equal(function(base.T[:, ::2]), 2 * base.T[:, ::2])
    assert function(base).dtype == torch.float64
    assert function(base.float()).dtype == torch.float32
    assert not jax.config.jax_enable_x64


@pytest.mark.parametrize(
    "arguments",
    [(), ([1.0],), (torch.tensor([1]),), (torch.ones(2), torch.ones(2, dtype=torch.float64))],
)
def test_bad_arguments_are_named(arguments):
    with pytest.raises(toolbox.InputError, match=r"^tensors: wanted"):
        toolbox.torch_function(lambda *x: x[0])(*arguments)
    with pytest.raises(toolbox.InputError, match=r"^kernel: wanted"):
        toolbox.torch_function(3)
