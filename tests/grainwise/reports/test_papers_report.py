"""From a folder of photographic papers to a report that curators read."""

import csv
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from skimage.io import imsave

from grainwise.__main__ import main
from grainwise.reports.pages.blocks import Numbers, Picture, Table, Text
from grainwise.reports.papers.report import Found, papers_report
from labelling import ledger, tell
from labelling.expert_page.pictures import pictures_of
from similarity import cluster, twins
from similarity.pairs import kept_features
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


WORDS = ["--size", "64", "--clusters", "4", "--tolerance", "0.3"]


@pytest.fixture(scope="module")
def first_run(papers, tmp_path_factory):
    """Return the report of a first run, whose comparison later ones take from it."""
    out = tmp_path_factory.mktemp("first") / "out"
    assert main(["papers", str(papers), *WORDS, "--out", str(out)]) == 0
    return out


@pytest.fixture
def words(papers, first_run, tmp_path):
    """Return the words of a second run, into a folder that holds the first."""
    shutil.copytree(first_run, tmp_path / "out")
    return ["papers", str(papers), *WORDS, "--out", str(tmp_path / "out")]


def answered(folder, file="audit.csv", said="1", rows_answered=10**6):
    """Return the file of pairs with answers to the first of them, elsewhere."""
    table = rows(folder / file)
    path = folder.parent / f"answered_{file}"
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, table[0])
        writer.writeheader()
        for k, row in enumerate(table):
            writer.writerow(row | {"same": said if k < rows_answered else ""})
    return path


def test_answers_to_another_run_are_refused_at_the_start_and_why(
    words, papers, tmp_path, capsys, monkeypatch, no_pdf
):
    given, single = (answered(tmp_path / "out", f) for f in ("audit.csv", "audit_clusters.csv"))
    monkeypatch.setattr(
        "grainwise.reports.papers.found.pooled_evidence", lambda *_: pytest.fail("work began")
    )
    for option, file in (("--audited", given), ("--audited-clusters", single)):
        for more, said in (
            (["--seed", "7"], "made for another seed (0, now 7)"),
            (["--clusters", "3"], "made for another number of clusters (4, now 3)"),
            (["--size", "32", "--seed", "7"], "seed (0, now 7), size in pixels (64, now 32)"),
        ):
            assert main([*words, option, str(file), *more]) == 2
            assert said in capsys.readouterr().err
    assert (tmp_path / "out" / "report.html").is_file()  # refused before anything began
    changed = tmp_path / "changed"
    shutil.copytree(papers, changed)
    (changed / "p3.png").unlink()
    (changed / "p0.png").write_bytes((papers / "p4.png").read_bytes())
    (changed / "p4.png").write_bytes((papers / "p0.png").read_bytes())
    table = [
        line for line in (papers / "papers.csv").read_text().splitlines() if "p3.png" not in line
    ]
    (changed / "papers.csv").write_text("\n".join(table))
    assert main(["papers", str(changed), *words[2:], "--audited", str(given)]) == 2
    told = capsys.readouterr().err
    assert "made for another set of images (16 images, now 15" in told
    assert not (tmp_path / "out" / "report.html").exists()  # whose images these are no longer
    given.write_text(re.sub(",made for|,seed=.*", "", given.read_text()))
    assert main(["papers", str(changed), *words[2:], "--audited", str(given)]) == 2
    assert "1 name of none: p3.png" in capsys.readouterr().err


def test_images_that_changed_since_an_audit_are_named(words, papers, tmp_path, capsys, no_pdf):
    given = answered(tmp_path / "out")
    changed = tmp_path / "changed"
    shutil.copytree(papers, changed)
    (changed / "p3.png").write_bytes((papers / "p4.png").read_bytes()[:-40] + b"x" * 40)
    again = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    imsave(changed / "p0.png", again, check_contrast=False)
    imsave(changed / "z.png", again[::-1], check_contrast=False)
    assert main(["papers", str(changed), *words[2:]]) == 0
    assert "another --out" not in capsys.readouterr().err
    assert main(["papers", str(changed), *words[2:], "--audited", str(given)]) == 2
    told = capsys.readouterr().err
    assert "(16 images, now 16; new: z.png; gone: p3.png; changed: p0.png)" in told


