"""Capacity: Cover's count for linear classifiers, VC bounds by hand, torch factories."""

from functools import partial
from itertools import product
from math import comb

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression, Perceptron
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from torch import nn

from similarity import capacity
from similarity.network_capacity.memorisation import built
from similarity.network_capacity.vc_bounds import promised_gap, vc_interval
from toolbox import InputError

LINEAR = Perceptron(fit_intercept=False, max_iter=2000, tol=None)


def vectors(items, features):
    return np.random.default_rng(0).standard_normal((items, features))


def network(features, width, outputs=1):
    return nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Linear(width, outputs))


@pytest.mark.parametrize("features", [5, 15])
def test_linear_classifiers_store_two_items_a_parameter(features):
    found = capacity(LINEAR, vectors(200, features), seed=0, trials=20, progress=False)
    assert found.capacity == pytest.approx(2 * features, rel=0.2)
    assert found.interval[0] < 2 * features < found.interval[1]
    assert found.parameters == features
    assert found.vc_interval.tolist() == [features, features]
    # Cover: a share 2^(1-n) sum_{k<p} C(n-1, k) of the labellings is separable.
    for n, share in zip(found.items, found.fitted, strict=True):
        cover = sum(comb(int(n) - 1, k) for k in range(features)) / 2.0 ** (n - 1)
        assert share == pytest.approx(cover, abs=4 * np.sqrt(0.25 / 20))


def test_all_items_fitted_is_said_to_be_a_lower_bound():
    found = capacity(KNeighborsClassifier(1), vectors(20, 3), seed=0, trials=4, progress=False)
    assert found.capacity == found.available == 20
    assert np.isinf(found.interval[1])
    assert found.verdict.startswith("memorises: it fits random labels of all 20")
    assert found.parameters == -1
    assert np.isnan(found.vc_interval).all()
    assert "not known" in found.verdict


def test_a_network_of_torch_stores_more_with_width():
    settings = {"seed": 0, "trials": 4, "steps": 200, "rate": 0.05, "progress": False}
    x = vectors(64, 5)
    narrow = capacity(partial(network, 5, 1), x, **settings)
    wide = capacity(partial(network, 5, 6), x, **settings)
    assert narrow.capacity < wide.capacity
    assert wide.capacity > 2 * 6  # what a linear classifier stores
    assert wide.parameters == 5 * 6 + 6 + 6 + 1
    assert "vacuous" in wide.verdict
    assert capacity(partial(network, 5, 1), x, **settings).capacity == narrow.capacity


def test_less_is_asked_for_by_a_lower_accuracy_and_two_outputs_are_one_margin():
    x = vectors(60, 4)
    strict = capacity(LINEAR, x, seed=0, trials=8, progress=False)
    lax = capacity(LINEAR, x, seed=0, trials=8, accuracy=0.7, progress=False)
    assert lax.capacity > strict.capacity
    two = capacity(
        partial(network, 4, 3, 2), x, seed=0, trials=4, steps=50, rate=0.05, progress=False
    )
    assert two.vc_interval[0] == 5


def test_the_factory_draws_from_the_seed_and_leaves_torchs_generator_alone():
    before = torch.random.get_rng_state()
    a, b, c = (built(partial(network, 3, 2), seed)[0].weight for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_layers_that_are_not_plain_have_no_vc_bound():
    def odd():
        return nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))

    found = capacity(odd, vectors(10, 4), seed=0, trials=4, steps=5, progress=False)
    assert np.isnan(found.vc_interval).all()
    relu = MLPClassifier((3,), max_iter=5)
    found = capacity(relu, vectors(10, 4), seed=0, trials=4, progress=False)
    assert found.vc_interval.tolist() == list(vc_interval((4, 3, 1)))
    assert found.parameters == 4 * 3 + 3 + 3 + 1


# ---------------------------------------------------------------------------------- VC bounds


def test_half_spaces_shatter_one_point_more_than_inputs():
    assert vc_interval((15, 1)) == (16, 16)
    points = np.array([[0, 0], [1, 0], [0, 1]])  # by linear programming, all 8 labellings
    for labels in product([-1, 1], repeat=3):
        signs = np.array(labels)[:, None]
        rows = -signs * np.column_stack([points, np.ones(3)])
        assert linprog(np.zeros(3), rows, -np.ones(3), bounds=(None, None)).status == 0


def test_the_upper_bound_is_the_largest_number_that_the_count_allows():
    inputs, width = 15, 32
    low, high = vc_interval((inputs, width, 1))
    first, every = (inputs + 1) * width, (inputs + 1) * width + width + 1

    def ways(m):
        one = 1 + first * np.log2(2 * np.e * m * width / first)
        return one + 1 + every * np.log2(2 * np.e * m * 2 / every)

    assert ways(high) >= high
    assert ways(high + 1) < high + 1
    assert every < high < 12_097  # the closed form of Bartlett et al., Theorem 7
    assert low == 16


def test_promises():
    assert promised_gap(16.0, 100) == 1
    assert promised_gap(16.0, 10**6) < 0.05
    assert promised_gap(1e9, 100) == 1
    assert np.isnan(promised_gap(float("nan"), 100))


def test_what_is_refused():
    x = vectors(20, 3)
    quiet = {"seed": 0, "progress": False, "trials": 4}
    for arguments, name in (
        ({"network": 7, "data": x}, "network"),
        ({"network": lambda: 3, "data": x}, "network"),
        ({"network": Perceptron, "data": x}, "network"),
        ({"network": LinearRegression(), "data": x}, "network"),
        ({"network": KMeans(2), "data": x}, "network"),
        ({"network": lambda: nn.ReLU(), "data": x}, "network"),
        ({"network": partial(network, 3, 2, 5), "data": x}, "network"),
        ({"network": LINEAR, "data": x[:4]}, "data"),
        ({"network": LINEAR, "data": x[:, :, None]}, "data"),
        ({"network": LINEAR, "data": x, "accuracy": 0.5}, "accuracy"),
        ({"network": LINEAR, "data": x, "trials": 2}, "trials"),
    ):
        with pytest.raises(InputError, match=f"^{name}:"):
            capacity(**quiet | arguments)


@pytest.mark.parametrize("unit", [lambda x: x + 1e9, lambda x: 1e-60 * x, lambda x: 1e60 * x])
def test_items_that_a_network_cannot_tell_apart_are_refused(unit):
    settings = {"seed": 0, "trials": 4, "steps": 1, "progress": False}
    with pytest.raises(InputError, match=r"^data: wanted items that float32 holds and tells apart"):
        capacity(partial(network, 5, 1), unit(vectors(64, 5)), **settings)
    assert capacity(LINEAR, unit(vectors(12, 2)), **settings).available == 12
