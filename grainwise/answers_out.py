"""What the verbs write: JSON, CSV or ``.mat``, whole or not at all."""

import csv
import io
import json
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


def give(answer: dict[str, Any], out: Path | None) -> None:
    """Print an answer as JSON, or write it in the way that the file's name says."""
    if out is None:
        print(json.dumps(_plain(answer), indent=1))
        return
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
    return json.dumps(_plain(answer), indent=1) + "\n"


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
    columns = {name: list(np.asarray(value)) for name, value in answer.items() if _is_column(value)}
    lengths = {len(column) for column in columns.values()}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if len(columns) == len(answer) and len(lengths) == 1:
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    else:
        writer.writerow(["name", "value"])
        writer.writerows(_flat("", answer))
    return text.getvalue()


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
