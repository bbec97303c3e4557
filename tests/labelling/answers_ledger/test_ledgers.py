"""The ledger keeps what was confirmed, once, in order, whatever happens to the program."""

import io
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from labelling import answers, export_ledger, ledger, tell
from toolbox import InputError

TELLER = """
import sys
from labelling import ledger, tell
book = ledger(sys.argv[1])
first = len(book.key)
for i in range(first, 10**6):
    book = tell(book, kind="label", items=i, values=i % 3, who="A", time=i, key=f"answer {i}")
    print(i, flush=True)
"""


def small(path=None):
    book = tell(
        ledger(path), kind="label", items=[3, 1], values=["b", "a"], who="A", time=0, cost=2
    )
    book = tell(book, kind="pair", items=1, others=3, values=False, who="B", time=1.5)
    book = tell(book, kind="undo", undoes=book.key[1], who="A", time=2)
    return tell(book, kind="cannot_tell", items=5, who="B", time=2, propensity=0.25)


def bytes_of(book, folder, ending):
    path = folder / f"export.{ending}"
    export_ledger(book, path)
    return path.read_bytes()


@pytest.mark.parametrize("numbers", [{"cost": -0.0}, {"time": -0.0}, {"weights": [-0.0, 1.0]}])
def test_a_negative_zero_is_read_again(numbers, tmp_path):
    options = {"kind": "label", "who": "A", "time": 0} | numbers
    told = tell(ledger(tmp_path / "book.db"), items=[0, 1], values=[1, 2], **options)
    assert ledger(tmp_path / "book.db").chain == told.chain


@pytest.mark.parametrize("ending", ["npz", "csv"])
def test_told_again_in_memory_or_on_disk_the_export_has_the_same_bytes(tmp_path, ending):
    first = bytes_of(small(), tmp_path, ending)
    assert bytes_of(small(tmp_path / "a.db"), tmp_path, ending) == first
    assert bytes_of(ledger(tmp_path / "a.db"), tmp_path, ending) == first


def test_the_npz_is_read_by_numpy_and_holds_the_columns(tmp_path):
    with np.load(io.BytesIO(bytes_of(small(), tmp_path, "npz"))) as kept:
        assert kept["items"].tolist() == [3, 1, 1, -1, 5]
        assert kept["others"].tolist() == [-1, -1, 3, -1, -1]
        assert kept["values"].tolist() == ['"b"', '"a"', "false", "", ""]
        assert np.isnan(kept["propensity"][:4]).all()


def test_no_confirmed_answer_is_lost_by_kills(tmp_path):
    """Real programs, killed with SIGKILL while they tell: what they had printed is there."""
    path, confirmed = tmp_path / "answers.db", -1
    for kill in range(4):
        teller = subprocess.Popen([sys.executable, "-c", TELLER, path], stdout=subprocess.PIPE)
        for _ in range(3 + 2 * kill):
            confirmed = int(teller.stdout.readline())
        teller.kill()
        rest = teller.stdout.read().split(b"\n")[:-1]  # whole lines: confirmed before the kill
        teller.stdout.close()
        teller.wait()
        confirmed = max([confirmed, *map(int, rest)])
        book = ledger(path)
        assert book.items[: confirmed + 1].tolist() == list(range(confirmed + 1))
        assert len(book.items) <= confirmed + 2  # one more may be kept and not yet confirmed


def test_an_answer_sent_twice_is_kept_once_also_by_an_older_ledger(tmp_path):
    for path in (None, tmp_path / "a.db"):
        empty = ledger(path)
        once = tell(empty, kind="label", items=0, values=1, who="A", time=5, key="q7")
        again = tell(once, kind="label", items=0, values=1, who="A", time=5, key="q7")
        assert again.key.tolist() == ["q7"]
        with pytest.raises(InputError, match=r"^key: wanted a key of its own"):
            tell(once, kind="label", items=0, values=2, who="A", time=5, key="q7")
    stale = tell(empty, kind="label", items=1, values=1, who="B", time=6)
    assert stale.items.tolist() == [0, 1]  # what others told meanwhile is taken in


