"""The packages stand as designed: import contracts, folders and files of one concept."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from toolbox.core.packages import SHIPPED

ROOT = Path(__file__).parents[2]
PACKAGES = (*SHIPPED, "paper_figures")
FILES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
FOLDERS = sorted({path.parent for path in FILES})
NAMES_JAX = ("kernels", "networks", "retraining")
JAX_FILES = ("device.py", "torch_bridge.py")


def imported(path):
    """Top-level names that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_import_contracts_hold(capsys):
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    said = capsys.readouterr().out
    assert status == 0, said
    assert "14 kept, 0 broken" in said


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_names_torch_or_jax_never_both(path):
    frameworks = imported(path) & {"torch", "jax"}
    inside = path.relative_to(ROOT).parts
    both_asked_for = path.name in ("torch_bridge.py", "provenance.py")  # they meet; their versions
    assert len(frameworks) < 2 or both_asked_for
    if inside[0] == "toolbox" and "jax" in frameworks:
        assert inside[1] in NAMES_JAX or path.name in JAX_FILES


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_folder_can_be_taken_in_at_a_glance(folder):
    files = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    assert len(files) <= 12
    assert (folder / "__init__.py").exists()


def test_private_names_stay_in_their_files():
    for path in FILES:
        nodes = ast.walk(ast.parse(path.read_text()))
        froms = (node for node in nodes if isinstance(node, ast.ImportFrom))
        names = chain.from_iterable(node.names for node in froms)
        assert not [alias.name for alias in names if re.match("_[a-z]", alias.name)], path


def test_nothing_pickles_and_nothing_uses_global_randomness():
    forbidden = (
        r"import pickle|allow_pickle=True|weights_only=False|torch\.manual_seed"
        r"|np\.random\.(seed|rand|randn|randint|random|normal|uniform|choice|permutation|shuffle)\("
    )
    for path in FILES:
        assert not re.findall(forbidden, path.read_text()), path
