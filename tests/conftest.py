"""Shapes and types of kernels and networks are checked in tests, and only there."""

from jaxtyping import install_import_hook

# Installed before the first import of these packages, hence at the top of the root conftest.
install_import_hook(
    ["toolbox.kernels", "toolbox.networks", "toolbox.torch_features"], "beartype.beartype"
)
