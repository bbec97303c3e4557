"""Read users' files: whatever a decoder says against one is a refusal that names it."""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from toolbox.core.checks import InputError, refuse
from toolbox.data.memory_limits import Room

T = TypeVar("T")

_NOT_KNOWN = re.compile(  # or nothing but marks
    r"[\W_]*|(?:not |un)(?:known|identified)(?: \w+)?|n[/.] ?[abdk]\.?|na|nan|none|null"
    r"|tb[ad]|unk\.?|k\.? ?a\.|unbekannt|inconnue?|sconosciut[oa]|desconocid[oa]",
    re.IGNORECASE,
)
_WHOLE = "a whole, readable file (copy it again or save it anew)"


def existing(path: Any, *, argument: str = "path") -> Path:
    """Return the path of a file or a folder that is there."""
    if not isinstance(path, str | os.PathLike):
        refuse(argument, "the name of a file or folder", repr(path))
    file = Path(path).expanduser()
    if not file.exists():
        refuse(argument, "an existing file or folder", f"{str(file)!r}, which does not exist")
    return file


def read_or_refuse(
    reader: Callable[[Path, Room], T], file: Path, room: Room, *, argument: str = "path"
) -> T:
    """Return what a reader makes of a file; raise `InputError` with the file's name."""
    try:
        return reader(file, room)
    except (ImportError, InputError):
        raise
    except Exception as error:  # decoders raise whatever they like on a broken file
        said = str(error).splitlines() or ["nothing said"]
        reason = f"{type(error).__name__}: {said[0]}"
        got = f"{str(file)!r} ({reason})"
        raise InputError(f"{argument}: wanted {_WHOLE}, got {got}") from error


def leads_nowhere(file: Path) -> bool:
    """Return whether this is a link to a file that is not there."""
    return file.is_symlink() and not file.exists()


def refuse_link(file: Path) -> NoReturn:
    """Refuse a link that leads nowhere."""
    refuse("path", _WHOLE, f"{str(file)!r} (a link to a file that is not there)")


def table_rows(file: Path, *, argument: str, columns: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Return the rows of a CSV file by its first line; cells that a row lacks are empty.

    Spaces around names, and capitals in those of `columns`, do not count; nor do empty rows. A row
    of more cells than names is refused: a comma within a cell, without quotes, moves all after it.
    """

    def read(path: Path, _: Room) -> list[dict[str, str]]:
        with io.StringIO(_text(path, argument), newline="") as handle:
            rows = csv.reader(handle, strict=True)  # else an open quote swallows what follows
            head = [name.strip() for name in next(rows, [])]
            lines = [(rows.line_num, row) for row in rows if any(cell.strip() for cell in row)]
        names = [name.lower() if name.lower() in columns else name for name in head]
        _want_names(names, argument, path)
        for number, row in lines:
            if any(cell.strip() for cell in row[len(names) :]):
                wanted = f"at most {len(names)} cells a row (quotes around a cell with a comma)"
                refuse(argument, wanted, f"{len(row)} in line {number} of {str(path)!r}")
        return [dict(zip(names, row + [""] * len(names), strict=False)) for _, row in lines]

    return read_or_refuse(read, file, Room(), argument=argument)


def not_known(cell: str) -> bool:
    """Say whether a cell is empty, or says in some tongue that nobody knows: it is no name."""
    return bool(_NOT_KNOWN.fullmatch(cell.strip()))


def _text(file: Path, argument: str) -> str:
    """Return the text of a table, an accent and its letter as one character.

    Systems write "ü" as one character or as two: names that look the same are the same.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")  # Excel writes the signature
    except UnicodeDecodeError as error:
        wanted = 'a table in UTF-8 (in Excel, save as "CSV UTF-8"; elsewhere, choose UTF-8)'
        refuse(argument, wanted, f"{str(file)!r} (byte {error.start} is no text in it)")
    return one_character(text)


def one_character(text: str) -> str:
    """Return a text with each accent and its letter as one character, however it was written."""
    return unicodedata.normalize("NFC", text)


def _want_names(names: list[str], argument: str, path: Path) -> None:
    for mark, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and mark in names[0]:
            refuse(argument, "a CSV file parted by commas", f"{called} in {str(path)!r}")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        refuse(argument, "one column of each name", f"two of {twice[0]!r} in {str(path)!r}")


def few(names: list[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


@contextmanager
def naming(source: str) -> Iterator[None]:
    """Add the name of a file to what its numbers are refused for."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{error} in {source!r}") from None


class Skipping:
    """What to do with one of many files that is refused: raise, or note it and go on."""

    def __init__(self, *, allowed: bool, room: Room | None = None) -> None:
        self.allowed, self._room = allowed, room
        self.skipped: list[str] = []

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Skip a file, if that is allowed, when what follows refuses it."""
        taken = self._room.taken if self._room else 0
        try:
            yield
        except InputError as error:
            if not self.allowed:
                raise
            if self._room:
                self._room.taken = taken
            self.skipped.append(f"{name}: {error}")
