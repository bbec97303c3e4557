"""Kept programs: found again, and compiled again where the cache is damaged, stale or closed."""

import importlib.util
import os

import pytest

from grainwise.verbs.doctor import doctor as verb
from tests.meanwhile import meanwhile
from toolbox import doctor
from toolbox.core.installation import cache_bytes, cache_folder, clear_cache
from toolbox.kernels.cpu import compiling


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return what compiles a function anew, as another process would, and keeps it in a folder."""
    source = tmp_path / "doubled.py"
    source.write_text("def doubled(x):\n    return 2.0 * x\n")
    monkeypatch.setattr(compiling, "FOLDER", tmp_path / "kept")

    def compiled():
        spec = importlib.util.spec_from_file_location("doubled", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return compiling.compiled()(module.doubled)

    return compiled


def test_a_second_process_compiles_nothing(program):
    assert program()(1.5) == 3.0
    again = program()
    assert again(1.5) == 3.0
    assert sum(again.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("kind", ["nbi", "nbc", "sha256"])
def test_a_damaged_entry_is_compiled_again(program, tmp_path, kind):
    program()(1.5)
    for file in (tmp_path / "kept").glob(f"*.{kind}"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content[:-7])
    for hits in (0, 1):  # and then it is sound again
        again = program()
        assert again(1.5) == 3.0
        assert sum(again.stats.cache_hits.values()) == hits


def test_a_disk_that_takes_nothing_costs_time_only(program, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compiling.Files, "_save_data", full)
    assert program()(1.5) == 3.0


def test_a_folder_that_cannot_be_made_costs_time_only(program, tmp_path):
    (tmp_path / "kept").write_text("not a folder")
    assert program()(1.5) == 3.0


def test_programs_are_kept_where_this_user_alone_can_write(program, tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "FOLDER", tmp_path / "cache" / "kept")
    program()(1.5)
    for folder in (compiling.FOLDER.parent, compiling.FOLDER):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
@pytest.mark.parametrize("place", [".", "kept"])
def test_a_folder_that_others_can_write_to_is_not_read(program, tmp_path, mode, place):
    program()(1.5)
    (tmp_path / place).chmod(mode)
    _compiles_for_itself(program, tmp_path / "kept")


def test_a_folder_of_another_user_is_not_read(program, tmp_path, monkeypatch):
    program()(1.5)
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    _compiles_for_itself(program, tmp_path / "kept")


def _compiles_for_itself(program, folder):
    before = sorted(folder.iterdir())
    again = program()
    assert again(1.5) == 3.0
    assert not again.stats.cache_hits
    assert sorted(folder.iterdir()) == before


def test_the_cache_is_measured_while_another_process_clears_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder() / "programs"

    def fills_and_clears():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "program").write_bytes(bytes(1000))
        clear_cache()

    with meanwhile(fills_and_clears):
        seen = {cache_bytes() for _ in range(2000)}
    assert seen <= {0, 1000}


def test_the_doctor_shows_the_cache_and_clears_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = cache_folder()
    folder.mkdir()
    (folder / "program").write_bytes(bytes(2_000_000))
    report = doctor()
    assert report.cache == str(folder)
    assert report.cache_mb == 2.0
    verb(clear_cache=True)
    assert f"{folder} (0.0 MB)" in capsys.readouterr().out
    assert not folder.exists()
