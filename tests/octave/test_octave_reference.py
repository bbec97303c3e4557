"""The reference for MATLAB: a cell for every public function, and every cell runs.

`%% toolbox.describe - what it is` begins a cell; a first line `% Needs the cell ...` names those
that must have been run before it. A cell is run as a reader uses it: copied, into an empty space.
"""

import re

import pytest

import toolbox
from grainwise.public_functions import public_functions
from tests.calls.valid_values import a_clip, a_weights_file, some_gans
from tests.octave.octave import HOME, octave_each
from tests.octave.test_octave_battery import PYTHON_ONLY
from toolbox.core.packages import PUBLIC

REFERENCE = HOME / "octave" / "examples" / "reference"
CELL = re.compile(r"^%% (\S+) - (.+)\n((?:(?!%%).*\n)+)", re.MULTILINE)
OCTAVE_ONLY = (  # what MATLAB does not read
    r"\b(end(if|for|while|function|_try_catch)|printf|elseif\s+if|unwind_protect|until)\b",
    r'"',  # text in MATLAB's double quotes is another type
    r"\+\+|\+=|-=|\*=|!=|#",
    r"(?<![~=<>])!(?!\])",
)
ALONE = """
function run_alone (cell_text)
  eval (cell_text);
end
cells = {%s};
for i = 1:numel (cells)
  try
    run_alone (cells{i});
  catch failure
    printf ('<failed> cell %%d: %%s\\n', i, failure.message);
  end
end
"""


def cells(package):
    """Return (name, what it is, lines) of each cell of a package's script."""
    return CELL.findall((REFERENCE / f"{package}.m").read_text())


def needed(text):
    """Return the names of the cells that a cell's first line asks for."""
    first = text.partition("\n")[0]
    named = re.match(r"% Needs the cells? (.+)\.$", first)
    return named[1].split(", ") if named else []


def without_strings_and_comments(line):
    return re.sub(r"(?<![\w)\]}'.])'(?:[^']|'')*'", "''", line).partition("%")[0]


@pytest.fixture(scope="module")
def files_of_a_reader(tmp_path_factory):
    """Files that the reader supplies: a VGG-19, a CLIP and trainings of a GAN."""
    runs = tmp_path_factory.mktemp("reader") / "runs.npz"
    toolbox.save(some_gans(), runs)
    clip = dict(zip(("CLIP_WEIGHTS", "CLIP_MERGES"), map(str, a_clip()), strict=True))
    return {"VGG19_WEIGHTS": str(a_weights_file()), "GAN_RUNS": str(runs)} | clip


FAST = {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # most of the time would be the compiler's


def test_every_public_function_has_one_cell_and_every_cell_a_function():
    named = [name for package in PUBLIC for name, _, _ in cells(package)]
    assert sorted(named) == sorted(set(public_functions()) - PYTHON_ONLY)


@pytest.mark.parametrize("package", PUBLIC)
def test_a_cell_is_in_its_packages_script_and_calls_its_function(package):
    before = set()
    for name, _, text in cells(package):
        assert name.startswith(f"{package}.")
        assert f"grainwise ('{name}'" in text
        assert set(needed(text)) <= before, f"{name} needs a later cell"
        assert 2 <= len(text.strip().splitlines()) <= 12, name
        before.add(name)


@pytest.mark.parametrize("path", sorted((HOME / "octave").rglob("*.m")), ids=lambda p: p.name)
def test_nothing_is_octaves_alone(path):
    for line in map(without_strings_and_comments, path.read_text().splitlines()):
        assert not [p for p in OCTAVE_ONLY if re.search(p, line)], line


@pytest.fixture(scope="module")
def printed(files_of_a_reader, tmp_path_factory):
    """Return what the script of each package prints, whole and then cell by cell alone.

    One session for all: Python and its libraries are started once.
    """
    folder, scripts = tmp_path_factory.mktemp("cells"), []
    for package in PUBLIC:
        table = {name: text for name, _, text in cells(package)}
        for name, text in table.items():
            alone = "".join(table[n] for n in needed(text)) + text
            (folder / f"{name}.m").write_text(alone)
        names = ", ".join(f"fileread('{folder / name}.m')" for name in table)
        scripts.append(f"source ('{REFERENCE / package}.m');\n{ALONE % names}")
    said = octave_each(scripts, folder, **files_of_a_reader, **FAST)
    return dict(zip(PUBLIC, said, strict=True))


@pytest.mark.parametrize("package", PUBLIC)
def test_the_script_runs_whole_and_each_cell_alone(package, printed):
    said = printed[package]
    assert "<failed>" not in said, said
    assert len(said.splitlines()) >= 2 * len(cells(package))
