"""Where kernels run and in which precision; global JAX and torch settings are never changed."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from toolbox.core.checks import refuse
from toolbox.core.item_blocks import item_blocks, on_all_cores, usable_cores

SETTINGS = (
    "jax_default_prng_impl",
    "jax_threefry_partitionable",
    "jax_random_seed_offset",
    "jax_default_matmul_precision",
    "jax_numpy_dtype_promotion",
)


CPU_BLOCK = 2**21  # bytes: small enough for caches, large enough to pay for a call
ACCELERATOR_BLOCK = 2**28  # bytes: enough to keep it busy, where it does not say what is free
# Of the memory that is free: a kernel holds its input, both halves of what it has filtered along
# one axis, the details and their leaders, some eight times the input, and may not fill it all.
COPIES = 16


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
    for this call only. On a CPU arrays of NumPy stay such where the kernel says so: nothing is then
    compiled for their shape (see `toolbox.kernels.arrays`).
    """
    target = jax_device(device)
    if _by_numpy(kernel, target):
        return jax.tree.map(np.asarray, _plain(kernel, static)(*map(np.asarray, arrays)))
    _keep_few_maps(_program(kernel, arrays, target, static))
    double = any(getattr(a, "dtype", None) == np.float64 for a in arrays)
    with jax.enable_x64(double), jax.default_device(target):
        result = kernel(*map(jax.numpy.asarray, arrays), **static)
        return jax.tree.map(np.asarray, result)


def _by_numpy(kernel: Callable[..., Any], device: jax.Device) -> bool:
    """Say whether NumPy computes what is made of the arrays."""
    return getattr(kernel, "numpy_on_cpu", False) and device.platform == "cpu"


def _plain(kernel: Callable[..., Any], static: dict[str, Any]) -> Callable[..., Any]:
    """Return the kernel for arrays of NumPy."""
    # As JAX does: what is divided by nothing is seen in the result, not on the way.
    return np.errstate(all="ignore")(partial(getattr(kernel, "plain", kernel), **static))


def result_shapes(kernel: Callable[..., Any], *shapes: tuple[int, ...], **static: Any) -> Any:
    """Return the shapes of what a JAX kernel makes of arrays; nothing is compiled or computed."""
    arrays = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
    found = jax.eval_shape(lambda *given: kernel(*given, **static), *arrays)
    return jax.tree.map(lambda a: a.shape, found)


def block_samples(dtype: np.dtype, *, device: str = "auto") -> int:
    """Return how many samples to give a kernel at once, many items being cut into blocks.

    On a CPU they fit its caches, on an accelerator with all that is made of them its free memory.
    """
    target = jax_device(device)
    if target.platform == "cpu":
        return CPU_BLOCK // np.dtype(dtype).itemsize
    memory = target.memory_stats() or {}
    free = memory.get("bytes_limit", COPIES * ACCELERATOR_BLOCK) - memory.get("bytes_in_use", 0)
    return max(1, free // COPIES // np.dtype(dtype).itemsize)


def items_together(space: tuple[int, ...], dtype: np.dtype, *, device: str = "auto") -> int:
    """Return how many items of one component an accelerator is given at once, where there are more.

    Integers stand for float32, as which they are computed. On a CPU, for whose shapes nothing is
    compiled, an item has the same bits in any company: 1.
    """
    if jax_device(device).platform == "cpu":
        return 1
    kind = np.float64 if np.dtype(dtype) == np.float64 else np.float32
    return max(1, block_samples(np.dtype(kind), device=device) // max(1, int(np.prod(space))))


def blocks_for_kernels(batch: np.ndarray, *, largest: int, device: str) -> list[np.ndarray]:
    """Cut items into blocks as `item_blocks` does, the last filled up where shapes are compiled."""
    return item_blocks(batch, largest=largest, filled=jax_device(device).platform != "cpu")


def compute_each(
    kernel: Callable[..., Any], calls: list[Any], *, device: str = "auto", **static: Any
) -> Iterator[Any]:
    """Return what a kernel makes of each call, a tuple of arrays; on a CPU on all of its cores.

    What fits the caches of a core stays there from beginning to end.
    """
    arguments = zip(*calls, strict=True)
    if _by_numpy(kernel, jax_device(device)):
        return on_all_cores(_plain(kernel, static), *arguments)
    return map(partial(compute, kernel, device=device, **static), *arguments)


def cores_for(device: jax.Device) -> int:
    """Return how many programs to run at a time: one a core of a CPU, one on an accelerator."""
    return usable_cores() if device.platform == "cpu" else 1


_SEEN: set[Any] = set()  # programs that calls have asked for
# One of the log-leaders of a signal holds some 50 MB (small arrays need none), and its compilation
# takes seconds: whoever works with more shapes than these waits for the new ones anyway.
MOST_PROGRAMS = 32
LOOK_EVERY = 8  # new programs
MAPS, MOST_MAPS = Path("/proc/self/maps"), Path("/proc/sys/vm/max_map_count")


def _program(
    kernel: Callable[..., Any], arrays: Any, device: jax.Device, static: dict[str, Any]
) -> tuple[Any, ...]:
    """Return what a compiled program depends on."""
    forms = (*map(np.shape, arrays), *map(np.result_type, arrays))
    return getattr(kernel, "__qualname__", ""), forms, device, tuple(static.items())


def _keep_few_maps(program: tuple[Any, ...]) -> None:
    """Forget compiled programs before they fill the memory, or take all its maps.

    A new shape takes megabytes, and some 300 of the 65,530 maps that Linux allows a process,
    without which the compiler crashes: 200 images of different sizes would be enough.
    """
    if program in _SEEN:
        return
    if len(_SEEN) >= MOST_PROGRAMS:
        _forget_programs()
    _SEEN.add(program)
    if len(_SEEN) % LOOK_EVERY or not (MAPS.exists() and MOST_MAPS.exists()):
        return
    with MAPS.open("rb") as lines:
        maps = sum(1 for _ in lines)
    if maps > int(MOST_MAPS.read_text()) // 2:
        _forget_programs()


def _forget_programs() -> None:
    """Let go of every program; those still asked for are compiled again."""
    jax.clear_caches()
    _SEEN.clear()


def jax_settings(*, jitted: bool) -> dict[str, str]:
    """Return the settings that change what is drawn, or computed by more than rounding.

    A jitted member's precision is that of its data, whatever was set; any other's is not.
    """
    names = SETTINGS if jitted else (*SETTINGS, "jax_enable_x64")
    return {name: str(getattr(jax.config, name)) for name in names}
