"""Items cut into blocks of few different sizes, so that kernels are compiled for few shapes."""

import numpy as np


def item_blocks(batch: np.ndarray, *, largest: int) -> list[np.ndarray]:
    """Cut the items into blocks of a power of two of them, at most `largest` samples a block.

    The last block is filled up with copies of the last item; the others are views.
    """
    most = max(1, largest // batch[0].size)
    size = min(1 << (len(batch) - 1).bit_length(), 1 << (most.bit_length() - 1))
    blocks = [batch[i : i + size] for i in range(0, len(batch), size)]
    fill = size - len(blocks[-1])
    if fill:
        blocks[-1] = np.concatenate([blocks[-1], np.repeat(batch[-1:], fill, axis=0)])
    return blocks
