"""Simulated satellite series against their own law: moments, closed forms, the Bayes rule."""

import numpy as np
import pytest

from toolbox import InputError, additive_phenology, phenology
from toolbox.processes.satellite_series.crops import SENTINEL2, reflectance


def test_the_additive_worlds_log_odds_are_those_of_its_gaussian_law():
    """The covariance with the common timing is inverted here; the code never forms it."""
    world = additive_phenology(n=60, seed=4)
    many = additive_phenology(n=4000, seed=4)
    flat = many.values.reshape(4000, -1)
    means = [flat[many.labels == y].mean(axis=0) for y in (0, 1)]
    difference = np.sqrt(world.truth[0, 1]).reshape(-1)
    planted = difference > 0
    signs = np.sign(means[1] - means[0])
    error = np.sqrt(4 / 4000 * flat.var(axis=0))
    assert (np.abs(means[1] - means[0] - signs * difference)[planted] < 5 * error[planted]).all()
    assert (np.abs(means[1] - means[0])[~planted] < 5 * error[~planted]).all()
    # Fisher's rule from the law's own covariance I + q q': q is what the timing moves.
    centred = flat - np.stack(means)[many.labels]
    values, vectors = np.linalg.eigh(np.cov(centred.T))
    q = vectors[:, -1] * np.sqrt(values[-1] - 1)
    weights = np.linalg.solve(np.eye(len(q)) + np.outer(q, q), signs * difference)
    odds = (world.values.reshape(60, -1) - (means[0] + means[1]) / 2) @ weights
    np.testing.assert_allclose(world.contributions.sum(axis=(1, 2)), odds, atol=1.0)
    assert np.corrcoef(world.contributions.sum(axis=(1, 2)), odds)[0, 1] > 0.98


@pytest.mark.parametrize("planted", [2, 8])
def test_every_planted_cell_has_at_least_half_of_the_size_that_was_asked_for(planted):
    for seed in range(60):
        truth = additive_phenology(n=1, seed=seed, planted=planted, amplitude=3.0).truth[0, 1]
        sizes = np.sqrt(truth[truth > 0])
        assert len(sizes) == planted
        assert sizes.min() >= 1.5
        assert np.sqrt((sizes**2).mean()) == pytest.approx(3)


def test_bayes_accuracy_of_the_additive_world_is_the_normal_law_at_half_the_distance():
    from scipy.stats import norm

    world = additive_phenology(n=2000, seed=1, dates=6, bands=3, planted=5, amplitude=0.8)
    assert np.sqrt(world.truth[0, 1].sum()) == pytest.approx(0.8 * np.sqrt(5))
    expected = norm.cdf(0.4 * np.sqrt(5))
    found = (world.posterior.argmax(axis=1) == world.labels).mean()
    assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / 2000)
    told = world.posterior[:, 1]
    assert abs((told - world.labels).mean()) < 4 * np.sqrt((told * (1 - told)).mean() / 2000)


SMALL = {"classes": ("rapeseed", "winter barley"), "dates": range(60, 260, 20), "noise": 0.04}


def test_items_are_the_same_for_any_number_and_parcels_share_class_timing_and_clouds():
    few = phenology(n=6, seed=2, parcels=4, **SMALL)
    more = phenology(n=24, seed=2, parcels=4, **SMALL)
    np.testing.assert_array_equal(few.values, more.values[:6])
    for unit in range(4):
        own = more.units == unit
        assert len(np.unique(more.labels[own])) == 1
        assert (more.clear[own] == more.clear[own][0]).all()


@pytest.mark.parametrize("parcels", [None, 300])
def test_the_posterior_is_calibrated(parcels):
    """The mean of what is given to the truth, and its square: both follow from calibration."""
    fields = phenology(n=300, seed=3, parcels=parcels, **SMALL)
    p = fields.posterior
    rows = np.arange(300)
    expected, found = (p**2).sum(axis=1), p[rows, fields.labels]
    variance = ((p**3).sum(axis=1) - expected**2).mean()
    assert abs(found.mean() - expected.mean()) < 4 * np.sqrt(variance / 300)
    assert 0.6 < found.mean() < 0.99


def test_clouds_are_a_chain_of_the_wanted_share_and_every_item_is_seen():
    fields = phenology(n=400, seed=5, classes=("maize", "meadow"), bands=("B8",), clouds=0.6)
    cloudy = ~fields.clear
    assert abs(cloudy.mean() - 0.6) < 4 * np.sqrt(0.24 / cloudy.size * 1.3 / 0.7)
    lag = np.corrcoef(cloudy[:, 1:].ravel(), cloudy[:, :-1].ravel())[0, 1]
    assert abs(lag - 0.3) < 0.03
    hidden = phenology(n=30, seed=5, dates=(100, 150), clouds=0.97)
    assert hidden.clear.any(axis=1).all()


def test_rapeseed_differs_from_itself_without_bloom_in_its_yellow_bands_alone():
    days = np.arange(60.0, 180.0, 5)
    with_bloom = reflectance("rapeseed", days, SENTINEL2)
    without = reflectance("rapeseed", days, SENTINEL2, events=False)
    added = (with_bloom - without).max(axis=0)
    assert SENTINEL2[int(added.argmax())] == "B3"
    assert (added[SENTINEL2.index("B7") :] == 0).all()
    assert days[int((with_bloom - without)[:, 1].argmax())] == 115


def test_a_late_year_is_the_season_on_later_dates_and_a_leak_is_told_by_the_truth():
    early = phenology(n=4, seed=1, dates=(100, 140), jitter=0, clouds=0)
    late = phenology(n=4, seed=1, dates=(110, 150), jitter=0, clouds=0, year_shift=10)
    np.testing.assert_array_equal(early.values, late.values)
    leaky = phenology(n=4, seed=1, dates=(100, 140), leak=3.0)
    assert leaky.bands[-1] == "leak"
    np.testing.assert_allclose(leaky.truth[0, 2, :, -1], 36.0)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"dates": (10, 10, 20)}, "dates: wanted days that increase, got 10 after 10"),
        ({"dates": (10.5, 20)}, "dates: wanted whole days"),
        ({"classes": ("maize",)}, "classes: wanted at least 2"),
        ({"classes": ("maize", "rye")}, "classes: wanted at least 2 different among"),
        ({"bands": ("B1",)}, "bands: wanted"),
        ({"parcels": 3}, "parcels: wanted a whole number >= 6"),
        ({"clouds": 1.0}, "clouds: wanted"),
    ],
)
def test_bad_settings_are_refused_by_name(bad, text):
    with pytest.raises(InputError, match=text.replace("(", r"\(")):
        phenology(n=4, seed=0, **bad)
