"""Rules that end a campaign, on models whose errors are planted."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from paper_figures.labelling_costs import stopping_rules

RNG = np.random.default_rng(0)
Y = RNG.integers(3, size=300)
OPEN = np.ones((6, 300), dtype=bool)


def models(*shares):
    """Return predictions, a row a model, of which the first `share` of the items is wrong."""
    wrong = np.arange(300) < 300 * np.array(shares)[:, None]
    return np.where(wrong, (Y + 1) % 3, Y)


def test_kappa_is_scikit_learns():
    one, other = RNG.integers(4, size=(2, 60))
    assert stopping_rules.kappa(one, other) == pytest.approx(cohen_kappa_score(one, other))
    assert stopping_rules.kappa(np.zeros(5, dtype=int), np.zeros(5, dtype=int)) == 1


def test_stable_models_stop_however_wrong_they_are():
    assert stopping_rules.kappa_stop(models(0.9, 0.6, 0.4, 0.4, 0.4, 0.4)) == 5
    assert stopping_rules.kappa_stop(models(0.9, 0.8, 0.6, 0.4, 0.2, 0)) == -1


def test_audits_read_no_labelled_item():
    still_open = OPEN.copy()
    still_open[:, :100] = False  # all that is wrong has a label
    found = stopping_rules.stops(models(*[1 / 3] * 6), Y, still_open, 0)
    assert (found[1] == 0).all()
    assert found[0].tolist() == [3, 0, 4]


def test_an_audit_that_begins_with_errors_everywhere_certifies_nothing():
    predicted = models(*[0.5] * 6)
    at, read = stopping_rules.e_value_stop(predicted, predicted != Y, OPEN, 0)
    assert at == -1
    assert read == 20  # one attempt, which sees at once that it is hopeless


def test_a_right_model_is_certified_by_as_many_answers_as_a_clean_audit_takes():
    """With u of N read and right, and m too many: 1/E is at most the chance of none among u."""
    predicted = models(*[0.0] * 6)
    at, read = stopping_rules.e_value_stop(predicted, predicted != Y, OPEN, 0)
    assert at == 4
    alpha = 0.05 * 0.8
    fewest = next(u for u in range(300) if np.prod(1 - 16 / (300 - np.arange(u))) <= alpha)
    assert fewest <= read <= 1.3 * fewest


@pytest.mark.long
def test_false_certificates_of_just_too_many_errors():
    """With 16 of 300 wrong, one more than tolerated, at most 5 % stop; 30 read pass far more."""
    predicted, wrong = models(*[16 / 300] * 6), np.zeros((6, 300), dtype=bool)
    wrong[:, :16] = True
    certified = [stopping_rules.e_value_stop(predicted, wrong, OPEN, s)[0] >= 0 for s in range(400)]
    assert np.mean(certified) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    passed = [
        stopping_rules.plug_in_stop(wrong, OPEN, np.random.default_rng(s))[0] >= 0
        for s in range(100)
    ]
    assert np.mean(passed) > 0.5
