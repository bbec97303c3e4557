"""Settings of torch that change what a member computes by more than rounding."""

import torch


def torch_settings() -> dict[str, str]:
    """Return them as they are now."""
    return {
        "torch default dtype": str(torch.get_default_dtype()),
        "torch float32 matmul precision": torch.get_float32_matmul_precision(),
    }
