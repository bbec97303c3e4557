"""The packages stand as designed: import contracts, folders and files of one concept."""

import ast
import re
from itertools import chain
from pathlib import Path
from statistics import median

import pytest
from importlinter.cli import lint_imports

from docs.reference_pages import table
from toolbox.core.packages import PUBLIC, SHIPPED

ROOT = Path(__file__).parents[2]
PACKAGES = (*SHIPPED, "paper_figures")
FILES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))
FOLDERS = sorted({path.parent for path in FILES})
NAMES_JAX = ("kernels", "networks", "retraining")
JAX_FILES = ("device.py", "torch_bridge.py")

FRAGMENT = 60  # lines; a shorter file that exactly one other imports needs a reason
FRAGMENTS = {
    "confidence/explanations/null_cells.py": "an estimate of its own, tested against its law",
    "confidence/scoring/left_out.py": "a test of predictions; explanations stand above it",
    "confidence/clusters/figure.py": "the record's picture, in a folder where the method is long",
    "labelling/segmentation/fitting/label_propagation.py": "a random walker, by its closed form",
    "paper_figures/runner/manifest.py": "what a folder of figures holds, as a file of its own says",
    "similarity/benchmark_sets/intermittency_oracle.py": "it simulates what its sibling knows",
    "similarity/benchmark_sets/photographs.py": "one kind of benchmark set, as its siblings",
    "similarity/clusterability/near_copies.py": "a test of its own, by the law of spacings",
    "similarity/metric_learning/fisher_discriminant.py": "a method of its own, tested by itself",
    "similarity/named_pictures/cldr_names.py": "a format of files, beside that of fonts",
    "similarity/network_capacity/vc_bounds.py": "theory; capacity.py measures",
    "synthesis/evaluation/neighbourhoods.py": "how distances are measured, which is exact",
    "toolbox/fetal_heart_rate/analysis/variability.py": "beside events; it alone needs leaders",
    "toolbox/retraining/store/torch_settings.py": "names torch, which its importer does not",
}


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
    assert "19 kept, 0 broken" in said


def test_a_file_names_torch_or_jax_never_both():
    for path in FILES:
        frameworks = imported(path) & {"torch", "jax"}
        inside = path.relative_to(ROOT).parts
        meeting = path.name in ("torch_bridge.py", "provenance.py")  # they meet; their versions
        assert len(frameworks) < 2 or meeting, path
        if inside[0] == "toolbox" and "jax" in frameworks:
            assert inside[1] in NAMES_JAX or path.name in JAX_FILES, path


def test_a_file_can_be_read_in_one_sitting():
    lines = {path: len(path.read_text().splitlines()) for path in FILES}
    assert {path: n for path, n in lines.items() if n > 400} == {}


def importers():
    """Return the files that import each of our files, inside functions too."""
    found = {path: set() for path in FILES}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                found.get(ROOT / f"{name.replace('.', '/')}.py", set()).add(path)
    return found


def test_a_short_file_that_one_other_imports_has_a_reason():
    """Files of the public tables are imported by their users; a table's own by its name."""
    public = {
        ROOT / package / f"{module.replace('.', '/')}.py"
        for package in PUBLIC
        for module in table(package)
    }
    fragments = {
        str(path.relative_to(ROOT))
        for path, users in importers().items()
        if len(users) == 1 and path not in public
        if len(path.read_text().splitlines()) < FRAGMENT
    }
    assert fragments == set(FRAGMENTS)


def concepts(folder):
    """Return the names of a folder's own files; `__init__.py` holds a line."""
    return {path.name for path in folder.glob("*.py")} - {"__init__.py"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_folder_can_be_taken_in_at_a_glance(folder):
    assert len(concepts(folder)) <= 12
    assert (folder / "__init__.py").exists()


def test_half_of_the_folders_hold_six_files_or_fewer():
    numbers = [len(concepts(folder)) for folder in FOLDERS if concepts(folder)]
    assert median(numbers) <= 6


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
