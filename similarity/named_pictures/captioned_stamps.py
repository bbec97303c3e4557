"""Stamps of Tux Paint: small pictures with captions in many languages and exact masks."""

from pathlib import Path
from typing import Any

import numpy as np

from similarity.named_pictures.drawn import drawn, on_white
from similarity.named_pictures.installed_files import existing_folder, picture_bytes
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record

# Where Debian's package tuxpaint-stamps-default puts them.
STAMPS = "/usr/share/tuxpaint/stamps"
FIRST = "en"  # the language of a caption's first line
MIRRORED = "_mirror"  # a second drawing of the same stamp, without a caption of its own


@record
class Stamps:
    """Pictures with captions and masks.

    Attributes
    ----------
    images : ndarray (n, 3, size, size), float32
        0 to 1, on white, margins cut.
    opacity : ndarray (n, size, size), float32
        0 to 1: where the thing is.
    captions : dict of tuples
        A sentence for each, by language.
    classes : ndarray (n,) of str
        The folders it lies in, such as "animals/birds".
    names : tuple of str
        The path of each in the folder; the same picture may stand under several.
    missing : tuple of str
        Pictures left out, each with what it lacks.
    note : str
    """

    images: np.ndarray
    opacity: np.ndarray
    captions: dict[str, tuple[str, ...]]
    classes: np.ndarray
    names: tuple[str, ...]
    missing: tuple[str, ...]
    note: str = ""


def stamps(path: Any = None, *, languages: Any = ("en", "fr"), size: int = 32) -> Stamps:
    r"""Read the stamps of Tux Paint: pictures, their captions and masks, where they are installed.

    Parameters
    ----------
    path : str or Path, optional
        A folder whose classes are folders, with a caption "X.txt" beside each "X.png": a line in
        English, then lines such as "fr.utf8=Un chat". By default where Debian's package
        ``tuxpaint-stamps-default`` (GPL-2) puts them. Nothing is fetched.
    languages : str or list of str
        Such as "en" or ["en", "fr"].
    size : int
        Pixels an axis, at least 8.

    Returns
    -------
    Stamps
        Those with a caption in every language asked for; `.missing` lists the others.

    Raises
    ------
    InputError
        A folder that is not there, a damaged picture or caption, a language that stands twice in a
        caption, no stamp at all.

    Notes
    -----
    With a the opacity and c the colours of a picture's pixels, its margin cut and its square
    divided into equal areas A, a pixel of the image, over white (Porter and Duff, 1984), and of the
    mask are

    .. math:: x_A = \frac1{|A|} \int_A \bigl(a c + (1 - a)\bigr), \qquad
        o_A = \frac1{|A|} \int_A a.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from PIL import Image
    >>> from similarity import stamps
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "animals"
    >>> folder.mkdir()
    >>> Image.fromarray(np.full((8, 8, 4), 255, dtype=np.uint8)).save(folder / "cat.png")
    >>> _ = (folder / "cat.txt").write_text("A cat.\nfr.utf8=Un chat.\n")
    >>> found = stamps(folder.parent)
    >>> found.captions["fr"], found.classes.tolist(), found.images.shape
    (('Un chat.',), ['animals'], (1, 3, 32, 32))
    """
    size = checks.count(size, "size", minimum=8)
    wanted = _languages(languages)
    folder = existing_folder(STAMPS if path is None else path, "path")
    files = sorted(f for f in folder.rglob("*.png") if not f.stem.endswith(MIRRORED))
    kept, missing, images = [], [], []
    for file in files:
        name = file.relative_to(folder).as_posix()
        said = _captions(file.with_suffix(".txt"), name)
        if lacking := [language for language in wanted if language not in said]:
            missing.append(f"{name}: a caption ({', '.join(lacking)})")
            continue
        images.append(drawn(picture_bytes(file, "path", name), size, argument="path", name=name))
        kept.append((name, said))
    if not kept:
        refuse(
            "path", f"PNG pictures with captions ({', '.join(wanted)})", f"none in {folder.name!r}"
        )
    layers = np.stack(images)
    return Stamps(
        images=on_white(layers),
        opacity=layers[:, 3],
        captions={language: tuple(said[language] for _, said in kept) for language in wanted},
        classes=np.array([name.rpartition("/")[0] for name, _ in kept]),
        names=tuple(name for name, _ in kept),
        missing=tuple(missing),
        note=f"{len(kept)} stamps, {len(missing)} more lack a caption",
    )


def _languages(value: Any) -> list[str]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple | np.ndarray) or not len(listed):
        refuse("languages", "languages such as 'en' and 'fr'", checks.describe_value(value))
    names = [str(language) for language in listed]
    if len(set(names)) < len(names) or not all(names):
        refuse("languages", "each language once", repr(names))
    return names


def _captions(file: Path, name: str) -> dict[str, str]:
    """Return the caption by language; none where the picture has no file of them."""
    if not file.is_file():
        return {}
    try:
        first, *rest = file.read_text(encoding="utf-8-sig").splitlines() or [""]
    except (OSError, UnicodeDecodeError) as error:
        refuse("path", "captions in UTF-8", f"that of {name!r} ({type(error).__name__})")
    said = {FIRST: first.strip()}
    for line in rest:
        language, _, text = line.partition("=")
        key = language.strip().removesuffix(".utf8")
        if key in said and said[key] != text.strip():
            refuse("path", "each language once in a caption", f"{key!r} twice for {name!r}")
        said[key] = text.strip()
    return {language: text for language, text in said.items() if text}
