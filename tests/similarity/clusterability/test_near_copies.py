"""Near-copies are told from the spacings of distances, and clouds without any are not."""

import numpy as np
import pytest

from similarity import intrinsic_dimension
from similarity.clusterability.intrinsic_dimension import log_distances
from similarity.clusterability.near_copies import near_copies


def swiss_roll(rng, items):
    turn = 1.5 * np.pi * (1 + 2 * rng.uniform(size=items))
    return np.stack([turn * np.cos(turn), 21 * rng.uniform(size=items), turn * np.sin(turn)]).T


def sphere(rng, items):
    x = rng.standard_normal((items, 3))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


CLEAN = {
    "uniform line": lambda rng, items: rng.uniform(size=(items, 1)),
    "uniform plane": lambda rng, items: rng.uniform(size=(items, 2)),
    "Gaussian plane": lambda rng, items: rng.standard_normal((items, 2)),
    "heavy tails": lambda rng, items: rng.standard_t(3, size=(items, 2)),
    "swiss roll": swiss_roll,
    "sphere": sphere,
    "ten dimensions": lambda rng, items: rng.standard_normal((items, 10)),
}


def with_copies(rng, items, share, distance, *, dimensions=2):
    x = rng.standard_normal((items, dimensions))
    copied = x[: int(share * items)]
    return np.concatenate([x, copied + distance * rng.standard_normal(copied.shape)])


def told(x):
    return bool(near_copies(log_distances(x, 10), np.arange(len(x))))


def test_fewer_than_two_of_a_hundred_clean_clouds_are_told():
    """An alarm of .8 % in the mean: 40 x 7 clouds have more than 8 of them once in 1000 times."""
    alarms = [
        name
        for name, draw in CLEAN.items()
        for seed in range(40)
        if told(draw(np.random.default_rng(seed), 300))
    ]
    assert len(alarms) <= 8, alarms


@pytest.mark.long
@pytest.mark.parametrize("items", [200, 1000])
@pytest.mark.parametrize("name", CLEAN)
def test_clean_clouds_of_each_kind(name, items):
    """At 2 % of 400 clouds, 18 alarms and more come once in 1000 times."""
    alarms = sum(told(CLEAN[name](np.random.default_rng(seed), items)) for seed in range(400))
    assert alarms < 18


def test_copies_that_shift_the_estimate_are_told():
    """Where TwoNN in the plane falls by more than a tenth: at least 90 %, by simulation more."""
    for items, share, distance in ((500, 0.05, 1e-3), (500, 0.05, 3e-3), (500, 0.05, 1e-2)):
        found = [
            told(with_copies(np.random.default_rng(seed), items, share, distance))
            for seed in range(60)
        ]
        assert np.mean(found) >= 0.85, (items, share, distance)  # .9 less 1.3 standard errors
    for distance in (1e-3, 3e-2):
        found = [
            told(with_copies(np.random.default_rng(seed), 300, 0.05, distance, dimensions=3))
            for seed in range(20)
        ]
        assert all(found)


def test_the_note_names_the_copies_and_what_the_others_say():
    x = with_copies(np.random.default_rng(0), 500, 0.05, 3e-3)
    order = np.random.default_rng(1).permutation(len(x))
    found = intrinsic_dimension(x[order], seed=0, draws=1)
    assert found.two_nn < 1.5
    assert "near-copies" in found.note
    assert "alone say 2.0" in found.note
    named = [int(i) for i in found.note.split("items ")[1].split(")")[0].split(", ")]
    places = {i: order[i] % 500 for i in named}
    assert all(place < 25 for place in places.values())


def test_every_vector_thrice_is_told():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 2))
    copies = [x[:25] + 1e-3 * rng.standard_normal((25, 2)) for _ in range(2)]
    found = intrinsic_dimension(np.concatenate([x, *copies]), seed=0, draws=1)
    assert "near-copies" in found.note
