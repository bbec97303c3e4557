"""Read TIFF files of any compression into one array, filled a strip or a tile at a time."""

import os
import struct
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from toolbox.data.files.pixels import (
    Pages,
    depths_note,
    hidden_note,
    resolution,
    turned,
    without_single_component,
)
from toolbox.data.files.tiff_colours import Samples, samples_of, shown, told_beside
from toolbox.data.files.tiff_segments import segments
from toolbox.data.memory_limits import Room
from toolbox.data.number_blocks import count_missing, exactly, fill
from toolbox.data.readable_files import naming

_MM = {2: 25.4, 3: 10.0}  # TIFF's units of resolution: inch, centimetre
_ORIENTATION = 274
_ROTATED = (5, 6, 7, 8)  # orientations whose rows are columns
_REDUCED, _MASK = 1, 4  # bits of the tag NewSubfileType
_PLAIN = ("generic", "uniform")  # kinds of tifffile's series that no metadata describes
_BIG = 43  # the version in the header of a BigTIFF, whose offsets have 64 bits


class _Part(NamedTuple):
    """Pages that form one array: its axes, and how its samples are read."""

    pages: list[Any]  # tifffile's
    axes: str  # in the order of the file; Y and X are space, C and S components, others items
    shape: tuple[int, ...]
    offset: int | None  # of all numbers in one piece, as they are
    masks: list[Any]  # a page of opacities for each page, or None
    how: Samples

    def sizes(self, axes: str) -> list[int]:
        """Return the sizes of those axes that are among the given."""
        return [n for n, axis in zip(self.shape, self.axes, strict=True) if axis in axes]

    @property
    def orientation(self) -> int:
        """Return how the pixels are turned."""
        return int(self.pages[0].keyframe.tags.valueof(_ORIENTATION, 1))

    @property
    def layout(self) -> tuple[int, ...]:
        """Return the shape (planes, h, w) of an item in memory."""
        height, width = self.sizes("Y")[0], self.sizes("X")[0]
        upright = (width, height) if self.orientation in _ROTATED else (height, width)
        return (max(prod(self.sizes("CS")), self.how.planes), *upright)

    @property
    def leaves_out(self) -> bool:
        """Say whether the file leaves out strips or tiles, as GDAL does where nothing is known."""
        return self.offset is None and any(0 in page.databytecounts for page in self.pages)

    @property
    def items(self) -> int:
        """Return the number of items."""
        return prod(self.shape) // prod(self.sizes("CSYX"))


def read_tiff(path: Path, room: Room) -> Pages:
    """Return the full-size pages of a TIFF file; raises ValueError and what its decoder raises."""
    import tifffile

    want_all_pages(path)
    with tifffile.TiffFile(path) as file:
        parts = list(_parts(file))
        if not parts:
            raise ValueError("a TIFF without an image")
        depths = _depths(parts)
        for part in parts:
            _want_whole(part)
            nbytes = part.items * prod(part.layout) * part.how.dtype.itemsize
            if part.leaves_out:
                room.unfold(nbytes, path.stat().st_size, path)
            else:
                room.take(nbytes, path)
        with naming(str(path)):
            images, notes = _images(parts, file)
        page = file.pages[0]
        unit = _MM.get(int(page.resolutionunit or 0), 0.0)
        per_mm = resolution(*page.resolution, unit) if unit else float("nan")
    note = "; ".join(dict.fromkeys(n for n in (*notes, depths_note(depths)) if n))
    return Pages(images, per_mm, note, next(iter(depths)))


def _depths(parts: list[_Part]) -> dict[float | None, str]:
    """Return what stands for 1 with a page of each kind; refuse pages of which some are scaled."""
    depths: dict[float | None, str] = {}
    page = 0
    for part in parts:
        depths.setdefault(part.how.full, f"page {page}")
        page += part.items
    if None in depths and len(depths) > 1:
        stored = depths.pop(None)
        got = f"{stored} is as it is stored, {next(iter(depths.values()))} counts from 0 to 1"
        raise ValueError(f"pages of two scales ({got}): save them in one type")
    return depths


