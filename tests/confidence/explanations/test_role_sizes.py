"""Sizes of roles from held-out labels: Firth's estimate, and how often intervals hold the truth."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from confidence import classify_series, explain, role_sizes
from confidence.explanations.role_sizes import firth_logistic
from toolbox import InputError, additive_phenology

pytestmark = pytest.mark.usefixtures("all_compiled_in_haste")


def test_firths_estimate_is_finite_where_labels_are_separable_and_the_definition_elsewhere():
    """One binary regressor: Firth's penalty is one half added to each cell of the table."""
    x = np.repeat([0.0, 1.0], [10, 20])
    y = np.r_[np.ones(3), np.zeros(7), np.ones(20)]
    slopes, _ = firth_logistic(np.column_stack([x, 1 - x]), y, np.arange(len(y)))
    expected = [np.log(20.5 / 0.5), np.log(3.5 / 7.5)]
    np.testing.assert_allclose(slopes, expected, atol=1e-6)


def test_firths_estimate_of_nearly_separable_labels_is_a_maximum():
    """Twenty slopes of 200 labels: SciPy finds no better penalised likelihood from there."""
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.normal(size=(200, 20)) * rng.exponential(size=(200, 1)), np.ones(200)])
    y = (rng.random(200) < expit(4 * x[:, :20].sum(axis=1))).astype(float)

    def loss(b):
        p = expit(x @ b)
        information = (x * (p * (1 - p))[:, None]).T @ x
        likelihood = (np.where(y == 1, log_expit(x @ b), log_expit(-x @ b))).sum()
        return -likelihood - np.linalg.slogdet(information)[1] / 2

    slopes, _ = firth_logistic(x, y, np.arange(200))
    assert loss(slopes) < loss(np.zeros(21)) - 10
    assert minimize(loss, slopes, method="BFGS").fun == pytest.approx(loss(slopes), abs=1e-6)


@pytest.mark.long
def test_sizes_of_roles_are_covered():
    """Ten worlds of 150 items, 8 planted cells each: 80 intervals of which 95 % should hold."""
    inside = []
    for seed in range(10):
        world = additive_phenology(n=350, seed=seed)
        few, asked = slice(0, 150), slice(150, 350)
        networks = classify_series(
            world.values[few],
            world.labels[few],
            dates=world.dates,
            members=20,
            seed=seed,
            network="tempcnn",
            progress=False,
        )
        found = explain(networks, world.values[asked])
        sizes = role_sizes(found, world.labels[asked])
        truth = np.einsum("ntb,n->tb", world.contributions[asked], found.side) / 200
        low, high = np.moveaxis(sizes.interval, -1, 0)
        inside.append(((low <= truth) & (truth <= high))[world.truth[0, 1] > 0].mean())
    assert np.mean(inside) > 0.90 - 2 * np.sqrt(0.09 / 80)


def test_items_that_were_asked_about_different_classes_have_no_common_slope():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 1, 2))

    def member(slope):
        return lambda x: slope * np.stack([x[..., 0, 0], x[..., 0, 1], 0 * x[..., 0, 1]], axis=1)

    members = [member(slope) for slope in (1.8, 1.9, 2.0, 2.1)]
    y = (rng.random(200) < expit(x[:, 0, 0] - x[:, 0, 1])).astype(int)
    own = explain(members, x, method="occlusion")  # each item about its own class
    with pytest.raises(InputError, match=r"^explanation: wanted one of items asked about the same"):
        role_sizes(own, y)
    sizes = role_sizes(explain(members, x, method="occlusion", of=[0, 1]), y)
    assert sizes.role.shape == (1, 2)
    assert 0.3 < sizes.scale < 0.7  # the members are too sure by two
