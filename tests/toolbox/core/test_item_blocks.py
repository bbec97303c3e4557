"""Items cut into blocks: all of them, in order, in few shapes."""

import numpy as np
import pytest

from toolbox.core.item_blocks import item_blocks


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13])
@pytest.mark.parametrize("largest", [1, 6, 17, 24, 1000])
def test_blocks_hold_every_item_and_no_more_samples_than_allowed(n, largest):
    batch = np.arange(6.0 * n).reshape(n, 2, 3)
    blocks = item_blocks(batch, largest=largest)
    assert len({b.shape for b in blocks}) == 1
    size = len(blocks[0])
    assert size & (size - 1) == 0
    assert size == 1 or size * 6 <= largest
    joined = np.concatenate(blocks)
    np.testing.assert_array_equal(joined[:n], batch)
    assert (joined[n:] == batch[-1]).all()
    assert len(joined) - n < size
