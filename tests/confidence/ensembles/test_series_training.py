"""Votes by parcel: the pixels of one share the mean of theirs, and are right more often."""

import numpy as np
import pytest

from confidence import classify_series, predict_series_votes
from toolbox import InputError, phenology


def test_pixels_of_a_parcel_share_the_mean_of_their_votes():
    drawn = phenology(
        n=340,
        classes=("rapeseed", "maize"),
        dates=range(60, 260, 20),
        bands=("B3", "B8"),
        parcels=34,
        noise=0.15,
        seed=0,
    )
    training = drawn.units < 14
    settings = {"members": 3, "network": "linear", "steps": 60, "seed": 0, "progress": False}
    trained = classify_series(
        drawn.values[training],
        drawn.labels[training],
        clear=drawn.clear[training],
        dates=drawn.dates,
        units=drawn.units[training],
        **settings,
    )
    asked, clear = drawn.values[~training], drawn.clear[~training]
    parcels, labels = drawn.units[~training], drawn.labels[~training]
    pixels = predict_series_votes(trained, asked, clear=clear)
    together = predict_series_votes(trained, asked, clear=clear, units=parcels)
    for parcel in np.unique(parcels):
        own = parcels == parcel
        expected = np.repeat(pixels[:, own].mean(axis=1, keepdims=True), own.sum(), axis=1)
        np.testing.assert_allclose(together[:, own], expected, atol=1e-12)
    right = [(v.argmax(axis=2) == labels).mean() for v in (pixels, together)]
    assert right[1] > right[0] + 0.02
    with pytest.raises(InputError, match="units: wanted 200 labels, one an item, got 199"):
        predict_series_votes(trained, asked, clear=clear, units=parcels[1:])
