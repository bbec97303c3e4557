"""Files that Octave writes and reads, by themselves: no worker between."""

import numpy as np
import pytest
from scipy.sparse import csc_array

import toolbox
from tests.octave.octave import octave
from toolbox.data.files.matlab import read_mat, write_mat

TEXTS = [
    "papier glacé 1",
    "papier glacé 2",
    "Καλημέρα",
    "été",
    "😀",
    "plain",
    "",
    "ends in blanks  ",
]


def test_octave_reads_text_whole(tmp_path):
    write_mat(tmp_path / "x.mat", {"labels": TEXTS, "one": {"label": "τραχύς"}})
    printed = octave(f"load ('{tmp_path}/x.mat'); printf ('%s|', labels{{:}}, one.label);")
    assert printed == "|".join([*TEXTS, "τραχύς", ""])


@pytest.mark.parametrize("version", ["v6", "v7"])
def test_octaves_text_is_read_whole(tmp_path, version):
    octave(
        f"labels = {{'papier glacé 1', 'Καλη'}}; save ('-{version}', '{tmp_path}/x.mat', 'labels');"
    )
    assert read_mat(tmp_path / "x.mat")["labels"].ravel().tolist() == ["papier glacé 1", "Καλη"]


def right_or_refused(file, name, wanted):
    """Want what Octave holds or a refusal that names the variable, never another value."""
    try:
        found, refusal = read_mat(file)[name], ""
    except ValueError as error:
        found, refusal = wanted, str(error)
    np.testing.assert_array_equal(found, wanted)
    assert not refusal or f"its variable {name} cannot be read" in refusal


@pytest.mark.parametrize("version", ["v6", "v7"])
def test_text_that_octave_stored_otherwise_is_never_another(tmp_path, version):
    octave(
        f"""
        rows = ['é1'; 'è1']; latin = char ([99 97 233]);
        save ('-{version}', '{tmp_path}/rows.mat', 'rows');
        save ('-{version}', '{tmp_path}/latin.mat', 'latin');
        """
    )
    right_or_refused(tmp_path / "rows.mat", "rows", [["é1"], ["è1"]])
    with pytest.raises(ValueError, match="latin"):
        read_mat(tmp_path / "latin.mat")


def test_octave_reads_sparse_matrices(tmp_path):
    full = {
        "r": np.array([[0, 1.5, 0], [2, 0, 0]]),
        "b": np.array([[True, False], [False, True]]),
        "c": np.array([[0, 1 + 2j], [3, 0]]),
        "e": np.zeros((2, 3)),
    }
    write_mat(tmp_path / "x.mat", {name: csc_array(values) for name, values in full.items()})
    octave(
        f"""
        load ('{tmp_path}/x.mat');
        assert (issparse (r) && isequal (full (r), [0 1.5 0; 2 0 0]));
        assert (issparse (b) && isequal (full (b), [true false; false true]));
        assert (issparse (c) && isequal (full (c), [0 1+2i; 3 0]));
        assert (issparse (e) && isequal (full (e), zeros (2, 3)));
        """
    )


MASKS = {
    "true (5, 1)": np.ones((5, 1)),
    "true": np.ones((1, 1)),
    "[true false true]": [[1, 0, 1]],
    "false (2, 2)": np.zeros((2, 2)),
}


@pytest.mark.parametrize("version", ["v6", "v7"])
@pytest.mark.parametrize("mask", MASKS)
def test_sparse_logicals_of_octave_are_never_others_and_do_no_harm(tmp_path, mask, version):
    octave(
        f"""
        mask = sparse ({mask}); values = magic (4);
        save ('-{version}', '{tmp_path}/mask.mat', 'mask');
        save ('-{version}', '{tmp_path}/both.mat', 'mask', 'values');
        """
    )
    right_or_refused(tmp_path / "mask.mat", "mask", MASKS[mask])
    loaded = toolbox.load(tmp_path / "both.mat", dim=1)
    assert loaded.values[0].tolist() == [16, 2, 3, 13]
