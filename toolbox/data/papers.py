"""Photographic papers: images with the sheet, the package and the maker that each is of."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from toolbox.core.checks import count, flag, refuse
from toolbox.core.records import record
from toolbox.core.units import content_label
from toolbox.data.files.pixels import resolutions_note, saturated_note
from toolbox.data.image_folders import (
    PAPERS_TABLE,
    grouped,
    images_below,
    numbered,
    of_one_scale,
    read_images,
)
from toolbox.data.memory_limits import Room
from toolbox.data.readable_files import (
    Skipping,
    existing,
    few,
    leads_nowhere,
    not_known,
    one_character,
    table_rows,
)

COLUMNS = ("maker", "package", "sheet")  # the widest first, as folders hold each other
_PATTERN = 1e-9  # spread of an image that shows nothing, against its largest value


@record
class Papers:
    """Images of papers, and what is known of their origin.

    Attributes
    ----------
    values : tuple of n ndarrays (h, w), or ndarray (n, size, size)
        Grey images; central squares where a size was asked for.
    names : tuple of str
        The path of each image in its folder.
    sheet, package, maker : ndarray (n,) of str
        Labels that hold what stands above them, such as "Agfa/box 3/2" for a sheet; empty where
        nobody says.
    units : ndarray (n,) of str
        The sheet of each image, or the image itself: images of one sheet are not independent.
    resemblance : ndarray (n, n) of int8
        3 for two images of one sheet, 2 of one package, 1 of one maker, 0 of two makers, -1 where
        what is known does not say; 3 on the diagonal.
    resolution : float
        Pixels per mm, NaN where the images give none or several.
    skipped : tuple of str
        Each image that was left out, and why: those that show what another does, pixel by pixel;
        with ``skip=True``, also those that cannot be used.
    note : str
        Which folders were taken for makers, packages and sheets; columns of the table that are not
        used, labels that differ in capitals alone; images that show the same.
    """

    values: Any
    names: tuple[str, ...]
    sheet: np.ndarray
    package: np.ndarray
    maker: np.ndarray
    units: np.ndarray
    resemblance: np.ndarray
    resolution: float
    skipped: tuple[str, ...] = ()
    note: str = ""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """Stand for the values, where they are of one size."""
        if not isinstance(self.values, np.ndarray):
            raise ValueError("images that may differ in size: load_papers(..., size=...) cuts them")
        return np.array(self.values, dtype=dtype, copy=copy)


class _Paper(NamedTuple):
    value: np.ndarray
    name: str
    origin: dict[str, str]
    resolution: float
    largest: float | None


def load_papers(
    path: str | os.PathLike,
    *,
    table: str | os.PathLike | None = None,
    size: int | None = None,
    skip: bool = False,
    largest: int | None = None,
) -> Papers:
    r"""Load images of photographic papers with their sheet, package and maker.

    Parameters
    ----------
    path : str or path
        A folder of images (PNG, JPEG, TIFF), at any depth; colours become grey.
    table : str or path, optional
        A CSV file with a column name (the image's path in the folder, or its file name where only
        one has it) and some of the columns sheet, package and maker; by default ``papers.csv`` in
        the folder. Without one, folders within each other are taken for maker, package and sheet,
        in this order, and the note says so; images in the folder itself are of no known origin.
    size : int, optional
        Pixels of the central square that is cut from each image; by default images stay whole.
    skip : bool
        Files that cannot be used are left out and listed in ``.skipped``, instead of being refused.
    largest : int, optional
        Bytes that the images may take in all; by default the memory that is free.

    Returns
    -------
    Papers

    Raises
    ------
    InputError
        If a file is damaged or no image, an image is smaller than the square or shows nothing, some
        images count from 0 to 1 and others are as they are stored, the table has names of no
        image, or gives one image two origins, in two rows or under two names; each names the file.

    Notes
    -----
    Colours become their luminance,

    .. math:: Y = 0.2125 R + 0.7154 G + 0.0721 B,

    and a square of s pixels of an image of h rows begins at row floor((h - s) / 2). Images that
    are equal in every pixel are one image under several names: the first stands for all.

    References
    ----------
    ITU-R Recommendation BT.709 (1990).

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from skimage.io import imsave
    >>> from toolbox import load_papers
    >>> grain = np.random.default_rng(0).integers(0, 255, (3, 64, 80), dtype=np.uint8)
    >>> with TemporaryDirectory() as folder:
    ...     for name, image in zip(("a", "b", "c"), grain):
    ...         imsave(Path(folder, name + ".png"), image)
    ...     rows = ["name,maker,package", "a.png,Agfa,1", "b.png,Agfa,1", "c.png,Kodak,1"]
    ...     _ = Path(folder, "papers.csv").write_text("\n".join(rows))
    ...     papers = load_papers(folder, size=64)
    >>> papers.values.shape, papers.package.tolist()
    ((3, 64, 64), ['Agfa/1', 'Agfa/1', 'Kodak/1'])
    >>> papers.resemblance.tolist()
    [[3, 2, 0], [2, 3, 0], [0, 0, 3]]
    """
    place, room = existing(path), Room(largest)
    if not place.is_dir():
        refuse("path", "a folder of images", repr(str(place)))
    size = None if size is None else count(size, "size", minimum=16)
    skipping = Skipping(allowed=flag(skip, "skip"), room=room)
    files = list(images_below(place, skipping))
    given = _table_of(place, table)
    origins = _origins(place, files, given, skipping)
    found: list[_Paper] = []
    for file in files:
        name = file.relative_to(place).as_posix()
        if name not in origins:
            continue
        with skipping.of(name):
            found += _papers_of(file, name, origins[name], size, room)
    found, depths = of_one_scale(found, skipping)
    if not found:
        refuse("path", "at least one image that can be used", f"none in {str(place)!r}")
    found, same = _each_once(found, skipping)
    if not found:
        refuse("table", "one origin for each image", f"none of which that is so in {str(place)!r}")
    sources = [_assumed(found)]
    if given is not None:
        sources = [_unread(given), _not_known(given), _alike(found)]
    said = [resolutions_note(found), saturated_note(found), depths]
    return _together(found, size, skipping.skipped + same, [*sources, _said_of(same), *said])


def _papers_of(
    file: Path, name: str, origin: dict[str, str], size: int | None, room: Room
) -> list[_Paper]:
    pages = read_images(file, room, grey=True)
    papers = []
    for image, own in zip(pages.images, numbered(name, len(pages.images)), strict=True):
        cut = image if size is None else _centre(image, size, own)
        if np.isnan(cut).any():
            refuse("path", "images without transparent or missing pixels", repr(own))
        if np.ptp(cut) <= _PATTERN * np.abs(cut).max():
            refuse("path", "images that show something", f"a blank one, {own!r}")
        papers.append(_Paper(cut, own, origin, pages.resolution, pages.largest))
    return papers


def _centre(image: np.ndarray, size: int, name: str) -> np.ndarray:
    if min(image.shape) < size:
        got = f"{image.shape[1]} x {image.shape[0]} in {name!r}"
        refuse("size", f"images of at least {size} pixels an axis", got)
    top, left = ((n - size) // 2 for n in image.shape)
    return image[top : top + size, left : left + size].copy()


# ------------------------------------------------------------------------- where papers are from


def _origins(
    place: Path, files: list[Path], given: Any, skipping: Skipping
) -> dict[str, dict[str, str]]:
    """Return what is known of each image, by its path in the folder.

    An image whose rows contradict each other is refused, or skipped and not among them.
    """
    names = [file.relative_to(place).as_posix() for file in files]
    if given is None:
        return {name: _from_folders(one_character(name)) for name in names}
    rows: dict[str, list[dict[str, str]]] = {name: [] for name in names}
    by_path = grouped(names, one_character)
    by_file = grouped(names, lambda name: one_character(name).rpartition("/")[2])
    listed = existing(given, argument="table")
    for row in _rows(listed):
        asked = row["name"].strip().replace("\\", "/").removeprefix("./")
        those = by_path.get(asked) or by_file.get(asked, [])
        with skipping.of(f"{listed.name}, {asked}"):
            if len(those) != 1:
                got = f"{asked!r} in {str(listed)!r}, which {len(those) or 'none'} of them has"
                refuse("table", "the name of one image of the folder", got)
            known = {column: row.get(column, "").strip() for column in COLUMNS}
            told = {c: text for c, text in known.items() if not not_known(text)}
            rows[those[0]].append(told)
    origins = {}
    for name, said in rows.items():
        with skipping.of(name):
            origins[name] = _agreed(said, "each image", f"{name} in {str(listed)!r}")
    return origins


def _agreed(origins: list[dict[str, str]], asked: str, whose: str) -> dict[str, str]:
    """Return what origins say together; refuse those that contradict each other."""
    agreed: dict[str, str] = {}
    for origin in origins:
        for column, text in origin.items():
            if agreed.setdefault(column, text) != text:
                got = f"{agreed[column]!r} and {text!r} for {whose}"
                refuse("table", f"one {column} for {asked}", got)
    return agreed


def _table_of(place: Path, table: Any) -> Any:
    """Return the table that was given, or the one in the folder; None where there is none."""
    own = place / PAPERS_TABLE
    return own if table is None and (own.is_file() or leads_nowhere(own)) else table


def _rows(table: Path) -> list[dict[str, str]]:
    rows = table_rows(table, argument="table", columns=("name", *COLUMNS))
    if not rows or "name" not in rows[0] or not set(COLUMNS) & set(rows[0]):
        wanted = f"a CSV file with a column name and some of {', '.join(COLUMNS)}"
        there = ", ".join(filter(None, rows[0])) if rows else "no rows"
        refuse("table", wanted, f"{str(table)!r} with {there}")
    return rows


def _from_folders(name: str) -> dict[str, str]:
    """Return what the folders around an image say: maker, package, sheet."""
    return dict(zip(COLUMNS, name.split("/")[:-1], strict=False))


def _assumed(found: list[_Paper]) -> str:
    """Say what the folders were taken for, since nobody told what they are."""
    levels = []
    for column in COLUMNS:
        labels = sorted(set(_labels(found, column).tolist()) - {""})
        levels += [f"{column}s ({few(labels)})"] if labels else []
    if not levels:
        return ""
    below = max(paper.name.count("/") for paper in found) - len(COLUMNS)
    ignored = f", and {below} more below them for nothing" if below > 0 else ""
    told = f"without a table, folders were taken for {', '.join(levels)}{ignored}"
    return f"{told}: a {PAPERS_TABLE} says what they are"


def _unread(table: Any) -> str:
    """Say which columns of a table are not used: a maker may stand in one of them."""
    unread = [c for c in _rows(Path(table))[0] if c and c not in ("name", *COLUMNS)]
    if not unread:
        return ""
    told = f"columns of the table that are not used: {few(unread)}"
    return f"{told} (packages, or sheets, of one name are one where no {COLUMNS[0]} parts them)"


def _not_known(table: Any) -> str:
    """Say which words of a table were taken for "nobody knows": they are no maker's name."""
    words = {row.get(c, "").strip() for row in _rows(Path(table)) for c in COLUMNS} - {""}
    taken = sorted(word for word in words if not_known(word))
    return f"taken for not known: {', '.join(taken)}" if taken else ""


