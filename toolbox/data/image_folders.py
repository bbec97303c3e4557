"""Read the images of a file or of a folder: all in one, or in a sub-folder for each class."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from toolbox.core.checks import refuse
from toolbox.data.files.images import SUFFIXES, read_image
from toolbox.data.files.pixels import Pages, depths_note
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import any_infinite
from toolbox.data.readable_files import Skipping, leads_nowhere, read_or_refuse, refuse_link

LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")
REPORT_MARK = ".grainwise-report"  # a file in the folder of a report that the command wrote
PAPERS_TABLE = "papers.csv"  # of `load_papers`, whose folder `load` reads too
_LUMINANCE = (0.2125, 0.7154, 0.0721)  # of red, green, blue: Rec. 709, as in scikit-image
_NOTES_SHOWN = 3
_WANTED = "a folder of images, or of sub-folders of images, one a class"


class Images(NamedTuple):
    """Images with a name each, their classes (none in a flat folder), and what was said of them."""

    values: list[np.ndarray]
    names: list[str]
    classes: list[str]
    resolution: float
    note: str
    skipped: list[str]


class _Scaled(Protocol):
    name: str
    largest: float | None  # what stands for 1; None where numbers are as they are stored


Scaled = TypeVar("Scaled", bound=_Scaled)


class _Item(NamedTuple):
    image: np.ndarray
    name: str
    label: str
    resolution: float
    largest: float | None

    @property
    def components(self) -> int:
        return self.image.shape[0] if self.image.ndim == 3 else 1


def read_images(file: Path, room: Room, *, grey: bool) -> Pages:
    """Return the pages of an image file; with `grey`, colours as their luminance."""
    pages = read_or_refuse(read_image, file, room)
    if any(any_infinite(image) for image in pages.images):
        refuse("path", "finite pixels", f"infinite ones in {str(file)!r}")
    if not grey:
        return pages
    greys = [_luminance(image, file) for image in pages.images]
    return pages._replace(images=np.stack(greys) if isinstance(pages.images, np.ndarray) else greys)


def read_folder(folder: Path, room: Room, *, grey: bool, skip: bool) -> Images:
    """Return the images of a folder, in the order of their names; refuse or skip all else."""
    skipping = Skipping(allowed=skip, room=room)
    items: list[_Item] = []
    notes: list[str] = []
    for file, label in image_files(folder, skipping):
        name = f"{label}/{file.name}" if label else file.name
        with skipping.of(name):
            pages = read_images(file, room, grey=grey)
            names = numbered(name, len(pages.images))
            items += [
                _Item(image, own, label, pages.resolution, pages.largest)
                for image, own in zip(pages.images, names, strict=True)
            ]
            notes += [f"{name}: {pages.note}"] * bool(pages.note)
    items, depths = of_one_scale(_of_one_kind(items, skipping), skipping)
    if not items:
        refuse("path", _WANTED, f"no image that can be read in {str(folder)!r}")
    resolutions = {item.resolution for item in items}
    return Images(
        values=[item.image for item in items],
        names=[item.name for item in items],
        classes=[item.label for item in items if item.label],
        resolution=resolutions.pop() if len(resolutions) == 1 else float("nan"),
        note="; ".join(filter(None, (_few(notes), depths))),
        skipped=skipping.skipped,
    )


def grouped(names: list[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    """Return the names of each key."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(key(name), []).append(name)
    return groups


def numbered(name: str, n: int) -> list[str]:
    """Return a name for each of the n items of a file."""
    return [name] if n == 1 else [f"{name}[{i}]" for i in range(n)]


# ---------------------------------------------------------------------------------- which files


def image_files(folder: Path, skipping: Skipping) -> list[tuple[Path, str]]:
    """Return the images of a folder with their class, the name of their sub-folder."""
    shown = _shown(folder)
    classes = [entry for entry in shown if entry.is_dir()]
    loose = [entry for entry in shown if _is_image(entry)]
    if not classes and not loose:
        refuse("path", _WANTED, f"neither in {str(folder)!r}")
    if not classes:
        return [(file, "") for file in _images_among(shown, skipping)]
    for file in loose:
        with skipping.of(file.name):
            refuse("path", _WANTED, f"both, {str(file)!r} beside sub-folders: move it into one")
    return [(file, c.name) for c in classes for file in _own(c, skipping)]


