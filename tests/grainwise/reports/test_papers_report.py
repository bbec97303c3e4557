"""From a folder of photographic papers to a report that curators read."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from skimage.io import imsave

from grainwise.__main__ import main
from grainwise.reports.pages.blocks import Picture, Table, Text
from grainwise.reports.papers.report import Found, papers_report
from labelling import ledger, tell
from labelling.expert_page.pictures import pictures_of
from similarity import cluster, twins
from tests.grainwise.reports.reading import rows, words_of


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """Images of simulated papers, their sheets and makers in a table; two odd files beside."""
    folder = tmp_path_factory.mktemp("papers")
    made = twins("papers", n=4, size=64, classes=3, seed=0)
    lines = ["name,maker,sheet"]
    for i, (image, maker, sheet) in enumerate(
        zip(made.values, made.labels, made.units, strict=True)
    ):
        grey = np.clip(128 + 40 * image / image.std(), 0, 255).astype(np.uint8)
        imsave(folder / f"p{i}.png", grey, check_contrast=False)
        lines.append(f"p{i}.png,m{maker},{sheet}")
    (folder / "papers.csv").write_text("\n".join(lines))
    (folder / "notes.txt").write_text("x")
    (folder / "torn.png").write_bytes((folder / "p0.png").read_bytes()[:200])
    return folder


def test_the_report_of_papers_names_relatives_and_what_certifies(papers, tmp_path, capsys, no_pdf):
    words = ["papers", str(papers), "--size", "64", "--clusters", "4", "--tolerance", "0.3"]
    words += ["--out", str(tmp_path / "out")]
    assert main(words) == 0
    assert {"notes.txt", "torn.png"} <= set(re.findall(r"left out (\S+):", capsys.readouterr().out))
    said = words_of(tmp_path / "out" / "report.html")
    for text in (
        "The nearest image is of the same sheet for",
        "a single cluster may still be entirely wrong",
    ):
        assert text in said
    assert "torn.png" in said
    share, right, of = map(int, re.search(r"sheet for (\d+)% \((\d+) of (\d+)", said).groups())
    assert abs(right / of - share / 100) < 0.006
    notes = said.partition("What to know")[2].partition("Limits")[0]
    assert notes.count("items differ") == len(set(re.findall("items differ[^;.]*", notes)))
    assert "Nothing is certified yet: 0 pairs were judged" in said
    clusters = {row["name"]: row["cluster"] for row in rows(tmp_path / "out" / "papers.csv")}
    asked = rows(tmp_path / "out" / "audit.csv")
    assert all(clusters[row["first"]] == clusters[row["second"]] for row in asked)
    answers = tmp_path / "answers.csv"
    answers.write_text(
        "first,second,same\n" + "".join(f"{r['first']},{r['second']},1\n" for r in asked)
    )
    assert main([*words, "--audited", str(answers)]) == 0
    said = words_of(tmp_path / "out" / "report.html")
    assert "Over all clusters together it is certified: at most 30%" in said
    assert "30% strangers over all clusters, 95% sure" in said
    assert re.search(r"Of \d clusters? of two images and more, 0 are certified", said)
    pairs = rows(tmp_path / "out" / "audit_clusters.csv")
    first = min(int(row["cluster"]) for row in pairs)
    judged = tmp_path / "clusters.csv"
    judged.write_text(
        "first,second,same\n"
        + "".join(f"{r['first']},{r['second']},1\n" for r in pairs if int(r["cluster"]) == first)
    )
    assert main([*words, "--audited", str(answers), "--audited-clusters", str(judged)]) == 0
    said = words_of(tmp_path / "out" / "report.html")
    assert "of two images and more, 1 is certified" in said
    assert "Over all clusters together it is certified: at most 30%" in said
    stands = {row["cluster"]: row["certified"] for row in rows(tmp_path / "out" / "clusters.csv")}
    assert [k for k, yes in stands.items() if yes == "1"] == [str(first)]
    book = ledger(tmp_path / "page.answers.db")  # as the expert's page keeps them
    page = pictures_of(papers, deep=True).names
    for time, row in enumerate(asked[:3]):
        pair = {"items": page.index(row["first"]), "others": page.index(row["second"])}
        book = tell(book, kind="pair", **pair, values=time != 1, who="Ada", time=time)
    assert main([*words, "--audited", str(tmp_path / "page.answers.db")]) == 0
    assert "3 pairs were judged, 1 different" in words_of(tmp_path / "out" / "report.html")
    answers.write_text(f"first,second,same\n{asked[1]['first']},{asked[1]['second']},1\n")
    assert main([*words, "--audited", str(answers)]) == 2
    assert "the pairs of this audit in their order" in capsys.readouterr().err
    answers.write_text(f"first,second\n{asked[0]['first']},{asked[0]['second']}\n")
    assert main([*words, "--audited", str(answers)]) == 2
    assert "audited: wanted columns first, second, same" in capsys.readouterr().err
    pair = f"{asked[0]['first']},{asked[0]['second']}"
    answers.write_text(f"first,second,same\n{pair},1\n{pair},0\n")
    assert main([*words, "--audited", str(answers)]) == 2
    assert "audited: wanted one answer for each pair" in capsys.readouterr().err
    given = f"first,second,same\n{pair},1\n"
    (tmp_path / "out" / "audit.csv").write_text(given)
    assert main(words) == 2
    assert "its answers would be written over" in capsys.readouterr().err
    assert (tmp_path / "out" / "audit.csv").read_text() == given
    (tmp_path / "out" / "audit.csv").unlink()
    (tmp_path / "out" / "audit_clusters.csv").write_text(given)
    assert main(words) == 2
    assert "--audited-clusters" in capsys.readouterr().err


def test_a_library_has_a_short_page(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.r_[np.repeat(np.arange(50), 2), 50 + np.arange(20)]
    table = np.where(labels[:, None] == labels, 2.0, -2.0)
    np.fill_diagonal(table, np.nan)
    clusters = cluster(table, k="even odds", how="agglomerative", seed=0)
    papers = SimpleNamespace(
        values=rng.random((120, 16, 16)),
        names=[f"p{i}.png" for i in range(120)],
        units=np.arange(120).astype(str),
        maker=np.full(120, ""),
        package=np.full(120, ""),
        resemblance=np.full((120, 120), -1),
        skipped=(),
        note="",
    )
    level = SimpleNamespace(scores=table, level="units", note="")
    monkeypatch.setattr("grainwise.reports.papers.pictures.FINEST", 50)
    report = papers_report("box", papers, Found(level, clusters, "", {}, None, None, 0, 0.1))
    listed = next(block for block in report.blocks if isinstance(block, Table))
    assert len(listed.rows) == 40
    said = " ".join(block.text for block in report.blocks if isinstance(block, Text))
    assert "10 more clusters of two images and more are in papers.csv" in said
    assert "Alone in their cluster: 20 images" in said
    drawn = next(block for block in report.blocks if isinstance(block, Picture)).figure
    shown = drawn.axes[0].images[0].get_array()
    assert shown.shape == (40, 40)  # blocks of three
    order = np.argsort(clusters.labels, kind="stable")
    first = table[np.ix_(order, order)][:3, :3]
    assert shown[0, 0] == pytest.approx(np.nanmean(first))


@pytest.mark.long
def test_without_a_level_or_a_number_the_report_says_why_there_are_no_clusters(papers, tmp_path):
    assert main(["papers", str(papers), "--size", "64", "--out", str(tmp_path / "out")]) == 0
    said = words_of(tmp_path / "out" / "report.html")
    found = "They fall into" in said
    assert found != ("how alike is alike enough" in said)
