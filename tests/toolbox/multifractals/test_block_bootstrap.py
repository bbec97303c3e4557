"""The bootstrap by block sums against the same bootstrap written out, and its interval's parts."""

from functools import partial

import numpy as np
import pytest
from scipy.stats import t

import toolbox
from tests.reference.block_bootstrap import resampled_slopes
from toolbox.core.streams import generator
from toolbox.kernels.boxes import Box
from toolbox.multifractals.block_bootstrap import (
    block_counts,
    block_paddings,
    block_weights,
    resampled_cumulants,
)
from toolbox.multifractals.slopes import slope_weights


def a_walk(*shape):
    x = generator(4, "bootstrap", *shape).standard_normal(shape)
    for axis in range(x.ndim):
        x = np.cumsum(x, axis=axis)
    return x


@pytest.mark.parametrize("shape", [(700,), (90, 75)])
def test_block_sums_give_what_gathering_the_blocks_gives(shape):
    dim, scales, orders = len(shape), (1, 3), 4
    x, j = a_walk(*shape), np.arange(1, 4)
    leaders = toolbox.wavelet_leaders(x, dim=dim, wavelet="db2", levels=3, gamma=0.5)
    boxes = [
        Box(tuple(f.tolist()), tuple(np.add(f, v.shape).tolist()))
        for f, v in zip(leaders.first, leaders.values, strict=True)
    ]
    counts = block_counts(boxes)
    rng = generator(0, "weights")
    weights = next(block_weights(counts, resamples=12, fewest=orders, rng=rng))
    assert (weights == np.round(weights)).all()
    assert (weights.sum(axis=1) == counts.shape[1]).all()

    sums = _block_sums(leaders.values, boxes, orders)
    slope = slope_weights(j, np.array([v.size for v in leaders.values])) / np.log(2)
    fast = slope @ resampled_cumulants(weights, counts, sums)
    slow = resampled_slopes(leaders.values, leaders.first, scales, weights, orders)
    np.testing.assert_allclose(fast, slow, atol=1e-10)

    result = toolbox.multifractal(
        x, dim=dim, wavelet="db2", scales=scales, gamma=0.5, orders=orders, resamples=40, seed=3
    )
    rng = generator(3, "multifractal", "blocks")
    weights = next(block_weights(counts, resamples=40, fewest=orders, rng=rng))
    spread = resampled_slopes(leaders.values, leaders.first, scales, weights, orders)
    blocks = counts.shape[1]
    assert result.analysis.blocks == blocks
    error = np.sqrt(blocks / (blocks - 1)) * spread.std(axis=0, ddof=1)
    np.testing.assert_allclose(result.standard_error, error, rtol=1e-8)
    width = t.ppf(0.975, blocks - 1) * error
    np.testing.assert_allclose(np.diff(result.interval)[:, 0], 2 * width, rtol=1e-8)
    np.testing.assert_allclose(result.interval.mean(axis=-1), result.cumulants, atol=1e-12)


def _block_sums(leaders, boxes, orders):
    from toolbox.core.device import compute
    from toolbox.kernels.log_leaders import block_sums

    logs = [np.log(v)[None] for v in leaders]
    kernel = partial(block_sums, paddings=block_paddings(boxes), orders=orders)
    return compute(lambda *y: kernel(list(y)), *logs)[0]


def test_all_blocks_once_are_the_whole_sample():
    boxes = [Box((3,), (60,)), Box((3,), (29,)), Box((3,), (13,))]
    counts = block_counts(boxes)
    assert counts.sum(axis=1).tolist() == [57, 26, 10]
    assert counts[0].tolist() == [1, *[4] * 14]  # positions 3 | 4 to 7 | ... | 56 to 59


def test_a_resample_that_empties_a_scale_is_drawn_again():
    counts = np.array([[4.0, 4.0, 4.0], [0.0, 2.0, 0.0]])
    drawn = block_weights(counts, resamples=200, fewest=3, rng=generator(0, "again"))
    assert (np.concatenate(list(drawn)) @ counts[1] >= 3).all()


def test_the_records_weights_give_a_lines_slope_and_the_cumulants():
    x = np.stack([a_walk(700), a_walk(2, 700)[1]])
    got = toolbox.multifractal(x, dim=1)
    j = np.arange(got.scales[0], got.scales[1] + 1)
    weights = got.analysis.slope_weights
    np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-9)
    lines = np.einsum("ijm,j->im", weights, j * np.log(2))
    np.testing.assert_allclose(lines, 1)
    inside = got.log_cumulants[:, got.scales[0] - 1 : got.scales[1]]
    expected = (weights * inside).sum(axis=1) - got.gamma[:, None] * np.eye(3)[0]
    np.testing.assert_allclose(got.cumulants, expected)
