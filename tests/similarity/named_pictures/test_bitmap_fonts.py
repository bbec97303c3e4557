"""The reader of fonts of PNG pictures, on fonts that fontTools wrote."""

import pytest

from similarity.named_pictures.bitmap_fonts import read_picture_font
from tests.similarity.named_pictures.small_fonts import (
    FACE,
    FIRE,
    JOINER,
    WOMAN,
    png,
    written_font,
)
from toolbox import InputError

PICTURES = {"face": png((255, 200, 0)), "firefighter": png((9, 9, 200), 6)}


@pytest.mark.parametrize(("index", "kind"), [(1, 17), (3, 17), (1, 18)])
def test_pictures_are_those_that_were_put_in_at_the_largest_size(tmp_path, index, kind):
    font = written_font(tmp_path / "small.ttf", PICTURES, index=index, kind=kind)
    found = read_picture_font(font, "font")
    assert found.picture(FACE) == PICTURES["face"]
    assert found.picture(FACE + "\ufe0f") == PICTURES["face"]
    assert found.picture(WOMAN + JOINER + FIRE) == PICTURES["firefighter"]


def test_what_has_no_picture_is_none(tmp_path):
    found = read_picture_font(written_font(tmp_path / "small.ttf", PICTURES), "font")
    for text in (WOMAN, WOMAN + JOINER, FACE + FACE, "a", ""):
        assert found.picture(text) is None


def test_a_font_cut_anywhere_is_refused_by_name(tmp_path):
    whole = written_font(tmp_path / "small.ttf", PICTURES).read_bytes()
    cut = tmp_path / "cut.ttf"
    for length in range(0, len(whole) - 4, 61):  # the last bytes may be filling
        cut.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"font: wanted a font of PNG pictures.*cut\.ttf"):
            read_picture_font(cut, "font")


def test_a_font_without_pictures_is_refused(tmp_path):
    from matplotlib import get_data_path

    with pytest.raises(InputError, match="font: wanted a font of PNG pictures"):
        read_picture_font(tmp_path / "none.ttf", "font")
    letters = f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf"
    with pytest.raises(InputError, match="CBLC"):
        read_picture_font(tmp_path.__class__(letters), "font")
