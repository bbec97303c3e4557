"""PNG pictures with opacity as arrays of one size, so that two designs can be compared."""

import io

import numpy as np

from toolbox.core.checks import refuse

MOST_PIXELS = 2**24  # of a picture: the largest stamp has 3 million
SEEN = 0.02  # opacity below which a pixel is margin


def drawn(content: bytes, size: int, *, argument: str, name: str) -> np.ndarray:
    """Return a picture (4, size, size): colours times opacity, and opacity, from 0 to 1.

    Its margin is cut, since each design leaves another one, and the rest put in the middle of a
    square; pixels are means over areas.
    """
    pixels = _opened(content, argument, name)
    layers = np.moveaxis(pixels, -1, 0).astype(np.float32) / 255
    layers[:3] *= layers[3]
    rows, columns = (np.flatnonzero((layers[3] > SEEN).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        refuse(argument, "pictures that show something", f"{name}, wholly transparent")
    cut = layers[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _averaged(_squared(cut), size)


def on_white(layers: np.ndarray) -> np.ndarray:
    """Return colours (..., 3, h, w) of what `drawn` returns, on a white ground."""
    return np.clip(layers[..., :3, :, :] + 1 - layers[..., 3:, :, :], 0, 1)


def _opened(content: bytes, argument: str, name: str) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels")
            return np.asarray(image.convert("RGBA"))
    # Pillow raises SyntaxError for broken chunks, its own error for bombs.
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        refuse(argument, f"PNG pictures of up to {MOST_PIXELS} pixels", f"{name} ({error})")


def _squared(layers: np.ndarray) -> np.ndarray:
    height, width = layers.shape[1:]
    side = max(height, width)
    square = np.zeros((len(layers), side, side), np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    square[:, top : top + height, left : left + width] = layers
    return square


def _averaged(square: np.ndarray, size: int) -> np.ndarray:
    """Return means over `size` x `size` equal areas, W x W^T, W the overlaps with pixels."""
    side = square.shape[-1]
    edges = np.arange(size + 1) * side / size
    pixel = np.arange(side)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    weights = (np.clip(overlap, 0, None) * size / side).astype(np.float32)
    return weights @ square @ weights.T
