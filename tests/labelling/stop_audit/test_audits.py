"""Audits certify what is true as often as they say, and cost what they say: against enumeration."""

from dataclasses import replace
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from labelling import audit, audit_plan, audits_needed, ledger, rare_left, tell
from labelling.stop_audit import importance_bets as by_risk
from labelling.stop_audit.plans import plan_levels
from labelling.stop_audit.uniform_bets import log_e_values, prior
from toolbox import InputError


def likelihood(n, k, answers):
    """P(these answers in this order | k of n wrong), factor by factor."""
    value, wrong = 1.0, k
    for t, bad in enumerate(answers):
        value *= (wrong if bad else n - t - wrong) / (n - t)
        wrong -= bad
    return value


def test_the_e_value_is_the_mixture_of_likelihoods():
    n, m = 12, 5
    k, weights = prior(m)
    assert k.tolist() == [0, 1, 2, 3, 4]
    for answers in product((0, 1), repeat=4):
        wanted = sum(w * likelihood(n, i, answers) for i, w in zip(k, weights, strict=True))
        found = np.exp(log_e_values(n, m, np.array(4), np.array(sum(answers))))
        np.testing.assert_allclose(found, wanted / likelihood(n, m, answers), rtol=1e-10)


@pytest.mark.parametrize("errors", [0, 2, 5])
def test_the_cost_is_that_of_all_orders_enumerated(errors):
    n, tolerance, level = 12, 0.4, 0.8
    stops = []
    for places in combinations(range(n), errors):
        wrong = np.isin(np.arange(n), places)
        values = np.exp(log_e_values(n, 5, np.arange(1, n + 1), wrong.cumsum()))
        reached = values >= 1 / (1 - level)
        stops.append(reached.argmax() + 1 if reached.any() else np.inf)
    found = audits_needed(n=n, tolerance=tolerance, error=errors / n, level=level)
    assert found.certified == pytest.approx(np.isfinite(stops).mean())
    assert found.mean == pytest.approx(np.minimum(stops, n).mean())
    assert found.median == np.quantile(stops, 0.5, method="inverted_cdf")
    if errors == 5:
        assert 0 < found.certified <= 1 - level


def test_one_error_too_many_is_certified_as_often_as_said_and_audits_are_cheap():
    false = audits_needed(n=1600, tolerance=0.05, error=81 / 1600).certified
    assert 0.02 <= false <= 0.05
    more = audits_needed(n=1600, tolerance=0.05, error=90 / 1600).certified
    assert more < false
    costs = {e: audits_needed(n=1600, tolerance=0.05, error=e).median for e in (0.005, 0.01, 0.02)}
    assert costs[0.005] <= 71
    assert costs[0.01] <= 128
    assert costs[0.02] <= 297


@pytest.mark.parametrize("wrong", list(combinations(range(5), 2)))
def test_a_bet_by_risk_is_fair_wherever_the_errors_are(wrong):
    """The mean factor over the item drawn, for each way to place the errors of the null."""
    risk, share, m = np.array([0.5, 1.0, 8.0, 8.0, 0.1]), 0.5, 2
    levels = by_risk.strata(risk)
    left = levels.count.astype(float)
    q = by_risk.reading_probability(left, levels.risk, share)[levels.of]
    assert q.sum() == pytest.approx(1)
    values = [
        np.exp(by_risk.log_e_values(levels, m, share, levels.of[[[i]]], np.array([[i in wrong]])))
        for i in range(5)
    ]
    mean = sum(p * v[0, 0] for p, v in zip(q, values, strict=True))
    assert mean <= 1 + 1e-9
    assert mean > 0.99


