"""Seasons of crops as Sentinel-2 sees them through clouds, with the role of every cell known."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.records import record
from toolbox.core.streams import generator
from toolbox.processes.satellite_series.crops import CLOUD, CROPS, SENTINEL2
from toolbox.processes.satellite_series.posterior import Law
from toolbox.processes.satellite_series.series_parts import increasing_days

REVISIT = 5  # days between two passes of the pair of satellites
CLOUD_MEMORY = 0.3  # correlation of the clouds of two passes
BORDER = 0.3  # share of a parcel's items that mix with the neighbour's crop, up to half


@record
class Phenology:
    """Satellite time series of a known law: n items, T dates, B bands, C classes.

    Attributes
    ----------
    values : ndarray, float64, shape (n, T, B)
        Reflectances, clouds included; item i of a seed is the same for any `n`.
    dates : ndarray (T,) of int
        Days of the year, increasing.
    clear : ndarray (n, T) of bool
        Where no cloud hides the ground; every item has a clear date.
    labels : ndarray (n,) of int
        The true class, as a place among `classes`.
    units : ndarray (n,) of int
        The parcel of each item: its items share class, timing and clouds.
    classes, bands : tuple of str
        Names of the classes and of the bands.
    truth : ndarray (C, C, T, B)
        How far each cell tells two classes apart: the squared difference of their means over the
        variance of the noise, averaged over the timing; 0 where a cell has no role.
    posterior : ndarray (n, C)
        Probability of each class given the clear dates of the item alone: the Bayes rule.
    contributions : ndarray (n, T, B)
        In the additive world the exact Shapley value of each cell in the log-odds of class 1
        against class 0; elsewhere (n, 0, 0).
    note : str
        The law in words.
    """

    values: np.ndarray
    dates: np.ndarray
    clear: np.ndarray
    labels: np.ndarray
    units: np.ndarray
    classes: tuple
    bands: tuple
    truth: np.ndarray
    posterior: np.ndarray
    contributions: np.ndarray
    note: str = ""


def phenology(
    *,
    n: int,
    seed: int,
    classes: Any = None,
    dates: Any = None,
    bands: Any = None,
    clouds: float = 0.5,
    parcels: int | None = None,
    jitter: float = 6.0,
    noise: float = 0.02,
    year_shift: float = 0.0,
    events: str = "default",
    leak: float | None = None,
) -> Phenology:
    r"""Draw time series of crops as Sentinel-2 would see them.

    Parameters
    ----------
    n : int
        Number of items; item i is the same for any `n`.
    seed : int
        Seed of the named streams, one an item and one a parcel.
    classes : sequence of str, optional
        At least two among "winter wheat", "winter barley", "rapeseed", "maize", "sunflower",
        "meadow"; by default all six. Parcels take them in turn.
    dates : array (T,) of int, optional
        Days of the year, increasing; by default every 5 days from day 3.
    bands : sequence of str, optional
        Among the ten bands of 10 and 20 m, "B2" to "B12"; by default all of them.
    clouds : float
        Share of cloudy dates, from 0 to below 1: a Markov chain, since clouds last.
    parcels : int, optional
        How many parcels the items are dealt to, at least one a class. A third of a parcel's items
        stand on its border and mix with another crop. By default every item is a parcel of its own,
        without a border.
    jitter : float
        Standard deviation in days of the timing of a parcel, common to its bands: a nuisance.
    noise : float
        Standard deviation of a reflectance: sensor, atmosphere and what differs within a parcel.
    year_shift : float
        Days by which the whole year is late.
    events : str
        "default", or "none": without rapeseed's and sunflower's bloom and the meadow's mowing.
    leak : float, optional
        Adds a last band "leak" that gives the class away: its mean is `leak` standard deviations of
        the noise times the number of the class, on every date.

    Returns
    -------
    Phenology

    Raises
    ------
    InputError
        Unknown classes or bands, dates that do not increase, fewer parcels than classes.

    Notes
    -----
    An item of class c is, at the date t,

    .. math:: (1 - m) f_c(t - d) + m f_o(t - d) + \text{noise}

    with f a double logistic in greenness (Beck et al., 2006) between the spectra of soil and of a
    canopy, plus the crop's event; d is the parcel's timing and m the share of the neighbour o, of
    the same timing. The posterior integrates over d, m and o on a grid.

    References
    ----------
    P. S. A. Beck et al., "Improved monitoring of vegetation dynamics at very high latitudes: a new
    method using MODIS NDVI", Remote Sensing of Environment 100 (2006) 321.

    Examples
    --------
    >>> from toolbox import phenology
    >>> season = phenology(n=8, classes=("rapeseed", "maize"), parcels=4, seed=0)
    >>> season.values.shape, season.clear.shape, season.units.tolist()
    ((8, 73, 10), (8, 73), [0, 1, 2, 3, 0, 1, 2, 3])
    >>> season.bands[int(season.truth[0, 1, 21].argmax())], int(season.dates[21])
    ('B12', 108)
    """
    n, seed = checks.count(n, "n"), checks.seed(seed)
    classes = _names(classes, "classes", tuple(CROPS), fewest=2)
    bands = _names(bands, "bands", SENTINEL2, fewest=1)
    law = Law(
        classes=classes,
        bands=bands,
        dates=increasing_days(np.arange(3, 366, REVISIT) if dates is None else dates),
        noise=checks.number(noise, "noise", above=0),
        jitter=checks.number(jitter, "jitter", minimum=0),
        shift=checks.number(year_shift, "year_shift", minimum=-60, maximum=60),
        events=checks.choice(events, "events", ("default", "none")) == "default",
        leak=None if leak is None else checks.number(leak, "leak", above=0),
        border=0.0 if parcels is None else BORDER,
    )
    clouds = checks.number(clouds, "clouds", minimum=0, below=1)
    units = np.arange(n)
    if parcels is not None:
        units = units % checks.count(parcels, "parcels", minimum=len(classes))
    labels = units % len(classes)
    own = {unit: _parcel(law, clouds, unit, seed) for unit in np.unique(units)}
    clear = np.stack([own[unit][1] for unit in units])
    drawn = [_item(law, labels[i], *own[units[i]], i, seed) for i in range(n)]
    values = np.stack(drawn)
    return Phenology(
        values=values,
        dates=law.dates,
        clear=clear,
        labels=labels,
        units=units,
        classes=classes,
        bands=law.band_names,
        truth=law.separations(),
        posterior=law.posterior(values, clear),
        contributions=np.zeros((n, 0, 0)),
        note=f"{len(classes)} crops, timing {law.jitter:g} days, clouds {clouds:.0%}",
    )


def _names(given: Any, argument: str, known: tuple[str, ...], *, fewest: int) -> tuple[str, ...]:
    if given is None:
        return known
    names = tuple(str(name) for name in checks.labels(given, argument))
    if len(set(names)) < max(fewest, len(names)) or not set(names) <= set(known):
        wanted = f"at least {fewest} different among " + ", ".join(known)
        checks.refuse(argument, wanted, ", ".join(names))
    return names


def _parcel(law: Law, clouds: float, unit: int, seed: int) -> tuple[float, np.ndarray]:
    """Draw a parcel's timing and its clear dates: a chain of the wanted share of clouds."""
    rng = generator(seed, "phenology", "parcel", int(unit))
    timing = law.jitter * rng.standard_normal()
    uniform = rng.random(len(law.dates))
    cloudy = np.zeros(len(uniform), bool)
    for t, u in enumerate(uniform):
        before = cloudy[t - 1] if t else clouds
        cloudy[t] = u < clouds + CLOUD_MEMORY * (before - clouds)
    seen = int(rng.integers(len(cloudy)))  # a parcel that is never seen would not be in the data
    cloudy[seen] &= not cloudy.all()
    return timing, ~cloudy


def _item(
    law: Law, label: int, timing: float, clear: np.ndarray, number: int, seed: int
) -> np.ndarray:
    rng = generator(seed, "phenology", "item", number)
    own = law.mean(int(label), np.array([timing]))[0]
    share = 0.5 * rng.random() * (rng.random() < law.border)
    other = (label + rng.integers(1, len(law.classes))) % len(law.classes)
    mixed = (1 - share) * own + share * law.mean(int(other), np.array([timing]))[0]
    cloud = CLOUD + 5 * law.noise * rng.standard_normal((len(clear), 1))
    seen = np.where(clear[:, None], mixed, cloud)
    return seen + law.noise * rng.standard_normal(seen.shape)
