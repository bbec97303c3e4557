"""Pooled statistics: their weights by hand, and that they see what single statistics do not."""

import numpy as np
import pytest

import toolbox
from synthesis import quality
from synthesis.evaluation.pooled_statistics import pooling
from toolbox.core.streams import generator
from toolbox.multiscale.descriptions import Description


def test_weights_by_hand():
    names = ("energy[j=1,H]", "energy[j=1,V]", "energy[j=2,H]", "skew", "time_asymmetry[j=3]")
    weights = pooling(names, dim=2)
    np.testing.assert_allclose(weights[:, 0], [4 / 9, 4 / 9, 1 / 9, 0, 0])
    np.testing.assert_allclose(weights[:, 1:].T, [[0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
    np.testing.assert_allclose(pooling(names, dim=1)[:3, 0], [0.4, 0.4, 0.2])


@pytest.mark.parametrize(("dim", "shape"), [(1, (3, 2, 400)), (2, (3, 2, 40, 40))])
def test_components_are_kept_apart(dim, shape):
    noise = generator(0, "pooled", dim).standard_normal(shape)
    description = toolbox.describe(noise, dim=dim)
    weights = pooling(description.names, dim=dim)
    np.testing.assert_allclose(weights.sum(axis=0), 1)
    assert ((weights > 0).sum(axis=1) == 1).all()
    for column in weights.T:
        names = [n for n, w in zip(description.names, column, strict=True) if w]
        assert len({n.split("[")[0] for n in names}) == 1
        assert len({n.split("[")[1].split(",")[0] for n in names}) == 1  # k=0, k=1 or 0x1
    kinds = {n.split("[")[0] for n in description.names}
    crossed = sum(kind.startswith("component_") for kind in kinds)
    assert weights.shape[1] == 2 * (len(kinds) - crossed) + crossed


def test_a_small_shift_of_a_whole_kind_is_seen():
    rng = generator(0, "a kind shifts")
    names = tuple(f"{kind}[j={j}]" for kind in "abcdefgh" for j in (1, 1, 1, 2, 2, 2))
    found = []
    for _ in range(20):
        x = rng.standard_normal((40, len(names)))
        x[:20, :6] += 0.8  # one kind of eight
        sets = [
            Description(values=v, names=names, groups=("some",) * len(names))
            for v in (x[:20], x[20:])
        ]
        found.append(quality(*sets, dim=2, seed=0, resamples=199).p_value <= 0.05)
    assert np.mean(found) >= 0.8  # the mean moves by 1.7 sd: T^2 of eight means has power .97