def test_an_audit_by_risk_is_a_martingale_over_two_readings():
    """By hand over all pairs drawn: the e-value of the plan's own function has mean one."""
    risk, share, wrong = np.array([1.0, 1, 4, 4, 4, 0.5]), 0.4, np.array([1, 0, 0, 1, 1, 0])
    levels = by_risk.strata(risk)
    total = 0.0
    for i in range(6):
        left = levels.count.astype(float)
        q = by_risk.reading_probability(left, levels.risk, share)[levels.of]
        left[levels.of[i]] -= 1
        after = by_risk.reading_probability(left, levels.risk, share)[levels.of]
        for j in set(range(6)) - {i}:
            read, bad = levels.of[[[i, j]]], wrong[[[i, j]]]
            value = np.exp(by_risk.log_e_values(levels, 3, share, read, bad))[0, -1]
            total += q[i] * after[j] * value
    assert 0.98 < total <= 1 + 1e-8


def test_the_order_is_drawn_with_the_probabilities_that_it_says():
    risk = np.array([8.0, 1, 1, 2])
    first = np.zeros(4)
    for seed in range(400):
        plan = audit_plan([0] * 4, tolerance=0.3, risk=risk, seed=seed)
        first[plan.order[0]] += 1
        assert plan.probability[-1] == pytest.approx(1)
    wanted = 0.5 / 4 + 0.5 * risk / risk.sum()
    assert np.abs(first / 400 - wanted).max() < 4 * 0.5 / 20  # 4 standard errors


def test_a_good_risk_is_cheaper_where_there_are_errors():
    n, wrong = 400, np.arange(400) < 8
    risk = np.where(np.arange(400) < 30, 1.0, 0.05)
    at = {}
    for name, given in (("risk", risk), ("uniform", None)):
        plans = [audit_plan([0] * n, tolerance=0.05, risk=given, seed=s) for s in range(6)]
        at[name] = np.median([audit(p, wrong[p.order]).at for p in plans])
    assert at["risk"] < at["uniform"]


def test_all_risks_of_a_long_audit_stay_fair():
    """The share of false certificates of short audits, errors where the risk is lowest."""
    n, m, runs = 60, 7, 200
    risk = np.linspace(1, 10, n)
    wrong = (np.arange(n) < m).astype(int)
    plans = [audit_plan([0] * n, tolerance=0.1, risk=risk, seed=s) for s in range(runs)]
    orders = np.stack([p.order for p in plans])
    levels = plan_levels(plans[0])
    values = by_risk.log_e_values(levels, m, 0.5, levels.of[orders], wrong[orders])
    assert (values.max(axis=1) >= np.log(20)).mean() <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / runs)


def test_what_is_audited_is_what_was_planned():
    predicted = np.arange(50) % 3
    plan = audit_plan(predicted, tolerance=0.1, seed=0)
    right = [0, 0, 0]
    assert not audit(plan, right, items=plan.order[:3], predicted=predicted).certified
    with pytest.raises(InputError, match=r"^items: wanted prediction"):
        audit(plan, right, items=plan.order[:3][::-1])
    with pytest.raises(InputError, match=r"^predicted: wanted the predictions that were planned"):
        audit(plan, right, predicted=(predicted + 1) % 3)
    with pytest.raises(InputError, match=r"^wrong: wanted at most 50"):
        audit(plan, [0] * 51)


def test_a_redrawn_plan_is_refused_once_one_was_told():
    first, second = (audit_plan([0] * 50, tolerance=0.1, seed=s) for s in (0, 1))
    with pytest.raises(InputError, match=r"^ledger: wanted the plan.*got none"):
        audit(first, [0], ledger=ledger())
    book = tell(ledger(), kind="plan", values=first.key, who="audit", time=0)
    assert audit(first, [0], ledger=book).wrong == 0
    with pytest.raises(InputError, match=r"^ledger: wanted the plan"):
        audit(second, [0], ledger=book)
    redrawn = tell(book, kind="plan", values=second.key, who="audit", time=1)
    with pytest.raises(InputError, match=r"^ledger: wanted the plan.*got 2"):
        audit(second, [0], ledger=redrawn)


def test_attempts_share_the_error():
    alphas = [audit_plan([0] * 9, tolerance=0.1, attempt=j, seed=0).alpha for j in range(1, 40)]
    assert sum(alphas) == pytest.approx(0.05)
    assert audit_plan([0] * 9, tolerance=0.1, seed=0).alpha == pytest.approx(0.05)


