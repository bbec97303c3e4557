"""Recordings against the wfdb package that writes them, and every kind of odd file by its name."""

import warnings

import numpy as np
import pytest

from toolbox import InputError, fetal_features, fetal_heart_rates, load_ctg, windows

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    wfdb = pytest.importorskip("wfdb")

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")
# As the database of Chudáček et al. (2014) writes them.
COMMENTS = """----- Additional parameters for record 1001

-- Outcome measures
pH           7.14
BDecf        8.14
pCO2         NaN
Apgar1       6
Apgar5       8
-- Delivery descriptors
II.stage     20
-- Signal information
dbID         2345678
Pos. II.st.  1200
Sig2Birth    0""".split("\n")


def beats(n=2400, seed=0):
    rng = np.random.default_rng(seed)
    samples = np.stack([14000 + rng.integers(-500, 500, n), 1000 + rng.integers(0, 900, n)], axis=1)
    samples[50:60, 0] = 0
    return samples.astype(np.int64)


def write(folder, name="1001", *, samples=None, comments=COMMENTS, fs=4, kind="16", **options):
    samples = beats() if samples is None else samples
    known = {"units": ["bpm", "nd"], "sig_name": ["FHR", "UC"]} | options
    wfdb.wrsamp(
        name,
        fs=fs,
        d_signal=samples,
        fmt=[kind] * 2,
        adc_gain=[100.0, 100.0],
        baseline=[0, 0],
        comments=comments,
        write_dir=str(folder),
        **known,
    )
    return folder / f"{name}.hea"


def edit(header, old, new):
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))


def test_a_recording_says_what_its_header_says(tmp_path):
    write(tmp_path)
    found = load_ctg(tmp_path)
    assert (found.names, found.units.tolist(), found.rate.tolist()) == (("1001",), ["1001"], [4.0])
    assert (found.ph[0], found.bdecf[0], found.apgar1[0], found.apgar5[0]) == (7.14, 8.14, 6, 8)
    assert (found.second_stage[0], found.to_birth[0]) == (5.0, 0.0)
    lost = np.isnan(found.heart_rate[0])
    assert np.flatnonzero(lost).tolist() == list(range(50, 60))  # 0 is lost
    assert found.missing[0] == 10 / 2400
    np.testing.assert_allclose(found.heart_rate[0][~lost], beats()[~lost, 0] / 100, rtol=1e-6)
    np.testing.assert_allclose(found.contractions[0], beats()[:, 1] / 100, rtol=1e-6)
    assert found.note == ""


@pytest.mark.parametrize("kind", ["24", "32"])
def test_other_formats_are_read_through_the_package(tmp_path, kind):
    ours = load_ctg(write(tmp_path, "a"))
    theirs = load_ctg(write(tmp_path, "b", kind=kind))
    np.testing.assert_array_equal(theirs.heart_rate[0], ours.heart_rate[0])
    np.testing.assert_array_equal(theirs.contractions[0], ours.contractions[0])
    assert theirs.ph == ours.ph


def test_a_bare_header_of_another_format_is_read(tmp_path):
    """Without names, checksums and all that may be left out; in bpm, so that it is known."""
    samples = np.column_stack([np.full(600, 14000), np.arange(600)])
    low, middle, high = (samples & 255, samples >> 8 & 255, samples >> 16 & 255)
    data = np.stack([low, middle, high], axis=2).astype(np.uint8)
    (tmp_path / "x.dat").write_bytes(data.tobytes())
    (tmp_path / "x.hea").write_text("x 2 1 600\nx.dat 24 100/bpm\nx.dat 24 100/nd\n")
    found = load_ctg(tmp_path)
    assert (found.heart_rate[0] == 140).all()
    assert np.isnan(found.contractions[0]).all()  # a signal without a name is none


def test_a_format_beyond_ours_names_the_extra_without_the_package(tmp_path, monkeypatch):
    header = write(tmp_path, kind="24")
    monkeypatch.setitem(__import__("sys").modules, "wfdb", None)
    with pytest.raises(ImportError, match=r"extra \[wfdb\]"):
        load_ctg(header)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (" 2 4 2400", " 2 1e300 2400", r"sampling rate is 1e\+300"),
        (" 2 4 2400", " 2 -4 2400", "sampling rate is -4"),
        ("100.0(0)", "1e-300(0)", "gain of 1e-300"),
        ("100.0(0)", "100.0(99999999999)", r"its zero at 1e\+11"),
    ],
)
def test_absurd_numbers_of_a_format_beyond_ours_are_refused(tmp_path, old, new, reason):
    header = write(tmp_path, kind="24")
    edit(header, old, new)
    with pytest.raises(InputError, match=rf"^path: .*1001\.hea.*{reason}"):
        load_ctg(header)


