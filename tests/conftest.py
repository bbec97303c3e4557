"""What all tests share: shapes and types of kernels are checked, and one way to a browser."""

import pytest
from jaxtyping import install_import_hook

# Installed before the first import of these packages, hence at the top of the root conftest.
install_import_hook(
    ["toolbox.kernels", "toolbox.networks", "toolbox.torch_features"], "beartype.beartype"
)


@pytest.fixture
def compiled_in_haste():
    """Compile a test's programs without most optimisations: half the time, the same formulas.

    Not for tests of bits, precision, time or of what stands in a compiled program.
    """
    import jax

    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def browser():
    """Open a real Chromium, one for the tests of a file."""
    from tests.browsing import chromium

    with chromium() as (kind, options):
        opened = kind.launch(**options)
        yield opened
        opened.close()