def _alike(found: list[_Paper]) -> str:
    """Say which labels differ in capitals alone, or as 1 and 1.0, and count as different."""
    written: dict[tuple[str, str], set[str]] = {}
    for paper in found:
        for column, text in paper.origin.items():
            written.setdefault((column, _plain(text)), set()).add(text)
    pairs = [
        f"{column}s {' and '.join(sorted(texts))}"
        for (column, _), texts in sorted(written.items())
        if len(texts) > 1
    ]
    told = "different but for capitals, or for how a number is written"
    return f"{told}: {few(pairs)}" if pairs else ""


def _plain(text: str) -> str:
    try:
        return f"{float(text):g}"
    except ValueError:
        return " ".join(text.casefold().split())


def _each_once(found: list[_Paper], skipping: Skipping) -> tuple[list[_Paper], list[str]]:
    """Return each image once, with all that is known of it, and the names that show it again.

    Where its names are of two origins nobody knows its own: all are refused or skipped.
    """
    groups: dict[str, list[_Paper]] = {}
    for paper in found:
        groups.setdefault(content_label(paper.value), []).append(paper)
    kept, same = [], []
    for papers in groups.values():
        names = [paper.name for paper in papers]
        told, agreed = [paper.origin for paper in papers], None
        for name in names:  # each of them is left out where they contradict each other
            with skipping.of(name):
                whose = " and ".join(names)
                agreed = _agreed(told, "images that are equal in every pixel", whose)
        if agreed is not None:
            kept.append(papers[0]._replace(origin=agreed))
            same += [f"{name}: the same in every pixel as {names[0]}" for name in names[1:]]
    return kept, same


