"""Whatever a reader of files says against one, a report says it in plain words."""

import pytest

from grainwise.reports.pages.blocks import Items
from grainwise.reports.pages.left_out import (
    OTHERWISE,
    REASONS,
    files_left_out,
    left_out,
    left_out_blocks,
    left_out_table,
)
from tests.toolbox.data import test_papers as papers
from tests.toolbox.fetal_heart_rate import test_recordings as births
from toolbox import load_ctg, load_papers

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")
CONTRADICTIONS = (
    *("table: wanted one maker for each image, got 'Agfa' and 'Kodak' for a in 't.csv'",),
    *("table: wanted one maker for images that are equal in every pixel, got 'A' and 'B' for a",),
    *("table: wanted the name of one image of the folder, got 'z.png' in 't.csv'",),
    *("subjects: wanted names of recordings, got 'e' in 's.csv'", "the same in every pixel as a"),
    *("wanted at least 5 minutes of signal, got 0.5", "wanted at least 1 sample a second, got .5"),
    *("path: wanted a gain of 'FHR', got none, or 0, in 'a.hea'",),
)


def of_folder(module, load, folder, kind):
    module.odd(folder, kind)
    return load(folder, skip=True).skipped


@pytest.mark.parametrize("kind", births.ODD)
def test_an_odd_recording_is_told_in_plain_words(tmp_path, kind):
    births.write(tmp_path)
    (one,) = left_out(of_folder(births, load_ctg, tmp_path, kind))
    assert one.file.startswith("odd.")
    assert one[1:3] != OTHERWISE
    assert not {"wanted", "got", "Error"} & set(one.wrong.split())


@pytest.mark.parametrize("kind", papers.ODD)
def test_an_odd_image_is_told_in_plain_words(tmp_path, kind):
    papers.image(tmp_path / "good.png", seed=7)
    (one,) = left_out(
        of_folder(papers, lambda *a, **k: load_papers(*a, size=32, **k), tmp_path, kind)
    )
    assert one[1:3] != OTHERWISE
    assert one.technical


@pytest.mark.parametrize("technical", CONTRADICTIONS)
def test_what_contradicts_itself_is_told_too(technical):
    (one,) = left_out((f"x: {technical}",))
    assert (one.file, one.technical) == ("x", technical)
    assert one[1:3] != OTHERWISE


def test_files_of_one_reason_stand_together_and_none_is_lost():
    cut = [
        f"{k}.hea: path: wanted x, got (ValueError: a truncated file of samples)" for k in range(50)
    ]
    found = left_out((*cut, "odd.hea: something new"))
    assert found[-1][1:3] == OTHERWISE
    lines = next(block for block in left_out_blocks(found) if isinstance(block, Items)).texts
    assert lines[0].startswith("The file of samples ends before its header says (50 files): 0.hea,")
    assert "39.hea and 10 more" in lines[0]
    assert left_out_table(found)["technical reason"][-1] == "something new"
    assert left_out_blocks([]) == []


def test_rows_of_a_table_are_no_files():
    skipped = ("s.csv, e: subjects: wanted names of recordings, got 'e'", "a.hea: odd")
    assert files_left_out(skipped) == "1 file left out"
    lines = next(b for b in left_out_blocks(left_out(skipped)) if isinstance(b, Items)).texts
    told = "The table of subjects names a recording that is not there (1 row): s.csv, e."
    assert any(line.startswith(told) for line in lines)


def test_every_sentence_is_one():
    for _, wrong, advice in REASONS:
        assert wrong[0].islower()
        assert not wrong.endswith(".")
        assert advice[0].isupper()
        assert advice.endswith((".", "?"))


def test_a_space_in_the_name_of_a_recording_is_suspected(tmp_path):
    births.write(tmp_path)
    births.edit(births.write(tmp_path, "odd"), "odd 2 4 2400", "odd one 2 4 2400")
    (one,) = left_out(load_ctg(tmp_path, skip=True).skipped)
    assert one.file == "odd.hea"
    assert "has its name a space" in one.wrong