def test_a_lost_sample_of_a_frame_is_left_out_of_its_mean(tmp_path):
    """The package averages the code of a lost sample: -94 beats a minute for 140 and nothing."""
    samples = np.full((2400, 2), (14000, 1000))
    samples[100:103, 0] = -32768  # a whole frame, and half of the next
    record = wfdb.Record(
        record_name="f",
        n_sig=2,
        fs=2,
        sig_len=1200,
        sig_name=["FHR", "UC"],
        units=["bpm", "nd"],
        fmt=["16", "16"],
        adc_gain=[100.0, 100.0],
        baseline=[0, 0],
        samps_per_frame=[2, 2],
        e_d_signal=[samples[:, 0], samples[:, 1]],
        file_name=["f.dat"] * 2,
        adc_res=[16, 16],
        adc_zero=[0, 0],
        init_value=[14000, 1000],
        block_size=[0, 0],
        byte_offset=[None, None],
        skew=[None, None],
    )
    record.checksum = record.calc_checksum(expanded=True)
    record.wrsamp(expanded=True, write_dir=str(tmp_path))
    rate = load_ctg(tmp_path).heart_rate[0]
    assert len(rate) == 1200
    assert np.flatnonzero(np.isnan(rate)).tolist() == [50]
    assert rate[51] == 140
    (tmp_path / "f.dat").write_bytes(np.add(samples, [1, 0]).astype("<i2").tobytes())
    with pytest.raises(InputError, match="another checksum"):
        load_ctg(tmp_path)


def test_segments_are_one_recording(tmp_path):
    for k in (1, 2):
        write(tmp_path, f"s_{k}", samples=beats(1200, seed=k), comments=None)
    (tmp_path / "s.hea").write_text("s/2 2 4 2400\ns_1 1200\ns_2 1200\n#pH 7.1\n")
    found = load_ctg(tmp_path)
    assert found.names == ("s",)
    whole = np.concatenate([beats(1200, seed=k) for k in (1, 2)])[:, 0] / 100
    lost = np.isnan(found.heart_rate[0])
    np.testing.assert_allclose(found.heart_rate[0][~lost], whole[~lost], rtol=1e-6)
    assert lost.sum() == 20
    assert found.ph == [7.1]


