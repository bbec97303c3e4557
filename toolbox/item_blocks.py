"""Items cut into blocks of few different sizes, so that kernels are compiled for few shapes."""

import numpy as np


def item_blocks(batch: np.ndarray, *, largest: int) -> list[np.ndarray]:
    """Cut the items into blocks of a power of two of them, at most `largest` samples a block.

    The last block is filled up with copies of the last item.
    """
    most = max(1, largest // batch[0].size)
    size = 1 << min(len(batch) - 1, most - 1).bit_length()
    fill = -len(batch) % size
    if fill:
        batch = np.concatenate([batch, np.repeat(batch[-1:], fill, axis=0)])
    return [batch[i : i + size] for i in range(0, len(batch), size)]
