"""Two processes and one store, with one thing changed in between, for very many things.

What is told for each: whether the second process returned what its own code computes, took the old
result for it, refused the store, or computed again what had not changed.
"""

import json
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tests.toolbox.store_changes import changes, harmless
from tests.toolbox.store_changes.study_files import FILES, VARIABLES

HOME = Path(__file__).parents[2]
SCRIPT = "script.py"


class Studies:
    """A folder with the study as it was, and a store of its members."""

    def __init__(self, folder):
        self.folder, self.store = folder, folder / "store"
        command = [sys.executable, "-m", "tests.toolbox.store_changes.runner"]
        self.runner = subprocess.Popen(
            command, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        write(folder / "old", FILES)
        self.old = self.ask(folder / "old", {}, self.store)
        assert self.old["kept"] == self.old["fresh"]

    def ask(self, folder, variables, store, *, verify=False):
        task = {"folder": str(folder), "variables": VARIABLES | variables, "store": str(store)}
        self.runner.stdin.write(json.dumps(task | {"verify": verify}) + "\n")
        self.runner.stdin.flush()
        return json.loads(self.runner.stdout.readline())

    def after(self, change, *, verify=False):
        """Change the study and run it on a copy of the store; say what became of it."""
        texts, variables = change
        new, store = self.folder / "new", self.folder / "copy"
        for place in (new, store):
            shutil.rmtree(place, ignore_errors=True)
        write(new, FILES | {name: replaced(name, *both) for name, both in texts.items()})
        shutil.copytree(self.store, store)
        answer = self.ask(new, variables, store, verify=verify)
        assert "raised" not in answer, (texts, answer)
        return answer | {"members": len(list((store / "members").iterdir()))}

    def close(self):
        self.runner.stdin.close()
        self.runner.wait()
        self.runner.stdout.close()


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def replaced(name, old, new):
    assert FILES[name].count(old) == 1, (name, old)
    return FILES[name].replace(old, new)


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    found = Studies(tmp_path_factory.mktemp("studies"))
    yield found
    found.close()


def table(source):
    """Return the changes of a module of changes: {name: (texts, variables)}."""
    cases = {f"{file}: {old!r} -> {new!r}": ({file: (old, new)}, {})
             for file, old, new in source.TEXTS}  # fmt: skip
    cases |= {name: (done(text), {}) for name, text in source.DONE.items()}
    return cases | {f"variable {set_}": ({}, set_) for set_ in source.VARIABLES}


def done(text):
    return {SCRIPT: (changes.HERE, text)} if text else {}


READ = table(changes) | {"another minor version of a library": (changes.UPDATED, {})}
UNREAD = {
    name: (texts | done(text), variables)
    for name, (texts, text, variables) in changes.UNREAD.items()
}
HARMLESS = table(harmless) | {"another folder": ({}, {})}


def wrongly_reused(studies, cases):
    """Return the names of those after which the old result was taken for the new one."""
    wrong = []
    for name, change in cases.items():
        answer = studies.after(change)
        assert answer["fresh"] != studies.old["fresh"], f"no change: {name}"
        if answer["kept"] != answer["fresh"]:
            assert answer["kept"] == studies.old["kept"]
            wrong.append(name)
    return wrong


def every_third(cases):
    return dict(islice(cases.items(), 0, None, 3))


def test_a_third_of_the_changes_that_a_digest_reads(studies):
    assert wrongly_reused(studies, every_third(READ)) == []


@pytest.mark.long
def test_all_changes_that_a_digest_reads(studies):
    assert wrongly_reused(studies, READ) == []


def test_what_no_digest_reads_is_reused_without_verification_and_stops_with_it(studies):
    assert len(READ) + len(UNREAD) >= 210
    assert wrongly_reused(studies, UNREAD) == list(UNREAD)
    assert len(UNREAD) <= 0.03 * (len(READ) + len(UNREAD))
    for name, change in UNREAD.items():
        answer = studies.after(change, verify=True)
        assert answer.get("refused", name).startswith(
            "store: wanted members that this code computes again bit for bit, got member "
        )


def needless(studies, cases):
    """Return the names of those after which members were computed again."""
    again = []
    for name, change in cases.items():
        answer = studies.after(change, verify=True)
        assert answer["fresh"] == studies.old["fresh"], f"a change: {name}"
        assert answer["kept"] == answer["fresh"]
        if answer["members"] != len(studies.old["kept"]):
            again.append(name)
    return again


def test_a_third_of_the_changes_that_change_nothing(studies):
    assert needless(studies, every_third(HARMLESS)) == []


@pytest.mark.long
def test_all_changes_that_change_nothing(studies):
    assert len(HARMLESS) >= 60
    assert len(needless(studies, HARMLESS)) <= 0.05 * len(HARMLESS)
