"""Where kernels run and in which precision; global JAX and torch settings are never changed."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from toolbox.doors import refuse


def jax_device(device: str = "auto") -> jax.Device:
    """Return the JAX device named ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``."""
    if not isinstance(device, str) or not device:
        refuse("device", "'auto', 'cpu' or 'cuda:0'", repr(device))
    if device == "auto":
        return jax.devices()[0]
    platform, colon, index = device.partition(":")
    try:
        return dict(enumerate(jax.devices(platform)))[int(index) if colon else 0]
    except (RuntimeError, ValueError, KeyError):
        present = ", ".join(f"{d.platform}:{d.id}" for d in jax.devices())
        refuse("device", f"'auto' or a device that is present ({present})", repr(device))


def jax_device_names() -> tuple[str, ...]:
    """Return each device that JAX finds, such as ``"cpu:0 cpu"``: platform, number, kind."""
    return tuple(f"{d.platform}:{d.id} {d.device_kind}" for d in jax.devices())


def compute(
    kernel: Callable[..., Any], *arrays: np.ndarray, device: str = "auto", **static: Any
) -> Any:
    """Run a JAX kernel on NumPy arrays and return NumPy arrays.

    The precision follows the arrays: with a float64 array among them the kernel runs in float64,
    for this call only.
    """
    double = any(getattr(a, "dtype", None) == np.float64 for a in arrays)
    with jax.enable_x64(double), jax.default_device(jax_device(device)):
        result = kernel(*map(jax.numpy.asarray, arrays), **static)
        return jax.tree.map(np.asarray, result)
