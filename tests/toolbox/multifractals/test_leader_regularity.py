"""Leaders that are far too low: found by their moments, their figures withdrawn with a note."""

import numpy as np
import pytest

import toolbox
from toolbox.multifractals.leader_regularity import low_leaders
from toolbox.multifractals.leader_sums import Q

NEGATIVE = np.array(Q) < 0


def damped(share, factor, n=2**13):
    """Return walks of H = .6 in which a stretch of increments is damped, and the same without."""
    walk = toolbox.fractional_field(n, hurst=0.6, n=2, seed=0).values
    steps = np.diff(walk, axis=1, prepend=0)
    steps[:, 1000 : 1000 + int(share * n)] *= factor
    return steps.cumsum(axis=1), walk


def test_depth_and_share_of_a_cluster_of_low_values():
    rng = np.random.Generator(np.random.Philox(0))
    e = 0.3 * rng.standard_normal(4000)
    e[:200] = -9.0
    u = np.exp(np.array(Q)[:, None] * (e - e.mean()))
    moments = np.stack([u.mean(axis=1), (u * e).mean(axis=1)], axis=-1)[None, None]
    depth, share = low_leaders(moments)
    assert depth[0, 0] == pytest.approx(e.mean() + 9, rel=1e-3)
    assert share[0, 0] == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(("share", "factor"), [(0.05, 1e-6), (0.3, 1e-6), (0.1, 1e-3)])
def test_a_damped_stretch_withdraws_what_it_decides(share, factor):
    spoilt, clean = damped(share, factor)
    found = toolbox.multifractal(np.stack([spoilt[0], clean[1]]), dim=1)
    assert np.isnan(found.zeta[0, NEGATIVE]).all()
    assert np.isnan(found.cumulants[0, 2])
    assert np.isfinite(found.zeta[0, ~NEGATIVE]).all()
    assert "of 1 of 2 items lie more than 5 nats below" in found.note
    alone = toolbox.multifractal(clean, dim=1)
    np.testing.assert_array_equal(found.zeta[1], alone.zeta[1])
    assert alone.note == ""


def test_strong_multifractal_walks_keep_their_figures():
    walks = toolbox.multifractal_field(2**13, hurst=0.7, intermittency=0.2, n=20, seed=1)
    found = toolbox.multifractal(walks.values, dim=1)
    assert np.isfinite(found.zeta).all()
    assert "nats" not in found.note
