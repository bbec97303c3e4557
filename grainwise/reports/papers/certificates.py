"""Audits of one cluster each: "its members are one paper", certified by answers of its own.

The audit of all clusters together bounds the strangers among all members, and lets a single
cluster be entirely wrong. Here each cluster has its plan, its answers and its certificate.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from grainwise.reports.pages.blocks import Heading, Table, Text
from grainwise.reports.pages.wording import counted
from grainwise.reports.papers.answers import MADE_FOR, PAIRS_OF, pairs_said
from toolbox.core.checks import refuse

FILE = PAIRS_OF["audited_clusters"]
LISTED = 40  # in the report; all are in clusters.csv


class Certificate(NamedTuple):
    """The audit of one cluster: its pairs in their order, and what the answers so far certify."""

    cluster: int  # as the report counts them
    items: np.ndarray
    others: np.ndarray
    judged: int
    wrong: int
    certified: bool
    wanted: int  # answers that certify if all say "the same"; -1 if none can


def certificates_of(
    grouped: Any,
    evidence: Any,
    names: Any,
    *,
    tolerance: float,
    seed: int,
    answers: Path | None,
    folder: Path,
) -> list[Certificate]:
    """Return the audit of each cluster of two images and more, the largest first."""
    if grouped is None:
        return []
    same, of_page = pairs_said(answers, folder)
    members = [np.flatnonzero(grouped.labels == k) for k in range(grouped.k)]
    members = sorted((those for those in members if len(those) > 1), key=len, reverse=True)
    options = {"tolerance": tolerance, "seed": seed}
    found = [
        # Of the members alone: the table of a library is too large to be read once a cluster.
        _certificate(grouped, those, evidence.scores[np.ix_(those, those)], names, same, **options)
        for those in members
    ]
    used = sum(one.judged for one in found)
    if used < len(same) and not (of_page and used):  # a page's ledger may hold others too
        wanted = f"pairs of {FILE}, those of each cluster in their order"
        refuse("audited_clusters", wanted, f"{len(same)} answers, {used} of them so")
    return found


def _certificate(
    grouped: Any,
    those: np.ndarray,
    closeness: np.ndarray,
    names: Any,
    same: dict[frozenset, bool],
    *,
    tolerance: float,
    seed: int,
) -> Certificate:
    plan = None if len(those) == 2 else _plan(closeness, tolerance, seed)
    first, second = ([1], [0]) if plan is None else (plan.items, plan.others)
    items, others = those[first], those[second]
    wrong = []
    for i, j in zip(items, others, strict=True):
        said = same.get(frozenset((names[i], names[j])))
        if said is None:
            break
        wrong.append(int(not said))
    certified, wanted = _read(plan, wrong)
    number = int(grouped.labels[those[0]]) + 1
    return Certificate(number, items, others, len(wrong), sum(wrong), certified, wanted)


def _plan(closeness: np.ndarray, tolerance: float, seed: int) -> Any:
    """Return the audit of one cluster, whose members are those of the table of closeness."""
    from labelling import cluster_audit_plan

    labels = np.zeros(len(closeness), int)
    return cluster_audit_plan(labels, tolerance=tolerance, closeness=closeness, seed=seed)


def _read(plan: Any, wrong: list[int]) -> tuple[bool, int]:
    """Return whether answers certify a cluster, and how many more would; -1 if none can.

    Two images are one pair, without a plan: whoever judges it has judged the cluster.
    """
    from labelling import audit

    if plan is None:
        return wrong == [0], -1 if wrong == [1] else 1 - len(wrong)
    found = audit(plan.plan, wrong)
    return found.certified, found.audits_left_if_clean


def certificate_tables(
    found: list[Certificate], names: Any, answers: Path | None, made_for: str = ""
) -> dict[str, dict[str, Any]]:
    """Return the columns of clusters.csv, and of the pairs to judge where none were given."""
    if not found:
        return {}
    tables = {
        "clusters.csv": {
            "cluster": [one.cluster for one in found],
            "images": [len(one.items) + 1 for one in found],
            "judged": [one.judged for one in found],
            "different": [one.wrong for one in found],
            "answers_wanted": [one.wanted if one.wanted >= 0 else "" for one in found],
            "certified": [int(one.certified) for one in found],
        }
    }
    if answers is None:  # never over answers that were given
        rows = [
            (one.cluster, i, j) for one in found for i, j in zip(one.items, one.others, strict=True)
        ]
        tables[FILE] = {
            "cluster": [k for k, _, _ in rows],
            "first": [names[i] for _, i, _ in rows],
            "second": [names[j] for _, _, j in rows],
            "same": [""] * len(rows),
            MADE_FOR: [made_for] * len(rows),
        }
    return tables


def certificate_blocks(found: list[Certificate], tolerance: float) -> list:
    """Return what the report says of single clusters."""
    if not found:
        return []
    certified = sum(one.certified for one in found)
    told = (
        f"Of {counted(len(found), 'cluster')} of two images and more, {certified} "
        f"{'is' if certified == 1 else 'are'} certified: at most {tolerance:.0%} of its members "
        "are another paper than its reference. Each certificate rests on the answers to its own "
        "cluster alone and holds with 95% confidence by itself: of twenty, one may be wrong."
    )
    how = (
        f"{FILE} beside this report lists the pairs of each cluster, in an order that must be "
        "kept within it. Judge as many of a cluster as the table wants, from its first on (1 the "
        "same paper, 0 another, in the column same), and run the command again with "
        f"--audited-clusters {FILE}. Small clusters have to be judged whole. clusters.csv lists "
        "all clusters."
    )
    rows = [_row(one, tolerance) for one in found[:LISTED]]
    columns = ["cluster", "images", "judged", "different", "answers still wanted", "certificate"]
    caption = "Answers still wanted: if all of them say that the papers are the same."
    return [
        Heading("Is a given cluster one paper?"),
        Text(told),
        Table(columns, rows, caption),
        Text(how),
    ]


def _row(one: Certificate, tolerance: float) -> list[str]:
    stands = f"at most {tolerance:.0%} strangers" if one.certified else "not yet"
    if one.wanted < 0:
        stands = "none: too many differ"
    elif one.certified and one.judged == len(one.items) and not one.wrong:
        stands = "all members judged the same"
    wanted = str(one.wanted) if one.wanted >= 0 else "-"
    counts = (one.cluster, len(one.items) + 1, one.judged, one.wrong)
    return [*map(str, counts), wanted, stands]
