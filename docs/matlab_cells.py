"""The MATLAB example of every public function, read from the scripts in octave/examples/reference.

A script holds one cell a function: ``%% toolbox.describe - what it is``, then its lines.
"""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "octave" / "examples" / "reference"
HEAD = re.compile(r"^%% (?P<name>[a-z_]+\.[a-z_0-9]+)\b.*$", re.MULTILINE)


@cache
def matlab_cells(package: str) -> dict[str, str]:
    """Return function -> the lines of its cell; nothing where there is no such script."""
    script = SCRIPTS / f"{package}.m"
    text = script.read_text() if script.is_file() else ""
    cells = re.split(r"^(?=%%)", text, flags=re.MULTILINE)
    heads = ((HEAD.match(cell), cell) for cell in cells)
    return {h["name"].partition(".")[2]: cell[h.end() :].strip() for h, cell in heads if h}


def append_cell(
    app: object, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Add a function's MATLAB example to its docstring."""
    package, _, function = name.partition(".")
    cell = matlab_cells(package).get(function) if what == "function" else None
    if cell:
        code = [f"   {line}".rstrip() for line in cell.splitlines()]
        lines += [
            "",
            ".. rubric:: In MATLAB or Octave",
            "",
            ".. code-block:: matlab",
            "",
            *code,
            "",
        ]