def test_a_refused_call_keeps_nothing(tmp_path):
    book = tell(ledger(tmp_path / "a.db"), kind="label", items=0, values=1, who="A", time=5)
    for wrong, name in (
        ({"time": 4}, "time"),
        ({"cost": -1}, "cost"),
        ({"items": -1}, "items"),
        ({"values": 1.5}, "values"),
        ({"who": " "}, "who"),
        ({"weights": float("nan")}, "weights"),
        ({"propensity": 0}, "propensity"),
        ({"kind": "undo", "items": None, "values": None, "undoes": "nobody"}, "undoes"),
        ({"kind": "pair", "others": 2}, "others"),
    ):
        given = {"kind": "label", "items": [2, 3], "values": [1, 2], "who": "A", "time": 6}
        if wrong.get("kind") == "pair":
            given |= {"items": [2], "values": [True]}
        with pytest.raises(InputError, match=f"^{name}:"):
            tell(book, **given | wrong)
    assert ledger(tmp_path / "a.db").chain == book.chain


def test_an_undo_can_be_undone_and_not_twice():
    book = tell(ledger(), kind="label", items=0, values=1, who="A", time=0, key="answer")
    undone = tell(book, kind="undo", undoes="answer", who="A", time=1, key="undo")
    assert answers(undone, n=1, classes=[1]).labels.tolist() == [-1]
    with pytest.raises(InputError, match=r"^undoes:"):
        tell(undone, kind="undo", undoes="answer", who="A", time=2)
    redone = tell(undone, kind="undo", undoes="undo", who="A", time=2)
    assert answers(redone).labels.tolist() == [0]


@pytest.mark.parametrize("damage", ["text", "half", "changed", "another", "folder"])
def test_a_damaged_database_is_named(tmp_path, damage):
    path = tmp_path / "answers.db"
    small(path)
    if damage == "text":
        path.write_text("not a database at all, but long enough to be looked at" * 20)
    elif damage == "half":
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
    elif damage == "changed":
        content = path.read_bytes()
        assert content.count(b'"b"') == 1
        path.write_bytes(content.replace(b'"b"', b'"c"'))
    elif damage == "another":
        path = tmp_path / "other.db"
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE events (a)")
        database.close()
    else:
        path.unlink()
        path.mkdir()
    with pytest.raises(InputError, match=f"^path: wanted a ledger.*{path.name}"):
        ledger(path)


def test_rows_cannot_be_changed_by_sql(tmp_path):
    small(tmp_path / "a.db")
    database = sqlite3.connect(tmp_path / "a.db")
    for change in ("UPDATE events SET cost = 0", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            database.execute(change)
    database.close()


def test_a_ledger_whose_file_is_gone_says_so(tmp_path):
    book = small(tmp_path / "a.db")
    (tmp_path / "a.db").unlink()
    with pytest.raises(InputError, match=r"^path: .*a\.db"):
        tell(book, kind="cannot_tell", items=5, who="B", time=3)
    assert not (tmp_path / "a.db").exists()


def test_programs_that_make_one_ledger_at_once_share_it(tmp_path):
    for number in range(5):
        place = tmp_path / f"{number}.db"
        with ThreadPoolExecutor(8) as pool:
            assert all(len(book.key) == 0 for book in pool.map(ledger, [place] * 8))
        with sqlite3.connect(place) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        database.close()


def test_what_a_program_leaves_that_is_killed_while_making_a_ledger_becomes_one(tmp_path):
    (tmp_path / "empty.db").touch()
    with sqlite3.connect(tmp_path / "begun.db") as database:
        database.execute("PRAGMA journal_mode=WAL")
    database.close()
    for name in ("empty.db", "begun.db"):
        assert len(small(tmp_path / name).key) == 5
        assert len(ledger(tmp_path / name).key) == 5


def test_damaged_text_of_the_schema_is_refused_with_the_files_name(tmp_path):
    place = tmp_path / "a.db"
    small(place)
    content = place.read_bytes()
    at = content.rindex(b"propensity REAL") + 1
    place.write_bytes(content[:at] + b"\xff" + content[at + 1 :])
    with pytest.raises(InputError, match=r"^path: wanted a ledger .*a\.db"):
        ledger(place)


def test_texts_that_cannot_be_written_and_items_beyond_all_tables_are_refused(tmp_path):
    for book in (ledger(), ledger(tmp_path / "a.db")):
        for words in ({"values": "\ud800"}, {"who": "\ud800"}):
            given = {"items": 0, "values": "a", "who": "A"} | words
            with pytest.raises(InputError, match=rf"^{next(iter(words))}: wanted a text of char"):
                tell(book, kind="label", time=0, **given)
        with pytest.raises(InputError, match=r"^items: wanted whole numbers >= 0"):
            tell(book, kind="label", items=2**63 - 1, values="a", who="A", time=0)
