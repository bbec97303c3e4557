"""What is found in photographic papers: evidence, clusters, relatives, and audits of clusters."""

from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from grainwise.reports.pages.writing import begun
from grainwise.reports.papers.answers import MADE_FOR, pairs_said
from toolbox.core.checks import InputError, refuse

FAMILIES = ("spectrum", "wavelet", "whitened")
LEVELS = {"sheet": "sheet", "package": "sheet", "maker": "package"}  # -> of which one is taken


def judged_pairs(pairs: Path | None, names: Any) -> Any:
    """Return the pairs that a CSV file judges, None without one."""
    from grainwise.judgements_in import read_pairs

    return None if pairs is None else read_pairs(pairs, list(names))


def evidence_key(loaded: Any, judged: Any, seed: int) -> str:
    """Return what tells this evidence from that of other images, units, judgements or seeds."""
    from toolbox.core.units import content_label

    units = np.unique(loaded.units, return_inverse=True)[1]
    parts = [content_label(loaded.values), content_label(units), str(seed)]
    return "-".join(parts + ([content_label(judged)] if judged is not None else []))


def pooled_evidence(loaded: Any, judged: Any, seed: int, folder: Path) -> Any:
    """Return the evidence of all families, pooled; what is finished is kept in the folder."""
    from similarity import every_evidence, pool

    units, new = loaded.units, not folder.exists()
    store = begun(folder) / "kept" / "features"
    options = {"dim": 2, "units": units, "pairs": judged, "seed": seed, "store": store}
    try:
        every = every_evidence(loaded.values, families=FAMILIES, **options)
    except InputError:  # as of too few images: no folder is left
        if new:
            rmtree(folder)
        raise
    return pool(every, units=units, pairs=judged)


def grouped_papers(evidence: Any, wanted: int | None, seed: int) -> tuple[Any, str]:
    """Return clusters, or why there are none.

    By merging: papers of a library are many small groups, of which eigenvalues show too few.
    """
    from similarity import cluster

    if wanted is None and evidence.level == "none":
        why = (
            "Neither several images of one sheet nor judged pairs say how alike is alike enough: "
            "give the number of clusters, several images of some sheets in a table, or judge pairs."
        )
        return None, why
    k = "even odds" if wanted is None else wanted
    return cluster(evidence, k=k, how="agglomerative", seed=seed), ""


def relatives_of(loaded: Any, evidence: Any, seed: int) -> dict[str, Any]:
    """Return the retrieval scores of each level of resemblance that is known."""
    from similarity import retrieval_scores

    found = {}
    for level, of in LEVELS.items():
        labels = getattr(loaded, level)
        known = np.flatnonzero(labels != "")
        if level != "sheet":  # images of one sheet say nothing about its package
            within = np.where(
                getattr(loaded, of) == "", np.array(loaded.names), getattr(loaded, of)
            )
            known = known[np.sort(np.unique(within[known], return_index=True)[1])]
        counts = np.unique(labels[known], return_counts=True)[1]
        if len(counts) > 1 and counts.max() > 1:
            distances = -evidence.scores[np.ix_(known, known)]
            found[level] = retrieval_scores(distances, labels[known], seed=seed)
    return found


def audit_of(
    grouped: Any,
    evidence: Any,
    names: Any,
    *,
    tolerance: float,
    seed: int,
    audited: Path | None,
    folder: Path,
) -> tuple[Any, Any, int]:
    """Return the plan of the audit of the clusters, what its answers certify, how many there are.

    It certifies the share of strangers over all clusters together, not any one cluster.
    """
    from labelling import audit, cluster_audit_plan

    if grouped is None or grouped.k == len(grouped.labels):
        return None, None, 0
    plan = cluster_audit_plan(
        grouped.labels, tolerance=tolerance, closeness=evidence.scores, seed=seed
    )
    answers = _answers(audited, plan, names, folder)
    return plan, audit(plan.plan, answers), len(answers)


def _answers(path: Path | None, plan: Any, names: Any, folder: Path) -> list[int]:
    """Return whether each pair judged so far was different, in the order of the plan."""
    if path is None:
        return []
    same, from_page = pairs_said(path, folder)
    wrong = []
    for i, j in zip(plan.items, plan.others, strict=True):
        pair = frozenset((names[i], names[j]))
        if pair not in same:
            break
        wrong.append(int(not same[pair]))
    if len(wrong) < len(same) and not (from_page and wrong):  # a page's ledger may hold others too
        wanted = f"the pairs of this audit in their order, next {names[i]!r} and {names[j]!r}"
        got = f"{len(same)} answers, {len(wrong)} of them to its first pairs"
        refuse("audited", wanted, f"{got} (of another seed, or of images that have changed since?)")
    return wrong


def paper_tables(
    loaded: Any, grouped: Any, plan: Any, audited: Path | None, made_for: str
) -> dict[str, Any]:
    """Return the columns of papers.csv and of audit.csv, whose pairs are made for one run."""
    columns = {"name": loaded.names, "sheet": loaded.sheet, "package": loaded.package}
    columns |= {"maker": loaded.maker}
    if grouped is not None:
        columns |= {"cluster": grouped.labels + 1, "margin": grouped.margins}
    tables = {"papers.csv": columns}
    if plan is not None and audited is None:  # never over answers that were given
        first, second = ([loaded.names[i] for i in those] for those in (plan.items, plan.others))
        tables["audit.csv"] = {
            "first": first,
            "second": second,
            "same": [""] * len(first),
            MADE_FOR: [made_for] * len(first),
        }
    return tables
