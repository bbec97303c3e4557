"""Emoji in two independent designs with their names in two languages, where they are installed."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from similarity.named_pictures.bitmap_fonts import read_picture_font
from similarity.named_pictures.cldr_names import VARIATION, Said, cldr_said
from similarity.named_pictures.drawn import drawn, on_white
from similarity.named_pictures.installed_files import existing_folder, picture_bytes
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record

# Where Debian's packages fonts-noto-color-emoji and unicode-cldr-core put them.
FONT = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
NAMES = "/usr/share/unicode/cldr/common"
LANGUAGES = ("en", "fr")
# Keyboards show eight groups: of Unicode's nine, faces and people are one.
JOINED = {"Smileys & Emotion": "Smileys & People", "People & Body": "Smileys & People"}
LEFT_OUT = "Component"  # tones of skin and hair, no pictures of their own


@record
class Emoji:
    """Pictures of the same things in two designs, and what they are called.

    Attributes
    ----------
    images : ndarray (2, n, 3, size, size), float32
        0 to 1, on white, margins cut: of the font first, then of the folder of pictures.
    characters : tuple of str (n,)
    names : dict of tuples
        "en" and "fr": the short name of each.
    keywords : dict of tuples
        "en" and "fr": further words, with commas between them; empty where there are none.
    groups : ndarray (n,) of str
        Eight, as on keyboards.
    missing : tuple of str
        What was left out, each with what it lacks.
    note : str
    """

    images: np.ndarray
    characters: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    keywords: dict[str, tuple[str, ...]]
    groups: np.ndarray
    missing: tuple[str, ...]
    note: str = ""


def emoji(path: Any, *, font: Any = None, names: Any = None, size: int = 32) -> Emoji:
    r"""Read emoji in two designs, with English and French names, from packages of yours.

    Parameters
    ----------
    path : str or Path
        The unpacked npm package ``emoji-datasource-twitter``: "emoji.json" and "img/twitter/64".
        Its pictures are Twitter's (CC-BY 4.0).
    font : str or Path, optional
        The other design: a font of PNG pictures, or a folder of PNG files named by their codes as
        those of `path`. By default Google's, where Debian's package ``fonts-noto-color-emoji``
        puts it (Open Font License).
    names : str or Path, optional
        CLDR's folder "common" with "annotations" and "annotationsDerived"; by default where
        Debian's package ``unicode-cldr-core`` puts it (Unicode's licence).
    size : int
        Pixels an axis, at least 8.

    Returns
    -------
    Emoji
        Those that have a picture in both designs and a name in both languages; `.missing` lists
        the others. Nothing is fetched.

    Raises
    ------
    InputError
        A file that is not there or damaged, an emoji that stands twice in a table, no emoji at all.

    Notes
    -----
    With a the opacity and c the colours of a picture's pixels, its margin cut and its square
    divided into equal areas A, a pixel of the image, over white (Porter and Duff, 1984), is

    .. math:: x_A = \frac1{|A|} \int_A \bigl(a c + (1 - a)\bigr).

    Examples
    --------
    >>> from similarity import emoji
    >>> emoji("no such folder")
    Traceback (most recent call last):
    toolbox.core.checks.InputError: path: wanted a folder that exists, got 'no such folder'
    """
    size = checks.count(size, "size", minimum=8)
    folder = existing_folder(path, "path")
    said = _said(NAMES if names is None else names)
    first = _design(FONT if font is None else font)
    second = folder / "img" / "twitter" / "64"
    kept, images, missing = [], [], []
    for row in _listed(folder / "emoji.json"):
        character, name = _character(row["unified"]), row["image"]
        key, content = character.replace(VARIATION, ""), first(character, name)
        lacking = [f"a name ({lang})" for lang in LANGUAGES if key not in said[lang].names]
        if content is None:
            lacking.append("a picture in the font")
        if lacking:
            missing.append(f"{row['unified']}: {', '.join(lacking)}")
            continue
        images.append(
            [
                drawn(content, size, argument="font", name=row["unified"]),
                drawn(picture_bytes(second / name, "path", name), size, argument="path", name=name),
            ]
        )
        kept.append((character, key, JOINED.get(row["category"], row["category"])))
    if not kept:
        refuse("path", "emoji that the font and the names know", "none")
    return Emoji(
        images=on_white(np.swapaxes(np.array(images, np.float32), 0, 1)),
        characters=tuple(character for character, _, _ in kept),
        names={lang: tuple(said[lang].names[key] for _, key, _ in kept) for lang in LANGUAGES},
        keywords={
            lang: tuple(said[lang].keywords.get(key, "") for _, key, _ in kept)
            for lang in LANGUAGES
        },
        groups=np.array([group for _, _, group in kept]),
        missing=tuple(missing),
        note=f"{len(kept)} emoji, {len(missing)} more lack a picture or a name",
    )


def _said(names: Any) -> dict[str, Said]:
    folder = existing_folder(names, "names")
    return {language: cldr_said(folder, language, "names") for language in LANGUAGES}


def _design(value: Any) -> Callable[[str, str], bytes | None]:
    """Return what finds an emoji's PNG by its characters or by the name of its file."""
    if not isinstance(value, str | Path) or not Path(value).expanduser().exists():
        refuse("font", "a font or a folder that exists", checks.describe_value(value))
    place = Path(value).expanduser()
    if place.is_file():
        pictures = read_picture_font(place, "font")
        return lambda character, _: pictures.picture(character)
    return lambda _, name: (
        picture_bytes(place / name, "font", name) if (place / name).is_file() else None
    )


def _listed(file: Path) -> list[dict[str, str]]:
    """Return rows of emoji.json, each emoji once."""
    wanted = "'emoji.json', rows with 'unified', 'image' and 'category'"
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        refuse("path", wanted, f"{type(error).__name__} in {file.parent.name!r}")
    if not isinstance(rows, list) or not rows or not all(map(_is_row, rows)):
        refuse("path", wanted, f"other rows in {file.parent.name!r}")
    codes = [row["unified"] for row in rows]
    code, times = Counter(codes).most_common(1)[0]
    if times > 1:
        refuse("path", "each emoji once", f"{code} twice in {file.name!r}")
    return [row for row in rows if row["category"] != LEFT_OUT]


def _is_row(row: Any) -> bool:
    if not isinstance(row, dict):
        return False
    texts = [row.get(key) for key in ("unified", "image", "category")]
    # A name with a folder in it would lead out of the package.
    return all(isinstance(t, str) and t for t in texts) and Path(texts[1]).name == texts[1]


def _character(unified: str) -> str:
    """Return the characters of "1F468-200D-1F692"."""
    try:
        return "".join(chr(int(code, 16)) for code in unified.split("-"))
    except (ValueError, OverflowError):
        refuse("path", "codes such as '1F600-200D'", repr(unified))
