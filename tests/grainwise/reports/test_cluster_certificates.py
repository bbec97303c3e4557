"""Certificates of single clusters: how many answers each wants, and whose answers count."""

from types import SimpleNamespace

import numpy as np
import pytest

from grainwise.reports.pages.blocks import Table, Text
from grainwise.reports.papers.certificates import (
    certificate_blocks,
    certificate_tables,
    certificates_of,
)
from toolbox import InputError

SIZES = (60, 5, 2, 1)
LABELS = np.repeat(np.arange(4), SIZES)
NAMES = [f"p{i}.png" for i in range(len(LABELS))]
CLUSTERS = SimpleNamespace(labels=LABELS, k=4)
TABLE = np.random.default_rng(0).normal(size=(68, 68)) + 4 * (LABELS[:, None] == LABELS)
EVIDENCE = SimpleNamespace(scores=(TABLE + TABLE.T) / 2)


def found(folder, rows=None):
    """Return the certificates after answers, given as rows of the file that the command writes."""
    answers = None
    if rows is not None:
        answers = folder / "audit_clusters.csv"
        lines = [f"{k},{a},{b},{same}" for k, a, b, same in rows]
        answers.write_text("\n".join(["cluster,first,second,same", *lines]))
    options = {"tolerance": 0.1, "seed": 0, "answers": answers, "folder": folder}
    return certificates_of(CLUSTERS, EVIDENCE, NAMES, **options)


def asked(certificates):
    columns = certificate_tables(certificates, NAMES, None)["audit_clusters.csv"]
    return list(zip(columns["cluster"], columns["first"], columns["second"], strict=True))


def test_each_cluster_says_how_many_answers_it_wants_and_so_many_certify_it(tmp_path):
    before = found(tmp_path)
    assert [(one.cluster, len(one.items), one.judged) for one in before] == [
        (1, 59, 0),
        (2, 4, 0),
        (3, 1, 0),
    ]
    # Of 4 and of 1 no stranger is tolerated: only all of them tell. Of 59, 5 are.
    assert [one.wanted for one in before][1:] == [4, 1]
    assert 20 < before[0].wanted < 59
    assert not any(one.certified for one in before)
    pairs = asked(before)
    for short in (1, 0):
        rows = [
            (*pair, 1)
            for one in before
            for pair in [p for p in pairs if p[0] == one.cluster][: one.wanted - short]
        ]
        after = found(tmp_path, rows)
        assert [one.certified for one in after] == [not short] * 3
        assert [one.wanted for one in after] == [short] * 3


def test_a_stranger_in_one_cluster_says_nothing_of_another(tmp_path):
    pairs = [pair for pair in asked(found(tmp_path)) if pair[0] != 1]
    rows = [(*pair, int(pair[0] == 3)) for pair in pairs]
    large, five, two = found(tmp_path, rows)
    assert (large.judged, large.certified) == (0, False)
    assert (five.wrong, five.certified, five.wanted) == (4, False, -1)
    assert (two.certified, two.wanted) == (True, 0)
    blocks = certificate_blocks([large, five, two], 0.1)
    said = " ".join(block.text for block in blocks if isinstance(block, Text))
    assert "Of 3 clusters of two images and more, 1 is certified" in said
    stands = [row[-1] for row in next(b for b in blocks if isinstance(b, Table)).rows]
    assert stands == ["not yet", "none: too many differ", "all members judged the same"]


def test_answers_out_of_order_and_of_other_pairs_are_refused(tmp_path):
    pairs = asked(found(tmp_path))
    with pytest.raises(InputError, match=r"^audited_clusters: .*1 answers, 0 of them so"):
        found(tmp_path, [(*pairs[1], 1)])
    with pytest.raises(InputError, match=r"^audited_clusters: .*2 answers, 1 of them so"):
        found(tmp_path, [(*pairs[0], 1), (1, "p0.png", "p67.png", 1)])


def test_answers_that_were_given_are_not_written_over(tmp_path):
    before = found(tmp_path)
    tables = certificate_tables(before, NAMES, tmp_path / "audit_clusters.csv")
    assert list(tables) == ["clusters.csv"]
    assert tables["clusters.csv"]["images"] == [60, 5, 2]
    assert certificate_tables([], NAMES, None) == {}
    assert certificate_blocks([], 0.1) == []
