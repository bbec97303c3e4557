"""On a CUDA device the public functions give what they give on the CPU, but for rounding."""

import jax
import numpy as np
import pytest
import torch

import toolbox
from toolbox.core.streams import generator

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module", autouse=True)
def cuda():
    try:
        return jax.devices("cuda")[0]
    except RuntimeError:
        pytest.skip("JAX finds no CUDA device")


def walks(*shape, dtype=np.float64):
    x = generator(8, "gpu", *shape).standard_normal(shape)
    for axis in range(1, len(shape)):
        x = np.cumsum(x, axis=axis)
    return (x / np.abs(x).max()).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("dim", "shape"), [(1, (3, 1500)), (2, (3, 96, 80))])
@pytest.mark.parametrize(
    ("function", "field"),
    [
        (toolbox.describe, "values"),
        (toolbox.multifractal, "cumulants"),
        (toolbox.wavelet_leaders, "values"),
        (toolbox.wavelet_coefficients, "details"),
        (toolbox.phase_harmonics, "values"),
    ],
)
def test_both_devices_agree(function, field, dim, shape, dtype):
    x = walks(*shape, dtype=dtype)
    here, there = (getattr(function(x, dim=dim, device=d), field) for d in ("cpu", "cuda"))
    tolerance = 1e-3 if dtype == np.float32 else 1e-8
    for a, b in zip(jax.tree.leaves(here), jax.tree.leaves(there), strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, atol=tolerance * np.abs(a).max(), rtol=0)


def test_gradients_agree_with_those_of_the_cpu():
    x = walks(2, 1500)

    def loss(v):
        from toolbox.kernels.wavelet import details_per_scale

        taps = np.array([0.25, 0.75, 0.75, 0.25], v.dtype), np.array([1, -3, 3, -1], v.dtype)
        details, _ = details_per_scale(v, *map(jax.numpy.asarray, taps), levels=3)
        return sum((d**4).sum() for d in details)

    function = toolbox.torch_function(loss)
    gradients = []
    for device in ("cpu", "cuda"):
        tensor = torch.tensor(x, device=device, requires_grad=True)
        function(tensor).backward()
        gradients.append(tensor.grad.cpu().numpy())
    scale = np.abs(gradients[0]).max()
    np.testing.assert_allclose(gradients[1], gradients[0], atol=1e-9 * scale, rtol=0)
