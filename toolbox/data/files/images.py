"""Read one image file into ``(items, [components,] h, w)`` floats, without losing depth of grey."""

import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from toolbox.data.files.pixels import Pages, hidden_note, image_of, largest_value, resolution
from toolbox.data.files.png import SIGNATURE, read_png
from toolbox.data.files.tiff import read_tiff
from toolbox.data.memory_limits import Room

SUFFIXES = (".jpeg", ".jpg", ".png", ".tif", ".tiff")
_ORIENTATION = 0x0112  # in EXIF
_WITH_ALPHA = ("LA", "La", "PA", "RGBA", "RGBa")


def read_image(path: Path, room: Room | None = None) -> Pages:
    """Read a PNG, JPEG or TIFF file; raises whatever its decoder raises."""
    room = room or Room()
    with path.open("rb") as handle:
        start = handle.read(len(SIGNATURE))
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return read_tiff(path, room)
    if start == SIGNATURE:
        return read_png(path, room)
    found = _read_with_pillow(path, room)
    image, hidden = image_of(found.pixels, alpha=found.alpha, orientation=found.orientation)
    note = hidden_note(hidden, "transparent in the file")
    dtype = found.pixels.dtype
    return Pages(image[None], found.resolution, note, largest_value(dtype, 8 * dtype.itemsize))


class _Found(NamedTuple):
    """What Pillow says of an image."""

    pixels: np.ndarray  # (h, w[, c])
    alpha: bool  # whether the last component is the opacity
    orientation: int
    resolution: float


def _read_with_pillow(path: Path, room: Room) -> _Found:
    """Return what a JPEG, or another format under its name, shows first.

    What follows the first page of a telephone's JPEG is a preview of it, not another item.
    """
    with _opened(path.read_bytes()) as image:
        width, height = image.size
        room.take(4 * width * height * len(image.getbands()), path)
        dpi = image.info.get("dpi", (0.0, 0.0))
        orientation = image.getexif().get(_ORIENTATION, 1)
        pixels, alpha = _pixels(image)
    per_mm = resolution(float(dpi[0]), float(dpi[1]), 25.4)
    return _Found(pixels, alpha, orientation, per_mm)


def _opened(content: bytes) -> Any:
    """Return Pillow's image, of a JPEG without its own limit of size: `Room` has another."""
    from PIL import Image, JpegImagePlugin, UnidentifiedImageError

    handle = io.BytesIO(content)
    if content[:3] == b"\xff\xd8\xff":
        return JpegImagePlugin.JpegImageFile(handle)
    try:
        return Image.open(handle)
    except UnidentifiedImageError:
        raise ValueError("no PNG, JPEG or TIFF image") from None


def _pixels(image: Any) -> tuple[np.ndarray, bool]:
    """Return ``(h, w[, c])`` pixels, palettes, CMYK and YCbCr as RGB, and whether alpha is last."""
    if image.mode == "P":
        _want_its_colours(image)
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    pixels = np.asarray(image)
    return pixels, image.mode in _WITH_ALPHA


def _want_its_colours(image: Any) -> None:
    """Refuse a pixel whose colour is not in the palette; Pillow shows it black."""
    largest, colours = int(np.asarray(image).max()), len(image.getpalette()) // 3
    if largest >= colours:
        raise ValueError(f"a damaged file: a pixel of colour {largest}, a palette of {colours}")
