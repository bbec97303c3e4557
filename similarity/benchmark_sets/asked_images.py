"""Images and questions of the package easy-vqa, read from where the user installed it."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import toolbox
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record

PACKAGE = "easy_vqa"
SPLITS = ("train", "test")


@record
class AskedImages:
    """Images, questions about them, and answers.

    Attributes
    ----------
    images : ndarray (n, 3, height, width), float32
        0 to 1; of easy-vqa 64 x 64 pixels, one shape in one colour each.
    questions : tuple of str (m,)
        Several an image.
    answers : tuple of str (m,)
    image : ndarray (m,)
        Which image each question is about: questions of one image are no independent units.
    note : str
    """

    images: np.ndarray
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    image: np.ndarray
    note: str = ""


def easy_vqa(*, split: str = "train", path: Any = None) -> AskedImages:
    r"""Read the images and questions of easy-vqa, a small set for visual question answering.

    Parameters
    ----------
    split : str
        "train" (4000 images, 38 575 questions) or "test" (1000, 9673).
    path : str or Path, optional
        A folder laid out as the package's data: "train" and "test", in each "questions.json" (rows
        of question, answer, number of the image) and "images" (PNG files named by their number). By
        default the package's own where it is installed: ``pip install easy-vqa``. Nothing is
        fetched.

    Returns
    -------
    AskedImages

    Raises
    ------
    InputError
        A folder that is not there or not laid out so; a question about an image that is not there.
    ImportError
        Without `path`, where the package is not installed.

    Notes
    -----
    A question alone is answered by the class k that it has most often,

    .. math:: \hat k(q) = \mathrm{arg\,max}_k \; \#\{i : q_i = q,\; k_i = k\},

    which is right for two thirds (V. Zhou, easy-VQA, 2019): any answer from images must be better.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> import numpy as np
    >>> from PIL import Image
    >>> from similarity import easy_vqa
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> (folder / "train" / "images").mkdir(parents=True)
    >>> red = np.full((8, 8, 3), [255, 0, 0], dtype=np.uint8)
    >>> Image.fromarray(red).save(folder / "train" / "images" / "0.png")
    >>> asked = json.dumps([["what color is the shape?", "red", 0]])
    >>> _ = (folder / "train" / "questions.json").write_text(asked)
    >>> found = easy_vqa(path=folder)
    >>> found.images.shape, found.answers
    ((1, 3, 8, 8), ('red',))
    """
    part = checks.choice(split, "split", SPLITS)
    folder = (_installed() if path is None else _folder(path)) / part
    rows = _questions(folder / "questions.json")
    if not (folder / "images").is_dir():
        refuse("path", "a folder of images", f"none named 'images' in {folder.name!r}")
    loaded = toolbox.load(folder / "images")
    place = {Path(name).stem: i for i, name in enumerate(loaded.names)}
    if lost := [row[2] for row in rows if str(row[2]) not in place]:
        refuse("path", "an image for each question", f"none for number {lost[0]}")
    values = np.asarray(loaded.values)
    if values.ndim != 4 or values.shape[1] != 3:
        refuse("path", "images of red, green and blue, of one size", f"shape {values.shape}")
    return AskedImages(
        images=values.astype(np.float32),
        questions=tuple(row[0] for row in rows),
        answers=tuple(row[1] for row in rows),
        image=np.array([place[str(row[2])] for row in rows]),
        note=f"{part} of easy-vqa",
    )


def _installed() -> Path:
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise ImportError("easy-vqa is not installed: pip install easy-vqa, or give its folder")
    return Path(next(iter(found.submodule_search_locations))) / "data"


def _folder(path: Any) -> Path:
    if not isinstance(path, str | Path) or not Path(path).expanduser().is_dir():
        refuse("path", "a folder that exists", checks.describe_value(path))
    return Path(path).expanduser()


def _questions(file: Path) -> list[list[Any]]:
    """Return rows of question, answer and number of the image."""
    wanted = "'questions.json', rows of question, answer and number"
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        rows = None
    if not isinstance(rows, list) or not rows or not all(map(_is_row, rows)):
        refuse("path", wanted, f"none such in {file.parent.name!r}")
    return rows


def _is_row(row: Any) -> bool:
    return (
        isinstance(row, list)
        and len(row) == 3
        and all(isinstance(text, str) and text.strip() for text in row[:2])
        and isinstance(row[2], int)
    )
