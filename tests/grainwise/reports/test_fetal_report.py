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
    outcome_told,
    recording_table,
)
from grainwise.reports.fetal.pictures import feature_panels
from grainwise.reports.fetal.report import SHOWN, _benefit, fetal_report
from grainwise.reports.pages.blocks import Items, Table
from grainwise.reports.pages.left_out import OTHERWISE
from tests.grainwise.reports.reading import rows, words_of
from toolbox import fetal_features, fetal_heart_rates, load_ctg

SAYING = "recordings that say it"  # a column of the table of what headers say


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
    assert "12 of 40 recordings with a pH" in said
    assert "AUC of 40 subjects" in said
    assert "Told of 12 subjects with the outcome and 28 without" in said
    assert re.search(r"So it is for \d+ of the 12 subjects with the outcome, and for \d+ of", said)
    assert "Net benefit: acting on subjects whose probability is 10% and more gives" in said
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


HEADERS = {  # of a recording -> its header spoiled
    4: lambda text: b"",
    5: lambda text: b"\x00\xff" * 90,
    6: lambda text: b"#pH 7.1\n",
    7: lambda text: b"x y z\n",
    8: lambda text: text.encode("utf-16"),
    9: lambda text: text.replace(" 16 ", " 999 ").encode(),
    10: lambda text: re.sub(r"100[^/]*/bpm", "0/bpm", text).encode(),
    11: lambda text: text.replace(" 2 1 600", " 2 0 600").encode(),
    12: lambda text: text.replace(" 2 1 600", " 2 1000 600").encode(),
    13: lambda text: text.replace(" 2 1 600", " 2").encode(),
}


def damage(folder):
    """Make twenty odd files of sound ones; return their names."""
    names = [f"{1001 + i}" for i in range(20)]
    for i, name in enumerate(names):
        header, data = folder / f"{name}.hea", folder / f"{name}.dat"
        if i < 4:
            data.write_bytes(data.read_bytes()[: (0, 1, 700, 2000)[i]])
        elif i in HEADERS:
            header.write_bytes(HEADERS[i](header.read_text()))
        elif i < 17:
            (data if i == 16 else header).unlink()
        else:
            _spoil_samples(header, data, i)
    (folder / "1015.hea").symlink_to(folder / "gone.hea")
    return names


