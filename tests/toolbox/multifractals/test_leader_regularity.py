"""Leaders that are far too low: found by their moments, their figures withdrawn with a note."""

import re

import numpy as np
import pytest

import toolbox
from toolbox.multifractals.leader_regularity import low_leaders
from toolbox.multifractals.leader_sums import Q, lowest_block

NEGATIVE = np.array(Q) < 0


def damped(share, factor, n=2**13):
    """Return walks of H = .6 in which a stretch of increments is damped, and the same without."""
    walk = toolbox.fractional_field(n, hurst=0.6, n=2, seed=0).values
    steps = np.diff(walk, axis=1, prepend=0)
    steps[:, 1000 : 1000 + int(share * n)] *= factor
    return steps.cumsum(axis=1), walk


def test_depth_and_share_of_a_cluster_of_low_values():
    rng = np.random.Generator(np.random.Philox(0))
    e = 0.3 * rng.standard_normal(4000)
    e[:200] = -9.0
    u = np.exp(np.array(Q)[:, None] * (e - e.mean()))
    moments = np.stack([u.mean(axis=1), (u * e).mean(axis=1)], axis=-1)[None, None]
    depth, share = low_leaders(moments)
    assert depth[0, 0] == pytest.approx(e.mean() + 9, rel=1e-3)
    assert share[0, 0] == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(("share", "factor"), [(0.05, 1e-6), (0.3, 1e-6), (0.1, 1e-3)])
def test_a_damped_stretch_withdraws_what_it_decides(share, factor):
    spoilt, clean = damped(share, factor)
    found = toolbox.multifractal(np.stack([spoilt[0], clean[1]]), dim=1)
    assert np.isnan(found.zeta[0, NEGATIVE]).all()
    assert np.isnan(found.cumulants[0, 2])
    assert np.isfinite(found.zeta[0, ~NEGATIVE]).all()
    assert "of 1 of 2 items lie more than 5 nats below" in found.note
    alone = toolbox.multifractal(clean, dim=1)
    np.testing.assert_array_equal(found.zeta[1], alone.zeta[1])
    assert alone.note == ""


def test_a_flat_run_that_the_share_of_leaders_does_not_see():
    walk = toolbox.fractional_field(2**13, hurst=0.6, seed=0).values[0]
    items = np.stack([walk] * 4)
    for row, start in enumerate((1000, 4003, 7777)):
        items[row, start : start + 41] = items[row, start]
    found = toolbox.multifractal(items, dim=1)
    assert "the lowest leaders of 3 of 4 items lie far below all others" in found.note
    assert (found.zeta[:3, 0] < found.zeta[3, 0] - 0.5).all()  # what the note warns of
    assert toolbox.multifractal(items[3:], dim=1).note == ""


@pytest.mark.parametrize("factor", [0.01, 0.03, 0.1])
def test_a_tenth_of_the_samples_damped(factor):
    spoilt, clean = damped(0.1, factor)
    found = toolbox.multifractal(np.stack([spoilt[0], clean[1]]), dim=1)
    assert "1 of 2 items" in found.note
    assert toolbox.multifractal(clean[1], dim=1).note == ""


def test_a_damped_square_of_an_image():
    image = toolbox.fractional_field((128, 128), hurst=0.5, n=2, seed=0).values.copy()
    square = image[0, 40:80, 30:70]
    image[0, 40:80, 30:70] = square.mean() + 0.1 * (square - square.mean())
    assert "the lowest leaders of 1 of 2 items" in toolbox.multifractal(image, dim=2).note


def test_the_third_cumulant_of_a_cascade_of_rare_events_stays():
    cascade = toolbox.logpoisson_cascade(2**13, singularity=0.1, ratio=0.5, n=20, seed=0)
    found = toolbox.multifractal(cascade.values, dim=1)
    error = found.cumulants[:, 2] - cascade.cumulants[2]
    assert abs(error.mean()) < 4 * error.std(ddof=1) / np.sqrt(20)
    assert "as of a log-Poisson cascade" in found.note


def test_the_depth_of_a_block_is_that_of_its_mean():
    rng = np.random.Generator(np.random.Philox(3))
    e = rng.standard_normal((2, 1024))
    e[1, 256:320] -= 3.0  # one block of 64: its mean varies by an eighth
    clean, low = lowest_block(e)
    means = e[1].reshape(-1, 32).mean(axis=1)
    middle = np.quantile(means, [0.25, 0.5, 0.75], method="lower")
    assert clean < 0.9
    assert low >= (middle[1] - means.min()) / ((middle[2] - middle[0]) / 1.349) / 6 > 1


