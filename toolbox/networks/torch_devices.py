"""Where networks of torch are computed, and repeatably."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolbox.core.checks import describe_value, refuse


def checked_device(device: Any) -> str:
    """Return a device's name, "auto" or one that torch finds here, or refuse."""
    import torch

    if isinstance(device, str) and device == "auto":
        return device
    try:
        known = isinstance(device, str) and torch.empty(0, device=device).device.type != "meta"
    except (RuntimeError, AssertionError):  # torch without CUDA asserts
        known = False
    if not known:
        refuse("device", "'auto' or a device that is present", describe_value(device))
    return device


def torch_device(device: str) -> str:
    """Return the torch device that "auto" stands for, or the one that is named."""
    import torch

    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


@contextmanager
def one_thread() -> Iterator[Any]:
    """Compute by one thread and by repeatable algorithms, for the time of a block.

    Sums over several threads depend on how many there are, and a member must be the same whichever
    engine trains it.
    """
    import torch

    threads = torch.get_num_threads()
    repeatable = torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
    torch.set_num_threads(1)
    try:
        with repeatable:
            yield
    finally:
        torch.set_num_threads(threads)
