"""Draw one item for the page: an image as PNG, a signal as a line in SVG, both in memory."""

import io

import numpy as np

from labelling.expert_page.raking_light import raking_light

SCREEN = 1600  # pixels of the longer side; a larger image is sent whole once it is zoomed
COLUMNS = 1200  # of a drawn signal: more samples are drawn as the band of their extremes
HEIGHT = 480
LINE = "#10243a"  # as the page's text; on white 15.6 : 1
BYTE = 255


def png(image: np.ndarray, *, whole: bool = False, light: int | None = None) -> bytes:
    """Return an image ([K,] h, w) as PNG; missing pixels are transparent.

    Images of 8 bits are shown as they are; any others, deeper greys and floats, are stretched from
    their least to their greatest value. Components other than 1 or 3 stand side by side, in grey.
    With `light`, the degrees where a lamp stands, the image is shown as a relief.
    """
    from PIL import Image

    planes = image[None] if image.ndim == 2 else image
    low, high = _range(planes)
    planes = planes if whole else _reduced(planes)
    if light is not None:
        planes, low, high = raking_light(planes, light), 0.0, 1.0
    missing = np.isnan(planes).any(axis=0)
    scaled = (np.nan_to_num(planes, nan=low) - low) * (BYTE / (high - low or 1.0))
    pixels = np.clip(np.rint(scaled), 0, BYTE).astype(np.uint8)
    if len(pixels) not in (1, 3):
        pixels, missing = np.hstack(pixels)[None], np.hstack([missing] * len(pixels))
    if missing.any():
        pixels = np.concatenate([pixels, np.where(missing, 0, BYTE).astype(np.uint8)[None]])
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[len(pixels)]
    made = io.BytesIO()
    shown = np.ascontiguousarray(np.moveaxis(pixels, 0, -1)).squeeze()
    size = pixels.shape[:0:-1]
    Image.frombytes(mode, size, shown.tobytes()).save(made, "PNG", compress_level=1)
    return made.getvalue()


def svg(signal: np.ndarray) -> bytes:
    """Return a signal ([K,] samples) as lines, each component in a strip of its own."""
    strips = signal[None] if signal.ndim == 1 else signal
    tall = HEIGHT / len(strips)
    paths = [_path(strip, tall * k, tall) for k, strip in enumerate(strips)]
    lines = "".join(
        f'<path d="{d}" fill="none" stroke="{LINE}" stroke-width="1.5" '
        f'vector-effect="non-scaling-stroke"/>'
        for d in paths
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS} {HEIGHT}"'
    return f'{head} width="{COLUMNS}" height="{HEIGHT}">{lines}</svg>'.encode()


def _reduced(planes: np.ndarray) -> np.ndarray:
    """Return blocks' means of an image larger than a screen."""
    by = -(-max(planes.shape[1:]) // SCREEN)
    if by == 1:
        return planes
    k, h, w = planes.shape
    h, w = max(h // by, 1) * min(by, h), max(w // by, 1) * min(by, w)
    cut = planes[:, :h, :w].reshape(k, max(h // by, 1), min(by, h), max(w // by, 1), min(by, w))
    return cut.mean(axis=(2, 4))


def _range(planes: np.ndarray) -> tuple[float, float]:
    """Return the values that are shown as black and white."""
    known = planes[np.isfinite(planes)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    some = known[:: max(known.size // 4096, 1)]
    return (0.0, 1.0) if _of_eight_bits(some, low, high) else (low, high)


def _of_eight_bits(some: np.ndarray, low: float, high: float) -> bool:
    """Say whether values are 0, 1/255, ..., 1, as `toolbox.load` makes them of 8 bits."""
    if low < 0 or high > 1:
        return False
    steps = some * BYTE
    return bool(np.abs(steps - np.rint(steps)).max() < 1e-3)


def _path(strip: np.ndarray, top: float, tall: float) -> str:
    """Return the line of a signal; it is broken where samples are missing."""
    x, y = _columns(strip.astype(np.float64))
    known = np.isfinite(y)
    if not known.any():
        return ""
    low, high = y[known].min(), y[known].max()
    place = top + tall * (0.95 - 0.9 * (y - low) / (high - low or 1.0))
    starts = known & ~np.concatenate([[False], known[:-1]])
    rows = zip(x[known], place[known], starts[known], strict=True)
    return "".join(f"{'M' if first else 'L'}{a:.1f} {b:.1f}" for a, b, first in rows)


def _columns(strip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the line goes: each sample, or of each column the least and the greatest."""
    n = len(strip)
    if n <= 2 * COLUMNS:
        return np.linspace(0, COLUMNS, n), strip
    edges = np.linspace(0, n, COLUMNS + 1).astype(int)[:-1]
    least, most = np.fmin.reduceat(strip, edges), np.fmax.reduceat(strip, edges)
    x = np.repeat(np.arange(COLUMNS) + 0.5, 2)
    return x, np.stack([least, most], axis=1).ravel()