def _spoil_samples(header, data, i):
    samples = np.frombuffer(data.read_bytes(), "<i2").copy()
    samples[::2] = (samples[::2] // 90, 0, samples[::2])[i - 17]
    samples[-1] += i == 19
    data.write_bytes(samples.tobytes())
    if i < 19:
        text = re.sub(r"16 0 -?\d+ -?\d+ 0", "", header.read_text())
        header.write_text(text.replace(" FHR", "").replace(" UC", ""))


UNCLEAR = {  # a line in place of the pH -> the kind of remark, and whether the outcome is lost
    "pH normal": ("unclear pH", True),
    "pH 714": ("impossible pH", True),
    "pH 7.01\n#pH 7.30": ("unclear pH", True),
    "pH: 7.25 maternal": ("unclear pH", True),
    "pH 7.05/7.25 mixed": ("unclear pH", True),
    "pH: 7,05": ("unclear pH", True),
    "Weight(g) 3000": ("no pH", True),
    "pH 7.20 (art.)": ("words beside a number", False),
    "pH 7.20\n#pH: 7.2": ("", False),
    "pH 7.20\n#dbID 1\n#dbID 2": ("several dbID", False),
}


def test_of_a_folder_of_odd_files_each_is_named_and_what_is_unclear_is_quoted(
    tmp_path, capsys, no_pdf
):
    folder = tmp_path / "births"
    folder.mkdir()
    fetal_heart_rates(n=33, minutes=10, rate=1, seed=4).write(folder)
    names, unclear = damage(folder), [f"{1021 + i}" for i in range(10)]
    for name, line in zip(unclear, UNCLEAR, strict=True):
        header = folder / f"{name}.hea"
        header.write_text(re.sub(r"pH +[\d.]+", line, header.read_text()))
    assert main(["fetal", str(folder), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    said = words_of(tmp_path / "out" / "report.html")
    left = {row["file"][:4]: row for row in rows(tmp_path / "out" / "left_out.csv")}
    section = said.partition("Files that were left out")[2].partition("What is not as usual")[0]
    assert sorted(left) == names
    for name in names:
        assert name in told
        assert name in section
        assert left[name]["what is wrong"].lower() in section.lower()
        assert left[name]["what is wrong"] != OTHERWISE[0]
    for technical in ("wanted", "Error", str(folder)):
        assert technical not in said
    assert "The file of samples ends before its header says (4 files): 1001.hea, 1002.hea" in said
    table = {row["name"]: row for row in rows(tmp_path / "out" / "recordings.csv")}
    assert list(table) == [*unclear, "1031", "1032", "1033"]
    remarked = rows(tmp_path / "out" / "remarks.csv")
    for name, (kind, lost) in zip(unclear, UNCLEAR.values(), strict=True):
        assert (table[name]["ph"] == "nan") == lost
        assert table[name]["baseline"] != "nan"
        kinds = [row["remark"] for row in remarked if row["recording"] == name]
        assert kinds == [kind] * bool(kind) + ["slow"]
    assert re.search(r"5 recordings have a pH .*: 1021 \(.*pH normal.*\), 1023 .* and 2 more", said)
    assert "1 recording has no pH in the header: 1027." in said
    assert "1 recording has several subject numbers (dbID) in the header" in said


@pytest.mark.parametrize("few", [12, 40])
def test_a_seed_that_is_none_is_refused_at_the_door(few, births, tmp_path, capsys):
    folder = tmp_path / "few"
    folder.mkdir()
    for file in sorted(births.glob("*"))[: 2 * few]:
        (folder / file.name).write_bytes(file.read_bytes())
    for seed in ("-1", "1" * 20):
        assert main(["fetal", str(folder), "--seed", seed, "--out", str(tmp_path / "out")]) == 2
        assert "seed: wanted a whole number >= 0" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_recordings_of_no_known_subject_tell_no_outcome(births):
    recordings = load_ctg(births)
    features = fetal_features(recordings)
    unknown = replace(recordings, remarks=((recordings.names[3], "several dbID", "1 and 2"),))
    told = outcome_told(unknown, features, 6.5, 2, 0, None)
    assert "0 subjects with a pH of at most 6.5 and 39 with a higher one" in told.why


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ((0.02, 0.05, -0.03, (-0.06, 0.0)), "Nothing is gained: acting on everybody is as good"),
        ((-0.01, -0.02, -0.01, (-0.02, 0.0)), "Nothing is gained: acting on nobody is as good"),
        ((0.02, -0.1, 0.02, (-0.01, 0.05)), "over acting on nobody is not shown"),
        ((0.03, 0.01, 0.02, (0.01, 0.03)), "over acting on everybody as much as finding 2.0 more"),
    ],
)
def test_a_net_benefit_says_what_it_gains_over_all_and_none(scores, words):
    benefit, everybody, gain, interval = scores
    said = _benefit(
        SimpleNamespace(
            threshold=0.1,
            net_benefit=benefit,
            net_benefit_all=everybody,
            net_benefit_gain=gain,
            net_benefit_gain_interval=np.array(interval),
        )
    )
    assert words in said


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
    said = words_of(tmp_path / "out" / "report.html")
    assert "2 recordings have a subject with the outcome in one recording and not in" in said
    assert f"{twins[0]} (subject a mother)" in said
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
    assert "40 recordings have no contractions, or a flat channel of them: 1001, 1002" in listed
    assert "1003 and 37 more. Nobody knows which decelerations are late" in listed
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
    rows = next(b for b in blocks if isinstance(b, Table) and b.columns[1] == SAYING).rows
    assert [row[:2] for row in rows[1:]] == [
        ["base deficit (BDecf), mmol / l", "40"],
        ["Apgar score after 5 minutes", "30"],
    ]
    assert rows[2][2] == "9.00 [9.00, 9.00]"
    bare = replace(found, bdecf=none, apgar1=none, apgar5=none)
    assert "bdecf" not in recording_table(bare, features, told)
    blocks = fetal_report("x", bare, features, told, threshold=7.05).blocks
    assert not any(isinstance(b, Table) and b.columns[1] == SAYING for b in blocks)


def test_slow_decelerations_are_late_or_gradual():
    features = SimpleNamespace(
        names=("late_decelerations", "gradual_decelerations"), values=np.array([[1.0, 2.0]])
    )
    assert columns_of(features, ["slow_decelerations"]).tolist() == [[3.0]]
