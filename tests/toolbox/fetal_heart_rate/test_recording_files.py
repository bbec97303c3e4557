"""What headers say, in which words, and what they leave out or say twice."""

import numpy as np
import pytest

from tests.toolbox.fetal_heart_rate.test_recordings import beats, edit, write
from toolbox import InputError, load, load_ctg

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")


@pytest.mark.parametrize("gain", ["", "0.0(0)"])
def test_a_heart_rate_without_a_gain_is_refused(tmp_path, gain):
    header = write(tmp_path)
    edit(header, "100.0(0)/bpm", f"{gain}/bpm")
    with pytest.raises(InputError, match=r"a gain of 'FHR', got none, or 0, in .*1001\.hea"):
        load_ctg(tmp_path)


def test_a_second_heart_rate_is_said(tmp_path):
    write(tmp_path, units=["bpm", "bpm"], sig_name=["FHR", "FHR2"])
    found = load_ctg(tmp_path)
    assert "heart rates beside the first are not read in 1001 (FHR2)" in found.note


def test_the_fetal_heart_rate_is_read_where_the_mothers_stands_first(tmp_path):
    samples = beats()
    samples[:, 1] = 8000  # of the mother: 80
    write(tmp_path, samples=samples[:, ::-1], units=["bpm", "bpm"], sig_name=["MHR", "FHR"])
    found = load_ctg(tmp_path)
    assert np.nanmedian(found.heart_rate[0]) == pytest.approx(140, abs=1)
    assert "not read in 1001 (MHR)" in found.note


def test_where_nothing_can_be_used_every_reason_is_said(tmp_path):
    for name in ("a", "b"):
        edit(write(tmp_path, name), f"{name} 2 4 ", f"{name} 2 0 ")
    with pytest.raises(InputError, match=r"none in .*a\.hea.*b\.hea"):
        load_ctg(tmp_path, skip=True)


def test_a_table_parts_two_hospitals_recordings_of_one_number(tmp_path):
    for seed, name in enumerate(("a", "b", "c")):
        write(tmp_path, name, samples=beats(seed=seed), comments=["dbID  1001"])
    together = load_ctg(tmp_path)
    assert len(set(together.units.tolist())) == 1
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\na,A\nb,B\n")
    found = load_ctg(tmp_path, subjects=table)
    assert found.units.tolist() == ["A", "B", "c"]
    assert "the table parts recordings of one dbID (1001): the table counts" in found.note


def test_a_header_that_is_a_link_to_nothing_is_named(tmp_path):
    write(tmp_path)
    (tmp_path / "odd.hea").symlink_to(tmp_path / "gone.hea")
    with pytest.raises(
        InputError, match=r"^path: .*odd\.hea' \(a link to a file that is not there"
    ):
        load_ctg(tmp_path)
    found = load_ctg(tmp_path, skip=True)
    assert (found.names, len(found.skipped)) == (("1001",), 1)


@pytest.mark.parametrize("said", ["pH=7.01", "pH = 7.01", "pH  =  7.01", "pH\t7.01", "PH: 7.01"])
def test_a_header_may_part_what_it_says_otherwise(tmp_path, said):
    edit(write(tmp_path), "pH           7.14", said)
    assert load_ctg(tmp_path).ph[0] == 7.01


def test_words_that_say_nothing_known_are_said(tmp_path):
    edit(write(tmp_path), "pH           7.14", "acidity7.01")
    note = load_ctg(tmp_path).note
    assert "no pH in the header of 1001" in note
    assert "comments never seen, and not used: acidity7.01" in note


