"""What is sure of roles: the empirical null, shrinkage, patterns, and that something was learnt."""

import numpy as np
import pytest
from scipy.stats import t

from confidence import classify_series, explain, score_explanation
from confidence.explanations import null_cells
from confidence.explanations.null_cells import shrinkage
from confidence.scoring.left_out import left_out_p_value
from toolbox import InputError, additive_phenology
from toolbox.core.streams import generator

MEMBERS = 20


def null_scale(ratios, members):
    return null_cells.null_scale(ratios, np.ones_like(ratios), members)


@pytest.mark.parametrize("scale", [0.4, 0.8])
def test_the_scale_of_the_null_is_found_beside_active_cells(scale):
    rng = generator(1, "null", str(scale))
    ratios = scale * rng.standard_t(MEMBERS - 1, 20_000)
    assert abs(null_scale(ratios, MEMBERS) - scale) < 4 * scale * 1.16 / np.sqrt(20_000)
    ratios[:1000] = 30  # one cell in twenty has a role
    lifted = t.ppf(0.5 + 0.25 / 0.95, MEMBERS - 1) / t.ppf(0.75, MEMBERS - 1)
    assert abs(null_scale(ratios, MEMBERS) - scale * lifted) < 0.03 * scale


def test_the_scale_is_1_where_it_cannot_be_told():
    assert null_scale(np.arange(1.0, 19), 5) == 1  # few cells
    assert null_scale(np.repeat(np.arange(1.0, 19), 9), 5) == 1  # groups of cells
    assert null_scale(100 + np.arange(100.0), 5) == 1  # every cell has a role
    many = np.arange(1.0, 50)
    assert null_cells.null_scale(many, np.r_[np.zeros(31), np.ones(18)], 5) == 1  # few that vary


def test_shrinkage_takes_away_what_is_noise():
    role, spread = np.array([0.0, 1, -2, 2, 0]), np.array([1.0, 2, 1, 0, 0])
    np.testing.assert_allclose(shrinkage(role, spread), [0, 0, 0.75, 1, 0])


def members_of(slopes):
    def member(slope):
        def logits(x):
            odds = (x * slope).sum(axis=(1, 2))
            return np.stack([0 * odds, odds], axis=1)

        return logits

    return [member(slope) for slope in slopes]


def test_sure_cells_and_the_shrunk_map_are_their_definition():
    rng = generator(2, "members")
    true = np.zeros((6, 4))
    true[1, 2], true[4, 0] = 1.0, -1.0
    slopes = true + 0.1 * rng.standard_normal((MEMBERS, 6, 4))
    x = rng.standard_normal((40, 6, 4))
    found = explain(members_of(slopes), x, method="occlusion", baseline=np.zeros((6, 4)))
    spread = found.roles.std(axis=0, ddof=1)
    assert found.null_scale == null_scale(found.role / spread, MEMBERS)
    limit = found.null_scale * t.ppf(0.985, MEMBERS - 1) * spread
    np.testing.assert_array_equal(found.role_confident, np.abs(found.role) > limit)
    assert found.role_confident[true != 0].all()
    expected = found.mean * np.clip(1 - (found.null_scale * spread / found.role) ** 2, 0, 1)
    np.testing.assert_allclose(found.shrunk, expected)
    scores = score_explanation(found, x * true)
    assert scores.shrunk_correlation > scores.correlation


def test_the_pattern_finds_cells_that_the_network_leaves_to_others():
    """Two cells tell the same; the function reads one, and both vary with its answer."""
    rng = generator(3, "pattern")
    x = rng.standard_normal((4000, 2, 2))
    x[:, 1, 1] = x[:, 0, 0] + 0.5 * rng.standard_normal(4000)
    slopes = np.array([[[2.0, 0], [0, 0]]])
    base = np.full((2, 2), 0.5)
    found = explain(members_of(slopes), x, method="pattern", baseline=base)
    # cov(x_j, 2 x_0) / var(x_j) is 2 of the cell itself, 2 / 1.25 of its neighbour, else 0
    slope = found.values[0] / (x - base)
    np.testing.assert_allclose(slope, np.broadcast_to(slope[0], slope.shape), rtol=1e-6)
    np.testing.assert_allclose(slope[0], [[2, 0], [0, 1.6]], atol=4 * 2 / np.sqrt(4000))


def test_the_pattern_is_that_of_the_clear_items():
    rng = generator(4, "clouds")
    x, clear = rng.standard_normal((30, 3, 1)), rng.random((30, 3)) < 0.6
    clear[:, 0] = True
    weights = np.array([[[1.0], [-2.0], [0.5]]])
    found = explain(members_of(weights), x, clear=clear, method="pattern")
    odds = found.odds[0]
    for date in (1, 2):
        seen = clear[:, date]
        slope = np.polyfit(x[seen, date, 0], odds[seen], 1)[0]
        base = x[seen, date, 0].mean()
        expected = np.where(seen, slope * (x[:, date, 0] - base), 0)
        np.testing.assert_allclose(found.values[0, :, date, 0], expected, atol=1e-9)
    with pytest.raises(InputError, match="series: wanted at least 10 items for 'pattern', got 9"):
        explain(members_of(weights), x[:9], method="pattern")


def test_members_that_know_nothing_of_what_was_left_out_have_a_uniform_p_value():
    """Labels that have nothing to do with the votes: p <= .1 in a tenth of the draws."""
    rng = generator(5, "left out")
    small = 0
    for _ in range(120):
        votes = rng.dirichlet((1, 1, 1), (4, 30))
        trained_on = rng.random((4, 30)) < 0.6
        small += left_out_p_value(votes, trained_on, np.arange(30) % 3, np.arange(30) // 2) <= 0.1
    assert small < 12 + 4 * np.sqrt(120 * 0.1 * 0.9)
    y = np.arange(30) % 3
    right = np.eye(3)[y] * 0.9 + 0.1 / 3
    votes = np.broadcast_to(right, (4, 30, 3))
    assert left_out_p_value(votes, trained_on, y, np.arange(30)) == 0.001
    assert np.isnan(left_out_p_value(votes, np.ones((4, 30), bool), y, np.arange(30)))


@pytest.mark.usefixtures("compiled_in_haste")
def test_no_cell_is_confident_where_the_labels_are_coins():
    world = additive_phenology(n=80, seed=2, dates=4, bands=3, planted=3, amplitude=2.0)
    coins = np.random.Generator(np.random.Philox(8)).integers(0, 2, 60)
    for labels, learnt in ((world.labels[:60], True), (coins, False)):
        trained = classify_series(
            world.values[:60],
            labels,
            dates=world.dates,
            members=6,
            seed=0,
            network="tempcnn",
            steps=60,
            progress=False,
        )
        found = explain(trained, world.values[60:])
        assert (trained.left_out_p_value <= 0.01) == learnt
        assert found.role_confident.any() == learnt
        assert ("nothing learnt" in found.note) != learnt
