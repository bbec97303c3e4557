"""The batched L-BFGS reaches the minima that SciPy reaches, and its items share nothing."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize as scipy_minimize

from synthesis.matching.batched_lbfgs import minimise
from toolbox.core.streams import generator


def starts(batch, dimension):
    draws = generator(3, "starts", batch, dimension).standard_normal((batch, dimension))
    return torch.tensor(draws)


def rosenbrock(x):
    return (100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2).sum(dim=1)


def quadratics(batch, dimension):
    """Ill-conditioned quadratics, one an item, and their minima."""
    scale = torch.logspace(0, 3, dimension, dtype=torch.float64)
    centre = starts(batch, dimension).flip(0)
    gain = torch.logspace(-2, 2, batch, dtype=torch.float64)
    return (lambda x: gain[: len(x)] * (scale * (x - centre[: len(x)]) ** 2).sum(dim=1)), centre


def test_quadratics_are_solved():
    objective, centre = quadratics(6, 30)
    x, losses = minimise(objective, starts(6, 30), iterations=200)
    torch.testing.assert_close(x, centre, atol=1e-5, rtol=0)
    assert (losses.diff(dim=1) <= 0).all()


def test_rosenbrock_valleys_end_where_scipy_ends():
    start = starts(5, 8)
    x, losses = minimise(rosenbrock, start, iterations=400)
    for item in range(5):
        reached = scipy_minimize(
            lambda z: float(rosenbrock(torch.tensor(z)[None])[0]),
            start[item].numpy(),
            method="L-BFGS-B",
        )
        assert float(losses[item, -1]) <= reached.fun + 1e-6
        np.testing.assert_allclose(x[item].numpy(), reached.x, atol=1e-2)


def test_an_item_does_not_depend_on_the_others():
    start = starts(7, 8)
    together = minimise(rosenbrock, start, iterations=60)[0]
    for item in (0, 3, 6):
        alone = minimise(rosenbrock, start[item : item + 1], iterations=60)[0]
        torch.testing.assert_close(together[item : item + 1], alone, rtol=1e-6, atol=1e-9)


def test_a_wall_of_infinity_is_not_crossed():
    def logarithmic(x):
        return torch.where(x > 0, x - x.log(), torch.inf).sum(dim=1)

    x, losses = minimise(logarithmic, torch.full((2, 3), 1e-3, dtype=torch.float64), iterations=80)
    torch.testing.assert_close(x, torch.ones_like(x), atol=1e-4, rtol=0)
    assert losses.isfinite().all()


def test_a_minimum_is_kept():
    x, losses = minimise(lambda z: (z**2).sum(dim=1), torch.zeros(2, 4), iterations=5)
    assert not x.any()
    assert not losses.any()


@pytest.mark.parametrize("history", [1, 5, 20])
def test_any_length_of_history_works(history):
    objective, centre = quadratics(2, 5)
    x, _ = minimise(objective, starts(2, 5), iterations=400, history=history)
    torch.testing.assert_close(x, centre, atol=1e-3, rtol=0)