def of_format(folder, kind):
    """Write a recording whose numbers fit into the bits of its format."""
    short = kind == "212"
    header = write(folder, kind=kind, samples=beats() // (10 if short else 1))
    if short:
        edit(header, "100.0(0)", "10.0(0)")
    return header


def lengthen(data, nbytes):
    data.write_bytes(data.read_bytes() + bytes(i % 256 for i in range(nbytes)))


@pytest.mark.parametrize(("kind", "nbytes"), [("16", 400), ("212", 300), ("24", 600)])
def test_samples_after_those_announced_are_said(tmp_path, kind, nbytes):
    header = of_format(tmp_path, kind)
    before = load_ctg(tmp_path)
    lengthen(header.with_suffix(".dat"), nbytes)
    found = load_ctg(tmp_path)
    np.testing.assert_array_equal(found.heart_rate[0], before.heart_rate[0])
    assert before.note == ""
    assert found.note == (
        "signals go on after what the header announces, unread, in 1001 (100 samples)"
    )
    if kind != "24":
        assert load(header).note.startswith("100 samples after the last")


def strip_sums(header):
    lines = header.read_text().splitlines()
    header.write_text(
        "\n".join(" ".join(line.split()[:5]) if ".dat" in line else line for line in lines)
    )


@pytest.mark.parametrize(("kind", "times"), [("16", 2), ("16", 1.5), ("212", 4 / 3)])
def test_a_file_as_long_as_in_another_format_is_refused_unless_its_sums_are_right(
    tmp_path, kind, times
):
    header = of_format(tmp_path, kind)
    lengthen(
        header.with_suffix(".dat"), round((times - 1) * header.with_suffix(".dat").stat().st_size)
    )
    assert "after what the header announces" in load_ctg(tmp_path).note
    strip_sums(header)
    with pytest.raises(InputError, match=rf"1001\.dat', {times:.3g} times as long .*format"):
        load_ctg(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_header_in_another_encoding_is_named_and_the_rest_is_read(tmp_path, encoding):
    write(tmp_path)
    header = write(tmp_path, "odd", samples=beats(seed=9))
    header.write_text(header.read_text(), encoding=encoding)
    with pytest.raises(
        InputError, match=r"encoding UTF-8, got .*odd\.hea', which is (UTF|no text)"
    ):
        load_ctg(tmp_path)
    found = load_ctg(tmp_path, skip=True)
    assert found.names == ("1001",)
    assert len(found.skipped) == 1


def test_the_signature_of_utf_8_is_no_part_of_a_header(tmp_path):
    header = write(tmp_path)
    header.write_text("# written by hand\n" + header.read_text(), encoding="utf-8-sig")
    assert load_ctg(tmp_path).ph[0] == 7.14


@pytest.mark.parametrize("kind", ["999", "MP3"])
def test_a_format_that_nobody_knows_is_named_with_those_that_are(tmp_path, kind):
    edit(write(tmp_path), ".dat 16 ", f".dat {kind} ")
    with pytest.raises(InputError, match=rf"8, 16, 24.*WFDB in format 16, got format '{kind}'"):
        load_ctg(tmp_path)


def test_a_first_line_that_says_no_numbers_is_quoted(tmp_path):
    edit(write(tmp_path), "1001 2 4 2400", "1001 2 4Hz 2400")
    with pytest.raises(InputError, match=r"signals, rate, samples, but '1001 2 4Hz 2400'"):
        load_ctg(tmp_path)


def test_of_one_number_of_the_database_it_is_said_how_to_part_two_hospitals(tmp_path):
    for seed, name in enumerate(("a", "b")):
        write(tmp_path, name, samples=beats(seed=seed), comments=["dbID  1001"])
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\na,A\n")
    found = load_ctg(tmp_path, subjects=table)
    assert found.units.tolist() == ["A", "A"]
    assert "that lists each of them parts those of two hospitals" in found.note


def test_a_monitor_that_holds_its_last_value_is_said(tmp_path):
    samples = beats()
    samples[1000:1240, 0] = 14000  # a minute
    samples[2000:2239, 0] = 14100  # a sample less
    write(tmp_path, samples=samples)
    found = load_ctg(tmp_path)
    assert found.note == "one value for 60 seconds and more, kept as recorded, in 1001 (10%)"
    assert (found.heart_rate[0][1000:1240] == 140).all()


@pytest.mark.parametrize("unit", ["samples", "ms", "s"])
def test_a_heart_rate_in_another_unit_is_refused(tmp_path, unit):
    write(tmp_path, units=[unit, "nd"])
    with pytest.raises(InputError, match=rf"wanted a heart rate in beats .* one in '{unit}'"):
        load_ctg(tmp_path)


@pytest.mark.parametrize("unit", ["mV", "nd", "V"])
def test_without_beats_a_minute_in_the_header_the_values_tell_and_it_is_said(tmp_path, unit):
    header = write(tmp_path, units=[unit, "nd"])
    found = load_ctg(tmp_path)
    np.testing.assert_allclose(np.nanmedian(found.heart_rate[0]), 140, atol=1)
    told = "no beats a minute in the header, but in the values, which count as such, in"
    assert found.note == f"{told} 1001 ('{unit}')"
    assert found.remarks == (("1001", "unit", repr(unit)),)
    header.write_text(header.read_text().replace(f"/{unit} ", "/bpm ", 1))
    assert load_ctg(tmp_path).note == ""


def test_an_electrical_signal_with_the_median_of_a_heart_rate_is_refused(tmp_path):
    """Its median alone would pass: half of its values are those of no heart."""
    rng = np.random.default_rng(0)
    samples = np.stack([rng.normal(14000, 12000, 2400), rng.integers(0, 900, 2400)], axis=1)
    write(tmp_path, samples=samples.astype(int).clip(-32000, 32000), units=["mV", "nd"])
    with pytest.raises(InputError, match=r"^path: wanted a heart rate in bpm.*'mV' and 5\d%"):
        load_ctg(tmp_path)


@pytest.mark.parametrize("name", ["MHR", "M-HR", "HR maternal", "Pulse", "HR mother"])
def test_a_mothers_heart_rate_is_never_taken_for_the_fetus(tmp_path, name):
    write(tmp_path, samples=beats() * [1, 1], sig_name=[name, "UC"])
    with pytest.raises(InputError, match=rf"in bpm, of the fetus, got {name}, UC.*1001\.hea"):
        load_ctg(tmp_path)


def test_an_empty_first_socket_costs_no_recording_and_is_said(tmp_path):
    samples = beats()[:, [0, 0]] * [0, 1]
    write(tmp_path, samples=samples, units=["bpm", "bpm"], sig_name=["FHR1", "FHR2"])
    found = load_ctg(tmp_path)
    np.testing.assert_allclose(np.nanmax(found.heart_rate[0]), samples[:, 1].max() / 100)
    assert ("1001", "another channel", "FHR2 for FHR1") in found.remarks


@pytest.mark.parametrize(("minutes", "said"), [(9.5, False), (10.5, True)])
def test_ten_minutes_below_100_are_said_and_kept(tmp_path, minutes, said):
    samples = beats(9600)
    samples[1000 : 1000 + int(minutes * 240), 0] = 7000  # half of 140, or the mother's
    write(tmp_path, samples=samples)
    found = load_ctg(tmp_path)
    assert ("low" in {kind for _, kind, _ in found.remarks}) == said
    assert (found.heart_rate[0] == 70).sum() == minutes * 240


def test_words_of_a_twin_or_of_the_mother_are_said_and_no_name_is(tmp_path):
    lines = ["twin A", "mother id 77", "Name Anna Muster", "Zwilling  nein", "Wehen ja"]
    write(tmp_path, comments=["pH 7.2", *lines])
    found = load_ctg(tmp_path)
    told = {(kind, said) for _, kind, said in found.remarks}
    assert {("twin or mother", "twin"), ("twin or mother", "mother")} <= told
    assert {("unknown comment", "Name"), ("unknown comment", "Wehen")} <= told
    assert "Anna" not in found.note


@pytest.mark.parametrize(("minutes", "start"), [(9.5, 9.5), (11, 11), (12, np.nan)])
def test_a_second_stage_after_birth_is_not_used_and_quoted(tmp_path, minutes, start):
    """A recording of ten minutes that ends a minute before birth."""
    place = f"Pos. II.st.  {minutes * 240:.0f}"
    write(tmp_path, comments=["pH 7.2", place, "Sig2Birth 1"])
    found = load_ctg(tmp_path)
    np.testing.assert_equal(found.second_stage[0], start)
    assert ("impossible" in {kind for _, kind, _ in found.remarks}) == bool(np.isnan(start))


def test_recordings_of_another_kind_beside_them_are_said(tmp_path):
    write(tmp_path)
    (tmp_path / "x").mkdir()
    for name in ("x/1002.EDF", "rest.zip", "readme.txt"):
        (tmp_path / name).write_bytes(b"0")
    note = load_ctg(tmp_path).note
    assert "not read, and not WFDB: rest.zip, x/1002.EDF (" in note
    assert "readme" not in note


def test_recordings_whose_subject_nobody_knows_are_not_one_subject(tmp_path):
    for seed, name in enumerate("ab"):
        write(tmp_path, name, samples=beats(seed=seed), comments=["pH 7.2"])
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\na,unknown\nb,unknown\n")
    with pytest.raises(InputError, match="name of a subject, or an empty cell, got 'unknown'"):
        load_ctg(tmp_path, subjects=table)
    found = load_ctg(tmp_path, subjects=table, skip=True)
    assert (found.units.tolist(), len(found.skipped)) == (["a", "b"], 2)
