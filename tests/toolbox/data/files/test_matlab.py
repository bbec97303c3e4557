"""MATLAB files against truth: what Octave, SciPy and hdf5storage wrote, and bytes by hand."""

import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolbox import InputError, load
from toolbox.data.files.matlab import read_mat, write_mat
from toolbox.data.files.matlab_versions.classes import full_matrix
from toolbox.data.memory_limits import Room

FILES = Path(__file__).parent / "corpus"  # octave_corpus.m wrote them


def assert_same(got, wanted):
    assert type(got) is type(wanted)
    if isinstance(wanted, dict):
        assert got.keys() == wanted.keys()
        for key in wanted:
            assert_same(got[key], wanted[key])
    elif isinstance(wanted, np.ndarray):
        assert got.dtype == wanted.dtype
        assert got.shape == wanted.shape
        if wanted.dtype != object:
            np.testing.assert_array_equal(got, wanted)
        else:
            for a, b in zip(got.ravel(), wanted.ravel(), strict=True):
                assert_same(a, b)
    else:
        assert got == wanted


def cell(*rows):
    """Return a cell of the given rows."""
    array = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            array[i, j] = value
    return array


def one(x):
    return np.array([[float(x)]])


CORPUS = {
    "numbers": np.array([[200, 100], [-1.5, np.nan]]),
    "single_row": np.array([[1, 2, 3]], dtype=np.float32),
    "column": np.array([[1.0], [2], [3]]),
    "bytes": np.array([[200, 100]], dtype=np.uint8),
    "big": np.array([[2**53, -1]]),
    "complex_matrix": np.array([[1 + 2j, 3 - 4j]]),
    "truth": np.array([[True, False, True]]),
    "empty_matrix": np.zeros((0, 3)),
    "empty_text": "",
    "word": "texture",
    "accents": "papier glacé",
    "rows": cell(["abc"], ["def"]),
    "cube": np.arange(1.0, 25).reshape(2, 3, 4, order="F"),
    "nested": {
        "name": "outer",
        "inner": {"values": np.array([[1.0, 2, 3]]), "flag": np.array([[True]])},
    },
    "people": cell([{"age": one(30)}, {"age": one(40)}, {"age": one(50)}]),
    "cells": cell([one(1), "two", cell([one(3), "four", np.array([[5.0, 6]])])]),
    "grid": cell([one(1), one(2)], [one(3), "x"]),
    "thin": np.array([[1, 0], [0, 2.5]]),
}


@pytest.mark.parametrize("version", ["v6", "v7"])
def test_every_class_of_octave_is_kept(version):
    assert_same(read_mat(FILES / f"octave_{version}.mat"), dict(sorted(CORPUS.items())))


def test_version_4():
    wanted = {name: CORPUS[name] for name in ("numbers", "column", "word")}
    assert_same(read_mat(FILES / "octave_v4.mat"), wanted)


def test_what_is_written_is_read_the_same(tmp_path):
    variables = {k: v for k, v in CORPUS.items() if k != "rows"} | {"no_fields": {}}
    write_mat(tmp_path / "x.mat", variables)
    assert_same(read_mat(tmp_path / "x.mat"), variables)


def test_doubles_that_matlab_stored_in_bytes_are_doubles(tmp_path):
    # MATLAB stores small whole doubles as bytes; here the class of a uint8 matrix is patched, the
    # byte after the header (128) and the tags of the matrix and of its flags (8 each).
    from scipy.io import savemat

    savemat(tmp_path / "x.mat", {"x": np.array([[200, 100]], dtype=np.uint8)})
    content = bytearray((tmp_path / "x.mat").read_bytes())
    assert content[144] == 9  # mxUINT8_CLASS
    content[144] = 6  # mxDOUBLE_CLASS
    (tmp_path / "x.mat").write_bytes(content)
    assert_same(read_mat(tmp_path / "x.mat"), {"x": np.array([[200.0, 100]])})
    assert load(tmp_path / "x.mat", dim=1).values.tolist() == [[200.0, 100]]


def written_73(path, **variables):
    hdf5storage = pytest.importorskip("hdf5storage")
    options = hdf5storage.Options(matlab_compatible=True, store_python_metadata=False)
    hdf5storage.writes(variables, filename=str(path), options=options)
    return read_mat(path)


def test_version_73_of_an_independent_writer(tmp_path):
    variables = {k: v for k, v in CORPUS.items() if k not in ("rows", "people", "thin")}
    assert_same(written_73(tmp_path / "x.mat", **variables), variables)


def test_arrays_of_structs_in_version_73(tmp_path):
    people = np.array([[(30.0, "a"), (40.0, "bc")]], dtype=[("age", "f8"), ("name", "U2")])
    got = written_73(tmp_path / "x.mat", people=people)["people"]
    assert_same(got, cell([{"age": one(30), "name": "a"}, {"age": one(40), "name": "bc"}]))


