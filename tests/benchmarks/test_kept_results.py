"""What a run that was stopped has left is read again, and never what other code has made."""

import pytest

from benchmarks import kept_results
from benchmarks.kept_results import kept
from paper_figures.runner.source_dependencies import Sources

MEASURE = """
from benchmarks.shared import N
from toolbox.levels import LEVEL

CALLS = []


def measured(n):
    CALLS.append(n)
    return {"n": n * N, "level": LEVEL}


def summary(rows):
    return len(rows)
"""
SHARED = "N = 1\n\n\ndef drawn():\n    return N\n"


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """Return how a module of a benchmark is loaded, in a repository of its own."""

    def load(text=MEASURE, level=0.5, shared=SHARED, pinned="numpy==2\n"):
        files = {
            "benchmarks/measure.py": text,
            "benchmarks/shared.py": shared,
            "benchmarks/__init__.py": "",
            "toolbox/levels.py": f"LEVEL = {level}\n",
            "toolbox/__init__.py": "",
            "constraints.txt": pinned,
        }
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        monkeypatch.setattr(kept_results, "ROOT", tmp_path)
        monkeypatch.setattr(kept_results, "SOURCES", Sources(tmp_path))
        space = {"LEVEL": level, "N": 1, "__name__": "__main__"}  # as `python -m` names it
        code = "\n".join(line for line in text.splitlines() if not line.startswith("from "))
        exec(compile(code, str(tmp_path / "benchmarks/measure.py"), "exec"), space)
        return space

    return load


def test_a_part_is_measured_once(loaded, tmp_path):
    first = loaded()
    folder = tmp_path / "kept" / "here"
    found = [kept(folder, f"of_{n}", first["measured"], n) for n in (1, 2, 1)]
    assert found == [{"n": n, "level": 0.5} for n in (1, 2, 1)]
    of_program = "\n\nif __name__ == '__main__':\n    summary([])\n"
    again = loaded(MEASURE + of_program, shared=SHARED.replace("return N", "return -N"))
    assert kept(folder, "of_2", again["measured"], 2) == {"n": 2, "level": 0.5}
    assert (first["CALLS"], again["CALLS"]) == ([1, 2], [])


@pytest.mark.parametrize(
    "change",
    [
        {"text": MEASURE.replace('"level"', '"share"')},
        {"level": 0.6},
        {"shared": SHARED.replace("N = 1", "N = 1.0")},
        {"pinned": "numpy==3\n"},
    ],
    ids=["the function", "what it imports", "what it has from a benchmark", "the pinned libraries"],
)
def test_what_other_code_has_made_is_not_read(loaded, tmp_path, change):
    assert kept(tmp_path, "of_1", loaded()["measured"], 1) == {"n": 1, "level": 0.5}
    other = loaded(**change)
    kept(tmp_path, "of_1", other["measured"], 1)
    assert other["CALLS"] == [1]
    assert kept(tmp_path, "of_1", loaded()["measured"], 1) == {"n": 1, "level": 0.5}  # still there


def test_what_was_not_written_whole_is_not_there(loaded, tmp_path):
    space = loaded()
    space["CALLS"] = None  # the function fails
    with pytest.raises(AttributeError):
        kept(tmp_path / "kept", "of_1", space["measured"], 1)
    assert list((tmp_path / "kept").iterdir()) == []


def test_without_a_folder_nothing_is_kept(loaded, tmp_path):
    space, before = loaded(), sorted(tmp_path.rglob("*"))
    assert kept(None, "of_1", space["measured"], 1) == kept(None, "of_1", space["measured"], 1)
    assert (space["CALLS"], sorted(tmp_path.rglob("*"))) == ([1, 1], before)


def test_the_digest_is_of_files_of_this_repository():
    from benchmarks.segmentation_labels import closed, weak_8

    keys = {kept_results.made_by(function) for function in (closed, weak_8)}
    assert len(keys) == 2
    assert all(len(key) == 16 and int(key, 16) >= 0 for key in keys)
