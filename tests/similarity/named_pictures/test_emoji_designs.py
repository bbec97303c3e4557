"""The reader of emoji on a small font, folder and tables of names, each by another writer."""

import json

import numpy as np
import pytest

from similarity import emoji
from tests.similarity.named_pictures.small_fonts import FACE, png, written_font
from toolbox import InputError

ROWS = [
    {"unified": "1F600", "image": "1f600.png", "category": "Smileys & Emotion"},
    {"unified": "1F469-200D-1F692", "image": "1f469.png", "category": "People & Body"},
    {"unified": "1F692", "image": "1f692.png", "category": "Travel & Places"},
    {"unified": "1F3FB", "image": "1f3fb.png", "category": "Component"},
]
WORDS = {
    FACE: {"en": "grinning face", "fr": "visage rieur"},
    "\U0001f469\u200d\U0001f692": {"en": "woman firefighter", "fr": "pompière"},
    "\U0001f692": {"en": "fire engine"},
}
YELLOW, BLUE, RED = (255, 204, 0), (0, 0, 204), (255, 0, 0)


def written(folder, rows=ROWS, words=WORDS):
    drawings, names = folder / "img" / "twitter" / "64", folder / "common"
    drawings.mkdir(parents=True)
    (folder / "emoji.json").write_text(json.dumps(rows))
    for row in rows:
        (drawings / row["image"]).write_bytes(png(RED))
    for part in ("annotations", "annotationsDerived"):
        (names / part).mkdir(parents=True)
        for language in ("en", "fr"):
            lines = [
                f'<annotation cp="{c}">this | that</annotation>'
                f'<annotation cp="{c}" type="tts">{said[language]}</annotation>'
                for c, said in words.items()
                if language in said and (len(c) > 1) == (part == "annotationsDerived")
            ]
            lines = lines or ['<annotation cp="x">letter</annotation>']
            text = f"<ldml><annotations>{''.join(lines)}</annotations></ldml>"
            (names / part / f"{language}.xml").write_text(text, encoding="utf-8")
    pictures = {"face": png(YELLOW), "firefighter": png(BLUE, 6)}
    font = written_font(folder / "small.ttf", pictures)
    return {"path": folder, "font": font, "names": names, "size": 8}


def test_each_has_two_pictures_and_two_names(tmp_path):
    found = emoji(**written(tmp_path))
    assert found.characters == (FACE, "\U0001f469\u200d\U0001f692")
    assert found.names == {
        "en": ("grinning face", "woman firefighter"),
        "fr": ("visage rieur", "pompière"),
    }
    assert found.keywords["fr"] == ("this, that", "this, that")
    assert found.groups.tolist() == ["Smileys & People"] * 2
    assert found.missing == ("1F692: a name (fr), a picture in the font",)
    assert found.images.shape == (2, 2, 3, 8, 8)
    for design, i, colour in ((0, 0, YELLOW), (0, 1, BLUE), (1, 0, RED), (1, 1, RED)):
        wanted = np.array(colour)[:, None, None] / 255
        np.testing.assert_allclose(found.images[design, i] - wanted, 0, atol=1e-6)


def test_the_other_design_may_be_a_folder_of_pictures(tmp_path):
    given = written(tmp_path)
    given["font"] = tmp_path / "others"
    given["font"].mkdir()
    (given["font"] / "1f600.png").write_bytes(png(BLUE))
    found = emoji(**given)
    assert found.characters == (FACE,)
    np.testing.assert_allclose(found.images[0, 0, :, 3, 3], np.array(BLUE) / 255, atol=1e-6)


def test_damaged_or_missing_files_are_named(tmp_path):
    given = written(tmp_path)
    picture = tmp_path / "img" / "twitter" / "64" / "1f469.png"
    whole = picture.read_bytes()
    for content in (whole[:40], whole[:-30], b"", b"GIF89a"):
        picture.write_bytes(content)
        with pytest.raises(InputError, match=r"path: wanted PNG pictures.*1f469\.png"):
            emoji(**given)
    picture.unlink()
    with pytest.raises(InputError, match=r"path: wanted the picture '1f469\.png'"):
        emoji(**given)
    table = given["names"] / "annotations" / "fr.xml"
    for text in ("<ldml>", "<ldml/>", '<!DOCTYPE l [<!ENTITY a "b">]><l>&a;</l>'):
        table.write_text(text)
        with pytest.raises(InputError, match=r"names: wanted 'annotations/fr\.xml'"):
            emoji(**given)
    (tmp_path / "emoji.json").write_text("[{}]")
    (given["names"] / "annotations" / "fr.xml").write_text(
        '<l><annotation cp="x">y</annotation></l>'
    )
    with pytest.raises(InputError, match=r"path: wanted 'emoji\.json', rows"):
        emoji(**given)
    for argument in ("path", "font", "names"):
        with pytest.raises(InputError, match=f"{argument}: wanted a .*that exists"):
            emoji(**given | {argument: tmp_path / "none"})


def test_duplicates_are_refused(tmp_path):
    given = written(tmp_path / "a", [*ROWS, ROWS[0]])
    with pytest.raises(InputError, match="path: wanted each emoji once, got 1F600 twice"):
        emoji(**given)
    given = written(tmp_path / "b")
    table = given["names"] / "annotations" / "en.xml"
    row = f'<annotation cp="{FACE}" type="tts">grin</annotation>'
    table.write_text(f"<l>{row}{row}</l>", encoding="utf-8")
    with pytest.raises(InputError, match="names: wanted each character once"):
        emoji(**given)


@pytest.mark.parametrize(
    ("row", "match"),
    [
        ({"image": "../1f600.png"}, "rows with 'unified'"),
        ({"unified": "smile"}, "codes such as"),
        ({"unified": "1F601"}, "emoji that the font and the names know, got none"),
        ({"category": 3}, "rows with 'unified'"),
    ],
)
def test_other_rows_are_refused(tmp_path, row, match):
    given = written(tmp_path)
    (tmp_path / "emoji.json").write_text(json.dumps([ROWS[0] | row]))
    with pytest.raises(InputError, match=match):
        emoji(**given)