def want_all_pages(path: Path) -> None:
    """Follow the chain of pages to its end; tifffile leaves out what it does not reach, or turns.

    A page is a number of entries, these, and the offset of the next page, 0 after the last.
    """
    size, seen = path.stat().st_size, set()
    with path.open("rb") as handle:
        order = {b"II": "<", b"MM": ">"}.get(handle.read(2), "<")
        big = struct.unpack(order + "H", exactly(handle, 2))[0] == _BIG
        count, entry, offset = ("Q", 20, "Q") if big else ("H", 12, "I")
        handle.seek(8 if big else 4)
        place = struct.unpack(order + offset, exactly(handle, struct.calcsize(offset)))[0]
        while place:
            if place in seen:
                raise ValueError("a damaged file: its pages form a circle")
            if place >= size:
                raise ValueError(
                    f"a truncated file: page {len(seen)} is at {place} of {size} bytes"
                )
            seen.add(place)
            handle.seek(place)
            entries = struct.unpack(order + count, exactly(handle, struct.calcsize(count)))[0]
            handle.seek(min(entries * entry, size), os.SEEK_CUR)
            place = struct.unpack(order + offset, exactly(handle, struct.calcsize(offset)))[0]


# ------------------------------------------------------------------------------ what is in a file


def _parts(file: Any) -> Iterator[_Part]:
    """Yield the arrays of a file in its order, reduced copies left out.

    Without metadata of its axes a page is an item. tifffile would sort such pages by their shape,
    and take one of half the size for a reduced copy of another, whatever its tags say.
    """
    series = file.series
    if series and series[0].kind not in _PLAIN:
        for one in series:
            yield _described(one)
        return
    pages = list(file.pages)
    full = [p for p in pages if not p.subfiletype & (_REDUCED | _MASK)] or pages[:1]
    found = _masks(pages)
    for run in _runs(full):
        masks = [found.get(page.index) for page in run]
        shape, axes = (len(run), *run[0].shape), "I" + run[0].axes
        offset = run[0].dataoffsets[0] if len(run) == 1 and _in_one_piece(run[0]) else None
        yield _Part(run, axes, shape, offset, masks, samples_of(run[0]))


def _described(series: Any) -> _Part:
    """Return a series whose axes the file tells."""
    key = series.keyframe
    axes, shape = series.get_axes(squeeze=False), series.get_shape(squeeze=False)
    if axes.endswith("S") and "S" not in key.axes:  # a single sample has no axis in its page
        axes, shape = axes[:-1], shape[:-1]
    offset = series.dataoffset if _in_one_piece(key) else None
    pages = [key] if offset is not None else list(series)
    if any(page is None for page in pages) or "Y" not in axes or "X" not in axes:
        raise ValueError(f"pages that are not in the file, or without space: axes {axes}")
    return _Part(pages, axes, tuple(shape), offset, [None] * len(pages), samples_of(key))


def _runs(pages: list[Any]) -> list[list[Any]]:
    """Return neighbouring pages of one kind together."""
    runs: list[list[Any]] = []
    for page in pages:
        if runs and _kind(runs[-1][0]) == _kind(page):
            runs[-1].append(page)
        else:
            runs.append([page])
    return runs


def _kind(page: Any) -> tuple:
    """Return what pages of one array have in common."""
    return (page.hash, page.tags.valueof(_ORIENTATION, 1), *told_beside(page))


def _masks(pages: list[Any]) -> dict[int, Any]:
    """Return the page of opacities that comes after a full page, by that page's index."""
    masks, full = {}, None
    for page in pages:
        if not page.subfiletype & (_REDUCED | _MASK):
            full = page.index
        elif page.subfiletype & _MASK and not page.subfiletype & _REDUCED and full is not None:
            masks.setdefault(full, page)
    return masks


def _in_one_piece(page: Any) -> bool:
    """Say whether the numbers stand in the file as they are, at an offset that is told."""
    return page.is_final and page.dataoffsets[0] > 0


def _want_whole(part: _Part) -> None:
    """Refuse pages whose strips or tiles are not all in the file, before room is made for them."""
    if 0 in part.shape or (part.how.special and prod(part.sizes("C")) > 1):
        raise ValueError(f"samples of several meanings, or none: axes {part.axes} {part.shape}")
    stored = prod(part.shape) * part.how.stored.itemsize
    size = part.pages[0].parent.filehandle.size
    if part.offset is not None and part.offset + stored > size:
        raise ValueError(f"a truncated file: {size} bytes where {part.offset + stored} are needed")
    for page in part.pages if part.offset is None else ():
        offsets, counts = page.dataoffsets, page.databytecounts
        segments = prod(page.keyframe.chunked)
        if not len(offsets) == len(counts) == segments:
            raise ValueError(f"{len(offsets)} strips or tiles where {segments} are needed")
        end = max(o + n for o, n in zip(offsets, counts, strict=True))
        size = page.parent.filehandle.size  # of another file, where a series goes on in it
        if end > size:
            raise ValueError(f"a truncated file: {size} bytes where {end} are needed")


# ---------------------------------------------------------------------------- reading its numbers


