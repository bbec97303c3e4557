"""What a crop's season looks like in the bands of Sentinel-2: double logistics, and its events.

The numbers are plausible for western Europe and are fitted to nothing: what is known exactly is the
law of the simulation, not that of any field.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

# The bands of Sentinel-2 at 10 and 20 m: centre in nm, reflectance of bare soil, of a dense canopy.
BANDS = {
    "B2": (490, 0.08, 0.03),
    "B3": (560, 0.11, 0.06),
    "B4": (665, 0.15, 0.03),
    "B5": (705, 0.18, 0.09),
    "B6": (740, 0.20, 0.28),
    "B7": (783, 0.22, 0.35),
    "B8": (842, 0.24, 0.37),
    "B8A": (865, 0.26, 0.39),
    "B11": (1610, 0.32, 0.19),
    "B12": (2190, 0.27, 0.09),
}
SENTINEL2 = tuple(BANDS)
CLOUD = 0.55  # reflectance of a cloud, which is white: about the same in every band


class Event(NamedTuple):
    """A bell in time: its day, its standard deviation in days, and what it adds."""

    day: float
    days: float
    greenness: float = 0.0
    reflectance: Mapping[str, float] = MappingProxyType({})


class Season(NamedTuple):
    """A double logistic: the days of half green-up and half senescence, their scales, the peak."""

    up: float
    up_days: float
    down: float
    down_days: float
    peak: float
    event: Event | None = None


BLOOM = {"B2": 0.01, "B3": 0.055, "B4": 0.05, "B5": 0.05, "B6": 0.02}  # yellow: green and red
CROPS = {
    "winter wheat": Season(75, 12, 185, 6, 0.95),
    "winter barley": Season(72, 12, 168, 6, 0.92),
    "rapeseed": Season(70, 12, 178, 9, 0.95, Event(115, 9, reflectance=BLOOM)),
    "maize": Season(165, 9, 262, 10, 0.95),
    "sunflower": Season(150, 9, 232, 9, 0.85, Event(200, 8, reflectance={"B3": 0.02, "B4": 0.03})),
    "meadow": Season(80, 25, 310, 20, 0.75, Event(155, 7, greenness=-0.35)),  # mown
}


def reflectance(
    crop: str, days: np.ndarray, bands: tuple[str, ...], *, events: bool = True
) -> np.ndarray:
    """Return the reflectance ``(*days, bands)`` of a crop on days of the year.

    With S(x) = 1 / (1 + exp(-x)) the greenness is peak (S((t - up) / s_up) - S((t - down) /
    s_down)) (Beck et al., 2006), and the reflectance goes from that of soil to that of a canopy.
    """
    from scipy.special import expit

    season = CROPS[crop]
    rise = expit((days - season.up) / season.up_days)
    fall = expit((days - season.down) / season.down_days)
    greenness = season.peak * (rise - fall)
    added = np.zeros(len(bands))
    bell = np.zeros_like(greenness)
    if events and season.event is not None:
        bell = np.exp(-0.5 * ((days - season.event.day) / season.event.days) ** 2)
        greenness = np.clip(greenness + season.event.greenness * bell, 0, 1)
        added = np.array([season.event.reflectance.get(band, 0.0) for band in bands])
    soil, canopy = (np.array([BANDS[band][k] for band in bands]) for k in (1, 2))
    return soil + greenness[..., None] * (canopy - soil) + bell[..., None] * added
