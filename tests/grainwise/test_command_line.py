"""The command line as a user meets it: a fresh process, its output and its exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import grainwise
from grainwise import __main__ as command_line
from grainwise.verbs.doctor import as_text
from toolbox import InputError
from toolbox.core.installation import Report

HOME = Path(grainwise.__file__).parents[1]


def _run(*arguments, path=(), cwd=HOME):
    places = os.pathsep.join(map(str, [*path, HOME]))
    return subprocess.run(
        [sys.executable, "-m", "grainwise", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": places, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=cwd,
        check=False,
    )


def test_help_loads_neither_torch_nor_jax():
    code = """
import sys
from grainwise.__main__ import main
try:
    main(["--help"])
except SystemExit as end:
    assert end.code == 0
print({"torch", "jax", "ot", "sklearn", "scipy", "matplotlib"} & set(sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "doctor" in run.stdout
    assert run.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize("arguments", [["--help"], ["quality", "--help"], ["--version"]])
def test_a_reader_who_leaves_early_is_no_defect(arguments):
    """As `grainwise --help | head -1` does, here before anything is written."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "grainwise", *arguments]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, cwd=HOME)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_version():
    run = _run("--version")
    assert run.returncode == 0
    assert run.stdout.startswith("grainwise ")


def test_version_of_a_checkout_that_is_not_installed(monkeypatch, capsys):
    def absent(name):
        raise command_line.PackageNotFoundError(name)

    monkeypatch.setattr(command_line, "version", absent)
    assert command_line.main(["--version"]) == 0
    assert capsys.readouterr().out == "grainwise from a checkout\n"


def test_doctor_of_a_healthy_installation(tmp_path):
    run = _run("doctor", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert lines[-1] == "healthy"
    assert any(line.startswith("torch ") for line in lines)
    assert not any(line.startswith("clash") for line in lines)


def test_doctor_of_a_clash(tmp_path):
    info = tmp_path / "rivalry-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rivalry\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("confidence")
    run = _run("doctor", path=[tmp_path])
    assert run.returncode == 1
    assert "pip uninstall rivalry" in run.stdout
    assert run.stdout.splitlines()[-1] == "not healthy"


@pytest.mark.parametrize("content", ["", "raise SystemError('for Python 2')"])
@pytest.mark.parametrize("installed", [True, False])
def test_doctor_when_toolbox_itself_is_anothers(tmp_path, installed, content):
    (tmp_path / "toolbox").mkdir()
    (tmp_path / "toolbox" / "__init__.py").write_text(content)
    if installed:
        info = tmp_path / "rivalry-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rivalry\nVersion: 1.0\n")
        (info / "top_level.txt").write_text("toolbox")
    run = _run("doctor", path=[tmp_path], cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr == ""
    remedy = "pip uninstall rivalry" if installed else "rename or move that one away"
    clashes = [line for line in run.stdout.splitlines() if line.startswith("clash")]
    assert len(clashes) == 1
    assert remedy in clashes[0]
    if content or not installed:
        assert str(tmp_path / "toolbox") in clashes[0]


@pytest.mark.parametrize("arguments", [(), ("doctr",), ("--verbose",), ("doctor", "--loud")])
def test_bad_input_exits_with_2(arguments):
    run = _run(*arguments)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr
    if arguments[:1] != ("doctor",):
        assert run.stderr.startswith("grainwise: verb: wanted one of analyse")
        assert len(run.stderr.splitlines()) == 1


def test_an_input_error_becomes_one_line_and_2(monkeypatch, capsys):
    def verb() -> int:
        raise InputError("size: wanted 3, got 4")

    monkeypatch.setattr("grainwise.verbs.doctor.doctor", verb)
    assert command_line.main(["doctor"]) == 2
    assert capsys.readouterr().err == "grainwise: size: wanted 3, got 4\n"


def test_a_defect_of_ours_is_not_blamed_on_the_user(monkeypatch):
    def verb() -> int:
        raise ValueError("a defect")

    monkeypatch.setattr("grainwise.verbs.doctor.doctor", verb)
    with pytest.raises(ValueError, match="a defect"):
        command_line.main(["doctor"])


def test_the_text_of_a_report():
    report = Report(
        versions={"python": "3.11", "pot": ""},
        devices=("jax cpu:0",),
        clashes=("confidence: installed by x too",),
        memory_gb=8.04,
        disk_gb=1.0,
        octave="",
        cache="programs",
        cache_mb=1.25,
        healthy=False,
    )
    assert as_text(report).splitlines() == [
        "python        3.11",
        "pot           not installed",
        "device        jax cpu:0",
        "memory        8.0 GB",
        "free disk     1.0 GB",
        "cache         programs (1.2 MB)",
        "octave        not installed",
        f"matlab        addpath ('{Path(__file__).parents[2] / 'octave'}')",
        "clash         confidence: installed by x too",
        "not healthy",
    ]