def test_sparse_matrices_in_version_73(tmp_path):
    # MATLAB's layout: a group with the values, their rows, and where each column begins.
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.mat", "w", userblock_size=512) as file:
        group = file.create_group("thin")
        group.attrs["MATLAB_sparse"] = np.uint64(3)
        group.attrs["MATLAB_class"] = np.bytes_("double")
        group["data"], group["ir"], group["jc"] = [1.0, 2.5], [0, 2], np.uint64([0, 1, 2])
    assert_same(read_mat(tmp_path / "x.mat")["thin"], np.array([[1, 0], [0, 0], [0, 2.5]]))


SPARSE = {
    "a row beyond": ([0, 3], [0, 1, 2], "beyond its 3 rows"),
    "a row far beyond": ([0, 2**31 - 1], [0, 1, 2], "beyond its 3 rows"),
    "a row below": ([0, -1], [0, 1, 2], "beyond its 3 rows"),
    "columns that go back": ([0, 2], [0, 2, 1], "do not follow"),
    "columns that start late": ([0, 2], [1, 1, 2], "do not follow"),
    "columns that start below": ([0, 2], [-1, 1, 2], "do not follow"),
    "more than there is": ([0, 2], [0, 1, 9], "of 9 values, 2 there"),
    "a column too many": ([0, 2], [0, 1, 1, 2], "do not follow"),
}


@pytest.mark.parametrize("what", SPARSE)
def test_places_of_a_sparse_matrix_are_checked_before_they_are_used(what):
    rows, columns, reason = SPARSE[what]
    values = np.array([1.0, 2.5])
    places = np.array(rows), np.array(columns)
    with pytest.raises(ValueError, match=reason):
        full_matrix(*places, values, (3, 2), Room(10**6), "x.mat")
    full = full_matrix(np.array([0, 2]), np.array([0, 1, 2]), values, (3, 2), Room(48), "x.mat")
    np.testing.assert_array_equal(full, [[1, 0], [0, 0], [0, 2.5]])
    with pytest.raises(InputError, match=r"^largest: .*x\.mat"):
        full_matrix(*map(np.array, ([0], [0, 1])), values[:1], (7, 1), Room(48), "x.mat")


def test_padded_rows_of_text_are_stripped_as_labels(tmp_path):
    from scipy.io import savemat

    labels = np.array(["bark", "fur", "bark"])  # SciPy writes a padded char matrix
    names = ["  a", "b", "c d"]
    savemat(tmp_path / "x.mat", {"values": np.eye(3), "labels": labels, "names": names})
    loaded = load(tmp_path / "x.mat", dim=1)
    assert loaded.labels.tolist() == ["bark", "fur", "bark"]
    assert loaded.names == ("  a", "b", "c d")
    written = read_mat(tmp_path / "x.mat")["labels"]
    assert written.shape == (3, 1)


TREES = st.recursive(
    st.one_of(
        st.tuples(
            st.sampled_from(["f8", "f4", "i1", "u2", "i4", "u8", "c16", "?"]),
            st.lists(st.integers(0, 3), min_size=2, max_size=4),
        ).map(lambda kind: (np.arange(np.prod(kind[1])) * 3 + 1).reshape(kind[1]).astype(kind[0])),
        st.text(
            st.characters(codec="utf-8", min_codepoint=32, exclude_categories=["C"]), max_size=9
        ),
    ),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from("abcdef"), inner, min_size=1, max_size=3),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def as_scipy_writes(value):
    if isinstance(value, dict):
        return {key: as_scipy_writes(v) for key, v in value.items()}
    if not isinstance(value, list):
        return value
    cells = np.empty((1, len(value)), dtype=object)
    for i, v in enumerate(value):
        cells[0, i] = as_scipy_writes(v)
    return cells


def compared(ours, stored, typed):
    """SciPy's two readings, each of which is wrong for some values (see `read_mat`)."""
    if isinstance(ours, dict):
        assert sorted(ours) == sorted(stored.dtype.names)
        for key, value in ours.items():
            compared(value, stored[0, 0][key], typed[0, 0][key])
    elif isinstance(ours, str):
        assert ours == "".join(stored.ravel().tolist())
    elif ours.dtype == object:
        for value, a, b in zip(ours.ravel(), stored.ravel(), typed.ravel(), strict=True):
            compared(value, a, b)
    else:
        wanted = stored if np.iscomplexobj(stored) else typed
        assert (ours.dtype, ours.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_array_equal(ours, wanted)


@given(tree=TREES, compressed=st.booleans())
@settings(deadline=None, max_examples=60)
def test_what_scipy_writes_is_read_as_scipy_reads_it(tmp_path_factory, tree, compressed):
    from scipy.io import loadmat, savemat

    file = tmp_path_factory.mktemp("tree") / "x.mat"

    savemat(file, {"x": as_scipy_writes(tree)}, do_compression=compressed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        readings = [loadmat(file, mat_dtype=typed)["x"] for typed in (False, True)]
    compared(read_mat(file)["x"], *readings)


def test_version_73_without_the_extra_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "x.mat").write_bytes(b"MATLAB 7.3 MAT-file" + bytes(600))
    with pytest.raises(ImportError, match=r"\[mat73\].*save -v7"):
        load(tmp_path / "x.mat", dim=2)


@pytest.mark.parametrize("content", [b"", b"MATLAB 5.0", b"MATLAB 7.3 MAT-file" + bytes(600)])
def test_broken_files_are_refused_by_name(tmp_path, content):
    (tmp_path / "x.mat").write_bytes(content)
    with pytest.raises(InputError, match=r"path: .*x\.mat"):
        load(tmp_path / "x.mat", dim=2)


def test_a_truncated_file_is_refused(tmp_path):
    whole = (FILES / "octave_v7.mat").read_bytes()
    (tmp_path / "x.mat").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"path: .*x\.mat"):
        load(tmp_path / "x.mat", dim=2)