def test_what_is_left_to_read_is_enough_and_the_bound_holds():
    plan = audit_plan([0] * 300, tolerance=0.05, seed=0)
    found = audit(plan, [0, 1, 0, 0])
    left = found.audits_left_if_clean
    assert audit(plan, [0, 1, 0, 0] + [0] * left).at == 4 + left
    assert audit(plan, [1] * 16).audits_left_if_clean == -1
    assert "nothing can certify" in audit(plan, [1] * 16).note
    assert audit(plan, [0] * 300).upper == 0


def test_rare_items_left_against_the_hypergeometric_law():
    found = rare_left(unlabelled=200, audited=120, found=1)
    law = [hypergeom.cdf(1, 200, k, 120) for k in range(1, 60)]
    assert found.at_most == max(k for k, p in enumerate(law, 1) if p > 0.05) - 1
    for left, audits in zip(found.left, found.audits, strict=True):
        clean = [comb(200 - audits - d, left + 1) / comb(200, left + 1) for d in (0, -1)]
        assert clean[0] <= 0.05 < clean[1]


def test_a_chance_of_exactly_one_less_the_level_is_rejected():
    # One rare item of N, N - 1 of them read: it is left with probability 1 / N.
    for total, level in ((10, 0.9), (20, 0.95), (5, 0.8), (4, 0.75), (100, 0.99), (1000, 0.999)):
        assert rare_left(unlabelled=total, audited=total - 1, found=0, level=level).at_most == 0
        assert rare_left(unlabelled=total, audited=total - 2, found=0, level=level).at_most == 1


def test_what_is_all_read_is_known():
    for n, tolerance in ((150, 0.45), (200, 0.9), (1000, 0.3)):
        most = int(np.floor(n * tolerance + 1e-9))
        for errors in {0, 1, most // 2, most - 1, most, most + 1}:
            plan = audit_plan([0] * n, tolerance=tolerance, seed=1)
            wrong = np.isin(np.arange(n), np.random.default_rng(errors).permutation(n)[:errors])
            found = audit(plan, wrong[plan.order])
            assert found.upper == errors / n
            assert found.certified == (errors <= most)
            cost = audits_needed(n=n, tolerance=tolerance, error=errors / n)
            assert cost.certified == pytest.approx(float(errors <= most), abs=0.05)
            # One is unread: no more can be wrong than were found and this one.
            assert audit(plan, wrong[plan.order][:-1]).upper <= (errors + 1) / n


def test_a_plan_beside_the_only_one_and_a_changed_plan_are_refused():
    only, later = (audit_plan([0] * 400, tolerance=0.05, attempt=a, seed=0) for a in (None, 1))
    book = tell(ledger(), kind="plan", values=only.key, who="A", time=0)
    assert not audit(only, [1, 1], ledger=book).certified
    book = tell(book, kind="plan", values=later.key, who="A", time=1)
    for plan in (only, later):  # both together would exceed the level
        with pytest.raises(InputError, match=r"^ledger: wanted the plan .* alone"):
            audit(plan, [0], ledger=book)
    for changed in ({"tolerance": 0.5}, {"alpha": 0.5}, {"order": only.order[::-1]}):
        with pytest.raises(InputError, match=r"^plan: wanted a plan as audit_plan drew it"):
            audit(replace(only, **changed), [0])


def test_an_attempt_that_nothing_is_left_for_is_refused():
    with pytest.raises(InputError, match=r"^attempt: wanted one whose share of the error"):
        audit_plan([0] * 400, tolerance=0.05, attempt=500, seed=0)


def test_before_the_first_answer_an_audit_says_what_it_will_take():
    """One answer more than after the first that was right."""
    for risk in (None, np.arange(1.0, 401)):
        plan = audit_plan([0] * 400, tolerance=0.05, risk=risk, seed=0)
        none, one = audit(plan, []), audit(plan, [0])
        assert not none.certified
        assert none.audits_left_if_clean == one.audits_left_if_clean + 1
        assert none.wrong == none.e_value.size == 0
