"""What is found in photographic papers: evidence, clusters, relatives, and audits of clusters."""

from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from grainwise.reports.pages.writing import begun
from toolbox.core.checks import InputError, refuse

FAMILIES = ("spectrum", "wavelet", "whitened")
PAIRS_OF = {"audited": "audit.csv", "audited_clusters": "audit_clusters.csv"}
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
        refuse("audited", wanted, f"{len(same)} answers, {len(wrong)} of them to its first pairs")
    return wrong


def pairs_said(path: Path | None, folder: Path) -> tuple[dict[frozenset, bool], bool]:
    """Return whether each judged pair is the same, and whether a page's ledger says so."""
    if path is None:
        return {}, False
    from_page = path.suffix.lower() == ".db"
    return (_from_page(path, folder) if from_page else _from_table(path)), from_page


def _from_table(path: Path) -> dict[frozenset, bool]:
    """Return what a CSV file says of pairs; rows without an answer say nothing."""
    from grainwise.judgements_in import rows_of
    from toolbox.data.readable_files import existing

    same = {}
    columns = ("first", "second", "same")
    for _, row in rows_of(existing(path, argument="audited"), "audited", columns):
        said = row["same"].strip()
        if said not in ("", "0", "1"):
            refuse("audited", "1 or 0 in the column same", repr(said))
        pair = frozenset((row["first"], row["second"]))
        if said and same.setdefault(pair, said == "1") != (said == "1"):
            got = f"1 and 0 for {row['first']!r} and {row['second']!r}"
            refuse("audited", "one answer for each pair", got)
    return same


def want_answers_used(folder: Path, **given: Path | None) -> None:
    """Refuse to write the pairs of an audit over those that somebody has answered.

    `given` has the file of answers of each option, None without it.
    """
    for option, answers in given.items():
        file = folder / PAIRS_OF[option]
        if answers is None and file.is_file() and _from_table(file):
            name = option.replace("_", "-")
            wanted = f"--{name} {file}, or another --out: its answers would be written over"
            refuse(option, wanted, "none")


def _from_page(path: Path, folder: Path) -> dict[frozenset, bool]:
    """Return what experts said of pairs on the page of `grainwise label`."""
    from labelling import answers, ledger
    from labelling.expert_page.pictures import pictures_of
    from toolbox.data.readable_files import existing

    names = pictures_of(folder, deep=True).names
    said = answers(ledger(existing(path, argument="audited"))).pairs
    return {frozenset((names[i], names[j])): bool(same) for i, j, same in said.astype(int)}


def paper_tables(loaded: Any, grouped: Any, plan: Any, audited: Path | None) -> dict[str, Any]:
    """Return the columns of papers.csv and of audit.csv."""
    columns = {"name": loaded.names, "sheet": loaded.sheet, "package": loaded.package}
    columns |= {"maker": loaded.maker}
    if grouped is not None:
        columns |= {"cluster": grouped.labels + 1, "margin": grouped.margins}
    tables = {"papers.csv": columns}
    if plan is not None and audited is None:  # never over answers that were given
        first, second = ([loaded.names[i] for i in those] for those in (plan.items, plan.others))
        tables["audit.csv"] = {"first": first, "second": second, "same": [""] * len(first)}
    return tables