def images_below(place: Path, skipping: Skipping) -> Iterator[Path]:
    """Yield the images at any depth, in the order of their names; refuse or skip all else.

    Reports that the command wrote there are none of the user's files.
    """
    files = sorted(f for f in place.rglob("*") if f.is_file() or leads_nowhere(f))
    reports = {file.parent for file in files if file.name == REPORT_MARK}
    for file in files:
        if file.name.startswith(".") or file.name.lower() in LEFT_BY_SYSTEMS:
            continue
        if not reports.isdisjoint(file.parents):
            continue
        if leads_nowhere(file):
            with skipping.of(file.relative_to(place).as_posix()):
                refuse_link(file)
        elif file.suffix.lower() in SUFFIXES:
            yield file
        elif file.suffix.lower() != ".csv":
            with skipping.of(file.relative_to(place).as_posix()):
                wanted = f"only images ({', '.join(SUFFIXES)}) and tables (.csv) in the folder"
                refuse("path", wanted, repr(str(file)))


def _shown(folder: Path) -> list[Path]:
    entries = [f for f in folder.iterdir() if not f.name.startswith(".")]
    return sorted(f for f in entries if f.name.lower() not in (*LEFT_BY_SYSTEMS, PAPERS_TABLE))


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.is_dir()


def _own(folder: Path, skipping: Skipping) -> list[Path]:
    """Return the images of a class."""
    files = _shown(folder)
    if not files:
        with skipping.of(folder.name):
            got = f"none in {str(folder)!r}: fill it or remove it"
            refuse("path", "at least one image in the folder of each class", got)
    return _images_among(files, skipping)


def _images_among(files: list[Path], skipping: Skipping) -> list[Path]:
    """Return the images; anything else is refused."""
    for file in files:
        if not _is_image(file):
            with skipping.of(file.name):
                wanted = f"only images ({', '.join(SUFFIXES)}) in a folder of them"
                refuse("path", wanted, f"{str(file)!r}: convert it or move it away")
    return [file for file in files if _is_image(file)]


# ---------------------------------------------------------------------------- colour, and remarks


def _of_one_kind(items: list[_Item], skipping: Skipping) -> list[_Item]:
    """Refuse or skip the images whose number of components is not that of the most."""
    usual = Counter(item.components for item in items).most_common(1)
    kept = [item for item in items if item.components == usual[0][0]]
    for item in items:
        if item.components != kept[0].components:
            with skipping.of(item.name):
                ours, theirs = kept[0].components, item.components
                got = f"{theirs} in {item.name!r} against {ours} in {kept[0].name!r}: convert one"
                wanted = "images of one number of components, all grey or all colour"
                refuse("path", wanted, f"{got}, or turn colours into grey (grey=True)")
    return kept


def of_one_scale(items: list[Scaled], skipping: Skipping) -> tuple[list[Scaled], str]:
    """Refuse or skip images that are as stored where most count from 0 to 1, or the reverse.

    Also returns what is to be said of those that count from 0 to 1 by numbers of several depths.
    """
    scaled = sum(item.largest is not None for item in items)
    usual = [item for item in items if (item.largest is None) == (2 * scaled < len(items))]
    for item in items:
        if (item.largest is None) != (usual[0].largest is None):
            with skipping.of(item.name):
                names = sorted((item, usual[0]), key=lambda one: one.largest is None)
                got = "{!r}, which counts from 0 to 1, and {!r}, which is as it is stored"
                wanted = "images of one scale, all of unsigned whole numbers or none"
                got = got.format(*(one.name for one in names))
                refuse("path", wanted, f"{got}: convert one")
    depths: dict[float | None, str] = {}
    for item in usual:
        depths.setdefault(item.largest, item.name)
    return usual, depths_note(depths)


def _luminance(image: np.ndarray, file: Path) -> np.ndarray:
    if image.ndim == 2:
        return image
    if image.shape[0] != len(_LUMINANCE):
        got = f"{image.shape[0]} components in {str(file)!r}"
        refuse("path", "grey images or colours of three components, for grey=True", got)
    total = image[0] * image.dtype.type(_LUMINANCE[0])
    for plane, weight in zip(image[1:], _LUMINANCE[1:], strict=True):
        total += plane * plane.dtype.type(weight)
    return total


def _few(notes: list[str]) -> str:
    """Return the first notes, and how many more there are."""
    more = [f"{len(notes) - _NOTES_SHOWN} more files alike"] * (len(notes) > _NOTES_SHOWN)
    return "; ".join(notes[:_NOTES_SHOWN] + more)
