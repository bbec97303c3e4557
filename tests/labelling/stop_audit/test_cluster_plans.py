"""Audits of clusters certify what is one paper, and what is not as rarely as they say."""

import numpy as np
import pytest

from labelling import audit, cluster_audit_plan
from toolbox import InputError


def closeness(n, seed=0):
    table = np.random.default_rng(seed).normal(size=(n, n))
    return table + table.T


def test_pairs_are_every_member_with_the_closest_of_its_cluster():
    labels = np.repeat([4, 7, 9], (5, 1, 6))
    table = closeness(12)
    np.fill_diagonal(table, np.nan)  # as that of evidence
    found = cluster_audit_plan(labels, tolerance=0.3, closeness=table, seed=0)
    for code, reference in zip((4, 9), found.references, strict=True):
        members = np.flatnonzero(labels == code)
        sums = [np.nansum(table[i, members]) for i in members]
        assert reference == members[np.argmax(sums)]
        pairs = found.cluster == code
        assert sorted(found.items[pairs]) == [i for i in members if i != reference]
        assert (found.others[pairs] == reference).all()
    assert 7 not in found.cluster


def test_members_that_are_far_are_read_first():
    table = np.zeros((40, 40))
    table[:, 31:] = table[31:] = -5
    shares = []
    for seed in range(40):
        plan = cluster_audit_plan([0] * 40, tolerance=0.2, closeness=table, seed=seed)
        shares.append((plan.items[:5] > 30).mean())
    assert np.mean(shares) > 0.3  # 9 of 39 by chance: .23


def test_one_cluster_alone():
    found = cluster_audit_plan([0, 0, 0, 1, 1, 1], tolerance=0.4, cluster=1, seed=0)
    assert sorted(found.items.tolist()) == [4, 5]
    with pytest.raises(InputError, match="cluster: wanted one of the labels"):
        cluster_audit_plan([0, 0, 1], tolerance=0.4, cluster=3, seed=0)
    with pytest.raises(InputError, match="labels: wanted a cluster of two members"):
        cluster_audit_plan([0, 1, 2], tolerance=0.4, seed=0)


NO_TABLES = {
    "ragged": [[0, 1], [1]],
    "texts": [["near"] * 3] * 3,
    "small": [[0, 1], [1, 0]],
    "asymmetric": [[0, 1, 2], [0] * 3, [0] * 3],
}


@pytest.mark.parametrize("table", NO_TABLES.values(), ids=NO_TABLES)
def test_closeness_that_is_no_table_of_pairs_is_refused(table):
    with pytest.raises(InputError, match="closeness: wanted"):
        cluster_audit_plan([0, 0, 0], tolerance=0.4, closeness=table, seed=0)


@pytest.mark.parametrize("informed", [False, True])
def test_false_certificates_are_as_rare_as_said(informed):
    """60 members, one stranger more than a tenth of them: certified in at most 5 % of audits."""
    labels, worlds, certified = np.zeros(61, int), 100, 0
    for seed in range(worlds):
        rng = np.random.default_rng(seed)
        strangers = rng.permutation(np.arange(1, 61))[:7]
        table = closeness(61, seed) if informed else None
        if informed:
            table[0] = table[:, 0] = 99  # the reference
        plan = cluster_audit_plan(labels, tolerance=0.1, closeness=table, seed=seed)
        wrong = np.isin(plan.items, strangers)
        certified += audit(plan.plan, wrong).certified
    assert certified / worlds <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / worlds)


def test_a_pure_cluster_is_certified_early():
    plan = cluster_audit_plan([0] * 61, tolerance=0.1, seed=0)
    assert audit(plan.plan, np.zeros(40)).certified
