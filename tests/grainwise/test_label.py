"""The verb label: what it asks, what it refuses, and the audit that it mixes in."""

import csv
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import grainwise
from grainwise.__main__ import main
from grainwise.label_questions import asked
from labelling import ledger, tell
from toolbox import InputError

HOME = Path(grainwise.__file__).parents[1]
# Ctrl-C ends it as in a terminal, also where a shell started the tests in the background, which
# then ignore it, as what they start does.
WITH_CTRL_C = """
import signal
from grainwise.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)
raise SystemExit(main())
"""
NAMES = [f"{i}.png" for i in range(40)]
USUAL = {
    "classes": ["a", "b"],
    "question": "labels",
    "pairs": None,
    "number": None,
    "features": None,
    "predictions": None,
    "tolerance": 0.2,
    "again": 0,
    "seed": 0,
}


def asked_of(names=NAMES, book=None, **more):
    return asked(names, book=book or ledger(), **USUAL | more)


def table(path, header, rows):
    with path.open("w", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])
    return path


def predicted(tmp_path, wrong=()):
    rows = [(name, "b" if i in wrong else "a") for i, name in enumerate(NAMES)]
    return table(tmp_path / "p.csv", ("name", "class"), rows)


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for i in range(3):
        Image.fromarray(np.full((8, 8), 40 * i, dtype=np.uint8)).save(folder / f"{i}.png")
    return folder


def test_it_prints_an_address_answers_and_ends_with_what_was_said(images, tmp_path):
    book = ledger(tmp_path / "book.db")
    tell(book, kind="label", items=0, values="a", who="Ben", time=0)
    words = ["label", str(images), "--classes", "a", "b", "--ledger", "book.db", "--no-browser"]
    with subprocess.Popen(
        [sys.executable, "-c", WITH_CTRL_C, *words],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(HOME)},
    ) as run:
        try:
            first = run.stdout.readline()
            assert first.startswith("http://127.0.0.1:")
            assert "?token=" in first
            assert run.stdout.readline() == "answers go to book.db; Ctrl-C ends\n"
            run.send_signal(signal.SIGINT)
            said, _ = run.communicate(timeout=30)
        finally:
            run.kill()
    assert (run.returncode, said.strip()) == (0, "answers: Ben 1")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "classes: wanted two different names"),
        (("--classes", "a", "a"), "classes: wanted"),
        (("--classes", "a", "b", "--port", "0"), "port: wanted"),
        (("--classes", "a", "b", "--pairs", "p.csv"), "pairs: wanted none for labels"),
        (("--question", "pairs", "--predictions", "p.csv"), "predictions: wanted none for pairs"),
        (("--question", "pairs", "--number", "0"), "number: wanted"),
        (("--question", "pairs", "--pairs", "nowhere.csv"), "pairs: wanted a CSV file"),
        (("--classes", "a", "b", "--again", "-1"), "again: wanted"),
        (("--classes", "a", "b", "--ledger", "nowhere/book.db"), "path: wanted a ledger"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_served(
    images, more, said, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert main(["label", str(images), *more]) == 2
    assert capsys.readouterr().err.startswith(f"grainwise: {said}")


def test_without_the_extra_it_is_named(images, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.chdir(tmp_path)
    assert main(["label", str(images), "--classes", "a", "b"]) == 2
    assert "pip install 'grainwise[page]'" in capsys.readouterr().err


def test_pairs_of_a_file_come_in_its_order(tmp_path):
    rows = [("3.png", "1.png", "x"), ("0.png", "2.png", "y"), ("1.png", "3.png", "z")]
    path = table(tmp_path / "q.csv", ("first", "second", "more"), rows)
    made = asked_of(question="pairs", pairs=path)
    assert [q.items for q in made.source(made.book, "Ada")] == [(3, 1), (0, 2)]
    assert (made.total, made.classes) == (2, [])
    with pytest.raises(InputError, match="two items in line 2"):
        asked_of(question="pairs", pairs=table(path, ("first", "second"), [("1.png", "1.png")]))


def test_with_features_the_farthest_is_asked_first(tmp_path):
    x = np.zeros((40, 2))
    x[[7, 31]] = [[0.0, 9.0], [30.0, 0.0]]
    np.save(tmp_path / "x.npy", x)
    book = tell(ledger(), kind="label", items=0, values="a", who="Ben", time=0)
    made = asked_of(book=book, features=tmp_path / "x.npy")
    assert [q.items for q in made.source(book, "Ada")[:2]] == [(31,), (7,)]
    np.save(tmp_path / "x.npy", x[:9])
    with pytest.raises(InputError, match="features: wanted a row of numbers for each of the 40"):
        asked_of(features=tmp_path / "x.npy")


def answer_all(made, of, who="Ada"):
    book = made.book
    while questions := made.source(book, who):
        (item,) = questions[0].items
        now = float(book.time.max()) + 1
        book = tell(book, kind="label", items=item, values=of(item), who=who, time=now)
    return book


def test_an_audit_is_planned_first_mixed_in_and_judged(tmp_path):
    made = asked_of(predictions=predicted(tmp_path))
    assert made.book.kind.tolist() == ["plan"]
    assert "nothing read" in made.ending(made.book)
    assert "certified at most 20.0% wrong (0 wrong of 40 read)" in made.ending(
        answer_all(made, lambda item: "a")
    )
    worse = made.ending(answer_all(made, lambda item: "ab"[item % 2]))
    assert "cannot certify 20.0% any more (20 wrong of 40 read)" in worse


def test_an_audit_goes_on_after_a_stop_and_another_is_refused(tmp_path):
    path = predicted(tmp_path)
    book = tell(ledger(), kind="label", items=[5, 6], values=["a", "b"], who="Ben", time=0)
    made = asked_of(book=book, predictions=path)
    assert len(made.ending(made.book).splitlines()) == 2
    (item,) = made.source(made.book, "Ada")[0].items
    book = tell(made.book, kind="label", items=item, values="a", who="Ada", time=9e9)
    again = asked_of(book=book, predictions=path)
    assert again.book.kind.tolist().count("plan") == 1
    assert [q.items for q in again.source(book, "Ada")]
    for change in ({"seed": 1}, {"tolerance": 0.3}, {"predictions": predicted(tmp_path, {3})}):
        with pytest.raises(InputError, match="those whose audit this ledger holds"):
            asked_of(book=book, **{"predictions": path} | change)


def test_predictions_name_items_and_classes(tmp_path):
    for rows, said in (
        ([("0.png", "c")], "one of a, b"),
        ([("none.png", "a")], "name of an item"),
        ([("0.png", "a")], "at least two"),
    ):
        path = table(tmp_path / "p.csv", ("name", "class"), rows)
        with pytest.raises(InputError, match=f"predictions: wanted .*{said}"):
            asked_of(predictions=path)
