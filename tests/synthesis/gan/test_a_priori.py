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


def test_three_epochs_are_enough():
    short = {name: values[:, :3] for name, values in logs().items()}
    short["generator_loss"] = np.array([[3.0, 1.0, 2.0], [0.0, 0.0, 3.0]])
    found = training_indices(short)
    # Through the points (0, 3), (1, 1), (2, 2): slope -1/2, residuals .5, -1, .5 over 3 - 2.
    assert value(found, "generator_loss_slope") == pytest.approx([-0.5, 1.5])
    assert value(found, "generator_loss_variance") == pytest.approx([1.5, 1.5])
    assert value(found, "generator_loss_median") == pytest.approx([2, 0])


def test_what_diverged_is_not_finite_and_leaves_the_other_trainings_alone():
    broken = np.ones((2, EPOCHS))
    broken[1, 12:] = np.nan
    found, whole = training_indices(logs(generator_loss=broken)), training_indices(logs())
    assert found[0].tolist() == whole[0].tolist()
    of_it = np.array([name.startswith("generator_loss") for name in INDICES])
    assert np.isnan(found[1, of_it]).all()
    assert found[1, ~of_it].tolist() == whole[1, ~of_it].tolist()


def test_weights_that_do_not_move_count_as_the_smallest_number():
    still = np.zeros((2, EPOCHS))
    still[1] = 1e-4
    found = training_indices(logs(weight_motion=still))
    assert value(found, "weight_motion") == pytest.approx([np.log(1e-300), np.log(1e-4)])
