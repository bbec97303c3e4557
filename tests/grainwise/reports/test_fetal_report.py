"""From a folder of recordings to a report that clinicians read."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from grainwise.__main__ import main
from grainwise.reports.fetal.outcome import (
    Told,
    columns_of,
    features_key,
    of_enough_signal,
    recording_table,
)
from grainwise.reports.fetal.pictures import feature_panels
from grainwise.reports.fetal.report import SHOWN, fetal_report
from grainwise.reports.pages.blocks import Items, Table
from tests.grainwise.reports.reading import rows, words_of
from toolbox import fetal_features, fetal_heart_rates, load_ctg


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
