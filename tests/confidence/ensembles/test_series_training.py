"""Votes by parcel: pixels of one share the mean of theirs, and are right more often; tiles."""

from dataclasses import replace

import numpy as np
import pytest

from confidence import classify_series, predict_series_votes
from toolbox import InputError, phenology


@pytest.fixture(scope="module")
def fields():
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
    return trained, drawn, ~training


def test_pixels_of_a_parcel_share_the_mean_of_their_votes(fields):
    trained, drawn, new = fields
    asked, clear = drawn.values[new], drawn.clear[new]
    parcels, labels = drawn.units[new], drawn.labels[new]
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


def test_a_tile_is_segmented_by_its_parcels(fields):
    """Tiles of 10 x 10 pixels are their pixels as items, one after the other."""
    trained, drawn, new = fields
    order = np.argsort(drawn.units[new], kind="stable")  # parcels are ten pixels of a row
    asked, clear, parcels = (a[new][order] for a in (drawn.values, drawn.clear, drawn.units))
    tiles = asked.reshape(2, 10, 10, 10, 2).transpose(0, 3, 4, 1, 2)
    seen = clear.reshape(2, 10, 10, 10).transpose(0, 3, 1, 2).copy()
    maps = predict_series_votes(trained, tiles, clear=seen)
    assert maps.shape == (3, 2, 2, 10, 10)
    items = predict_series_votes(trained, asked, clear=clear)
    expected = items.reshape(3, 2, 10, 10, 2).transpose(0, 1, 4, 2, 3)
    np.testing.assert_array_equal(maps, expected)
    rows = parcels.reshape(2, 10, 10)
    assert (rows == rows[:, :, :1]).all()
    seen[0, :, 4, 7] = False  # its values are not known: the parcel speaks for it
    tiles[0, :, :, 4, 7] = np.nan
    together = predict_series_votes(trained, tiles, clear=seen, units=rows)
    others = np.delete(np.arange(10), 7)
    np.testing.assert_allclose(
        together[:, 0, :, 4, :],
        np.repeat(expected[:, 0, :, 4, others].mean(axis=0)[..., None], 10, 2),
    )
    np.testing.assert_allclose(together[:, 1, :, 2, 3], expected[:, 1, :, 2].mean(axis=2))
    with pytest.raises(InputError) as caught:
        predict_series_votes(trained, tiles, clear=seen)
    assert str(caught.value) == (
        "clear: wanted a clear date for every pixel, or for one of its parcel, "
        "got none at row 4, column 7 of tile 0"
    )
    with pytest.raises(InputError, match="units: wanted the parcel of every pixel of every tile"):
        predict_series_votes(trained, tiles, clear=seen, units=rows[0])
    with pytest.raises(InputError, match="clear: wanted one truth value a date and pixel"):
        predict_series_votes(trained, tiles, clear=seen[:, :3])
    with pytest.raises(InputError, match="series: wanted 10 dates and 2 bands, as in training"):
        predict_series_votes(trained, tiles[:, :, :1], clear=seen, units=rows)


@pytest.mark.parametrize("bands", [("B8", "B3"), ("B4", "B11")])
def test_a_record_of_other_bands_is_refused(bands):
    drawn = phenology(n=60, dates=range(60, 260, 20), bands=("B3", "B8"), seed=0)
    settings = {"members": 2, "network": "linear", "steps": 2, "seed": 0, "progress": False}
    trained = classify_series(drawn, drawn.labels, **settings)
    assert predict_series_votes(trained, drawn).shape[1] == 60
    other = replace(drawn, bands=bands)
    with pytest.raises(InputError, match=f"the bands of the training, B3, B8.* got {bands[0]}"):
        predict_series_votes(trained, other)
    without = predict_series_votes(trained, drawn.values, clear=drawn.clear)  # no names to compare
    assert without.shape[1] == 60
