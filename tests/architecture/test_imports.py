"""Imports are light: heavy libraries are loaded when they are first needed, and not before."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "jax",
    "numba",
    "ot",
    "sklearn",
    "skimage",
    "matplotlib",
    "scipy",
    "pandas",
    "torchvision",
)


def loaded_by(code):
    check = f"{code}\nimport sys\nprint([m for m in {HEAVY} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip().splitlines()[-1]


def test_importing_the_packages_loads_nothing_heavy():
    assert loaded_by("import toolbox, synthesis, similarity, confidence, labelling") == "[]"


def test_reading_the_public_tables_loads_nothing_heavy():
    code = "import toolbox, labelling, confidence\ndir(toolbox), dir(labelling), dir(confidence)"
    assert loaded_by(code) == "[]"


@pytest.mark.parametrize("work", ["toolbox.crops([[1.0, 2], [3, 4]], size=1)"])
def test_plain_functions_need_no_framework(work):
    assert loaded_by(f"import toolbox\n{work}") == "[]"


def test_importing_everything_by_name_works():
    code = "from toolbox import *; from synthesis import *; from similarity import *"
    loaded_by(f"{code}; from confidence import *")
