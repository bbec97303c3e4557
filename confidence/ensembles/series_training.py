"""Ensembles for satellite time series: networks that know dates, clouds and parcels."""

import os
from functools import partial
from typing import Any

import numpy as np

from confidence.ensembles.tiles import is_tile, parcel_means, tile_votes
from confidence.ensembles.training import (
    in_deviations,
    item_weights,
    numbered_classes,
    trained_runs,
    votes_of,
)
from confidence.scoring.left_out import left_out_p_value
from toolbox.core import checks
from toolbox.core.item_blocks import feature_scales
from toolbox.core.records import record
from toolbox.core.units import with_units
from toolbox.networks.registry import SERIES_NETWORKS
from toolbox.processes.satellite_series.series_parts import SeriesParts, part_of, series_parts
from toolbox.retraining.retrain import Runs
from toolbox.retraining.studies.study import stream_names

YEAR = 365.25  # days
REDRAWN = ("init", "order", "resample")


@record
class SeriesEnsemble:
    """Networks trained from scratch on the same satellite time series.

    Attributes
    ----------
    classes : ndarray (C,)
        The labels in sorted order: the order of the columns of the votes.
    runs : Runs
        The members: their parameters, streams, what was redrawn, which diverged.
    network : str
        "channel attention", "tempcnn", "l-tae", "shapelets" or "linear".
    dates : ndarray (T,) of int
        Days, those of the training series.
    bands : tuple of str
        Names of the bands, where the series had some.
    centre, scale : ndarray (B,)
        What each band is standardised with: over the clear cells of the training items.
    baseline : ndarray (T, B)
        Mean of the clear training items in each cell, in the series' own unit.
    device : str
        Where the members run.
    left_out_p_value : float
        P-value of "the members know nothing of the items that they were not trained on": labels
        permuted among the parcels. NaN where every member was trained on all items.
    note : str
        Whether items were resampled as independent because nobody said what was.
    """

    classes: np.ndarray
    runs: Runs
    network: str
    dates: np.ndarray
    bands: tuple
    centre: np.ndarray
    scale: np.ndarray
    baseline: np.ndarray
    device: str
    left_out_p_value: float = float("nan")
    note: str = ""

    def votes(self, series: Any, clear: Any = None) -> np.ndarray:
        """Return each surviving member's class probabilities; see `predict_series_votes`."""
        return predict_series_votes(self, series, clear=clear)


