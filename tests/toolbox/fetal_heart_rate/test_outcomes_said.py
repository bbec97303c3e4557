"""A number of an outcome is read where it is one; else the line is quoted and the rest is kept."""

import numpy as np
import pytest

from tests.toolbox.fetal_heart_rate.test_recordings import beats, edit, write
from toolbox import load_ctg

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")
SAID = "pH           7.14"  # in the header that `write` makes
UNCLEAR = "no number is taken from what is not one clear number, in 1001 ('pH"


def of_line(folder, line):
    """Return the recording whose header says this in place of its pH."""
    edit(write(folder), SAID, line)
    return load_ctg(folder)


@pytest.mark.parametrize(
    "line",
    [
        *("pH           7.05 (artery)", "pH: 7.05 art.", "pH 7.05 (arterial)", "pH arterial: 7.05"),
        *("pH 7.05 uncertain", "pH (cord)    7.05", "pH=7.05, repeated", "pH: 7.05?"),
        *("pH 7.05 UA", "pH 7.05 a.", "pH a.: 7.05", "pHa 7.05", "pH_art: 7.05", "UA pH 7.05"),
        *("arterial pH: 7.05", "umbilical artery pH  7.05", "a. pH: 7.05", "UA-pH: 7.05"),
        "pH art.: 7.05\n# pH ven.: 7.25",
    ],
)
def test_a_number_is_read_among_words_which_are_said(tmp_path, line):
    found = of_line(tmp_path, line)
    assert found.ph[0] == 7.05
    assert "words stand beside a number that was read, in 1001 ('pH" in found.note
    assert {kind for _, kind, _ in found.remarks} == {"words beside a number"}
    for word in line.replace("pH", " ").replace("#", " ").replace("\n", " ").split():
        assert word.strip("():,=-_") in found.remarks[0][2]


@pytest.mark.parametrize(
    "line",
    [
        *("pH: 7,05", "pH: 7.05-7.10", "pH: 7.05 / 7.12", "pH: 7.05 (2 min)", "pH: < 7.0"),
        *("pH: 7.05 to 7.1", "pH art. 7.05 ven. 7.12", "pH meter:  3", "pH 7x", "pH: 7.0.5"),
        *("pH: normal", "pH unknown", "pH not measured", "pH           low", "pH ok"),
        *("pH           7.05 (venous)", "pH ven.: 7.05", "pH 7.05 (UV)", "venous pH: 7.05"),
        *("pH 7.05 v.", "pHv 7.05", "pH: 7.05 a/v", "pH 7.05 arterial or venous"),
        *("pH 7.25 maternal", "pH: 7.25 (mother)", "maternal pH: 7.25", "pH 7.25 mat."),
        *("pH 7.05/7.25 mixed", "pH 7.05 mixed", "pH: 7.2 scalp", "pH 7.2 FBS", "pH: 7.2 cap."),
        *("pH 7.01\n#pH 7.30", "pH 7.01\n#PH 7.30", "pH: 7.01\n#pH art.: 7.30"),
        *("pH first: 7.05\n# pH second: 7.12", "pH 7.05; maternal"),
    ],
)
def test_an_unclear_ph_costs_the_outcome_never_the_recording(tmp_path, line):
    found = of_line(tmp_path, line)
    assert (found.names, np.isnan(found.ph[0])) == (("1001",), True)
    assert found.bdecf[0] == 8.14
    assert UNCLEAR in found.note
    assert "no pH in the header" not in found.note
    assert [kind for _, kind, _ in found.remarks] == ["unclear"]
    for word in line.replace("pH", " ").replace("PH", " ").replace("#", " ").split():
        assert word.strip("():=;,_") in found.remarks[0][2]


@pytest.mark.parametrize("line", ["pH7.01", "Outcome pH 7.12", "NApH: 7.10"])
def test_a_line_that_speaks_of_a_ph_unknown_to_us_is_quoted(tmp_path, line):
    found = of_line(tmp_path, line)
    assert np.isnan(found.ph[0])
    assert found.remarks == (("1001", "unclear", repr(line.replace(":", ""))),)


