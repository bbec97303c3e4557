"""What all tests share: shapes and types of kernels are checked, and one way to a browser."""

from contextlib import contextmanager

import pytest
from jaxtyping import install_import_hook

# Installed before the first import of these packages, hence at the top of the root conftest.
install_import_hook(
    ["toolbox.kernels", "toolbox.networks", "toolbox.torch_features"], "beartype.beartype"
)


@contextmanager
def haste(on):
    """Compile without most optimisations, or with all again: half the time, the same formulas."""
    import jax

    if not on:  # programs in memory are not told apart by how they were compiled
        jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", on)
    yield
    jax.config.update("jax_disable_most_optimizations", not on)
    jax.clear_caches()


@pytest.fixture
def compiled_in_haste():
    """Compile a test's programs in haste.

    Not for tests of bits, precision, time or of what stands in a compiled program.
    """
    with haste(True):
        yield


@pytest.fixture(scope="module")
def all_compiled_in_haste():
    """Compile the programs of a file in haste: nearly all of its time would be the compiler's."""
    with haste(True):
        yield


@pytest.fixture
def fully_compiled():
    """Compile a test's programs as users do, in a file that is else compiled in haste."""
    with haste(False):
        yield


@pytest.fixture(scope="module")
def browser():
    """Open a real Chromium, one for the tests of a file."""
    from tests.browsing import chromium

    with chromium() as (kind, options):
        opened = kind.launch(**options)
        yield opened
        opened.close()