def classify_series(
    series: Any,
    labels: Any = None,
    *,
    members: int,
    seed: int,
    clear: Any = None,
    dates: Any = None,
    units: Any = None,
    network: str = "channel attention",
    redraw: tuple[str, ...] = REDRAWN,
    weights: Any = None,
    steps: int = 400,
    store: str | os.PathLike | None = None,
    verify: bool = True,
    device: str = "auto",
    progress: bool = True,
) -> SeriesEnsemble:
    r"""Train a small network on satellite time series `members` times, each on its own parcels.

    Parameters
    ----------
    series : array (n, T, B) or record
        n items (pixels or parcels), T dates, B bands; or what `toolbox.phenology` or
        `toolbox.load_series` returned, whose labels, clear dates, dates and units then count where
        none are given. Cloudy cells may be NaN.
    labels : array (n,) of whole numbers or strings, optional
        Classes, at least two different ones.
    members : int
        How many networks, R.
    seed : int
        Fixes all random streams. Member 3 is the same whether 5 or 50 are trained.
    clear : array (n, T) of bool, optional
        Which dates no cloud hides; by default all. Cloudy dates are masked; only "tempcnn" and
        "linear", with a weight for every date, read them filled from the clear dates around.
    dates : array (T,) of int, optional
        Days that increase; by default every five days.
    units : array (n,), optional
        The parcel of each item: "resample" draws whole parcels, since their items are not
        independent.
    network : str
        "channel attention" (at every date the heads weigh the bands, and in the season the dates,
        by the day of the year), "tempcnn" (convolutions along the dates, then a dense layer),
        "l-tae" (attention over the dates), "shapelets" (how nearly a series shows each of 32
        learned stretches of seven dates about its time of the year) or "linear" (logistic
        regression on all cells: the baseline).
    redraw : tuple of str
        What differs between members: "init", "order", "resample" (parcels with replacement).
    weights : None, "balanced" or array (n,)
        Weight of each item in the loss, as in `ensemble`.
    steps : int
        Steps of the optimiser, each on up to 32 items.
    store, verify, device, progress
        As in `ensemble`.

    Returns
    -------
    SeriesEnsemble

    Raises
    ------
    InputError
        An item without a clear date, dates that do not increase, lengths that differ, one class
        only, every member diverged.

    Notes
    -----
    AdamW (Loshchilov & Hutter, 2019) with a cosine schedule, in float32, on the cross-entropy with
    the weights w of mean 1,

    .. math:: -\frac1n \sum_i w_i \log p(y_i \mid x_i + e_i),

    with Gaussian noise e drawn anew for each clear cell at each step: the labels that fields have
    do not determine all weights, and noise (Bishop, 1995) and decay keep small those that are not
    needed, so that members agree on what they rest on. How much of each is a number a network, in
    `toolbox.networks.registry`; the decay is that over the root of the steps.

    Each band is standardised over the clear cells of all training items; a cloudy cell counts as
    its band's mean, and the networks are told which dates are clear.

    References
    ----------
    H. Courteille, A. Benoit, N. Meger, A. Atto, D. Ienco, "Channel-based attention for land cover
    classification using Sentinel-2 time series", IGARSS 2021.
    C. Pelletier, G. I. Webb, F. Petitjean, "Temporal convolutional neural network for the
    classification of satellite image time series", Remote Sensing 11 (2019) 523.
    V. S. F. Garnot, L. Landrieu, "Lightweight temporal self-attention for classifying satellite
    images time series", 2020.
    J. Grabocka, N. Schilling, M. Wistuba, L. Schmidt-Thieme, "Learning time-series shapelets", KDD
    2014.
    I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019.
    C. M. Bishop, "Training with noise is equivalent to Tikhonov regularization", Neural
    Computation 7 (1995) 108.

    Examples
    --------
    >>> from confidence import classify_series
    >>> from toolbox import phenology
    >>> fields = phenology(n=40, classes=("rapeseed", "maize"), dates=range(60, 260, 20),
    ...                    bands=("B3", "B8"), seed=0)
    >>> trained = classify_series(fields, members=2, network="linear", steps=50, seed=0,
    ...                           progress=False)
    >>> trained.votes(fields).shape
    (2, 40, 2)
    """
    parts = series_parts(series, clear=clear, dates=dates)
    n = len(parts.values)
    labels = part_of(series, "labels") if labels is None else labels
    classes, y = numbered_classes(labels, "labels", "classes", length=n)
    told = checks.known_units(series, units)
    units = checks.units(told, "units", length=n)
    network = checks.choice(network, "network", tuple(SERIES_NETWORKS))
    redraw = stream_names(redraw)
    unknown = [name for name in redraw if name not in REDRAWN]
    if unknown:
        checks.refuse("redraw", "streams that these networks draw from", repr(unknown[0]))
    weights = item_weights(weights, y)
    steps = checks.count(steps, "steps")
    centre, scale, baseline = band_scales(parts)
    retraining = {
        "members": members,
        "seed": seed,
        "redraw": redraw,
        "store": store,
        "verify": verify,
        "device": device,
        "progress": progress,
    }
    module = SERIES_NETWORKS[network].module
    x = packed(parts, centre, scale)
    runs = trained_runs(
        x,
        (y, weights, len(classes)),
        of=("series", "series"),
        network=module,
        learning=learning(network, steps, bands=len(centre)),
        units=units,
        retraining=retraining,
    )
    return SeriesEnsemble(
        classes=classes,
        runs=runs,
        network=network,
        dates=parts.dates,
        bands=tuple(part_of(series, "bands", ())),
        centre=centre,
        scale=scale,
        baseline=baseline,
        device=device,
        left_out_p_value=_left_out(runs, module, x, y, units, device),
        note=with_units("", told) if "resample" in redraw else "",
    )


def learning(network: str, steps: int, *, bands: int) -> dict[str, Any]:
    """Return what a network is trained with; neither flag nor date of a packed series gets noise.

    The decay is normalised (Loshchilov & Hutter, 2019, appendix B.1): a number that fits a short
    training then fits a long one.
    """
    _, rate, decay, noise = SERIES_NETWORKS[network]
    return {
        "steps": steps,
        "learning_rate": rate,
        "weight_decay": decay / np.sqrt(steps),
        "noise": np.repeat([noise, 0.0], [bands, 2]),
    }


def _left_out(
    runs: Runs, module: str, x: np.ndarray, y: np.ndarray, units: np.ndarray, device: str
) -> float:
    if "resample" not in runs.redrawn:
        return float("nan")
    votes = votes_of(runs, module, x, device=device)
    return left_out_p_value(votes, runs.in_sample[~runs.diverged], y, units)


