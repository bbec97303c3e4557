"""Simulated births against their own law."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from toolbox import InputError, fetal_heart_rates
from toolbox.fetal_heart_rate.simulation import parts

BIRTHS = {"minutes": 30, "rate": 2, "seed": 5}


@pytest.fixture(scope="module")
def births():
    return fetal_heart_rates(n=60, acidotic=0.5, loss=0.3, bayes_auc=0.9, **BIRTHS)


def test_a_birth_is_the_same_for_any_number(births):
    few = fetal_heart_rates(n=3, acidotic=0.5, loss=0.3, bayes_auc=0.9, **BIRTHS)
    np.testing.assert_array_equal(few.heart_rate, births.heart_rate[:3])
    np.testing.assert_array_equal(few.ph, births.ph[:3])


def test_loss_is_the_share_that_was_asked_for(births):
    lost = np.isnan(births.heart_rate)
    # Gaps of 8 s on average: some 67 cycles in 30 minutes, a standard error of 4 % a birth.
    assert lost.mean() == pytest.approx(0.3, abs=5 * 0.04 / np.sqrt(60))
    whole = fetal_heart_rates(n=1, loss=0, **BIRTHS)
    assert not np.isnan(whole.heart_rate).any()


def test_the_signal_is_the_baseline_beside_events_and_the_event_within(births):
    i = 0
    seconds = np.arange(births.heart_rate.shape[1]) / births.rate
    apart = births.heart_rate[i] - births.baseline[i][seconds.astype(int)]
    free = np.ones(len(seconds), bool)
    for kind, onset, nadir, end, size in zip(
        *(getattr(births, name)[births.item == i] for name in ("kind", "onset", "nadir", "end")),
        births.amplitude[births.item == i],
        strict=True,
    ):
        free &= (seconds < onset) | (seconds > end)
        near = np.abs(seconds - nadir) < 2
        sign = 1 if kind == "acceleration" else -1
        if not np.isnan(apart[near]).all():
            assert np.nanmean(apart[near]) == pytest.approx(sign * size, abs=10)
    assert abs(np.nanmean(apart[free])) < 1.5


def test_the_acidotic_are_the_share_and_their_ph_is_low(births):
    assert births.acidotic.sum() == 30
    assert (births.ph[births.acidotic == 1] <= 7.05).all()
    assert (births.ph[births.acidotic == 0] > 7.05).all()
    assert fetal_heart_rates(n=25, acidotic=0.08, **BIRTHS).acidotic.sum() == 2


def test_the_severity_has_the_auc_that_was_asked_for():
    """Phi(d / sqrt 2) of two normal laws of variance 1, against their draws."""
    shift = np.sqrt(2) * norm.ppf(0.9)
    rng = np.random.default_rng(0)
    ill, others = shift + rng.normal(size=4000), rng.normal(size=4000)
    auc = (ill[:, None] > others).mean()
    assert auc == pytest.approx(0.9, abs=0.01)


def test_severity_moves_late_decelerations_and_variability_only():
    rng = np.random.default_rng(1)
    number, late, other = 0, np.zeros(2), np.zeros(2)
    for _ in range(150):
        contractions = parts.contraction_times(3600.0, rng)
        number += len(contractions)
        for k, severity in enumerate((0.0, 2.0)):
            kinds = [s.kind for s in parts.decelerations(contractions, severity, 3600.0, rng)]
            late[k] += kinds.count("late")
            other[k] += kinds.count("variable")
    wanted = expit(parts.LATE_ODDS + parts.LATE_SLOPE * np.array([0.0, 2.0]))
    # Some contractions at the end, or within a longer event, bring none.
    assert late / number == pytest.approx(wanted, rel=0.12)
    assert other[1] / (1 - wanted[1]) == pytest.approx(other[0] / (1 - wanted[0]), rel=0.25)


@pytest.mark.parametrize("name", ["loss", "acidotic", "bayes_auc", "minutes"])
def test_an_impossible_world_is_refused(name):
    with pytest.raises(InputError, match=f"^{name}: wanted a number"):
        fetal_heart_rates(n=1, seed=0, **{name: 2000.0})
