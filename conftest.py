"""What a file of tests leaves in memory is let go before the next one, doctests' files too."""

import ctypes
import gc
import sys
from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Let the collector of garbage pass over what lives until the end.

    Ten thousand tests and the modules that they import are a million objects: to look at all of
    them after each file took half a second, a sixth of the suite's time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let go of compiled programs, whose shapes hardly two files share, and of freed pages."""
    if nextitem is not None and nextitem.path == item.path:
        return
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    gc.collect()
    if sys.platform == "linux":  # glibc keeps what was freed, else several times what is in use
        ctypes.CDLL(None).malloc_trim(0)
