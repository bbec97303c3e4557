"""The wheel holds our packages and nothing else, and works where it is installed.

It is built from the tracked files and installed without its dependencies into a new environment
that sees those of this one, so that nothing is downloaded.
"""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from toolbox.core.packages import SHIPPED

ROOT = Path(__file__).parents[2]
SMOKE = """
import numpy as np
import confidence, grainwise, labelling, similarity, synthesis, toolbox
for package in (confidence, grainwise, labelling, similarity, synthesis, toolbox):
    print(package.__file__)
x = np.sin(np.arange(4.0 * 32 * 32) ** 1.3).reshape(4, 32, 32)
assert toolbox.describe(x, dim=2).values.shape[0] == 4
assert synthesis.phase_randomised(x, dim=2, n=2, seed=0).samples.shape == (2, 32, 32)
assert similarity.retrieve(x.reshape(4, -1), k=1).indices.shape == (4, 1)
assert confidence.brier([[0.5, 0.5], [0.25, 0.75]], [0, 1]).value == 0.3125
"""


def run(*command, cwd, good=True):
    answer = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert not good or answer.returncode == 0, answer.stdout + answer.stderr
    return answer


def has_setuptools():
    try:
        return int(metadata.version("setuptools").partition(".")[0]) >= 77
    except metadata.PackageNotFoundError:
        return False


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build from a copy, since setuptools leaves folders beside what it builds."""
    source = tmp_path_factory.mktemp("source")
    for name in (*SHIPPED, "octave"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for name in ("tests", "paper_figures", "benchmarks"):  # which must stay out of it
        (source / name).mkdir()
        (source / name / "__init__.py").touch()
    offline = ["--no-build-isolation"] if has_setuptools() else []
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *offline)
    run(*pip, "--wheel-dir", "wheels", ".", cwd=source)
    (file,) = (source / "wheels").iterdir()
    return file


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """Return the Python of a new environment into which the wheel is installed."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    (site,) = home.glob("lib/python*/site-packages")
    pip = (sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"))
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel), cwd=home)
    # After our own folder, and without the .pth files there: no editable checkout comes along.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin" / "python"


def test_its_files_are_our_packages_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    held = {name for name in names if ".dist-info/" not in name}
    wanted = {p.relative_to(ROOT).as_posix() for n in SHIPPED for p in (ROOT / n).rglob("*.py")}
    scripts = {p.relative_to(ROOT / "octave").as_posix() for p in (ROOT / "octave").rglob("*.m")}
    page = {f"labelling/expert_page/page.{ending}" for ending in ("html", "css", "js")}
    shown = (ROOT / "grainwise" / "demonstration").glob("*.[hcj]*")
    page |= {f"grainwise/demonstration/{file.name}" for file in shown}
    assert held == wanted | page | {f"grainwise/matlab/{script}" for script in scripts}
    assert {name.partition("/")[0] for name in names} - set(SHIPPED) == {
        "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    }


def test_each_package_runs_as_installed(python, tmp_path):
    printed = run(str(python), "-c", SMOKE, cwd=tmp_path).stdout.splitlines()
    site = next(python.parents[1].glob("lib/python*/site-packages"))
    assert len(printed) == len(SHIPPED)
    assert all(Path(line).is_relative_to(site) for line in printed)


def test_the_doctor_passes_and_finds_a_planted_clash(python, tmp_path):
    site = next(python.parents[1].glob("lib/python*/site-packages"))
    command = str(python.with_name("grainwise"))
    healthy = run(command, "doctor", cwd=tmp_path).stdout
    assert healthy.endswith("healthy\n")
    assert f"addpath ('{site}/grainwise/matlab')" in healthy
    assert (site / "grainwise" / "matlab" / "grainwise.m").is_file()
    rival = site / "toolbox_of_another-1.0.dist-info"
    rival.mkdir()
    (rival / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: toolbox-of-another\nVersion: 1.0\n"
    )
    (rival / "top_level.txt").write_text("toolbox\n")
    try:
        ill = run(command, "doctor", cwd=tmp_path, good=False)
    finally:
        shutil.rmtree(rival)
    assert ill.returncode == 1
    assert "toolbox: installed by toolbox-of-another too; pip uninstall" in ill.stdout
