"""Read a PNG file: checked to its last byte, then decoded by libpng with all bits kept."""

import re
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from toolbox.data.files.pixels import Pages, hidden_note, image_of, resolution
from toolbox.data.memory_limits import Room

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by colour type
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
_WITH_ALPHA = (4, 6)
# Of Adam7: the first column and row of each pass, and the steps between its pixels.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_PASSES = (*_PASSES, (0, 1, 1, 2))
_PIECE = 1 << 20  # bytes inflated at a time
# What decides the pixels. All else (profiles, comments) is left out of what libpng is given, since
# it prints warnings about these.
_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_OF_INDICES = (b"IDAT", b"IEND")  # beside the header, of a palette's image as libpng is given it
_TOLD = (b"PLTE", b"tRNS", b"pHYs", b"eXIf", b"iTXt")


class _Head(NamedTuple):
    width: int
    height: int
    bits: int
    colour: int
    interlaced: int

    @property
    def components(self) -> int:
        """Return the number of grey or colours, opacity left out."""
        return 3 if self.colour in (2, _PALETTE, 6) else 1


class _Chunk(NamedTuple):
    kind: bytes
    data: memoryview
    whole: memoryview  # with its length and its checksum


def read_png(path: Path, room: Room) -> Pages:
    """Return the image of a PNG file; raises ValueError on whatever is wrong with it."""
    import imagecodecs

    head, told, kept = _checked(path, room)
    pixels = imagecodecs.png_decode(kept)
    del kept
    if head.colour == _PALETTE:
        pixels = _looked_up(pixels, head, told)
    alpha = head.colour in _WITH_ALPHA or b"tRNS" in told
    image, hidden = image_of(pixels, alpha=alpha, orientation=_orientation(told))
    note = hidden_note(hidden, "transparent in the file")
    largest = 2.0 ** (8 if head.colour == _PALETTE else head.bits) - 1
    return Pages(image[None], _pixels_per_mm(told.get(b"pHYs", b"")), note, largest)


def _checked(path: Path, room: Room) -> tuple["_Head", dict[bytes, bytes], bytes]:
    """Return the header, what is told beside the pixels, and the file without what is not needed.

    The file itself is let go: three copies of its pixels would be too many.
    """
    chunks = _chunks(path.read_bytes())
    head = _head(chunks[0])
    room.take(4 * head.width * head.height * head.components, path)
    _want_whole_pixels(head, [chunk.data for chunk in chunks if chunk.kind == b"IDAT"])
    first, needed = chunks[0].whole, _NEEDED[1:]
    if head.colour == _PALETTE:
        first, needed = _as_grey(head), _OF_INDICES
    kept = b"".join([SIGNATURE, first, *(chunk.whole for chunk in chunks if chunk.kind in needed)])
    return head, {c.kind: bytes(c.data) for c in chunks if c.kind in _TOLD}, kept


def _as_grey(head: _Head) -> bytes:
    """Return the header of the same pixels as greys: libpng shows a colour that is not there."""
    data = struct.pack(">IIBBBBB", head.width, head.height, head.bits, 0, 0, 0, head.interlaced)
    body = b"IHDR" + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def _looked_up(greys: np.ndarray, head: _Head, told: dict[bytes, bytes]) -> np.ndarray:
    """Return the colours (h, w, 3), or with the opacity (h, w, 4), of a palette's numbers."""
    if len(told.get(b"PLTE", b"")) // 3 == 0:
        raise ValueError("a damaged PNG: a palette without its colours")
    colours = np.frombuffer(told[b"PLTE"], np.uint8).reshape(-1, 3)
    numbers = greys // (255 // (2**head.bits - 1))  # libpng spreads fewer bits over all eight
    if numbers.max() >= len(colours):
        got = f"a pixel of colour {numbers.max()} where its palette has {len(colours)}"
        raise ValueError(f"a damaged PNG: {got}")
    if b"tRNS" in told:
        opacity = np.full((len(colours), 1), 255, np.uint8)
        opacity[: len(told[b"tRNS"]), 0] = np.frombuffer(told[b"tRNS"], np.uint8)[: len(colours)]
        colours = np.hstack([colours, opacity])
    return colours[numbers]


def _chunks(content: bytes) -> list[_Chunk]:
    """Return every chunk, compared with its checksum."""
    view, place = memoryview(content), len(SIGNATURE)
    found: list[_Chunk] = []
    while not found or found[-1].kind != b"IEND":
        if place + 12 > len(content):
            raise ValueError("a PNG that ends early")
        size, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + size
        if end > len(content):
            raise ValueError(f"a PNG that ends early, in its part {kind!r}")
        if zlib.crc32(view[place + 4 : end - 4]) != struct.unpack_from(">I", content, end - 4)[0]:
            raise ValueError(f"a damaged PNG: the checksum of its part {kind!r} is wrong")
        found.append(_Chunk(kind, view[place + 8 : end - 4], view[place:end]))
        place = end
    return found


def _head(first: _Chunk) -> _Head:
    kind, data, _ = first
    if kind != b"IHDR" or len(data) != 13:
        raise ValueError("a PNG without its header")
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data)
    if not width or not height or bits not in _DEPTHS.get(colour, ()) or interlaced > 1:
        raise ValueError(f"a PNG of {width} x {height} pixels, {bits} bits, colour type {colour}")
    return _Head(width, height, bits, colour, interlaced)


def _want_whole_pixels(head: _Head, parts: list[memoryview]) -> None:
    """Inflate the pixels, a piece at a time, and count them: libpng fills what lacks with zeros."""
    wanted, got, inflate = _packed_size(head), 0, zlib.decompressobj()
    for part in parts:
        rest: bytes | memoryview = part
        while len(rest) and not inflate.eof:
            got += len(inflate.decompress(rest, _PIECE))
            rest = inflate.unconsumed_tail
            if got > wanted:
                raise ValueError(f"a damaged PNG: more than the {wanted} bytes of its pixels")
    if got != wanted or not inflate.eof:
        raise ValueError(f"a PNG that ends early: {got} bytes of pixels where {wanted} are needed")


def _packed_size(head: _Head) -> int:
    """Return the bytes of all rows, each with the byte that tells its filter."""
    total = 0
    for x, y, across, down in _PASSES if head.interlaced else ((0, 0, 1, 1),):
        columns, rows = -((x - head.width) // across), -((y - head.height) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * _SAMPLES[head.colour] * head.bits + 7) // 8)
    return total


def _orientation(told: dict[bytes, bytes]) -> int:
    """Return the orientation that EXIF or XMP tells, 1 where neither does."""
    if b"eXIf" in told:
        from PIL import Image

        exif = Image.Exif()
        exif.load(told[b"eXIf"])
        if 0x0112 in exif:
            return exif[0x0112]
    found = re.search(rb'tiff:Orientation(?:="|>)([1-8])', told.get(b"iTXt", b""))
    return int(found[1]) if found else 1


def _pixels_per_mm(physical: bytes) -> float:
    if len(physical) != 9:
        return float("nan")
    x, y, unit = struct.unpack(">IIB", physical)
    return resolution(x, y, 1000.0) if unit == 1 else float("nan")