def _images(parts: list[_Part], file: Any) -> tuple[Any, list[str]]:
    """Return all items in one array where they are alike, else a list of them; and notes."""
    how = parts[0].how
    alike = {(p.layout, p.how.dtype, p.how.meaning) for p in parts}
    if len(alike) > 1:
        read = [_images([part], file) for part in parts]
        return [image for images, _ in read for image in images], [n for _, ns in read for n in ns]
    samples = np.empty((sum(p.items for p in parts), *parts[0].layout), how.dtype)
    start, notes = 0, []
    for part in parts:
        target = samples[start : start + part.items]
        start += part.items
        notes.append(_read_part(part, file, target))
    images, hidden = shown(samples, how)
    notes.append(hidden_note(hidden, "an alpha channel"))
    return without_single_component(images), notes


def _read_part(part: _Part, file: Any, samples: np.ndarray) -> str:
    """Fill ``(items, planes, h, w)``; return what made gaps."""
    target = _in_the_order_of_the_file(part, samples)
    absent = 0
    if part.offset is not None:
        file.filehandle.seek(part.offset)
        stored = part.how.stored.newbyteorder(file.byteorder)
        fill(target, stored, file.filehandle, part.how.put)
    else:
        leading = part.shape[: len(part.shape) - len(part.pages[0].shape)]
        if prod(leading) != len(part.pages) or part.axes[len(leading) :] != part.pages[0].axes:
            raise ValueError(f"{len(part.pages)} pages of axes {part.axes} {part.shape}")
        for page, place in zip(part.pages, np.ndindex(leading), strict=True):
            absent += _read_page(page, target[place], part.how)
    masked = _apply_masks(part, samples)
    notes = [hidden_note(masked, "a mask")] * bool(masked)
    notes += [f"{absent} tiles that the file leaves out are NaN"] * bool(absent)
    if part.how.nodata is not None and count_missing(samples):
        notes.append(f"NaN where the file has its value for no data, {part.how.nodata}")
    return "; ".join(notes)


def _in_the_order_of_the_file(part: _Part, samples: np.ndarray) -> np.ndarray:
    """Return the view of ``(items, planes, h, w)`` with the axes that the file has."""
    order = [i for i, axis in enumerate(part.axes) if axis not in "CSYX"]
    order += [part.axes.index(axis) for axis in "CSYX" if axis in part.axes]
    stored = samples[:, : max(1, prod(part.sizes("CS")))]
    items = [part.shape[i] for i in order if part.axes[i] not in "CSYX"]
    components = [part.shape[part.axes.index(axis)] for axis in "CS" if axis in part.axes]
    split = stored.reshape(*items, *components, *samples.shape[2:])
    return turned(split, part.orientation, back=True).transpose(np.argsort(order))


def _read_page(page: Any, target: np.ndarray, how: Samples) -> int:
    """Fill the array of one page strip by strip; return how many of them the file leaves out."""
    layers = _layers(target, page.keyframe.axes)
    separate = page.keyframe.planarconfig == 2 and len(layers) > 1
    absent = 0
    if page.parent.filehandle.closed:  # another file of a series; it is closed with the first
        page.parent.filehandle.open()
    for segment, gaps, (s, d, h, w, *_), (depth, height, width, _) in segments(page):
        chosen = slice(s, s + 1) if separate else slice(None)
        place = layers[chosen, d : d + depth, h : h + height, w : w + width]
        if segment is None:  # GDAL leaves out tiles that hold no value
            place[...] = np.nan
            absent += 1
            continue
        how.put(place, _within(segment, place))
        if gaps is not None:
            np.copyto(place, np.nan, where=_within(gaps, place))
    return absent


def _within(segment: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return ``(depth, h, w, samples)`` as ``(samples, depth, h, w)``, cut to the image."""
    return np.moveaxis(segment, -1, 0)[:, : place.shape[1], : place.shape[2], : place.shape[3]]


def _layers(target: np.ndarray, axes: str) -> np.ndarray:
    """Return a page as ``(samples, depth, h, w)``."""
    present = [axis for axis in "SZYX" if axis in axes]
    view = target.transpose([axes.index(axis) for axis in present])
    return view[tuple(slice(None) if axis in present else None for axis in "SZYX")]


def _apply_masks(part: _Part, samples: np.ndarray) -> float:
    """Make NaN what the page of opacities after a page hides; return the share of pixels."""
    hidden = 0.0
    for page, image, mask in zip(part.pages, samples, part.masks, strict=False):
        if mask is not None:
            if mask.shape != page.shape[:2] or page.axes[:2] != "YX":
                raise ValueError(f"a mask of {mask.shape} pixels for {page.shape}")
            gaps = turned(mask.asarray(), part.orientation) == 0
            np.copyto(image, np.nan, where=gaps)
            hidden += float(gaps.mean()) / len(samples)
    return hidden
