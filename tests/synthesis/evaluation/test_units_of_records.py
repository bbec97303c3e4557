"""What was drawn independently travels with the records: crops, children, descriptions."""

import numpy as np
import pytest

from synthesis import (
    Synthesis,
    frechet_distance,
    gate,
    kernel_distance,
    phase_randomised,
    precision_recall,
    quality,
)
from toolbox import crops, describe, textures
from toolbox.core.streams import generator

ASSUMED = "units are not given: every item counts as drawn independently"


@pytest.fixture(scope="module")
def photographs():
    return textures().values


@pytest.fixture(scope="module")
def halves(photographs):
    brick = photographs[0]
    return crops(brick[:200], size=40, n=8, seed=0), crops(brick[256:456], size=40, n=8, seed=1)


def test_crops_of_one_photograph_are_one_unit_of_crops_of_two(photographs):
    brick, grass = photographs[:2]
    first, again = crops(brick, size=64, n=3, seed=0), crops(brick, size=40, n=2, seed=9)
    other = crops(grass, size=64, n=2, seed=0)
    assert len({*first.units, *again.units}) == 1
    assert not {*first.units} & {*other.units}
    assert first.units.shape == (3,)


def test_quality_of_crops_counts_photographs(halves):
    by_record = quality(*halves, dim=2, seed=0)
    assert np.isnan(by_record.p_value)
    assert "fewer than two independent units on a side" in by_record.note
    by_items = quality(*(h.values for h in halves), dim=2, seed=0)
    assert by_items.p_value <= 1
    assert ASSUMED in by_items.note
    assert by_record.index == pytest.approx(by_items.index)


def test_stated_units_go_before_those_of_a_record(halves):
    a, b = halves
    stated = quality(a, b, dim=2, seed=0, units=range(8), reference_units=range(8, 16))
    plain = quality(a.values, b.values, dim=2, seed=0)
    assert stated.p_value == plain.p_value
    assert ASSUMED not in stated.note


def test_units_travel_through_a_description(halves):
    described = [describe(h, dim=2) for h in halves]
    assert [set(d.units) for d in described] == [set(h.units) for h in halves]
    assert np.isnan(quality(*described, dim=2, seed=0).p_value)
    named = describe(halves[0].values, dim=2, units=np.arange(8) // 2)
    assert named.units.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_children_are_of_their_parents_unit(halves):
    children = phase_randomised(halves[0], dim=2, n=10, seed=0)
    assert {*children.units} == {*halves[0].units}
    of_arrays = phase_randomised(halves[0].values, dim=2, n=10, seed=0)
    assert np.array_equal(of_arrays.samples, children.samples)
    labels = of_arrays.units
    for i in range(10):
        for j in range(10):
            assert (labels[i] == labels[j]) == (children.parents[i] == children.parents[j])


def test_the_gate_knows_the_parents_of_a_synthesis(halves, photographs):
    rare, majority = halves[0].values, crops(photographs[2], size=40, n=30, seed=0)
    children = phase_randomised(rare, dim=2, n=6, seed=0)
    from_record = gate(children, rare, majority=majority, dim=2, alpha=0.2)
    stated = gate(
        children.samples, rare, majority=majority, dim=2, alpha=0.2, parents=children.parents
    )
    np.testing.assert_array_equal(from_record.p_values, stated.p_values)
    assert isinstance(children, Synthesis)


def test_a_set_against_itself_is_named():
    x = generator(0, "itself").standard_normal((12, 32, 32))
    found = quality(x, x, dim=2, seed=0, resamples=99)
    assert "12 samples are in the reference too, identical" in found.note
    features = x[:, 0]
    for distance in (frechet_distance, kernel_distance):
        said = distance(features, features, dim=0, seed=0, resamples=9).note
        assert "12 samples are in the reference too, identical" in said
    assert "12 samples" in precision_recall(features, features, dim=0).note


def test_near_copies_of_reals_are_named():
    rng = generator(0, "near")
    x, noise = rng.standard_normal((12, 32, 32)), 1e-6 * rng.standard_normal((12, 32, 32))
    found = quality(2 * x + noise, x, dim=2, seed=0, resamples=99)
    assert "12 samples are near-copies of items of the reference" in found.note
    features = x[:, 0]
    copies = np.concatenate([features[:5] + noise[:5, 0], rng.standard_normal((7, 32))])
    for distance in (frechet_distance, kernel_distance):
        said = distance(copies, features, dim=0, seed=0, resamples=9).note
        assert "5 samples are near-copies of items of the reference" in said
    assert "5 samples are near-copies" in precision_recall(copies, features, dim=0).note


@pytest.mark.parametrize("features", [1, 2, 5])
def test_independent_sets_have_no_near_copies(features):
    x, y = generator(0, "apart").standard_normal((2, 500, features))
    assert "near-copies" not in precision_recall(x, y, dim=0).note
