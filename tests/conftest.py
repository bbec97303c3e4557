"""What all tests share: shapes and types of kernels are checked, and one way to a browser."""

import pytest
from jaxtyping import install_import_hook

# Installed before the first import of these packages, hence at the top of the root conftest.
install_import_hook(
    ["toolbox.kernels", "toolbox.networks", "toolbox.torch_features"], "beartype.beartype"
)


@pytest.fixture(scope="module")
def browser():
    """Open a real Chromium, one for the tests of a file."""
    from tests.browsing import chromium

    with chromium() as (kind, options):
        opened = kind.launch(**options)
        yield opened
        opened.close()
