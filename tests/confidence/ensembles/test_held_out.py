"""Votes on subjects that no member saw: on noise there is nothing to find."""

import numpy as np
import pytest

from confidence import held_out_votes
from confidence.scoring.roc_curves import auc_of
from toolbox import InputError

QUIET = {"dim": 0, "seed": 0, "progress": False}


@pytest.mark.usefixtures("compiled_in_haste")
def test_every_subject_is_held_out_once_whole_and_folds_share_the_rare():
    units = np.repeat(np.arange(30), 2)
    y = (units % 5 == 0).astype(int)
    x = np.random.default_rng(0).normal(size=(60, 3))
    found = held_out_votes(x, y, members=2, folds=3, steps=2, units=units, **QUIET)
    assert found.votes.shape == (2, 60, 2)
    np.testing.assert_allclose(found.votes.sum(axis=2), 1, rtol=1e-6)
    assert (found.fold.reshape(30, 2).T[0] == found.fold.reshape(30, 2).T[1]).all()
    assert np.bincount(found.fold[y == 1]).tolist() == [4, 4, 4]


@pytest.mark.usefixtures("compiled_in_haste")
def test_labels_of_noise_are_not_found():
    """Copies before the split give .9 and more (see the figure fetal_evaluation); this does not."""
    rng = np.random.default_rng(1)
    areas = []
    for seed in range(5):
        x, y = rng.normal(size=(200, 5)), (np.arange(200) < 30).astype(int)
        found = held_out_votes(x, y, members=2, **(QUIET | {"seed": seed}))
        areas.append(auc_of(found.votes.mean(axis=0)[:, 1], y == 1))
    # Of 30 against 170 an area's standard error is .057; of five, .025.
    assert np.mean(areas) == pytest.approx(0.5, abs=0.1)


def test_a_kept_study_is_the_same_again(tmp_path):
    x, y = np.random.default_rng(2).normal(size=(40, 2)), np.arange(40) % 2
    options = QUIET | {"members": 2, "folds": 2, "steps": 5}
    first = held_out_votes(x, y, store=tmp_path / "kept", **options)
    again = held_out_votes(x, y, store=tmp_path / "kept", **options)
    np.testing.assert_array_equal(first.votes, again.votes)
    assert len(list((tmp_path / "kept" / "members").iterdir())) == 4  # of all folds


def test_a_store_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "kept").touch()
    with pytest.raises(InputError, match="store: wanted a folder"):
        held_out_votes(
            np.eye(8), np.arange(8) % 2, members=1, folds=2, store=tmp_path / "kept", **QUIET
        )


def test_more_folds_than_the_rare_has_subjects_are_refused():
    with pytest.raises(InputError, match="folds: wanted at most as many as a class has subjects"):
        held_out_votes(np.eye(8), np.arange(8) < 3, members=1, folds=4, **QUIET)
