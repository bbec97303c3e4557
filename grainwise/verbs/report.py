"""``grainwise fetal`` and ``grainwise papers``: from a folder to a report that people read."""

from functools import partial
from pathlib import Path
from typing import Annotated

import tyro
from tqdm import tqdm


def fetal(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    ph: float = 7.05,
    members: int = 50,
    subjects: Path | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> int:
    """Report on fetal heart rates: what a folder holds, and how well the outcome is told from it.

    Writes report.html and report.pdf, with figures, numbers, notes and limits; recordings.csv;
    remarks.csv, all that is not as usual; and left_out.csv, the files that cannot be used, and what
    to do. A run that was killed goes on where it stopped. What is computed describes; it is no
    diagnosis.

    Parameters
    ----------
    path
        A folder of recordings as the CTU-UHB database keeps them (WFDB: .hea beside .dat), or one
        header.
    ph
        The outcome that is looked for: a pH of the umbilical artery of at most this.
    members
        Networks that are trained from scratch, in each of five folds of the subjects.
    subjects
        A CSV file with columns name and subject, for recordings that share one (twins of a mother).
    seed
        Seed of the trainings, folds and intervals.
    out
        The folder of the report, by default NAME.report here.
    """
    from grainwise.reports.fetal.outcome import (
        features_key,
        of_enough_signal,
        outcome_told,
        recording_table,
    )
    from grainwise.reports.fetal.remarks import TABLE, every_remark, remark_table
    from grainwise.reports.fetal.report import fetal_report
    from grainwise.reports.pages.writing import kept, report_folder, superseded, write_report
    from toolbox import fetal_features, load_ctg
    from toolbox.core.checks import count, number
    from toolbox.core.checks import seed as seed_check

    number(ph, "ph", minimum=6.3, maximum=7.8)
    count(members, "members", minimum=2)
    seed = seed_check(seed)
    folder = report_folder(path, out)
    superseded(folder, subjects=subjects)
    with tqdm(total=4, desc="reading", disable=None) as bar:
        recordings = of_enough_signal(load_ctg(path, subjects=subjects, skip=True))
        bar.update()
        bar.set_description("describing")
        described = partial(fetal_features, recordings)
        features = kept(folder, f"features-{features_key(recordings)}", described)
        bar.update()
        bar.set_description("training")
        told = outcome_told(recordings, features, ph, members, seed, folder / "kept" / "networks")
        bar.update()
        bar.set_description("writing")
        report = fetal_report(path.resolve().name, recordings, features, told, threshold=ph)
        said = every_remark(recordings, features, told)
        tables = {
            "recordings.csv": recording_table(recordings, features, told),
            TABLE: remark_table(said, features.note.replace(recordings.note, "")),
        }
        files = write_report(report, folder, tables, recordings.skipped)
        bar.update()
    return _tell(recordings.skipped, files)


def papers(
    path: Annotated[Path, tyro.conf.Positional],
    *,
    table: Path | None = None,
    size: int = 128,
    clusters: int | None = None,
    pairs: Path | None = None,
    audited: Path | None = None,
    audited_clusters: Path | None = None,
    tolerance: float = 0.1,
    seed: int = 0,
    out: Path | None = None,
) -> int:
    """Report on photographic papers: who is alike, which clusters, how many strangers in them.

    Writes report.html and report.pdf, with figures, numbers, notes and limits; papers.csv; and
    audit.csv, the pairs to judge: they certify the share of strangers over all clusters together,
    while a single cluster may still be entirely wrong. audit_clusters.csv lists the pairs that
    certify one cluster each, clusters.csv how many answers each of them wants. left_out.csv lists
    the files that cannot be used, and what to do; remarks.csv what the methods say. A run that was
    killed goes on where it stopped.

    Parameters
    ----------
    path
        A folder of images, at any depth; folders within each other are maker, package and sheet.
    table
        A CSV file with columns name and some of maker, package, sheet; papers.csv in the folder
        without.
    size
        Pixels of the central square that is compared.
    clusters
        Number of clusters; by default what the evidence says, where sheets or pairs set its level.
    pairs
        A CSV file of judged pairs with columns first, second (names of images) and same (1 or 0).
    audited
        The audit.csv of an earlier run, with 1 or 0 in the column same of its first rows; or the
        .answers.db of `grainwise label FOLDER --question pairs --pairs audit.csv --blind`.
    audited_clusters
        The audit_clusters.csv of an earlier run, with 1 or 0 in the column same of the first pairs
        of some clusters, or the page's .answers.db of its pairs: certificates of one cluster each.
    tolerance
        Share of the members, over all clusters together and in a cluster with a certificate of its
        own, that may be another paper than their cluster's reference.
    seed
        Seed of the simulations, the clusters and the audit's order.
    out
        The folder of the report, by default NAME.report here.
    """
    from grainwise.reports.pages.writing import kept, report_folder, superseded, write_report
    from grainwise.reports.papers import answers as answers_of
    from grainwise.reports.papers import found as found_of
    from grainwise.reports.papers.certificates import certificate_tables, certificates_of
    from grainwise.reports.papers.remarks import TABLE, remark_table
    from grainwise.reports.papers.report import Found, papers_report
    from toolbox import load_papers
    from toolbox.core.checks import count, number
    from toolbox.core.checks import seed as seed_check

    number(tolerance, "tolerance", above=0, below=1)
    seed, size = seed_check(seed), count(size, "size", minimum=16)
    clusters = None if clusters is None else count(clusters, "clusters")
    folder = report_folder(path, out)
    answers = {"audited": audited, "audited_clusters": audited_clusters}
    settings = answers_of.settings_of(seed, size, clusters)
    answers_of.want_answers_used(folder, **answers)
    answers_of.want_made_for(settings, folder, **answers)
    superseded(folder, table=table, pairs=pairs)
    with tqdm(total=4, desc="reading", disable=None) as bar:
        loaded = load_papers(path, table=table, size=size, skip=True)
        if clusters is not None:
            count(clusters, "clusters", maximum=len(loaded.names))
        judged = found_of.judged_pairs(pairs, loaded.names)
        run = answers_of.run_of(settings, loaded, judged)
        answers_of.want_made_for(run, folder, loaded.names, **answers)
        bar.update()
        bar.set_description("comparing")
        key = found_of.evidence_key(loaded, judged, seed)
        weighed = partial(found_of.pooled_evidence, loaded, judged, seed, folder)
        evidence = kept(folder, f"evidence-{key}", weighed)
        bar.update()
        bar.set_description("grouping")
        grouped, why = found_of.grouped_papers(evidence, clusters, seed)
        asked = {"tolerance": tolerance, "seed": seed, "folder": path}
        told = (grouped, evidence, loaded.names)
        plan, audit, read = found_of.audit_of(*told, audited=audited, **asked)
        single = certificates_of(*told, answers=audited_clusters, **asked)
        relatives = found_of.relatives_of(loaded, evidence, seed)
        found = Found(evidence, grouped, why, relatives, plan, audit, read, tolerance, single)
        bar.update()
        bar.set_description("writing")
        report = papers_report(path.resolve().name, loaded, found)
        made_for = answers_of.as_cell(run)
        tables = found_of.paper_tables(loaded, grouped, plan, audited, made_for)
        tables |= certificate_tables(single, loaded.names, audited_clusters, made_for)
        tables |= {TABLE: remark_table(loaded, found)}
        answers_of.keep_images(run, loaded, folder)
        files = write_report(report, folder, tables, loaded.skipped)
        bar.update()
    return _tell(loaded.skipped, files)


def _tell(skipped: tuple[str, ...], files: list[Path]) -> int:
    from grainwise.reports.pages.left_out import left_out

    for one in left_out(skipped):
        print(f"left out {one.file}: {one.wrong}")
    print("\n".join(map(str, files)))
    return 0