@pytest.mark.parametrize("number", ["714", "70", "-7", "1e9", "0"])
def test_a_ph_that_no_birth_has_costs_the_outcome_too(tmp_path, number):
    found = of_line(tmp_path, f"pH           {number}")
    assert np.isnan(found.ph[0])
    assert found.note == f"a number that no birth has is not used, in 1001 ('pH {number}')"


@pytest.mark.parametrize(
    "line", ["pH 7.01\n#pH 7.01", "pH 7.01\n#PH: 7.010", "pH 7.01\n#pH NaN", "pH 7.01; 7.01"]
)
def test_two_lines_that_agree_are_one(tmp_path, line):
    found = of_line(tmp_path, line)
    assert (found.ph[0], found.note) == (7.01, "")


def test_of_two_lines_with_words_the_arterys_is_taken(tmp_path):
    found = of_line(tmp_path, "pH: 7.05\n# pH ven.: 7.12")
    assert found.ph[0] == 7.05
    told = "words stand beside a number that was read, in 1001 ('pH 7.05 and pH ven. 7.12')"
    assert found.note == told


def test_other_numbers_of_a_birth_are_lost_alone(tmp_path):
    header = write(tmp_path)
    edit(header, "Apgar1       6", "Apgar1       12")
    edit(header, "BDecf        8.14", "BDecf  high")
    edit(header, "Pos. II.st.  1200", "Pos. II.st.  late\n#Age 31\n#age 32")
    found = load_ctg(tmp_path)
    assert (found.ph[0], found.apgar5[0]) == (7.14, 8)
    assert np.isnan([found.bdecf[0], found.apgar1[0], found.second_stage[0]]).all()
    assert [said for _, _, said in found.remarks] == [
        "'BDecf high'",
        "'Pos. II.st. late'",
        "'Apgar1 12'",
    ]


def test_of_many_recordings_every_remark_is_kept_and_the_note_counts(tmp_path):
    plain = [f"dbID {k}" for k in range(11)]
    for k in range(11):
        said = ["pH 7.1"] * (k < 1) + ["pH low"] * (1 <= k < 6)
        write(tmp_path, f"{k:02d}", samples=beats(seed=k), comments=[plain[k], *said])
    found = load_ctg(tmp_path)
    assert "no pH in the header of 06, 07, 08 and 2 more" in found.note
    assert "in 01 ('pH low'), 02 ('pH low'), 03 ('pH low') and 2 more" in found.note
    of_kind = {kind: [n for n, k, _ in found.remarks if k == kind] for kind in ("no pH", "unclear")}
    assert of_kind == {
        "no pH": ["06", "07", "08", "09", "10"],
        "unclear": ["01", "02", "03", "04", "05"],
    }


def test_two_numbers_of_the_database_in_one_header_are_said_and_neither_is_taken(tmp_path):
    for seed, (name, ids) in enumerate({"a": ["1"], "b": ["2"], "c": ["1", "2"]}.items()):
        comments = ["pH 7.2", *(f"dbID  {number}" for number in ids)]
        write(tmp_path, name, samples=beats(seed=seed), comments=comments)
    found = load_ctg(tmp_path)
    assert found.units.tolist() == ["a", "b", "c"]
    assert found.remarks == (("c", "several dbID", "1 and 2"),)
    assert found.note.startswith("no subject is read from several dbID in c (1 and 2): a table of")
    table = tmp_path / "subjects.csv"
    table.write_text("name,subject\na,Ann\nc,Ann\n")
    told = load_ctg(tmp_path, subjects=table)
    assert (told.units.tolist(), told.note) == (["Ann", "b", "Ann"], "")


def test_apgar_scores_and_base_deficits_have_words_too(tmp_path):
    header = write(tmp_path)
    for old, new in (("BDecf        8.14", "BDecf 8.1 mmol/l"), ("Apgar1       6", "Apgar1: 6 of")):
        edit(header, old, new)
    found = load_ctg(tmp_path)
    assert (found.bdecf[0], found.apgar1[0], found.apgar5[0]) == (8.1, 6, 8)
