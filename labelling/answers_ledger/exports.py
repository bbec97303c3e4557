"""A ledger as a table for others: CSV, or NumPy's npz whose bytes depend on the rows alone."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from labelling.answers_ledger.event_rows import TYPES
from labelling.answers_ledger.ledgers import Ledger
from toolbox.core.atomic_files import refusing, written_whole
from toolbox.core.checks import describe_value, refuse
from toolbox.core.records import is_record

FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold; the clock must not show


def export_ledger(ledger: Ledger, path: Any) -> None:
    """Write a ledger to a CSV or npz file, every row of it, undone ones too.

    Parameters
    ----------
    ledger : Ledger
    path : str or Path
        A name ending in ``.csv`` or ``.npz``. The columns are the fields of `Ledger`.

    Raises
    ------
    InputError
        Another ending, a folder that is not there.

    Notes
    -----
    The bytes depend on the rows and on nothing else: the same answers told again, in memory or on
    disk, now or later, give the same file. In CSV an unknown propensity is empty, and floats are
    written so that they are read back exactly.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from labelling import export_ledger, ledger, tell
    >>> book = tell(ledger(), kind="pair", items=1, others=2, values=True, who="A", time=0)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "book.csv"
    >>> export_ledger(book, path)
    >>> print(path.read_text().splitlines()[1][:18])
    pair,1,2,true,A,0.
    """
    if not is_record(ledger) or not isinstance(ledger, Ledger):
        refuse("ledger", "a Ledger", describe_value(ledger))
    ending = Path(path).suffix.lower() if isinstance(path, str | Path) else ""
    if ending not in (".csv", ".npz"):
        refuse("path", "a name ending in .csv or .npz", repr(path))
    content = npz_bytes(ledger) if ending == ".npz" else csv_text(ledger).encode()
    with refusing(Path(path), "path"), written_whole(Path(path)) as file:
        file.write(content)


def npz_bytes(book: Ledger) -> bytes:
    """Return the npz file of a ledger."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in TYPES:
            column = io.BytesIO()
            np.lib.format.write_array(column, getattr(book, name), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", FIRST_DATE), column.getvalue())
    return made.getvalue()


def csv_text(book: Ledger) -> str:
    """Return the CSV file of a ledger."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(TYPES)
    for values in zip(*(getattr(book, name).tolist() for name in TYPES), strict=True):
        writer.writerow("" if value != value else value for value in values)
    return made.getvalue()