def test_octaves_own_hdf5_says_how_to_save():
    with pytest.raises(InputError, match="save -v7"):
        load(FILES / "octave_hdf5.mat", dim=2)


def test_load_reads_values_names_and_labels(tmp_path):
    values = np.random.default_rng(0).standard_normal((3, 8, 9))
    write_mat(
        tmp_path / "x.mat",
        {"values": values, "labels": ["a", "b", "a"], "names": ["one", "two", "three"]},
    )
    loaded = load(tmp_path / "x.mat", dim=2)
    np.testing.assert_array_equal(loaded.values, values)
    assert loaded.labels.tolist() == ["a", "b", "a"]
    assert loaded.names == ("one", "two", "three")
    write_mat(tmp_path / "column.mat", {"x": np.arange(6.0)[:, None]})
    assert load(tmp_path / "column.mat", dim=1).values.shape == (1, 6)


@pytest.mark.parametrize("variables", [{"a": np.zeros(3), "b": np.zeros(3)}, {"a": "text"}])
def test_load_says_which_variables_it_found(tmp_path, variables):
    write_mat(tmp_path / "x.mat", variables)
    with pytest.raises(InputError, match=r"path: wanted .*got a"):
        load(tmp_path / "x.mat", dim=1)


def element(kind, content, order):
    """Return an element by the format's definition, in either order of bytes."""
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(kind, shape, name, data, order="<"):
    """Return a matrix of a class by the format's definition; its data are a whole element."""
    flags = element(6, struct.pack(f"{order}II", kind, 0), order)
    extent = element(5, struct.pack(f"{order}ii", *shape), order)
    return element(14, flags + extent + element(1, name, order) + data, order)


def file_of(*matrices, order="<"):
    mark = b"IM" if order == "<" else b"MI"
    return b"MATLAB 5.0".ljust(124) + struct.pack(f"{order}H", 0x100) + mark + b"".join(matrices)


@pytest.mark.parametrize("stored", [4, 17], ids=["numbers of 16 bits", "UTF-16"])
@pytest.mark.parametrize("order", "<>")
def test_letters_of_16_bits_are_read_in_both_orders_of_bytes(tmp_path, order, stored):
    letters = "glacé Ω 1".encode("utf-16-le" if order == "<" else "utf-16-be")
    data = element(stored, letters, order)
    content = matrix(4, (1, len(letters) // 2), b"x", data, order)
    (tmp_path / "x.mat").write_bytes(file_of(content, order=order))
    assert read_mat(tmp_path / "x.mat") == {"x": "glacé Ω 1"}


def test_text_that_is_not_in_utf8_is_refused(tmp_path):
    # With a mark in the place of what cannot be read, "café" and "cafè" would be one label.
    data = element(16, "café".encode("latin-1"), "<")
    (tmp_path / "x.mat").write_bytes(file_of(matrix(4, (1, 4), b"x", data)))
    with pytest.raises(
        ValueError, match="its variable x cannot be read: text that is not in UTF-8"
    ):
        read_mat(tmp_path / "x.mat")


def test_another_variable_that_cannot_be_read_does_no_harm(tmp_path):
    inside = matrix(6, (1, 1), b"", element(9, struct.pack("<d", 1), "<"))
    handle = matrix(16, (1, 1), b"other", inside)  # a function
    values = matrix(6, (1, 8), b"values", element(9, struct.pack("<8d", *range(8)), "<"))
    for content in ((handle, values), (values, handle)):
        (tmp_path / "x.mat").write_bytes(file_of(*content))
        assert load(tmp_path / "x.mat", dim=1).values.tolist() == [list(range(8))]
        with pytest.raises(ValueError, match=r"its variable other cannot be read: .*a function"):
            read_mat(tmp_path / "x.mat")


def test_importing_the_reader_loads_no_scipy():
    code = (
        "import sys, toolbox.data.files.matlab; "
        "print([m for m in ('scipy', 'h5py') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (answer.stdout, answer.stderr) == ("[]\n", "")
