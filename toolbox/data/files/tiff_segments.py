"""The strips and tiles of a TIFF page, decoded, and which of their pixels hold no value."""

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

_LERC = 34887  # the compression that GDAL offers for measured numbers
_AT_ONCE = 1 << 20  # bytes of strips read together; tifffile's own 256 MB is a second image


class Segment(NamedTuple):
    """A strip or a tile; those at the lower and right border may reach beyond the image."""

    samples: np.ndarray | None  # (depth, h, w, samples); None where the file leaves the segment out
    gaps: np.ndarray | None  # which hold no value, in a shape that spreads over the samples
    place: tuple[int, ...]  # sample, depth, row and column of the first pixel
    shape: tuple[int, ...]  # (depth, h, w, samples) within the image


def segments(page: Any) -> Iterator[Segment]:
    """Yield the strips or tiles of tifffile's page in the order of their offsets.

    In the order of the image, tifffile takes the hole of a tile that is not there for the next one
    (findings/tifffile_segments_of_sparse_tiles.sh).
    """
    if page.keyframe.compression == _LERC:
        yield from _lerc(page)
        return
    for samples, place, shape in page.segments(sort=True, buffersize=_AT_ONCE):
        yield Segment(samples, None, place, shape)


def _lerc(page: Any) -> Iterator[Segment]:
    """Yield what LERC holds, its mask too, which tifffile drops.

    Where bands have gaps of their own they come one after the other, however the page stores them;
    tifffile takes that for pixels (findings/tifffile_gaps_in_lerc.sh).
    """
    from imagecodecs import lerc_decode

    stored = page.parent.filehandle.read_segments(
        page.dataoffsets,
        page.databytecounts,
        length=prod(page.chunked),
        sort=True,
        buffersize=_AT_ONCE,
        flat=True,
    )
    for content, index in stored:
        _, place, shape = page.keyframe.decode(None, index)
        if content is None:
            yield Segment(None, None, place, shape)
            continue
        samples, valid = lerc_decode(content, masks=True)
        gaps = None if valid is None else ~valid
        if gaps is not None and gaps.ndim == 3:
            samples, gaps = np.moveaxis(samples, 0, -1), np.moveaxis(gaps, 0, -1)
        samples, gaps = _pixels(samples), None if gaps is None else _pixels(gaps)
        short = any(n < wanted for n, wanted in zip(samples.shape, shape, strict=True))
        if short or samples.shape[-1] != shape[-1]:
            raise ValueError(f"a strip or tile of {samples.shape} where {shape} is needed")
        yield Segment(samples, gaps, place, shape)


def _pixels(values: np.ndarray) -> np.ndarray:
    """Return ``(h, w)`` or ``(h, w, samples)`` as ``(1, h, w, samples)``."""
    return values.reshape(1, *values.shape[:2], -1)
