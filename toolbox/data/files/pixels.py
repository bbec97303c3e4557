"""What stored pixels mean, whatever the format: depth, orientation, transparency, resolution."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from toolbox.data.readable_files import few

# How the pixels of a file are turned to be shown upright, by EXIF's and TIFF's orientation:
# whether rows and columns change places, then which axes are reversed.
_TURNS = {
    1: (False, ()),
    2: (False, (1,)),
    3: (False, (0, 1)),
    4: (False, (0,)),
    5: (True, ()),
    6: (True, (1,)),
    7: (True, (0, 1)),
    8: (True, (0,)),
}
_SATURATED = 0.1  # share of an image at its darkest or lightest number, from which this is said
_BACK = {6: 8, 8: 6}  # the orientation that undoes another; each of the rest undoes itself


class Pages(NamedTuple):
    """The pages of a file: ``([components,] h, w)`` each, NaN where there is no value."""

    images: np.ndarray | list[np.ndarray]  # one array (n, [components,] h, w) of pages alike
    resolution: float  # pixels per mm, NaN where unknown
    note: str = ""
    largest: float | None = None  # what stands for 1; None where numbers are as they are stored


def float_type(dtype: np.dtype) -> np.dtype:
    """Return the float type of pixels: float32 holds up to 16 bits exactly, float64 the rest."""
    if dtype.kind not in "buif":
        raise ValueError(f"pixels of type {dtype}")
    wide = np.promote_types(dtype, np.float32).itemsize > 4
    return np.dtype(np.float64 if wide else np.float32)


def largest_value(dtype: np.dtype, bits: int) -> float | None:
    """Return what stands for 1: that of unsigned integers; other numbers are as they are."""
    if dtype.kind == "b":
        return 1.0
    return float(2**bits - 1) if dtype.kind == "u" else None


def put_scaled(out: np.ndarray, pixels: np.ndarray, largest: float | None) -> None:
    """Write pixels into floats of the same shape, over their largest value where there is one."""
    if largest is None:
        np.copyto(out, pixels)
    else:
        np.divide(pixels, out.dtype.type(largest), out=out)


def image_of(pixels: np.ndarray, *, alpha: bool, orientation: int = 1) -> tuple[np.ndarray, float]:
    """Return ``([components,] h, w)`` floats of ``(h, w[, c])`` pixels, and their share of NaN.

    With `alpha` the last component is the opacity: NaN where it is not full.
    """
    layers = pixels if pixels.ndim == 3 else pixels[..., None]
    upright = turned(layers.transpose(2, 0, 1), orientation)
    colours = upright[:-1] if alpha else upright
    out = np.empty(colours.shape, float_type(pixels.dtype))
    put_scaled(out, colours, largest_value(pixels.dtype, 8 * pixels.dtype.itemsize))
    hidden = 0.0
    if alpha:
        gaps = upright[-1] < np.iinfo(pixels.dtype).max
        np.copyto(out, np.nan, where=gaps)
        hidden = float(gaps.mean())
    return without_single_component(out), hidden


def without_single_component(image: np.ndarray) -> np.ndarray:
    """Return ``(..., h, w)`` where there is one component, ``(..., c, h, w)`` else."""
    return image[..., 0, :, :] if image.shape[-3] == 1 else image


def turned(image: np.ndarray, orientation: int, *, back: bool = False) -> np.ndarray:
    """Return a view of ``(..., h, w)`` turned upright, or `back` to how it was stored."""
    code = _BACK.get(orientation, orientation) if back else orientation
    swapped, reversed_axes = _TURNS.get(code, _TURNS[1])
    view = np.swapaxes(image, -1, -2) if swapped else image
    return np.flip(view, [axis - 2 for axis in reversed_axes])


def resolution(x: float, y: float, unit_in_mm: float) -> float:
    """Return pixels per mm, NaN where the file says none or two that differ."""
    return x / unit_in_mm if x > 1 and abs(x - y) <= 1e-3 * x else float("nan")


def depths_note(largest: dict[float | None, str]) -> str:
    """Say which numbers stand for 1, each with where, if there are several."""
    listed = ", ".join(f"{number:.0f} in {where}" for number, where in largest.items() if number)
    return f"several depths, whose 1 is {listed}" if len(largest) > 1 else ""


def resolutions_note(items: Iterable[Any]) -> str:
    """Say which pixels per mm images have, each with a name, if there are several.

    Scales count in pixels: of two resolutions they are other lengths of the paper.
    """
    of_name: dict[str, str] = {}
    for item in items:
        if item.resolution == item.resolution:  # said by the file
            of_name.setdefault(f"{item.resolution:.3g}", item.name)
    listed = ", ".join(f"{number} pixels per mm in {name}" for number, name in of_name.items())
    told = "several resolutions, compared pixel by pixel as if they were one"
    return f"{told}: {listed}" if len(of_name) > 1 else ""


def saturated_note(items: Iterable[Any]) -> str:
    """Say which images are black or white in a tenth: there is no grain to be seen there."""
    names = []
    for item in items:
        ends = (item.value == end for end in (item.value.min(), item.value.max()))
        share = max(float(those.mean()) for those in ends)
        names += [f"{item.name} ({share:.0%})"] * (share >= _SATURATED)
    told = "one black or one white in a tenth and more of it (a border, or over-exposed?)"
    return f"{told}: {few(names)}" if names else ""


def hidden_note(share: float, what: str) -> str:
    """Say which share of the pixels became NaN, and why."""
    return f"{share:.3g} of the pixels are NaN: {what}" if share else ""
