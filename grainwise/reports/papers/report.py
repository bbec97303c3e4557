"""A report about photographic papers: relatives, clusters, what an audit would have to read."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from grainwise.reports.pages.blocks import Heading, Items, Numbers, Picture, Report, Table, Text
from grainwise.reports.pages.left_out import files_left_out, left_out, left_out_blocks
from grainwise.reports.pages.wording import counted, decimals, first_of, percent
from grainwise.reports.papers import pictures
from grainwise.reports.papers.certificates import Certificate, certificate_blocks
from grainwise.reports.papers.remarks import what_to_know

LIMITS = (
    "Alike means: of the same texture, as these statistics see it through this microscope or "
    "scanner. Light, magnification and the state of a sheet change what is seen.",
    "Without judged pairs or several images of one sheet the scores only rank: how alike two "
    "papers are has then no level, and no probability is given.",
    "Images of one sheet are not independent; where sheets are known, it is they that count.",
    "A cluster is a proposal. The audit certifies the share of strangers over all clusters "
    "together, not any one of them: a single cluster may still be entirely wrong, unless it has a "
    "certificate of its own. Answers must come from someone who does not see the clusters.",
)
HOW_TO_JUDGE = (
    "audit.csv, beside the report of a run without answers, lists pairs to judge, in an order that "
    "must be kept. Write 1 (the same paper) or 0 into its column same, from the top, without "
    "looking at the clusters, and run the command again with --audited audit.csv. Or judge them on "
    "the expert's page: grainwise label FOLDER --question pairs --pairs audit.csv --blind."
)
MANY = 25  # groups whose borders would hide what they border
DOUBTFUL = 8  # images that would fit better elsewhere, by name
LISTED = 40  # clusters in the table; all are in papers.csv


class Found(NamedTuple):
    """What was computed of the papers."""

    evidence: Any
    clusters: Any  # None where nothing says how many there are
    why: str
    relatives: dict[str, Any]  # a level of resemblance -> its retrieval scores
    plan: Any  # of the audit
    audit: Any
    judged: int  # pairs of the audit
    tolerance: float
    certificates: Sequence[Certificate] = ()  # of single clusters


def papers_report(source: str, papers: Any, found: Found) -> Report:
    """Return the report."""
    blocks = [
        Text(_answer(papers, found), "lead"),
        Numbers(_numbers(papers, found)),
        *_relatives(papers, found),
        *_groups(papers, found),
        *_audit(found),
        *certificate_blocks(list(found.certificates), found.tolerance),
        *left_out_blocks(left_out(papers.skipped)),
        Heading("What to know"),
        Items(what_to_know(papers, found)),
        Heading("Limits"),
        Items(list(LIMITS)),
        Text(
            "Method: evidence of the families spectrum, wavelet and whitened, each from statistics "
            "of the image's scales, pooled; clusters merged by the mean log-odds of their pairs, "
            "while it is above 0 or until the number asked for is left; audit by a test martingale "
            "without replacement. Scores of retrieval: the nearest paper (P@1), and the mean "
            "average precision among as many as there are (MAP@R).",
            "small",
        ),
    ]
    return Report("Photographic papers", f"{source}: {counted(len(papers.names), 'image')}", blocks)


def _known(papers: Any, level: str) -> int:
    return len(set(getattr(papers, level).tolist()) - {""})


def _answer(papers: Any, found: Found) -> str:
    n = len(papers.names)
    text = f"{counted(n, 'image')} {'was' if n == 1 else 'were'} compared, each with every other. "
    if not found.relatives:
        text += (
            "Too little is known of their origin to say how often the most alike are relatives. "
        )
    for level, scores in found.relatives.items():
        low, high = scores.p_at_1_interval
        asked = len(scores.queries)
        held = "" if np.isnan(low) else f"; {percent(low)} to {percent(high)} with other papers"
        text += f"The nearest image is of the same {level} for {percent(scores.p_at_1)} "
        text += f"({_right(scores)} of {asked} images asked{held}). "
    if found.clusters is None:
        return text + found.why
    return text + f"They fall into {counted(found.clusters.k, 'cluster')}."


def _right(scores: Any) -> int:
    """Return for how many of those asked the nearest is right."""
    return round(scores.p_at_1 * len(scores.queries))


def _numbers(papers: Any, found: Found) -> list[tuple[str, str, str]]:
    levels = {level: _known(papers, level) for level in ("package", "maker")}
    without = int((papers.sheet == "").sum())
    known = [counted(number, level) for level, number in levels.items() if number]
    known += [f"{counted(without, 'image')} of no known sheet"] * (without > 0)
    return [
        ("images", str(len(papers.names)), files_left_out(papers.skipped)),
        ("sheets", str(_known(papers, "sheet")), ", ".join(known)),
        ("clusters", str(found.clusters.k) if found.clusters else "none", _level(found)),
        _certified(found),
    ]


def _level(found: Found) -> str:
    level = found.evidence.level
    return "scores only rank" if level == "none" else f"the level is set by {level}"


def _certified(found: Found) -> tuple[str, str, str]:
    if found.audit is None:
        return ("certified", "no", "there are no clusters")
    if found.audit.certified:
        return (
            "certified",
            "yes",
            f"at most {found.tolerance:.0%} strangers over all clusters, 95% sure",
        )
    left = found.audit.audits_left_if_clean
    return (
        "certified",
        "not yet",
        f"{counted(left, 'pair')}, if all are the same" if left > 0 else "",
    )


def _relatives(papers: Any, found: Found) -> list:
    order, bounds = _order(papers, found)
    drawn = pictures.resemblances(found.evidence.scores, order, bounds, papers.resemblance)
    rows = [
        [
            f"same {level}",
            str(len(s.queries)),
            _held(s.p_at_1, s.p_at_1_interval),
            _held(s.map_at_r, s.map_at_r_interval),
            _held(s.auc, s.auc_interval),
        ]
        for level, s in found.relatives.items()
    ]
    blocks = [
        Heading("Who is alike"),
        Picture(
            drawn,
            "Left: every pair, the brighter the more alike, in the order of their groups. "
            "Right: how alike pairs are whose relation is known.",
        ),
    ]
    if rows:
        columns = ["relation", "images asked", "nearest is right", "MAP@R", "AUC of pairs"]
        caption = "One image a sheet for packages, one a package for makers; [95% intervals]."
        blocks.append(Table(columns, rows, caption))
    shown = np.linspace(0, len(papers.names) - 1, min(5, len(papers.names))).astype(int)
    drawn = pictures.nearest(papers.values, papers.names, found.evidence.scores, shown)
    return [*blocks, Picture(drawn, "Some papers, and the three that are most like each.")]


def _held(value: float, pair: np.ndarray) -> str:
    if np.isnan(pair).any():
        return decimals(value)
    return f"{decimals(value)} [{decimals(pair[0])}, {decimals(pair[1])}]"


def _order(papers: Any, found: Found) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of the papers, and where a group begins."""
    if found.clusters is not None:
        groups = found.clusters.labels
    else:
        groups = np.unique(papers.maker, return_inverse=True)[1]
    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    return order, bounds if len(bounds) < MANY else bounds[:0]


