"""The gallery: each figure's picture, claims and numbers as kept in docs/pictures, and its script.

The scripts take minutes, so the build runs none of them; docs/pictures.py makes what is shown.
"""

import ast
import json
import textwrap
from pathlib import Path

from docs.thumbnails import thumbnail
from docs.writing import write_if_new
from paper_figures.catalogue import FIGURES

ROOT = Path(__file__).resolve().parent.parent
PICTURES = Path(__file__).resolve().parent / "pictures"
HEADER = """\
Gallery
=======

The figures of ``python -m paper_figures``, each with what it claims, which its script checks, and
with its numbers. They are shown as the quick setting leaves them; ``--full`` is the paper's.
A click on a picture enlarges it.
"""


class FigureOrder:
    """The order of the gallery: that of ``python -m paper_figures --list``."""

    def __init__(self, folder: str) -> None:
        self.places = {f"{name}.py": place for place, name in enumerate(FIGURES)}

    def __call__(self, file: str) -> int:
        """Return the place of a script."""
        return self.places[file]


def write_gallery(folder: Path, pages: Path) -> None:
    """Write the scripts that sphinx-gallery shows, and remove those of figures that are gone.

    Their pages, which sphinx-gallery makes, go with them.
    """
    wanted = {folder / "README.rst": HEADER}
    (folder / "thumbnails").mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        if (PICTURES / f"{name}.json").is_file():
            wanted[folder / f"{name}.py"] = script(name)
            thumbnail(PICTURES / f"{name}.webp", folder / "thumbnails" / f"{name}.webp")
    kept = {path.stem for path in wanted} | {"index"}
    for path in [*folder.glob("*.*"), *pages.glob("*.*")]:
        if path.name.partition(".")[0] not in kept:
            path.unlink()
    for path, text in wanted.items():
        write_if_new(path, text)


def script(name: str) -> str:
    """Return a figure's script with its picture, claims and numbers as text before the code."""
    source = (ROOT / "paper_figures" / FIGURES[name].folder / f"{name}.py").read_text()
    tree = ast.parse(source)
    docstring, kept = ast.get_docstring(tree), json.loads((PICTURES / f"{name}.json").read_text())
    code = "\n".join(source.splitlines()[tree.body[0].end_lineno :]).strip("\n")
    summary, _, rest = docstring.partition("\n\n")
    heading = FIGURES[name].shows[0].upper() + FIGURES[name].shows[1:]
    parts = [
        f"{heading}\n{'=' * len(heading)}\n",
        " ".join(summary.split()) + "\n",
        rest,
    ]
    shown = [
        f".. image:: /pictures/{name}.webp\n   :alt: {heading}\n   :class: figure\n"
        f"   :target: ../_images/{name}.webp",
        f"Mode: {kept['mode']}; seed: {kept['seed']}. Made by "
        f"``python -m paper_figures {name} --{kept['mode']}``.",
        *claims(kept["claims"]),
        "**Its numbers**",
        ".. code-block:: text\n\n" + textwrap.indent(kept["table"], "   "),
        "**Its script**",
    ]
    comments = "\n#\n".join("\n".join(f"# {x}".rstrip() for x in s.splitlines()) for s in shown)
    shown_small = f"gallery_source/thumbnails/{name}.webp"
    small = f"# sphinx_gallery_thumbnail_path = '{shown_small}'"
    head = "\n".join(parts).strip().replace("\\", "\\\\")
    return f'"""\n{head}\n"""\n\n# %%\n{comments}\n\n{small}\n{code}\n'


def claims(kept: dict[str, bool]) -> list[str]:
    """Return the list of what the figure claims."""
    if not kept:
        return []
    said = {True: "holds", False: "DOES NOT HOLD"}
    lines = [f"- {sentence}: {said[holds]}" for sentence, holds in kept.items()]
    return ["**What it claims**", "\n".join(lines)]
