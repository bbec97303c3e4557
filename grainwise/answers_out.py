"""What the verbs write: a table, JSON, CSV or ``.mat``, whole or not at all.

A note, what to know before trusting an answer, goes wherever the answer goes: a field of JSON and
``.mat``, a column of CSV, and always a line on standard error.
"""

import csv
import io
import json as json_format
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.atomic_files import refusing, written_whole
from toolbox.core.checks import refuse

SUFFIXES = (".json", ".csv", ".mat")


def check_out(
    out: Path | None, *, suffixes: tuple[str, ...] = SUFFIXES, argument: str = "out"
) -> None:
    """Refuse, before work starts, a file that could not be written."""
    if out is None:
        return
    if out.suffix.lower() not in suffixes:
        refuse(argument, f"a file that ends in {', '.join(suffixes)}", repr(str(out)))
    if not out.parent.is_dir():
        refuse(argument, "a file in a folder that exists", repr(str(out)))


def give(answer: dict[str, Any], out: Path | None, *, notes: list[str], json: bool = False) -> None:
    """Write an answer and its notes in the way that the file's name says, or print it.

    It is printed as a table on a terminal, as JSON where it is asked for or read by a program.
    """
    note = "; ".join(filter(None, notes))
    if note:
        print(f"grainwise: note: {note}", file=sys.stderr)
    if out is None:
        table = sys.stdout.isatty() and not json
        print(_as_table(answer) if table else _as_json(answer | {"note": note}), end="")
        return
    _write(_noted(answer, note, out), out)
    print(f"grainwise: written to {out}", file=sys.stderr)


def _noted(answer: dict[str, Any], note: str, out: Path) -> dict[str, Any]:
    """Return the answer with its note: a column of a CSV of columns, else one more name."""
    if out.suffix.lower() == ".csv" and (rows := _rows(answer)):
        return answer | {"note": [note] * rows}
    return answer | {"note": note}


def _rows(answer: dict[str, Any]) -> int:
    """Return how many rows the columns have, 0 where the answer is no table."""
    lengths = {len(value) if _is_column(value) else 0 for value in answer.values()}
    return lengths.pop() if len(lengths) == 1 else 0


def _write(answer: dict[str, Any], out: Path) -> None:
    with refusing(out, "out"):
        if out.suffix.lower() == ".mat":
            from grainwise.matlab_values import to_matlab
            from toolbox.data.files.matlab import write_mat

            write_mat(out, {"answer": to_matlab(answer)})
            return
        text = _as_csv(answer) if out.suffix.lower() == ".csv" else _as_json(answer)
        with written_whole(out) as handle:
            handle.write(text.encode("utf-8"))


def _as_json(answer: dict[str, Any]) -> str:
    return json_format.dumps(_plain(answer), indent=1) + "\n"


def _plain(value: Any) -> Any:
    """Return what JSON knows; it has no NaN and no infinity, which become null."""
    if isinstance(value, dict):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _as_csv(answer: dict[str, Any]) -> str:
    """Return a row an item when all columns are equally long, else a row a name."""
    if _rows(answer):
        return columns_as_csv(answer)
    return _csv([["name", "value"], *_flat("", answer)])


def columns_as_csv(columns: dict[str, Any]) -> str:
    """Return a table of columns of one length, their names above them."""
    values = (list(np.asarray(column)) for column in columns.values())
    return _csv([columns, *zip(*values, strict=True)])


def _csv(lines: list[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _as_table(answer: dict[str, Any]) -> str:
    """Return what a person reads: a row an item, else a row a name; numbers to four digits."""
    if _rows(answer):
        lines = [list(answer), *zip(*(list(np.asarray(v)) for v in answer.values()), strict=True)]
    else:
        lines = _flat("", answer)
    cells = [[_shown(value) for value in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells)
    return "".join(f"{row.rstrip()}\n" for row in rows)


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray) and np.ndim(value) == 1


def _flat(name: str, value: Any) -> list[tuple[str, Any]]:
    """Return (name, number or text) of everything inside a value."""
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list | tuple | np.ndarray) and np.ndim(value) > 0:
        inside = enumerate(value)
    else:
        return [(name, value)]
    return [row for key, v in inside for row in _flat(f"{name}.{key}" if name else str(key), v)]
