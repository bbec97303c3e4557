"""A priori indices of logs whose figures are known."""

import numpy as np
import pytest

from synthesis.gan.a_priori import INDICES, LOSSES, STATES, training_indices

EPOCHS = 20


def logs(**given):
    flat = {name: np.ones((2, EPOCHS)) for name in (*LOSSES, *STATES)}
    return flat | given


def value(found, name):
    return found[:, INDICES.index(name)]


def test_a_straight_loss():
    loss = np.stack([np.linspace(2, 1, EPOCHS), np.full(EPOCHS, 0.5)])
    found = training_indices(logs(generator_loss=loss))
    assert found.shape == (2, len(INDICES)) == (2, 11)
    assert value(found, "generator_loss_final") == pytest.approx([1, 0.5])
    assert value(found, "generator_loss_median") == pytest.approx([1.5, 0.5])
    assert value(found, "generator_loss_slope") == pytest.approx([-1 / (EPOCHS - 1), 0])
    assert value(found, "generator_loss_variance") == pytest.approx([0, 0], abs=1e-20)
    assert value(found, "discriminator_loss_slope") == pytest.approx([0, 0])


def test_slope_and_variance_are_those_of_numpys_line_through_the_last_quarter():
    rng = np.random.Generator(np.random.Philox(3))
    loss = rng.standard_normal((2, EPOCHS))
    found = training_indices(logs(discriminator_loss=loss))
    for row in range(2):
        last = loss[row, -EPOCHS // 4 :]
        time = np.arange(len(last))
        line = np.polyfit(time, last, 1)
        left = last - np.polyval(line, time)
        assert value(found, "discriminator_loss_slope")[row] == pytest.approx(line[0])
        expected = (left**2).sum() / (len(last) - 2)
        assert value(found, "discriminator_loss_variance")[row] == pytest.approx(expected)


def test_states_are_those_of_the_last_quarter():
    accuracy = np.tile(np.arange(EPOCHS) / EPOCHS, (2, 1))
    motion = np.tile(np.geomspace(1e-3, 1e-1, EPOCHS), (2, 1))
    given = {"discriminator_accuracy": accuracy, "weight_motion": motion}
    found = training_indices(logs(**given))
    assert value(found, "discriminator_accuracy") == pytest.approx([17 / 20] * 2)
    assert value(found, "weight_motion") == pytest.approx([np.log(motion[0, 17])] * 2)
    assert value(found, "gradient_ratio") == pytest.approx([0, 0])


def test_three_epochs_are_enough_and_what_diverged_is_not_finite():
    short = {name: values[:, :3] for name, values in logs().items()}
    assert np.isfinite(training_indices(short)).all()
    broken = np.ones((2, EPOCHS))
    broken[1, 12:] = np.nan
    found = training_indices(logs(generator_loss=broken))
    assert np.isfinite(found).all(axis=1).tolist() == [True, False]


def test_weights_that_do_not_move_have_a_logarithm():
    assert np.isfinite(training_indices(logs(weight_motion=np.zeros((2, EPOCHS))))).all()