def _groups(papers: Any, found: Found) -> list:
    if found.clusters is None:
        return [Heading("Clusters"), Text(found.why)]
    labels, margins = found.clusters.labels, found.clusters.margins
    members = [np.flatnonzero(labels == k) for k in range(found.clusters.k)]
    members.sort(key=len, reverse=True)
    several = [m for m in members if len(m) > 1]
    if not several:
        return [Heading("Clusters"), Text("No two images are more likely the same than not.")]
    doubtful = [papers.names[i] for i in np.argsort(margins, kind="stable") if margins[i] < 0]
    named = [(f"cluster {labels[m[0]] + 1}", m) for m in several]
    blocks = [
        Heading("Clusters"),
        Picture(pictures.contacts(papers.values, named), _contacts_caption(named)),
        Table(
            ["cluster", "images", "known sheets", "images a maker", "margin"],
            [_cluster_row(papers, labels, margins, m) for m in several[:LISTED]],
            "Margin: how much more alike a member is to its own cluster than to the next.",
        ),
        Text(_unlisted(several, len(members) - len(several)), "small"),
    ]
    if doubtful:
        told = f"{counted(len(doubtful), 'image')} would fit better into another cluster: "
        told += f"{first_of(doubtful, DOUBTFUL)}. They have a margin below 0 in papers.csv."
        blocks.append(Text(told))
    return blocks


def _contacts_caption(groups: list[tuple[str, np.ndarray]]) -> str:
    """Say which images the picture of clusters shows, and how many it does not."""
    cells = pictures.contact_cells(groups)
    shown, n = len({group for _, group, _ in cells}), sum(len(those) for _, those in groups)
    text = (
        "The clusters of two images and more, the largest first; frames of one colour hold one "
        "cluster, from its number on. "
    )
    if len(cells) == n:
        return text
    return text + (
        f"Shown are {len(cells)} of {n} images, at most {pictures.ACROSS} of a cluster, and "
        f"{shown} of {counted(len(groups), 'cluster')}; papers.csv has all."
    )


def _cluster_row(
    papers: Any, labels: np.ndarray, margins: np.ndarray, those: np.ndarray
) -> list[str]:
    sheets = len(set(papers.sheet[those].tolist()) - {""})
    counts = [str(labels[those[0]] + 1), str(len(those)), str(sheets)]
    return [*counts, _makers(papers.maker[those]), f"{np.nanmean(margins[those]):+.1f}"]


def _unlisted(several: list[np.ndarray], alone: int) -> str:
    """Say what the table does not list: a library has hundreds of clusters."""
    more = len(several) - LISTED
    told = f"{more} more clusters of two images and more are in papers.csv. " if more > 0 else ""
    return told + f"Alone in their cluster: {counted(alone, 'image')}."


def _makers(makers: np.ndarray) -> str:
    names, counts = np.unique(makers[makers != ""], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return ", ".join(f"{names[k]} {counts[k]}" for k in order[:3]) or "not known"


def _audit(found: Found) -> list:
    if found.plan is None:
        return []
    a, wanted = found.audit, found.tolerance
    left = a.audits_left_if_clean
    told = (
        f"Over all clusters together it is certified: at most {wanted:.0%} of their members are "
        f"something else than the reference of their cluster ({a.wrong} of {found.judged} judged "
        "pairs were, 95% confidence)."
        if a.certified
        else f"Nothing is certified yet: {found.judged} pairs were judged, {a.wrong} different. "
    )
    if not a.certified and left > 0:
        told += (
            f"{left} more that are all the same would certify that at most {wanted:.0%} "
            "of the members of all clusters together are something else than the reference of "
            "their cluster. "
        )
    return [
        Heading("How many strangers are in the clusters?"),
        Text(told),
        Text(
            "Strangers are counted over all clusters together. This says nothing of any one of "
            "them: a single cluster may still be entirely wrong. One cluster is certified by "
            "answers of its own: see the next section."
        ),
        *([] if a.certified else [Text(HOW_TO_JUDGE)]),
    ]