def predict_series_votes(
    ensemble: SeriesEnsemble, series: Any, *, clear: Any = None, units: Any = None
) -> np.ndarray:
    """Return the class probabilities that each surviving member gives to new series, or tiles.

    Parameters
    ----------
    ensemble : SeriesEnsemble
        What `classify_series` returned.
    series : array (n, T, B), tiles (n, T, B, h, w), or record
        Series on the dates of the training; of a record the clear dates count too.
    clear : array (n, T) or (n, T, h, w) of bool, optional
        Which dates no cloud hides.
    units : array (n,) or (n, h, w), optional
        The parcel of each item or pixel: its items share the mean of their votes, in each member,
        and a pixel that is never clear has that of its parcel. So a whole tile is segmented by its
        parcels.

    Returns
    -------
    ndarray (R, n, C) or (R, n, C, h, w) of float64
        Columns in the order of ``ensemble.classes``; members that diverged are left out.

    Raises
    ------
    InputError
        Series of other dates or bands; of a tile, a pixel without a clear date, or a parcel that
        has none.

    Examples
    --------
    >>> from confidence import classify_series, predict_series_votes
    >>> from toolbox import additive_phenology
    >>> world = additive_phenology(n=40, seed=0)
    >>> trained = classify_series(world, members=2, network="linear", steps=50, seed=0)
    >>> predict_series_votes(trained, world).sum(axis=2).round(12).min()
    np.float64(1.0)
    >>> tile = world.values[:6].reshape(1, 2, 3, 24, 6).transpose(0, 3, 4, 1, 2)
    >>> predict_series_votes(trained, tile, units=[[[0, 0, 1], [0, 1, 1]]]).shape
    (2, 1, 2, 2, 3)
    """
    if is_tile(series):
        votes = partial(_item_votes, ensemble)
        return tile_votes(votes, series, clear=clear, units=units)
    votes = _item_votes(ensemble, series, clear)
    if units is None:
        return votes
    own = np.unique(checks.labels(units, "units", length=votes.shape[1]), return_inverse=True)[1]
    return parcel_means(votes, own)[:, own]


def _item_votes(ensemble: SeriesEnsemble, series: Any, clear: Any) -> np.ndarray:
    parts = matching_parts(ensemble, series, clear)
    x = packed(parts, ensemble.centre, ensemble.scale)
    module = SERIES_NETWORKS[ensemble.network].module
    return votes_of(ensemble.runs, module, x, device=ensemble.device)


def matching_parts(ensemble: SeriesEnsemble, series: Any, clear: Any) -> SeriesParts:
    """Return the parts of new series, refused unless dates and bands are those of the training."""
    parts = series_parts(series, clear=clear, dates=part_of(series, "dates", ensemble.dates))
    wanted = ensemble.baseline.shape
    if parts.values.shape[1:] != wanted:
        text = f"{wanted[0]} dates and {wanted[1]} bands, as in training"
        checks.refuse("series", text, f"shape {parts.values.shape}")
    if (parts.dates != ensemble.dates).any():
        at = int(np.argmax(parts.dates != ensemble.dates))
        got = f"day {parts.dates[at]} where it was day {ensemble.dates[at]}"
        checks.refuse("series", "the dates of the training", got)
    named = tuple(part_of(series, "bands", ()))
    if named and ensemble.bands and named != tuple(ensemble.bands):
        wanted = f"the bands of the training, {', '.join(ensemble.bands)}, in their order"
        checks.refuse("series", wanted, ", ".join(named))
    return parts


def band_scales(parts: SeriesParts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each band's mean and standard deviation over clear cells, and each cell's mean.

    A date on which every item is cloudy has the bands' means.
    """
    values, seen = parts.values.astype(np.float64), parts.clear[..., None]
    cells = np.ascontiguousarray(values[parts.clear])
    centre, scale = feature_scales(cells)
    counts = seen.sum(axis=0)
    means = np.where(counts > 0, (values * seen).sum(axis=0) / np.maximum(counts, 1), centre)
    return centre, scale, means


def standardised_series(parts: SeriesParts, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the bands in standard deviations of the training; cloudy cells are 0."""
    values = in_deviations(parts.values, ("series", "series"), centre=centre, scale=scale)
    return values * parts.clear[..., None]


def packed(parts: SeriesParts, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return what the networks read: bands, clear or not, the date; (n, T, B + 2)."""
    values = standardised_series(parts, centre, scale)
    seen = parts.clear[..., None].astype(np.float32)
    day = np.broadcast_to(years(parts.dates)[:, None], seen.shape)
    return np.concatenate([values, seen, day], axis=2)


def years(dates: np.ndarray) -> np.ndarray:
    """Return days as shares of a year."""
    return (dates / YEAR).astype(np.float32)
