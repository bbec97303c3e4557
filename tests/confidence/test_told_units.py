"""What counts items as independent says so where nobody gave the units, or takes the record's."""

from dataclasses import replace

import numpy as np
import pytest

import confidence
import similarity
import toolbox
from toolbox.core.units import ASSUMED

RNG = np.random.default_rng(0)
P = RNG.dirichlet([2, 2], size=40)
VOTES = RNG.dirichlet([2, 2], size=(3, 40))
LABELS = np.repeat(RNG.integers(0, 2, 20), 2)
UNITS = np.arange(40) // 2
DISTANCES = np.abs(P[:, :1] - P[:, 0])
PAIRS = [(i, j, int(LABELS[i] == LABELS[j])) for i in range(40) for j in range(i - 2, 0, -3)]

COUNT = {
    "nll": lambda **of: confidence.nll(P, LABELS, **of),
    "brier": lambda **of: confidence.brier(P, LABELS, **of),
    "balanced_accuracy": lambda **of: confidence.balanced_accuracy(P, LABELS, **of),
    "class_recall": lambda **of: confidence.class_recall(P, LABELS, **of),
    "reliability": lambda **of: confidence.reliability(P, LABELS, seed=0, **of),
    "assess": lambda **of: confidence.assess(VOTES, LABELS, **of),
    "subject_scores": lambda **of: confidence.subject_scores(VOTES, LABELS, seed=0, **of),
    "conformal": lambda **of: confidence.conformal(P, LABELS, alpha=0.1, **of),
    "bootstrap_interval": lambda **of: toolbox.bootstrap_interval(P[:, 0], seed=0, **of),
    "retrieval_scores": lambda **of: similarity.retrieval_scores(DISTANCES, LABELS, seed=0, **of),
    "same_probability": lambda **of: similarity.same_probability(
        -DISTANCES, pairs=PAIRS, resamples=39, seed=0, **of
    ),
}


@pytest.mark.parametrize("name", COUNT)
def test_items_that_count_as_independent_are_said(name):
    assert ASSUMED in COUNT[name]().note
    assert ASSUMED not in COUNT[name](units=UNITS).note


def test_what_counts_nothing_says_nothing_of_units():
    assert ASSUMED not in confidence.assess(VOTES).note
    without = similarity.retrieval_scores(DISTANCES, LABELS, seed=0, resamples=0)
    assert ASSUMED not in without.note
    in_sample = np.arange(3)[:, None] == np.arange(40) % 3
    out_of_bag = confidence.conformal(VOTES, LABELS, alpha=0.01, in_sample=in_sample)
    assert ASSUMED not in out_of_bag.note
    assert "out-of-bag" in out_of_bag.note  # beside whatever else there is to say


def crops_of_four_photographs():
    field = toolbox.fractional_field((64, 128), hurst=0.3, n=1, seed=0).values[0]
    return replace(toolbox.crops(field, size=32), units=np.char.mod("u%d", np.arange(8) // 2))


def test_records_bring_their_units():
    cut = crops_of_four_photographs()
    found = similarity.evidence(cut, dim=2, seed=0)
    assert found.units.tolist() == cut.units.tolist()
    found = similarity.every_evidence(cut, dim=2, families=["spectrum"], seed=0)[0]
    assert found.units.tolist() == cut.units.tolist()


def test_members_are_held_out_and_redrawn_by_the_units_of_a_record(monkeypatch):
    cut = replace(crops_of_four_photographs(), values=RNG.normal(size=(8, 2)))
    labels = np.repeat([0, 1], 4)
    options = {"dim": 0, "members": 1, "seed": 0, "progress": False}
    asked = []

    def stop(*_, units, **__):
        asked.append(units)
        raise StopIteration

    monkeypatch.setattr("confidence.ensembles.training.trained_runs", stop)
    with pytest.raises(StopIteration):
        confidence.ensemble(cut, labels, **options)
    assert asked[0].tolist() == cut.units.tolist()
    with pytest.raises(toolbox.InputError, match="got 2 of class 0"):
        confidence.held_out_votes(cut, labels, folds=3, **options)


@pytest.mark.parametrize("grouped", [True, False])
def test_held_out_members_are_redrawn_by_subject(monkeypatch, grouped):
    asked = []

    def stop(*_, units, **__):
        asked.append(units)
        raise StopIteration

    monkeypatch.setattr("confidence.ensembles.held_out.ensemble", stop)
    units = np.arange(40) // 2 if grouped else np.arange(40)
    with pytest.raises(StopIteration):
        confidence.held_out_votes(P, LABELS, dim=0, members=1, seed=0, units=units, folds=2)
    if grouped:  # whole subjects, each of both items
        assert (np.unique(asked[0], return_counts=True)[1] == 2).all()
    else:  # each item by itself, as without units
        assert asked == [None]


def test_calibration_items_of_one_unit_are_compared_once():
    votes = np.repeat(RNG.dirichlet([2, 2], size=20), 2, axis=0)
    assert len(confidence.conformal(votes, LABELS, alpha=0.1, units=UNITS).top) == 20
    assert len(confidence.conformal(votes, LABELS, alpha=0.1).top) == 40


def test_one_cluster_is_tested_on_one_subject_a_unit_and_resamples_take_whole_units():
    """Photographs of four crops each are clusters of crops, and one cloud of photographs."""
    centres = RNG.normal(size=(24, 2))
    x, units = np.repeat(centres, 4, axis=0) + 0.01 * RNG.normal(size=(96, 2)), np.arange(96) // 4
    found = confidence.cluster_confidence(x, ks=[2], seed=0, resamples=10, units=units)
    assert found.number == 1
    sampled = (found.labels >= 0).reshape(10, 24, 4)
    assert (sampled.all(axis=2) == sampled.any(axis=2)).all()
    assert sampled[:, :, 0].sum(axis=1).tolist() == [19] * 10  # four fifths of 24
    few = confidence.cluster_confidence(x[:24], ks=[2], seed=0, resamples=10, units=units[:24])
    assert np.isnan(few.p_value)
    assert "not tested: 6 units, where 20 are needed" in few.note


def test_known_classes_are_held_against_other_units():
    """Two twins that agree are alone in their cluster: nobody else speaks for them."""
    runs, known = [[0, 0, 0, 0, 1, 1]] * 10, [0, 0, 0, 0, 1, 1]
    units = ["a", "b", "c", "d", "e", "e"]
    found = confidence.cluster_confidence(labels=runs, known=known, units=units)
    alone = confidence.cluster_confidence(labels=runs, known=known)
    assert (found.agreement.bin_count.sum(), alone.agreement.bin_count.sum()) == (4, 6)
