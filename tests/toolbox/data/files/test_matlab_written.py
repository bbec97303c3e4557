"""What is written to MATLAB's files: kept in meaning, counted as MATLAB counts, or refused."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.toolbox.data.files.test_matlab import assert_same, cell, element, one
from toolbox.core.records import record
from toolbox.data.files.matlab import read_mat, write_mat

MATRICES = {
    "double": np.array([[0, 1.5, 0], [2, 0, 0]]),
    "single": np.array([[0, 1.5], [2, 0]], dtype=np.float32),
    "whole": np.array([[0, 3], [-2, 0]]),
    "logical": np.array([[True, False], [False, True], [True, True]]),
    "complex": np.array([[0, 1 + 2j], [3, 0]]),
    "empty": np.zeros((2, 3)),
}


def test_writing_keeps_what_python_means(tmp_path):
    @record
    class Answer:
        index: float
        groups: dict
        names: tuple
        flag: bool = True
        nothing: None = None

    answer = Answer(index=1.5, groups={"leaders": 0.25}, names=("a", "b"))
    write_mat(tmp_path / "x.mat", {"answer": answer})
    wanted = {
        "index": one(1.5),
        "groups": {"leaders": one(0.25)},
        "names": cell(["a", "b"]),
        "flag": np.array([[True]]),
        "nothing": np.zeros((0, 0)),
    }
    assert_same(read_mat(tmp_path / "x.mat")["answer"], wanted)


@pytest.mark.parametrize(
    "variables",
    [
        {"_hidden": 1},
        {"two words": 1},
        {"x": {"1": 2}},
        {"x" * 64: 1},
        {"t": np.array(["2026-01-01"], dtype="datetime64[D]")},
    ],
)
def test_what_matlab_cannot_name_or_hold_is_refused(tmp_path, variables):
    with pytest.raises(ValueError, match="MATLAB"):
        write_mat(tmp_path / "x.mat", variables)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [Path("x"), {1, 2}, 2**70, object(), np.float64.hex])
def test_a_value_that_matlab_has_no_class_for_is_refused_by_its_type(tmp_path, value):
    with pytest.raises(ValueError, match=f"{type(value).__name__} has no class in MATLAB"):
        write_mat(tmp_path / "x.mat", {"x": {"y": [value]}})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", ["csr", "csc", "coo"])
@pytest.mark.parametrize("full", MATRICES.values(), ids=MATRICES)
def test_sparse_matrices_are_written_as_such(tmp_path, full, form):
    from scipy.io import loadmat
    from scipy.sparse import csr_array

    write_mat(tmp_path / "x.mat", {"x": {"inside": csr_array(full).asformat(form)}})
    kept = full.dtype if full.dtype.kind in "bc" else np.float64
    wanted = full.astype(kept)
    assert_same(read_mat(tmp_path / "x.mat")["x"]["inside"], wanted)
    by_scipy = loadmat(tmp_path / "x.mat")["x"]["inside"][0, 0]
    assert by_scipy.nnz == np.count_nonzero(full)
    np.testing.assert_array_equal(by_scipy.toarray(), full)


def test_repeated_entries_of_a_sparse_matrix_are_added(tmp_path):
    from scipy.sparse import coo_array

    places = ([0, 0, 1], [1, 1, 0])
    write_mat(tmp_path / "x.mat", {"x": coo_array(([1.0, 2, 3], places), shape=(2, 2))})
    assert_same(read_mat(tmp_path / "x.mat")["x"], np.array([[0.0, 3], [3, 0]]))


def test_text_is_written_with_as_many_letters_as_are_counted(tmp_path):
    # Of "é" in UTF-8, two bytes with a count of one, Octave reads one byte.
    write_mat(tmp_path / "x.mat", {"x": "é1"})
    content = (tmp_path / "x.mat").read_bytes()
    assert element(5, struct.pack("<ii", 1, 2), "<") in content
    assert struct.pack("<HH", 17, 4) + "é1".encode("utf-16-le") in content
    write_mat(tmp_path / "x.mat", {"x": "ab"})
    assert struct.pack("<HH", 16, 2) + b"ab" in (tmp_path / "x.mat").read_bytes()