def _said_of(same: list[str]) -> str:
    return f"counted once: {few(same)}" if same else ""


def _together(
    found: list[_Paper], size: int | None, skipped: list[str], notes: list[str]
) -> Papers:
    own = {column: _labels(found, column) for column in COLUMNS}
    resolutions = {paper.resolution for paper in found}
    values = tuple(paper.value for paper in found)
    names = tuple(paper.name for paper in found)
    unknown = sum(not paper.origin for paper in found)
    origins = f"of {unknown} of {len(found)} images nobody says where they are from"
    return Papers(
        values=values if size is None else np.stack(values),
        names=names,
        **own,
        units=np.where(own["sheet"] == "", np.array(names), own["sheet"]),
        resemblance=_resemblance(own),
        resolution=resolutions.pop() if len(resolutions) == 1 else float("nan"),
        skipped=tuple(skipped),
        note="; ".join(filter(None, [origins * bool(unknown), *notes])),
    )


def _labels(found: list[_Paper], column: str) -> np.ndarray:
    """Return labels that hold what stands above: package 1 of two makers are two packages."""
    above = COLUMNS[: COLUMNS.index(column) + 1]
    texts = [
        "/".join(paper.origin[c] for c in above if c in paper.origin)
        if column in paper.origin
        else ""
        for paper in found
    ]
    return np.array(texts, dtype=np.str_)


def _resemblance(own: dict[str, np.ndarray]) -> np.ndarray:
    """Return the closest relation that each pair is known to have, -1 where none is known."""
    n = len(own["sheet"])
    table = np.full((n, n), -1, dtype=np.int8)
    for relation, column in enumerate(COLUMNS, start=1):
        _, code = np.unique(own[column], return_inverse=True)
        known = own[column] != ""
        both = known[:, None] & known
        same = both & (code[:, None] == code)
        # Sheets that differ may share a package: only makers that differ share nothing.
        table[both & ~same & (relation == 1)] = 0
        table[same] = relation
    np.fill_diagonal(table, 3)
    return table