def test_gaps_are_no_low_leaders():
    walk = toolbox.fractional_field(2**13, hurst=0.6, seed=0).values
    missing = np.zeros(2**13, dtype=bool)
    missing[1000:3500], missing[5000:5040] = True, True
    found = toolbox.multifractal(walk, dim=1, missing=missing)
    assert np.isfinite(found.zeta).all()
    assert found.note == ""


FIELDS = {
    "fractional": lambda n: toolbox.fractional_field(2048, hurst=0.3, n=n, seed=0),
    "multifractal": lambda n: toolbox.multifractal_field(
        2048, hurst=0.7, intermittency=0.1, n=n, seed=0
    ),
    "log-Poisson": lambda n: toolbox.logpoisson_cascade(
        2048, singularity=0.3, ratio=0.6, n=n, seed=0
    ),
    "image": lambda n: toolbox.multifractal_field(
        (64, 64), hurst=0.5, intermittency=0.05, n=n, seed=0
    ),
    "anisotropic": lambda n: toolbox.anisotropic_field(
        (64, 64), hurst=0.4, anisotropy=0.7, angle=0.5, n=n, seed=0
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("p", [np.inf, 2.0])
@pytest.mark.parametrize("name", FIELDS)
def test_clean_fields_are_left_alone(name, p):
    values = FIELDS[name](800).values
    found = toolbox.multifractal(values, dim=values.ndim - 1, p=p)
    assert np.isfinite(found.zeta).all()
    told = re.search("of ([0-9]+) of 800 items", found.note)
    # At a rate of .5 % more than 11 of 800 have the probability .0005.
    assert told is None or int(told[1]) <= 11


def test_components_that_are_damped_are_noted():
    pair, clean = damped(0.1, 0.01, n=2**11)
    items = np.stack([[pair[0], clean[1]], clean])
    found = toolbox.cross_multifractal(items, dim=1, gamma=0.5)
    assert "the lowest leaders of 1 of 4 components lie far below all others" in found.note
    assert "lowest" not in toolbox.cross_multifractal(items[1:], dim=1, gamma=0.5).note
    assert "1 of 4 components" in toolbox.calibrate_cross(found, seed=0, draws=8).note


def test_whittles_estimate_notes_a_damped_stretch():
    pair, clean = damped(0.1, 0.01, n=2**11)
    found = toolbox.whittle_c2(np.stack([pair[0], clean[1]]), dim=1)
    assert "the lowest leaders of 1 of 2 items lie far below all others" in found.note
    assert toolbox.whittle_c2(clean, dim=1).note == ""


def test_strong_multifractal_walks_keep_their_figures():
    walks = toolbox.multifractal_field(2**13, hurst=0.7, intermittency=0.2, n=20, seed=1)
    found = toolbox.multifractal(walks.values, dim=1)
    assert np.isfinite(found.zeta).all()
    assert "nats" not in found.note


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["multifractal", "cross_multifractal", "wavelet_leaders"])
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"p": 1e-3}, "p: wanted at least 0"),
        ({"p": 1e60}, "p: wanted a number > 0 and <= 1e"),
        ({"gamma": 500.0}, "gamma: wanted at most"),
    ],
)
def test_p_and_gamma_beyond_the_range_of_numbers_are_refused(name, options, text, dtype):
    x = np.cumsum(np.random.Generator(np.random.Philox(0)).standard_normal((2, 2, 2048)), axis=-1)
    with pytest.raises(toolbox.InputError, match=text):
        getattr(toolbox, name)(x.astype(dtype), dim=1, **options)


def test_the_smallest_p_that_is_accepted_gives_numbers():
    x = toolbox.fractional_field(2048, hurst=0.6, seed=0).values
    exact = toolbox.multifractal(x, dim=1, p=0.05)
    single = toolbox.multifractal(x.astype(np.float32), dim=1, p=0.05)
    np.testing.assert_allclose(single.cumulants, exact.cumulants, atol=1e-4)


@pytest.mark.parametrize("gamma", [0.0, "auto"])
def test_a_scale_without_variation_says_what_to_do(gamma):
    noise = np.random.Generator(np.random.Philox(0)).standard_normal(2048)
    x = (-1.0) ** np.arange(2048) + 1e-9 * noise  # one frequency, at the finest scale
    with pytest.raises(toolbox.InputError, match=r"x: wanted .* scales= at which x varies"):
        toolbox.multifractal(x, dim=1, gamma=gamma, scales=(1, 3))


@pytest.mark.parametrize("function", [toolbox.whittle_c2, toolbox.regularity_map])
def test_an_item_with_zero_leaders_is_named(function):
    x = np.cumsum(np.random.Generator(np.random.Philox(0)).standard_normal((5, 1024)), axis=1)
    x[3, 400:600] = x[3, 400]
    with pytest.raises(toolbox.InputError, match="leaders of item 3 that are zero") as caught:
        function(x, dim=1)
    assert caught.value.item == 3
