"""The doctor: versions as pip knows them, and clashes planted on the path of a fresh process."""

import base64
import hashlib
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import toolbox
from toolbox import doctor

HOME = Path(toolbox.__file__).parents[1]


@pytest.fixture(scope="module")
def report():
    return doctor()


def test_versions_and_devices(report):
    for name in ("numpy", "torch", "jax", "pot", "tyro", "lazy_loader"):
        assert report.versions[name] == metadata.version(name)
    assert report.versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert any(device.startswith("jax ") for device in report.devices)
    assert "torch cpu" in report.devices
    assert report.memory_gb > 0.1
    assert report.disk_gb >= 0


def test_this_installation_is_healthy(report):
    assert report.clashes == ()
    assert report.healthy


def _clashes(*paths, code="", home=HOME):
    """Return the clashes that a fresh process sees with these folders in front on its path."""
    script = f"""
import json, sys
sys.path[:0] = {[str(p) for p in paths]!r}
{code}
from toolbox.core.installation import clashes
print(json.dumps(clashes()))
"""
    environment = os.environ | {"PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", script]
    run = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=home, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def _distribution(folder, name, top_level, record=""):
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("\n".join(top_level))
    (info / "RECORD").write_text(record)


def test_a_checkout_is_no_clash(tmp_path):
    assert _clashes(tmp_path) == []


def test_a_rival_distribution_is_named_with_its_remedy(tmp_path):
    _distribution(tmp_path, "rivalry", ["confidence", "other"])
    (clash,) = _clashes(tmp_path)
    assert clash.startswith("confidence: installed by rivalry too; pip uninstall rivalry")


def test_several_rivals(tmp_path):
    _distribution(tmp_path, "first", ["synthesis"])
    _distribution(tmp_path, "second", ["synthesis", "grainwise"])
    found = _clashes(tmp_path)
    assert [clash.partition(";")[0] for clash in found] == [
        "synthesis: installed by first too",
        "synthesis: installed by second too",
        "grainwise: installed by second too",
    ]


def test_our_own_distribution_seen_twice_is_no_clash(tmp_path):
    _distribution(tmp_path, "Grainwise", ["toolbox", "synthesis", "similarity", "confidence"])
    assert _clashes(tmp_path) == []


@pytest.mark.parametrize("stray", ["similarity.py", "similarity/__init__.py"])
def test_a_stray_module_in_front_is_named_with_its_place(tmp_path, stray):
    (tmp_path / stray).parent.mkdir(exist_ok=True)
    (tmp_path / stray).write_text("")
    (clash,) = _clashes(tmp_path)
    assert clash.startswith(f"similarity: comes from {(tmp_path / stray).resolve()}")
    assert "rename or move" in clash


def _copy_of_ours(folder):
    """Make a folder that looks like an installed wheel of ours, with its RECORD."""
    import shutil

    lines = []
    for name in ("toolbox", "synthesis", "similarity", "confidence", "labelling", "grainwise"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HOME / name, folder / name, ignore=ignore)
        content = (folder / name / "__init__.py").read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name}/__init__.py,sha256={digest},{len(content)}")
    packages = ["toolbox", "synthesis", "similarity", "confidence", "labelling", "grainwise"]
    _distribution(folder, "grainwise", packages, record="\n".join(lines))


def test_an_overwritten_file_of_an_installed_wheel_is_seen(tmp_path):
    _copy_of_ours(tmp_path)
    assert _clashes(tmp_path, home=tmp_path) == []
    with (tmp_path / "confidence" / "__init__.py").open("a") as file:
        file.write("# another's\n")
    (clash,) = _clashes(tmp_path, home=tmp_path)
    assert "is not as it was installed" in clash
    (tmp_path / "confidence" / "__init__.py").unlink()
    (clash,) = _clashes(tmp_path, home=tmp_path)
    assert clash.startswith("confidence: ")


def test_what_does_not_load_is_reported(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "toolbox.core.device", None)
    ill = doctor()
    assert [device.partition(":")[0] for device in ill.devices] == [
        "jax does not load",
        "torch does not load",
    ]
    assert not ill.healthy


def test_missing_packages_are_reported(monkeypatch):
    from toolbox.core import installation

    monkeypatch.setattr(installation, "_REQUIRED", ("numpy", "no-such-distribution"))
    ill = doctor()
    assert ill.versions["no-such-distribution"] == ""
    assert not ill.healthy


def _program(folder, text):
    file = folder / "octave-cli"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def test_octave(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor().octave == ""
    _program(tmp_path, "echo 'GNU Octave, version 7.3.0'; echo 'Copyright'")
    assert doctor().octave == "7.3.0"
    (tmp_path / "octave-cli").write_text("not a program")
    assert doctor().octave == ""


def test_a_system_that_does_not_tell_its_memory(monkeypatch):
    def unknown(name):
        raise ValueError(name)

    monkeypatch.setattr("os.sysconf", unknown)
    assert doctor().memory_gb != doctor().memory_gb
