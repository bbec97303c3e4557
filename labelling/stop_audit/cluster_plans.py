"""Audits of clusters: whether the members of each are what its reference is."""

from typing import Any

import numpy as np

from labelling.stop_audit.plans import AuditPlan, audit_plan
from similarity.verification.records import without_diagonal
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.records import record


@record
class ClusterPlan:
    """Pairs that an expert judges to certify clusters, in the order of the audit.

    Attributes
    ----------
    plan : AuditPlan
        For `audit`; a prediction is wrong where the expert says "different".
    items, others : ndarray (m,) of int
        The pairs, the first to be asked first: a member, and the reference of its cluster.
    references : ndarray (k,) of int
        The member of each cluster that the others are compared with.
    cluster : ndarray (m,) of int
        The cluster of each pair.
    """

    plan: AuditPlan
    items: np.ndarray
    others: np.ndarray
    references: np.ndarray
    cluster: np.ndarray


def cluster_audit_plan(
    labels: Any,
    *,
    tolerance: float,
    closeness: Any = None,
    cluster: int | None = None,
    level: float = 0.95,
    seed: int,
) -> ClusterPlan:
    r"""Plan the audit of "all members of this cluster are one paper", before any pair is judged.

    Parameters
    ----------
    labels : array (n,) of int
        The cluster of each item.
    tolerance : float
        Share of the members that may be something else than their reference, in (0, 1).
    closeness : array (n, n), optional
        Evidence that pairs are the same, symmetric, larger = more alike, its diagonal ignored: the
        reference is the member that is closest to the others, and members that are far from it are
        the likelier to be read first. By default the first member, and all alike.
    cluster : int, optional
        One of the labels, whose cluster alone is audited; by default all, together.
    level : float
        Confidence of the certificate, in (0, 1).
    seed : int
        Draws the order.

    Returns
    -------
    ClusterPlan
        ``audit(found.plan, wrong)`` says after each answer what is certified.

    Raises
    ------
    InputError
        No cluster with two members, a tolerance that no number of errors exceeds.

    Notes
    -----
    Each member but the reference is one prediction, "the same as the reference". The audit holds
    whatever made the clusters, and whatever the closeness: that only decides what is read first.
    Of K strangers among m members, t m tolerated,

    .. math:: P(\text{certified} \mid K > t m) \le 1 - \text{level}

    (Ville, 1939; see `audit`); that *none* is there, only reading all of them can tell.

    References
    ----------
    J. Ville, Étude critique de la notion de collectif, 1939.

    Examples
    --------
    >>> from labelling import audit, cluster_audit_plan
    >>> found = cluster_audit_plan([0] * 60 + [1] * 42, tolerance=0.1, seed=0)
    >>> found.references.tolist(), len(found.items)
    ([0, 60], 100)
    >>> audit(found.plan, [0] * 40).certified  # 40 pairs were judged, all the same
    True
    """
    codes = checks.labels(labels, "labels")
    wanted, sizes = np.unique(codes, return_counts=True)
    if cluster is not None:
        found = checks.labels([cluster], "cluster")[0]
        if found not in wanted:
            refuse("cluster", "one of the labels", repr(cluster))
        wanted, sizes = wanted[wanted == found], sizes[wanted == found]
    near = _near(closeness, len(codes))
    wanted = wanted[sizes > 1]
    if not len(wanted):
        refuse("labels", "a cluster of two members at least", "clusters of one")
    members = [np.flatnonzero(codes == code) for code in wanted]
    references = np.array([_reference(those, near) for those in members])
    pairs = [
        (i, r, k)
        for k, (those, r) in enumerate(zip(members, references, strict=True))
        for i in those
        if i != r
    ]
    items, others, of = np.array(pairs).T
    plan = audit_plan(
        [f"{i} as {r}" for i, r, _ in pairs],
        tolerance=tolerance,
        risk=None if near is None else _risk(near[items, others]),
        level=level,
        seed=seed,
    )
    return ClusterPlan(
        plan=plan,
        items=items[plan.order],
        others=others[plan.order],
        references=references,
        cluster=wanted[of][plan.order],
    )


def _near(closeness: Any, n: int) -> np.ndarray | None:
    if closeness is None:
        return None
    table = without_diagonal(closeness, "closeness")
    if table.shape != (n, n):
        refuse("closeness", f"numbers {(n, n)}, a pair each", checks.describe_value(closeness))
    return table


def _reference(those: np.ndarray, near: np.ndarray | None) -> int:
    """Return the member that is closest to the others, the first where nothing is known."""
    return int(those[0 if near is None else near[np.ix_(those, those)].sum(axis=1).argmax()])


def _risk(close: np.ndarray) -> np.ndarray:
    """Return a positive risk that falls with the closeness, by its rank."""
    rank = np.argsort(np.argsort(-close, kind="stable"), kind="stable")
    return (1.0 + rank) / len(close)
