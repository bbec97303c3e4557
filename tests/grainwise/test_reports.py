"""From a folder of files as hospitals and archives keep them to a report that people read."""

import csv
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from skimage.io import imsave

from grainwise.__main__ import main
from grainwise.reports.blocks import Heading, Items, Numbers, Picture, Report, Table, Text
from grainwise.reports.fetal_outcome import (
    Told,
    columns_of,
    features_key,
    of_enough_signal,
    recording_table,
)
from grainwise.reports.fetal_pictures import feature_panels
from grainwise.reports.fetal_report import SHOWN, fetal_report
from grainwise.reports.html import as_html
from grainwise.reports.papers_report import Found, papers_report
from grainwise.reports.pdf import as_pdf, pages_of
from grainwise.reports.wording import decimals, percent
from labelling import ledger, tell
from labelling.expert_page.pictures import pictures_of
from similarity import cluster, twins
from toolbox import fetal_features, fetal_heart_rates, load_ctg


def words_of(path):
    """Return what a page says, without its pictures and tags."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", path.read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def rows(path):
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture
def no_pdf(monkeypatch):
    """Pages of A4 take most of a run, and are made and tested once."""
    monkeypatch.setattr("grainwise.reports.writing.as_pdf", lambda _: b"%PDF")


@pytest.fixture(scope="module")
def births(tmp_path_factory):
    """Forty short births, a quarter of them acidotic."""
    folder = tmp_path_factory.mktemp("births")
    fetal_heart_rates(n=40, minutes=10, rate=1, acidotic=0.3, loss=0.02, seed=2).write(folder)
    return folder


@pytest.fixture(scope="module")
def reported(births, tmp_path_factory):
    out = tmp_path_factory.mktemp("reports") / "fetal"
    assert main(["fetal", str(births), "--members", "2", "--out", str(out)]) == 0
    return out


def test_the_report_of_births_says_what_was_computed(births, reported):
    said = words_of(reported / "report.html")
    found = fetal_features(load_ctg(births))
    assert "40 recordings of 40 subjects" in said
    assert "12 of 40 with a pH" in said
    assert "no diagnosis" in said
    assert "other subjects" in said
    assert "one more training" in said
    table = rows(reported / "recordings.csv")
    assert [row["name"] for row in table] == [str(1001 + i) for i in range(40)]
    column = [float(row["baseline"]) for row in table]
    np.testing.assert_allclose(column, found.values[:, 0], rtol=1e-6)
    assert all(0 <= float(row["probability"]) <= 1 for row in table)
    assert (reported / "report.pdf").read_bytes().startswith(b"%PDF")
    page = (reported / "report.html").read_text()
    assert page.count("data:image/svg+xml") == 4
    assert not re.search(r'(src|href)="(?!data:)', page)  # it needs nothing else


def test_a_second_run_takes_what_is_kept_and_is_the_same(births, reported, monkeypatch, no_pdf):
    first = (reported / "report.html").read_bytes()
    monkeypatch.setattr("toolbox.fetal_features", lambda *_: pytest.fail("computed again"))
    assert main(["fetal", str(births), "--members", "2", "--out", str(reported)]) == 0
    assert (reported / "report.html").read_bytes() == first


def test_the_same_samples_cut_otherwise_or_at_another_rate_are_described_anew():
    x = np.arange(6.0)

    def key(rate, *lengths, note=""):
        parts = np.split(x, np.cumsum(lengths)[:-1])
        rates = np.full(len(parts), rate)
        said = {"names": ("a", "b"), "units": np.array(["a", "b"]), "note": note}
        signals = {"heart_rate": parts, "contractions": parts, "rate": rates}
        return features_key(SimpleNamespace(**signals, **said))

    assert key(4.0, 2, 4) == key(4.0, 2, 4)
    others = {key(4.0, 2, 4), key(4.0, 4, 2), key(2.0, 2, 4), key(4.0, 2, 4, note="one subject")}
    assert len(others) == 4


def damage(folder):
    """Make twenty odd files of sound ones; return their names."""
    names = [f"{1001 + i}" for i in range(20)]
    for i, name in enumerate(names):
        header, data = folder / f"{name}.hea", folder / f"{name}.dat"
        if i < 4:
            data.write_bytes(data.read_bytes()[: (0, 1, 700, 2000)[i]])
        elif i < 8:
            header.write_bytes((b"", b"\x00\xff" * 90, b"#pH 7.1\n", b"x y z\n")[i - 4])
        elif i < 12:
            spoiled = ("pH           7x", "pH           70", "pH           -7", "pH           1e9")
            header.write_text(re.sub(r"pH +[\d.]+", spoiled[i - 8], header.read_text()))
        elif i < 15:
            rate = (" 2 0 600", " 2 1000 600", " 2")[i - 12]
            header.write_text(header.read_text().replace(" 2 1 600", rate))
        elif i < 17:
            header.unlink() if i == 15 else data.unlink()
        else:
            samples = np.frombuffer(data.read_bytes(), "<i2").copy()
            samples[::2] = (samples[::2] // 90, 0, samples[::2])[i - 17]
            samples[-1] += i == 19
            data.write_bytes(samples.tobytes())
            if i < 19:
                header.write_text(re.sub(r"16 0 -?\d+ \d+ 0", "", header.read_text()))
                header.write_text(header.read_text().replace(" FHR", "").replace(" UC", ""))
    return names


def test_of_a_folder_of_twenty_odd_files_each_is_named(tmp_path, capsys, no_pdf):
    folder = tmp_path / "births"
    folder.mkdir()
    fetal_heart_rates(n=23, minutes=10, rate=1, seed=4).write(folder)
    names = damage(folder)
    assert main(["fetal", str(folder), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    said = words_of(tmp_path / "out" / "report.html")
    for name in names:
        assert name in told
        assert name in said
    assert [row["name"] for row in rows(tmp_path / "out" / "recordings.csv")] == [
        "1021",
        "1022",
        "1023",
    ]


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
    monkeypatch.setattr("grainwise.reports.papers_pictures.FINEST", 50)
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


def test_pages_escape_what_files_are_called_and_hold_every_block():
    figure = Figure(figsize=(4, 2))
    figure.subplots().plot([0, 1])
    report = Report(
        "A <b>title</b>",
        "x & y",
        [
            Heading("Seen <i>"),
            Text("plain $5 & <script>alert(1)</script>"),
            Numbers([("what", "1", "of it")]),
            Table(["", "value"], [[f"row {k}", str(k)] for k in range(60)], "a caption"),
            Picture(figure, 'a "picture"'),
            Items(["one", "two" * 80]),
        ],
    )
    page = as_html(report).decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert as_pdf(report).count(b"/Type /Page\n") + as_pdf(report).count(b"/Type /Page ") >= 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fetal", "nowhere"], "path: wanted an existing file or folder"),
        (["papers", "nowhere"], "path: wanted an existing file or folder"),
        (["fetal", ".", "--ph", "71"], "ph: wanted a number"),
        (["papers", ".", "--tolerance", "2"], "tolerance: wanted a number"),
        (["fetal", ".", "--out", "no/such/place"], "out: wanted a folder"),
        (["papers", ".", "--out", "."], "out: wanted another folder than that of the files"),
        (["papers", "."], "path: wanted at least one image"),
        (["fetal", "."], "path: wanted a folder with .hea headers"),
    ],
)
def test_what_is_wrong_is_one_line(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert capsys.readouterr().err.startswith(f"grainwise: {said}")
    assert list(tmp_path.iterdir()) == []  # what is refused leaves nothing


def test_twins_of_both_outcomes_are_in_neither_group(births, reported, tmp_path, no_pdf):
    recordings = load_ctg(births)
    low, normal = (
        np.flatnonzero(those)[0] for those in (recordings.ph <= 7.05, recordings.ph > 7.1)
    )
    twins = [recordings.names[i] for i in (low, normal)]
    table = tmp_path / "twins.csv"
    table.write_text("name,subject\n" + "".join(f"{name},a mother\n" for name in twins))
    words = ["fetal", str(births), "--members", "2", "--subjects", str(table)]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert "recordings of 1 subject have the outcome in one" in words_of(
        tmp_path / "out" / "report.html"
    )
    told = {row["name"]: row["probability"] for row in rows(tmp_path / "out" / "recordings.csv")}
    assert [told[name] for name in twins] == ["nan", "nan"]
    assert sum(value != "nan" for value in told.values()) == 38


def test_a_recording_that_is_too_short_is_named_and_the_rest_described(births):
    recordings = load_ctg(births)
    cut = list(recordings.heart_rate)
    cut[2] = cut[2][:30]
    found = of_enough_signal(replace(recordings, heart_rate=tuple(cut)))
    assert found.names == recordings.names[:2] + recordings.names[3:]
    assert found.skipped == ("1003: wanted at least 5 minutes of signal, got 0.5",)
    assert len(fetal_features(found).values) == 39


def test_births_without_contractions_are_scored_and_the_report_says_so(births):
    recordings = load_ctg(births)
    silent = tuple(np.full_like(x, np.nan) for x in recordings.contractions)
    recordings = replace(recordings, contractions=silent)
    features = fetal_features(recordings)
    assert not np.isnan(columns_of(features, ["slow_decelerations"])).any()
    ill = recordings.ph <= 7.05
    drawn = feature_panels(features, ill, list(SHOWN))
    titles = {axes.get_title(): axes for axes in drawn.axes}
    late = titles["late decelerations, / 10 min"]
    assert [text.get_text() for text in late.texts] == ["not known"]
    report = fetal_report("box", recordings, features, Told("few"), threshold=7.05)
    listed = " ".join(t for b in report.blocks if isinstance(b, Items) for t in b.texts)
    assert "no contractions in 40 (1001, 1002, 1003 and 37 more): nobody knows which" in listed
    table = next(block for block in report.blocks if isinstance(block, Table))
    late = next(row for row in table.rows if row[0] == "late decelerations")
    assert set(late[1:]) == {"not known"}


def test_a_recording_too_slow_to_be_described_is_named(births):
    recordings = load_ctg(births)
    rates = recordings.rate.copy()
    rates[0] = 0.5
    found = of_enough_signal(replace(recordings, rate=rates))
    assert found.skipped == ("1001: wanted at least 1 sample a second, got 0.5",)


def test_a_share_is_rounded_once():
    assert (decimals(0.615), percent(0.615)) == ("0.61", "61%")
    for share in np.arange(2001) / 2000:
        assert percent(share) == f"{float(decimals(share)) * 100:.0f}%"


def test_no_page_is_left_half_blank():
    """A picture that does not fit shrinks, and a table goes on on the next page under its head."""
    figure = Figure(figsize=(6, 6))
    blocks = [Text("x " * 1050), Picture(figure, ""), Table(["a", "b"], [["1", "2"]] * 40)]
    pages = pages_of(Report("t", "s", blocks))
    assert len(pages) == 2
    assert len(pages[0].axes) == 1
    heads = [sum(text.get_text() == "a" for text in page.texts) for page in pages]
    assert heads == [0, 1]


def test_base_deficit_and_apgar_scores_are_reported_where_headers_say_them(births):
    found = load_ctg(births)
    features, none = fetal_features(found), np.full(40, np.nan)
    told = Told("few.")
    apgar = np.where(np.arange(40) < 30, 9.0, np.nan)
    said = replace(found, bdecf=np.arange(40.0), apgar1=none, apgar5=apgar)
    table = recording_table(said, features, told)
    assert [*table][2:6] == ["ph", "bdecf", "apgar5", "missing"]
    blocks = fetal_report("x", said, features, told, threshold=7.05).blocks
    rows = next(b for b in blocks if isinstance(b, Table) and b.columns[1] == "said in").rows
    assert [row[:2] for row in rows[1:]] == [
        ["base deficit (BDecf), mmol / l", "40"],
        ["Apgar score after 5 minutes", "30"],
    ]
    assert rows[2][2] == "9.00 [9.00, 9.00]"
    bare = replace(found, bdecf=none, apgar1=none, apgar5=none)
    assert "bdecf" not in recording_table(bare, features, told)
    blocks = fetal_report("x", bare, features, told, threshold=7.05).blocks
    assert not any(isinstance(b, Table) and b.columns[1] == "said in" for b in blocks)


def test_slow_decelerations_are_late_or_gradual():
    features = SimpleNamespace(
        names=("late_decelerations", "gradual_decelerations"), values=np.array([[1.0, 2.0]])
    )
    assert columns_of(features, ["slow_decelerations"]).tolist() == [[3.0]]
