"""Read one image file into ``(items, [components,] h, w)`` floats, without losing depth of grey."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SUFFIXES = (".jpeg", ".jpg", ".png", ".tif", ".tiff")
_MM = {2: 25.4, 3: 10.0}  # TIFF's units of resolution, in mm: inch, centimetre
_WHITE_IS_ZERO = 0  # TIFF's photometric interpretation of negatives


class Pages(NamedTuple):
    """The pages of a file: arrays ``([components,] h, w)``, NaN where transparent."""

    images: list[np.ndarray]
    resolution: float


def read_image(path: Path) -> Pages:
    """Read a PNG, JPEG or TIFF file; raises whatever its decoder raises."""
    content = path.read_bytes()
    if path.suffix.lower() in (".tif", ".tiff"):
        return _read_tiff(content)
    _refuse_deep_colour_png(content)
    return _read_with_pillow(content)


# -------------------------------------------------------------------------------- PNG and JPEG


def _refuse_deep_colour_png(content: bytes) -> None:
    # Byte 24 of a PNG is its bit depth, byte 25 its colour type (0: grey without alpha). Pillow
    # reads 16 bits of grey, but keeps only the upper 8 of each colour without a word.
    if content[:4] == b"\x89PNG" and content[24:26] in (b"\x10\x02", b"\x10\x04", b"\x10\x06"):
        raise ValueError("16 bits a colour in a PNG cannot be read in full; save it as TIFF")


def _read_with_pillow(content: bytes, *, all_pages: bool = False) -> Pages:
    from PIL import Image, ImageOps, ImageSequence

    with Image.open(io.BytesIO(content)) as opened:
        x_dpi, y_dpi = opened.info.get("dpi", (0.0, 0.0))
        # What follows the first page of a telephone's JPEG is a preview of it, not another item.
        pages = ImageSequence.Iterator(opened) if all_pages else [opened]
        images = [_from_pillow(ImageOps.exif_transpose(page)) for page in pages]
    return Pages(images, _resolution(float(x_dpi), float(y_dpi), 25.4))


def _from_pillow(image: Any) -> np.ndarray:
    """Return one page; palettes, CMYK and YCbCr become RGB, transparent pixels NaN."""
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode in ("P", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    pixels = scale(np.asarray(image))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        pixels = hide_transparent(pixels[..., :-1], pixels[..., -1])
    return components_to_front(pixels)


# ---------------------------------------------------------------------------------------- TIFF


def _read_tiff(content: bytes) -> Pages:
    import tifffile

    with _lost_pages_raised(), tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages[0]
        try:
            images = [image for series in file.series for image in _series_images(series)]
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            if page.samplesperpixel > 1 and page.bitspersample > 8:
                raise ValueError("more than 8 bits a colour; save it uncompressed") from error
            return _read_with_pillow(content, all_pages=True)  # knows LZW and JPEG compression
        unit = _MM.get(int(page.resolutionunit or 0), 0.0)
        return Pages(images, _resolution(*page.resolution, unit) if unit else float("nan"))


@contextmanager
def _lost_pages_raised() -> Iterator[None]:
    """Raise the loss of pages of a truncated file, which tifffile only logs."""
    lost: list[str] = []

    def keep(entry: logging.LogRecord) -> bool:
        text = entry.getMessage()
        lost.extend([text] * ("page offset" in text))
        return "page offset" not in text

    logger = logging.getLogger("tifffile")
    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)
    if lost:
        raise ValueError(f"a truncated file: {lost[0]}")


def _series_images(series: Any) -> Iterator[np.ndarray]:
    """Yield the images of a series; Y and X are its axes of space, S and C of components."""
    pixels, axes, page = series.asarray(), series.axes, series.pages[0]
    if page.colormap is not None:
        # Colours of 8 bits stand in the upper byte; writers disagree on the lower one.
        colours = (page.colormap >> 8).astype(np.uint8)
        pixels, axes = np.moveaxis(colours[:, pixels], 0, -1), axes + "S"
    ranks = ["YXCS".find(axis) for axis in axes]  # -1, an item, comes first
    pixels = scale(pixels.transpose(np.argsort(ranks, kind="stable")))
    if page.photometric == _WHITE_IS_ZERO:
        pixels = 1 - pixels
    n_items = np.prod([n for n, rank in zip(series.shape, ranks, strict=False) if rank < 0])
    pixels = pixels.reshape(int(n_items), *_space(series), -1)
    has_alpha = any(int(extra) in (1, 2) for extra in page.extrasamples)
    for image in pixels:
        shown = hide_transparent(image[..., :-1], image[..., -1]) if has_alpha else image
        yield components_to_front(shown)


def _space(series: Any) -> tuple[int, int]:
    return series.shape[series.axes.index("Y")], series.shape[series.axes.index("X")]


# -------------------------------------------------------------------------------------- shared


def scale(pixels: np.ndarray) -> np.ndarray:
    """Return floats: unsigned integers over their largest value, other numbers as they are.

    Up to 16 bits fit float32 exactly; 32-bit integers and float64 become float64.
    """
    if pixels.dtype.kind not in "buif":
        raise ValueError(f"pixels of type {pixels.dtype}")
    dtype = np.float64 if np.promote_types(pixels.dtype, np.float32).itemsize > 4 else np.float32
    floats = pixels.astype(dtype)
    return floats / dtype(np.iinfo(pixels.dtype).max) if pixels.dtype.kind == "u" else floats


def hide_transparent(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return ``(h, w, c)`` with NaN where the pixel is not fully opaque."""
    return np.where(alpha[..., None] < 1, np.float32(np.nan), colours)


def components_to_front(pixels: np.ndarray) -> np.ndarray:
    """Return ``([c,] h, w)`` from ``(h, w[, c])``; a single component loses its axis."""
    if pixels.ndim == 2:
        return np.ascontiguousarray(pixels)
    single = pixels.shape[-1] == 1
    return np.ascontiguousarray(pixels[..., 0] if single else np.moveaxis(pixels, -1, 0))


def _resolution(x: float, y: float, unit_in_mm: float) -> float:
    """Return pixels per mm, NaN where the file says none or two that differ."""
    return x / unit_in_mm if x > 1 and abs(x - y) <= 1e-3 * x else float("nan")