SAMPLES = {  # of a recording that cannot be used
    "a rate in samples": {"samples": beats(seed=9) // 100},
    "only lost": {"samples": beats(seed=9) * [0, 1]},
    "no heart rate": {"sig_name": ["ECG", "UC"], "units": ["mV", "nd"]},
}
EDITS = {  # of its header
    "no sampling rate": ("odd 2 4 2400", "odd 2"),
    "another quantity's rate": ("odd 2 4 2400", "odd 2 250 2400"),
}
DAMAGES = {  # of a file
    "truncated": lambda header, data: data.write_bytes(data.read_bytes()[:1000]),
    "no samples": lambda header, data: data.unlink(),
    "another checksum": lambda header, data: data.write_bytes(data.read_bytes()[:-2] + b"\1\1"),
    "an empty header": lambda header, data: header.write_text(""),
    "a header of noise": lambda header, data: header.write_bytes(
        np.random.default_rng(0).bytes(400)
    ),
    "samples alone": lambda header, data: header.unlink(),
}


def odd(folder, kind):
    """Make one recording that cannot be used."""
    header = write(folder, "odd", **({"samples": beats(seed=9)} | SAMPLES.get(kind, {})))
    if kind in EDITS:
        edit(header, *EDITS[kind])
    if kind in DAMAGES:
        DAMAGES[kind](header, header.with_suffix(".dat"))


ODD = {
    "a rate in samples": r"beats a minute.*odd\.hea",
    "only lost": r"lost throughout.*odd\.hea",
    "no heart rate": r"called FHR.*odd\.hea",
    "no sampling rate": r"says its sampling rate.*odd\.hea",
    "another quantity's rate": r"samples a second.*250.*odd\.hea",
    "truncated": r"odd\.hea.*truncated",
    "no samples": r"odd\.hea.*without odd\.dat",
    "another checksum": r"odd\.hea.*another checksum",
    "an empty header": r"odd\.hea.*without the line",
    "a header of noise": r"odd\.hea",
    "samples alone": r"names each file of samples.*odd\.dat",
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_file_is_named_and_the_rest_is_read(tmp_path, kind):
    write(tmp_path)
    odd(tmp_path, kind)
    with pytest.raises(InputError, match=f"(?s)^path: .*{ODD[kind]}"):
        load_ctg(tmp_path)
    found = load_ctg(tmp_path, skip=True)
    assert found.names == ("1001",)
    assert len(found.skipped) == 1
    assert "odd" in found.skipped[0]


def test_what_is_unusual_is_said(tmp_path):
    write(
        tmp_path, comments=["Steering 7", "Sig2Birth 3"], samples=np.add(beats() * [1, 0], [0, 7])
    )
    note = load_ctg(tmp_path).note
    for text in ("no pH in the header of 1001", "flat channel, in 1001", "never seen", "Steering"):
        assert text in note
    assert "Sig2Birth is taken as minutes in 1001" in note


def test_what_no_monitor_measures_is_lost_and_said(tmp_path):
    samples = beats()
    samples[100:103, 0], samples[200, 0] = 30000, 100
    write(tmp_path, samples=samples)
    found = load_ctg(tmp_path)
    lost = [*range(50, 60), 100, 101, 102, 200]
    assert np.flatnonzero(np.isnan(found.heart_rate[0])).tolist() == lost
    assert found.missing[0] == len(lost) / 2400
    assert "values outside 50 to 240 beats a minute count as lost in 1001 (4)" in found.note


def test_features_name_the_recordings_that_do_not_tell(tmp_path):
    write(tmp_path, samples=np.add(beats() * [1, 0], [0, 7]))
    found = load_ctg(tmp_path)
    note = fetal_features(found).note
    assert "no contractions in 1 (1001): nobody knows which" in note
    assert note.endswith(found.note)


def test_one_subject_under_two_names_and_twins_of_one_mother_are_one_unit(tmp_path):
    plain = [line for line in COMMENTS if "dbID" not in line]
    for name, seed in (("a", 1), ("b", 1), ("c", 2), ("d", 3)):
        write(tmp_path, name, samples=beats(seed=seed), comments=plain)
    found = load_ctg(tmp_path)
    assert found.units.tolist() == ["a", "a", "c", "d"]
    assert "b and a hold the same heart rates" in found.note
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\nc,Ann\nd,Ann\n")
    assert load_ctg(tmp_path, subjects=table).units.tolist() == ["a", "a", "Ann", "Ann"]
    table.write_text(table.read_text().replace("c,", "c.hea,"))  # as files that are left out stand
    assert load_ctg(tmp_path, subjects=table).units.tolist() == ["a", "a", "Ann", "Ann"]
    table.write_text("name,subject\na\nb,\nc,Ann\nd,\n")  # without a subject nothing is said
    assert load_ctg(tmp_path, subjects=table).units.tolist() == ["a", "a", "Ann", "d"]
    table.write_bytes("name,subject\na,Zo\u00e9\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"^subjects: wanted a table in UTF-8"):
        load_ctg(tmp_path, subjects=table)
    table.write_text("name,subject\ne,Ann\n")
    with pytest.raises(InputError, match=r"^subjects: .*'e'"):
        load_ctg(tmp_path, subjects=table)


def test_no_table_makes_two_subjects_of_one_signal(tmp_path):
    plain = [line for line in COMMENTS if "dbID" not in line]
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write(tmp_path, name, samples=beats(seed=seed), comments=plain)
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\nb,Ann\nc,a\n")
    found = load_ctg(tmp_path, subjects=table)  # of the table one says it for both
    assert found.units.tolist() == ["Ann", "Ann", "a"]
    assert "b and a hold the same heart rates" in found.note
    table.write_text("name,subject\na,Zoe\nb,Ann\nc,Ann\n")
    with pytest.raises(InputError, match=r"^subjects: wanted one subject .*Ann and Zoe for a, b"):
        load_ctg(tmp_path, subjects=table)
    left = load_ctg(tmp_path, subjects=table, skip=True)
    assert (left.names, left.units.tolist()) == (("c",), ["Ann"])
    assert [text.partition(", got ")[2] for text in left.skipped] == ["Ann and Zoe for a, b"] * 2
    assert [text.partition(": subjects: wanted one")[0] for text in left.skipped] == ["a", "b"]
    table.write_text("name,subject\nb,c\n")
    note = load_ctg(tmp_path, subjects=table).note
    assert "c: a subject of the table and a recording beside it" in note


def test_recordings_are_joined_through_a_third(tmp_path):
    """By its heart rates the third is the first, by its number the second."""
    plain = [line for line in COMMENTS if "dbID" not in line]
    for name, seed, number in (("a", 1, ""), ("b", 2, "dbID  7"), ("c", 1, "dbID  7")):
        write(tmp_path, name, samples=beats(seed=seed), comments=[*plain, number])
    assert len(set(load_ctg(tmp_path).units.tolist())) == 1


def test_a_table_may_name_what_is_left_out(tmp_path):
    write(tmp_path)
    odd(tmp_path, "an empty header")
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\n1001,Ann\nodd,Ann\nnobody,Zoe\n")
    found = load_ctg(tmp_path, subjects=table, skip=True)
    assert (found.names, found.units.tolist()) == (("1001",), ["Ann"])
    assert [text.partition(": ")[0] for text in found.skipped] == [
        "subjects.csv, nobody",
        "odd.hea",
    ]
    table.write_text("name,subject\n1001,Ann\n1001,Zoe\n")
    with pytest.raises(
        InputError, match=r"^subjects: wanted one subject .*'Ann' and 'Zoe' for '10"
    ):
        load_ctg(tmp_path, subjects=table, skip=True)


def test_recordings_of_one_name_in_two_folders_are_two_subjects(tmp_path):
    plain = [line for line in COMMENTS if "dbID" not in line]
    for seed, place in enumerate(("Bonn", "Lyon")):
        (tmp_path / place).mkdir()
        write(tmp_path / place, samples=beats(seed=seed), comments=plain)
    write(tmp_path, "1002", samples=beats(seed=2), comments=plain)
    found = load_ctg(tmp_path)
    assert found.names == ("1002", "Bonn/1001", "Lyon/1001")
    assert found.units.tolist() == ["1002", "Bonn/1001", "Lyon/1001"]


def test_the_same_database_number_is_one_subject(tmp_path):
    for name, seed in (("a", 1), ("b", 2)):
        write(tmp_path, name, samples=beats(seed=seed))
    assert load_ctg(tmp_path).units.tolist() == ["a", "a"]


def test_windows_are_counted_back_from_delivery(tmp_path):
    write(tmp_path, "a", samples=beats(2400), comments=["pH 7.2", "Sig2Birth 2"])
    write(tmp_path, "b", samples=beats(4800, seed=5), comments=["pH 7.0", "Sig2Birth 0"], fs=8)
    write(tmp_path, "c", samples=beats(240, seed=6), comments=["pH 7.0"])
    found = windows(load_ctg(tmp_path), length=4, step=3)
    assert found.heart_rate.shape == (6, 960)
    assert found.minutes_before.tolist() == [2, 5, 8, 0, 3, 6]
    assert found.units.tolist() == ["a"] * 3 + ["b"] * 3
    assert found.ph.tolist() == [7.2] * 3 + [7.0] * 3
    a = beats(2400)[:, 0] / 100
    a[50:60] = np.nan
    np.testing.assert_allclose(found.heart_rate[1], a[720:1680], rtol=1e-6)
    b = beats(4800, seed=5)[:, 0].reshape(-1, 2).mean(axis=1) / 100  # the lower rate of the two
    np.testing.assert_allclose(found.heart_rate[3], b[-960:], rtol=1e-6)
    assert "1 recordings give no window, such as c" in found.note
    assert "end of the signal stands for delivery in 1" in found.note
    last = windows(load_ctg(tmp_path), length=4, step=3, before_delivery=5)
    assert last.minutes_before.tolist() == [0]


def test_what_is_simulated_is_read_as_it_was_written(tmp_path):
    births = fetal_heart_rates(n=2, minutes=10, acidotic=0.5, seed=3)
    assert births.write(tmp_path) == ["1001", "1002"]
    found = load_ctg(tmp_path)
    np.testing.assert_allclose(np.stack(found.heart_rate), births.heart_rate, atol=0.0051)
    np.testing.assert_array_equal(found.ph, births.ph)
    theirs = wfdb.rdrecord(str(tmp_path / "1002")).p_signal[:, 1]
    np.testing.assert_allclose(found.contractions[1], theirs, rtol=1e-6)
