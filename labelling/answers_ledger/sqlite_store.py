"""The ledger on disk: an SQLite database to which rows are only ever added.

With a write-ahead log and ``synchronous=FULL`` a committed row is on the disk before the commit
returns: neither a killed program nor a power cut takes it back.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

from labelling.answers_ledger.event_rows import Event, chained
from toolbox.core.checks import refuse

APPLICATION = 0x67776C67  # "gwlg" in the file's header: another program's database is refused
VERSION = 1
PATIENCE = 30.0  # seconds to wait for another program's commit; one takes milliseconds
TABLE = """
CREATE TABLE IF NOT EXISTS events (
  row INTEGER PRIMARY KEY, kind TEXT NOT NULL, items INTEGER NOT NULL, others INTEGER NOT NULL,
  "values" TEXT NOT NULL, who TEXT NOT NULL, cost REAL NOT NULL, time REAL NOT NULL,
  weight REAL NOT NULL, propensity REAL, key TEXT NOT NULL UNIQUE, undoes TEXT NOT NULL,
  chain TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS kept BEFORE UPDATE ON events
  BEGIN SELECT RAISE(ABORT, 'a ledger is only added to'); END;
CREATE TRIGGER IF NOT EXISTS stays BEFORE DELETE ON events
  BEGIN SELECT RAISE(ABORT, 'a ledger is only added to'); END;
"""


def create(path: Path) -> None:
    """Make an empty ledger, whole or not at all; another program may do the same at once.

    A program killed meanwhile leaves an empty database, of which a ledger is made as of none.
    """
    with _refused(path), closing(_connect(path, "rwc")) as database:
        database.executescript(
            f"BEGIN IMMEDIATE; {TABLE} PRAGMA application_id={APPLICATION};"
            f"PRAGMA user_version={VERSION}; COMMIT;"
        )


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a ledger; what SQLite says against it names the file."""
    with _refused(path), closing(_connect(path, "rw")) as database:
        if _is_empty(database):
            create(path)
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if (application, version) != (APPLICATION, VERSION):
            refuse("path", f"a ledger of version {VERSION}", f"{str(path)!r}, another database")
        _write_ahead(database)
        database.execute("PRAGMA synchronous=FULL")
        yield database


def _is_empty(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0


def _write_ahead(database: sqlite3.Connection) -> None:
    """Turn the write-ahead log on, once for ever; SQLite does not wait for others that do so."""
    until = monotonic() + PATIENCE
    while database.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            database.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if monotonic() > until:
                raise
            sleep(0.01)


@contextmanager
def kept_open(path: str) -> Iterator[None]:
    """Hold a ledger open while many answers are told; nothing for one in memory.

    SQLite copies its log back whenever the last connection to a database closes: another two
    writes to the disk that each answer would wait for.
    """
    with opened(Path(path)) if path else nullcontext():
        yield


def rows_after(database: sqlite3.Connection, known: int, chain: str) -> tuple[list[Event], str]:
    """Return the rows after the `known` first, whose digest is `chain`, and the digest of all."""
    found = database.execute("SELECT * FROM events WHERE row >= ? ORDER BY row", (max(known, 1),))
    rows: list[Event] = []
    for number, *values, kept in found:
        if number == known:
            _same_chain(database, number, kept, chain)
            continue
        values[8] = float("nan") if values[8] is None else values[8]
        event = Event(*values)
        chain = chained(chain, event)
        if number != known + len(rows) + 1:
            kept = f"row {number} after row {known + len(rows)}"
        _same_chain(database, number, kept, chain)
        rows.append(event)
    if known and not _length(database) >= known:
        refuse("path", f"a ledger of at least {known} rows", f"{_file(database)!r}, which has less")
    return rows, chain


def add_rows(database: sqlite3.Connection, rows: list[Event], known: int, chain: str) -> None:
    """Add rows after the `known` first; the caller's transaction holds them together."""
    marks = ", ".join("?" * (len(Event._fields) + 2))
    for number, event in enumerate(rows, known + 1):
        chain = chained(chain, event)
        unknown = event.propensity != event.propensity  # NaN, which SQLite keeps as NULL
        kept = event._replace(propensity=None) if unknown else event
        database.execute(f"INSERT INTO events VALUES ({marks})", (number, *kept, chain))


def _length(database: sqlite3.Connection) -> int:
    return database.execute("SELECT COUNT(*) FROM events").fetchone()[0]


def _same_chain(database: sqlite3.Connection, number: int, kept: str, chain: str) -> None:
    if kept != chain:
        got = f"{_file(database)!r}, damaged or another from row {number} on"
        refuse("path", "a ledger whose rows are as they were told", got)


def _file(database: sqlite3.Connection) -> str:
    return database.execute("PRAGMA database_list").fetchone()[2]


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OverflowError, TypeError, UnicodeError) as error:
        refuse("path", "a ledger that can be read and written", f"{str(path)!r} ({error})")
