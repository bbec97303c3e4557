"""Keep a record in one file, and bring it back: versioned, exact, without pickle.

The file is a zip archive: ``record.json`` holds the tree of fields, and every array is a ``.npy``
member that the tree points to, so that other programs can read both.
"""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.atomic_files import refusing, written_whole
from toolbox.core.checks import InputError, refuse
from toolbox.core.records import is_record
from toolbox.data.files.arrays import read_member, whole_archive
from toolbox.data.memory_limits import Room
from toolbox.data.record_trees import from_tree, to_tree

_FORMAT = "grainwise record"
_VERSION = 1
_TREE = "record.json"


def save(record: Any, path: str | os.PathLike) -> None:
    """Save a record to one file, which `restore` brings back exactly.

    Parameters
    ----------
    record : record
        What a public function returned: arrays, numbers, strings, and records, tuples and
        dictionaries of them.
    path : str or path
        The file, in an existing folder; replaced if it exists. It appears under this name only
        when it is complete.

    Raises
    ------
    InputError
        If it is not a record, holds something that cannot be kept without pickle, or the file
        cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from toolbox import crops, restore, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "crops.npz"
    ...     save(crops(np.eye(4), size=2), file)
    ...     restore(file)
    Crops(values=float64 (4, 2, 2), origins=int64 (4, 2), units=<U16 (4,))
    """
    if not is_record(record):
        refuse("record", "a record, as public functions return", type(record).__name__)
    file = _named(path)
    if not file.parent.is_dir():
        refuse("path", "a file in an existing folder", f"{str(file)!r}")
    arrays: list[np.ndarray] = []
    tree = to_tree(record, "record", arrays)
    head = {"format": _FORMAT, "version": _VERSION, "record": tree}
    with (
        refusing(file, "path"),
        written_whole(file) as handle,
        zipfile.ZipFile(handle, "w") as archive,
    ):
        archive.writestr(_TREE, json.dumps(head, allow_nan=False, indent=1))
        for i, array in enumerate(arrays):
            with archive.open(f"{i}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def restore(path: str | os.PathLike) -> Any:
    """Bring back a record that `save` kept.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    record
        Equal to the saved one to the last bit, of the same class. Only records of the packages
        toolbox, synthesis, similarity, confidence and labelling are made, and no code from the file
        is run.

    Raises
    ------
    InputError
        If the file is missing, truncated, not a saved record, or of a newer format.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from toolbox import restore, save, split
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(split(["a", "a"], fractions=(0.5, 0.5), seed=0), pathlib.Path(folder, "split.npz"))
    ...     restore(pathlib.Path(folder, "split.npz"))
    Split(train=int64 (1,), test=int64 (1,), validation=int64 (0,))
    """
    file = _named(path)
    if not file.is_file():
        refuse("path", "an existing file", f"{str(file)!r}")
    try:
        room = Room()
        with file.open("rb") as handle, whole_archive(handle) as archive:
            entry = archive.getinfo(_TREE)
            room.take(entry.file_size, file)
            head = json.loads(archive.read(entry))
            members = [name for name in archive.namelist() if name.endswith(".npy")]
            arrays = [
                read_member(archive, archive.getinfo(f"{i}.npy"), room, file, exact=True)
                for i in range(len(members))
            ]
        _want_known_format(head, file)
        return from_tree(head["record"], arrays, str(file))
    except InputError:
        raise
    except Exception as error:  # a broken archive fails in many ways
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        wanted = "a whole file that toolbox.save wrote"
        raise InputError(f"path: wanted {wanted}, got {str(file)!r} ({reason})") from error


def _named(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike):
        refuse("path", "the name of a file", repr(path))
    return Path(path).expanduser()


def _want_known_format(head: Any, file: Path) -> None:
    if not isinstance(head, dict) or head.get("format") != _FORMAT or "record" not in head:
        refuse("path", "a file that toolbox.save wrote", f"another archive, {str(file)!r}")
    version = head.get("version")
    if not isinstance(version, int) or not 1 <= version <= _VERSION:
        got = f"version {version} in {str(file)!r}: update grainwise to read it"
        refuse("path", f"a file of format version {_VERSION} or older", got)