def test_answers_may_be_written_as_a_spreadsheet_does(words, tmp_path, no_pdf):
    given = answered(tmp_path / "out", said="1.0", rows_answered=3)
    given.write_text(given.read_text().replace("1.0", "0.0", 1))
    assert main([*words, "--audited", str(given)]) == 0
    assert "3 pairs were judged, 1 different" in words_of(tmp_path / "out" / "report.html")


def test_a_run_that_stops_leaves_no_report_of_another(words, tmp_path, monkeypatch):
    out = tmp_path / "out"
    (out / "clusters.csv").write_text("an old claim")
    monkeypatch.setattr(
        "grainwise.reports.papers.found.grouped_papers",
        lambda *_: (_ for _ in ()).throw(SystemExit),
    )
    with pytest.raises(SystemExit):
        main(words)
    left = {file.name for file in out.iterdir() if not file.name.startswith(".")}
    assert left == {"kept", "audit.csv", "audit_clusters.csv"}


def test_a_run_that_was_killed_loses_the_step_it_was_in_alone(
    papers, first_run, tmp_path, monkeypatch, no_pdf
):
    """Of the steps of three families (images, fields, parts of both) five end before the kill."""
    steps, write = [], kept_features.write_arrays

    def writing(handle, arrays):
        steps.append(1)
        if len(steps) == 6:
            raise KeyboardInterrupt
        write(handle, arrays)

    monkeypatch.setattr(kept_features, "write_arrays", writing)
    words = ["papers", str(papers), *WORDS, "--out", str(tmp_path / "out")]
    with pytest.raises(KeyboardInterrupt):
        main(words)
    features = tmp_path / "out" / "kept" / "features"
    done = {file: file.stat().st_mtime_ns for file in features.glob("*.npz")}
    assert len(done) == 5
    assert main(words) == 0
    assert {file: file.stat().st_mtime_ns for file in done} == done
    assert len(list(features.glob("*.npz"))) == len(steps) - 1 == 12
    for file in ("report.html", "papers.csv", "audit.csv", "clusters.csv", "remarks.csv"):
        assert (tmp_path / "out" / file).read_bytes() == (first_run / file).read_bytes()


def test_more_clusters_than_images_are_refused_before_work(words, capsys, monkeypatch):
    monkeypatch.setattr(
        "grainwise.reports.papers.found.pooled_evidence", lambda *_: pytest.fail("work began")
    )
    for number, most in ((0, ""), (17, " and <= 16")):
        assert main([*words, "--clusters", str(number)]) == 2
        told = f"clusters: wanted a whole number >= 1{most}, got {number}"
        assert told in capsys.readouterr().err


def test_a_table_that_a_run_would_write_over_is_refused(words, tmp_path, capsys):
    table = tmp_path / "out" / "papers.csv"
    before = table.read_text()
    assert main([*words, "--table", str(table)]) == 2
    assert "table: wanted a file that is no part of the report" in capsys.readouterr().err
    assert table.read_text() == before


def test_the_report_of_papers_names_relatives_and_what_certifies(
    words, papers, tmp_path, capsys, no_pdf
):
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
    assert re.search(r"No image \(1 file\): notes\.txt\. Move it away", said)
    notes = said.partition("What to know")[2].partition("Limits")[0]
    for technical in ("items differ", "log-odds", "Cauchy", "p-values", "NaN"):
        assert technical not in notes
    assert "how much each counts: spectrum" in notes
    assert "Sheets tell how alike is alike enough from 4 sheets of several images on" in notes
    assert "as they say them, are in remarks.csv" in notes
    technical = rows(tmp_path / "out" / "remarks.csv")
    assert sum("p-values by Cauchy" in row["remark"] for row in technical) == 1
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
        sheet=np.full(120, ""),
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
    numbers = next(block for block in report.blocks if isinstance(block, Numbers)).entries
    assert numbers[1] == ("sheets", "0", "120 images of no known sheet")
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
