"""The one place where torch and JAX meet: a JAX kernel as a differentiable torch function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import torch
from torch.autograd.function import once_differentiable

from toolbox.core.checks import describe_value, refuse


def torch_function(kernel: Callable[..., Any]) -> Callable[..., Any]:
    r"""Return a JAX kernel as a torch function whose gradients flow into torch.

    Python only: it takes and returns a callable.

    Parameters
    ----------
    kernel : callable
        Takes JAX arrays, returns an array, or a tuple, list or dictionary of arrays. Bind its
        options with `functools.partial`.

    Returns
    -------
    callable
        Takes torch tensors of one floating type, float32 or float64, on one device; returns
        tensors in the structure that the kernel returns, of the kernel's precision.

    Raises
    ------
    InputError
        When `kernel` is not callable; the returned function, when an argument is not a tensor of
        floats, or the arguments differ in type.

    Notes
    -----
    With y = f(x) and g the gradient of a loss L by y, the gradient by x is the vector-Jacobian
    product

    .. math:: \nabla_x L = g^T f'(x)

    that `jax.vjp` returns; both passes are compiled, once a shape. Tensors are exchanged by DLPack
    and copied, so that in-place changes on the torch side can never reach a value that the backward
    pass still needs. Gradients of gradients are refused by torch. Takes and returns a Python
    function, hence has no MATLAB form.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> import torch, toolbox
    >>> log_energy = toolbox.torch_function(lambda x: jnp.log((x**2).sum()))
    >>> x = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> log_energy(x).backward()
    >>> x.grad                                           # 2 x / |x|^2
    tensor([0.2400, 0.3200])
    """
    if not callable(kernel):
        refuse("kernel", "a function of JAX arrays", describe_value(kernel))
    forward = jax.jit(lambda *arrays: jax.vjp(kernel, *arrays))
    backward = jax.jit(lambda pull_back, gradients: pull_back(gradients))

    class Bridge(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, call: dict, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            with jax.enable_x64(tensors[0].dtype == torch.float64):
                outputs, ctx.pull_back = forward(*map(_to_jax, tensors))
                leaves, ctx.structure = jax.tree.flatten(outputs)
                call["structure"] = ctx.structure
                return tuple(map(_to_torch, leaves))

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
            with jax.enable_x64(gradients[0].dtype == torch.float64):
                structured = jax.tree.unflatten(ctx.structure, list(map(_to_jax, gradients)))
                return None, *map(_to_torch, backward(ctx.pull_back, structured))

    def function(*tensors: torch.Tensor) -> Any:
        _check(tensors)
        call: dict[str, Any] = {}
        leaves = Bridge.apply(call, *tensors)
        return jax.tree.unflatten(call["structure"], list(leaves))

    return function


def _check(tensors: tuple[Any, ...]) -> None:
    """Refuse anything but tensors of one floating type."""
    wanted = "torch tensors of float32 or float64"
    if not tensors:
        refuse("tensors", wanted, "none")
    for tensor in tensors:
        if not isinstance(tensor, torch.Tensor):
            refuse("tensors", wanted, type(tensor).__name__)
        if tensor.dtype not in (torch.float32, torch.float64):
            refuse("tensors", wanted, str(tensor.dtype))
    types = {str(tensor.dtype) for tensor in tensors}
    if len(types) > 1:
        refuse("tensors", "one floating type", " and ".join(sorted(types)))


def _to_jax(tensor: torch.Tensor) -> jax.Array:
    return jnp.array(jnp.from_dlpack(tensor.detach().contiguous()), copy=True)


def _to_torch(array: jax.Array) -> torch.Tensor:
    return torch.from_dlpack(array).clone()
