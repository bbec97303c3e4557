"""Raking light: an image shown as a relief, lit from the side by a lamp that can be turned.

Archives light a paper from the side to see its surface. Here brighter is taken for higher, so that
this is a way of seeing and no measurement: a print's tone is not its relief.
"""

import numpy as np

ELEVATION = np.deg2rad(20.0)  # of the lamp above the sheet
TURNS = tuple(range(0, 360, 45))  # degrees where the lamp stands, clockwise from the top


def raking_light(planes: np.ndarray, azimuth: float) -> np.ndarray:
    r"""Return how bright a relief (1, h, w) is, from 0 to 1; a level sheet is .5, missing is NaN.

    The mean of the components (K, h, w) is the height z, in units in which the slope along a line
    is half the lamp's on average (root mean square), so that few slopes are without light or
    dazzle. A matt surface of normal n sends back (Lambert, 1760; no shadow is cast)

    .. math:: \frac{n \cdot l}{2 \sin e}, \qquad n = \frac{(-z_x, -z_y, 1)}{\sqrt{1 + |z'|^2}},

    with l the lamp's direction, e its elevation.
    """
    grey = planes.mean(axis=0, dtype=np.float64)
    missing = np.isnan(grey)
    level = 0.0 if missing.all() else grey[~missing].mean()
    across, down = _slopes(np.where(missing, level, grey))
    turn = np.deg2rad(azimuth)
    towards = across * np.sin(turn) - down * np.cos(turn)  # how it rises towards the lamp
    light = np.sin(ELEVATION) - towards * np.cos(ELEVATION)
    light /= np.sqrt(1 + across**2 + down**2) * 2 * np.sin(ELEVATION)
    return np.where(missing, np.nan, np.clip(light, 0, 1))[None]


def _slopes(height: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes across and down an image, half as steep as the lamp on average."""
    down, across = (
        np.gradient(height, axis=axis) if height.shape[axis] > 1 else np.zeros_like(height)
        for axis in (0, 1)
    )
    mean = np.sqrt((across**2 + down**2).mean() / 2)
    scale = np.tan(ELEVATION) / 2 / mean if mean > 0 else 0.0
    return across * scale, down * scale
