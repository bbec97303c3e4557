"""Papers from a table or from folders, and every odd file by its name."""

import numpy as np
import pytest
from PIL import Image as PIL
from skimage.io import imsave

from toolbox import InputError, load_papers


def image(path, *, shape=(40, 48), seed=0, dtype=np.uint8):
    grain = np.random.default_rng(seed).integers(0, 255, shape).astype(dtype)
    path.parent.mkdir(parents=True, exist_ok=True)
    imsave(path, grain, check_contrast=False)
    return grain


def test_folders_within_each_other_are_maker_package_and_sheet(tmp_path):
    places = ("Agfa/1/1/a", "Agfa/1/1/b", "Agfa/1/2/c", "Agfa/2/1/d", "Kodak/1/1/e", "f")
    for seed, place in enumerate(places):
        image(tmp_path / f"{place}.png", seed=seed)
    found = load_papers(tmp_path)
    assert found.names == tuple(f"{place}.png" for place in places)
    assert found.sheet.tolist() == ["Agfa/1/1", "Agfa/1/1", "Agfa/1/2", "Agfa/2/1", "Kodak/1/1", ""]
    assert found.units.tolist()[-1] == "f.png"
    np.testing.assert_array_equal(
        found.resemblance,
        [
            [3, 3, 2, 1, 0, -1],
            [3, 3, 2, 1, 0, -1],
            [2, 2, 3, 1, 0, -1],
            [1, 1, 1, 3, 0, -1],
            [0, 0, 0, 0, 3, -1],
            [-1, -1, -1, -1, -1, 3],
        ],
    )
    assert "of 1 of 6 images nobody says" in found.note


def test_a_table_says_where_images_are_from_and_squares_are_their_centres(tmp_path):
    grain = {name: image(tmp_path / f"x/{name}.png", seed=ord(name)) for name in "abc"}
    rows = ["name,package,maker", "a.png,1,Agfa", "x/b.png,1,Agfa", "c.png,,Kodak"]
    (tmp_path / "papers.csv").write_text("\n".join(rows))
    found = load_papers(tmp_path, size=32)
    assert found.values.shape == (3, 32, 32)
    np.testing.assert_allclose(found.values[0], grain["a"][4:36, 8:40] / 255, atol=1e-6)
    assert found.package.tolist() == ["Agfa/1", "Agfa/1", ""]
    assert found.resemblance.tolist() == [[3, 2, 0], [2, 3, 0], [0, 0, 3]]


def test_what_folders_were_taken_for_is_said(tmp_path):
    for seed, place in enumerate(("Agfa/1/a", "Kodak/1/x/y/b")):
        image(tmp_path / f"{place}.png", seed=seed)
    note = load_papers(tmp_path).note
    assert "folders were taken for makers (Agfa, Kodak), packages (Agfa/1, Kodak/1), sheets" in note
    assert "sheets (Kodak/1/x), and 1 more below them for nothing" in note
    rows = "name,maker\nKodak/1/x/y/b.png,Kodak\nAgfa/1/a.png,Agfa\n"
    (tmp_path / "papers.csv").write_text(rows)
    assert "taken for" not in load_papers(tmp_path).note


def test_an_image_under_two_names_counts_once_and_has_one_origin(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        image(tmp_path / f"{name}.png", seed=seed)
    rows = "name,maker,sheet\na.png,Agfa,\nb.png,,3\nc.png,Kodak,\n"
    (tmp_path / "papers.csv").write_text(rows)
    found = load_papers(tmp_path)
    assert (found.names, found.sheet.tolist()) == (("a.png", "c.png"), ["Agfa/3", ""])
    assert found.skipped == ("b.png: the same in every pixel as a.png",)
    assert "counted once: b.png: the same in every pixel as a.png" in found.note
    (tmp_path / "papers.csv").write_text("name,maker\na.png,Agfa\nb.png,Kodak\nc.png,Kodak\n")
    with pytest.raises(InputError, match=r"^table: wanted one maker .*'Agfa' and 'Kodak' for a"):
        load_papers(tmp_path)
    left = load_papers(tmp_path, skip=True)
    assert left.names == ("c.png",)
    starts = [text.partition(": table: wanted one maker")[0] for text in left.skipped]
    assert starts == ["a.png", "b.png"]


def test_rows_of_one_image_say_the_same_or_are_refused(tmp_path):
    for seed, name in enumerate("ab"):
        image(tmp_path / f"{name}.png", seed=seed)
    table = tmp_path / "papers.csv"
    table.write_text("name,maker,sheet\na.png,Agfa,\nb.png,Agfa,\na.png,Agfa,\na.png,,3\n")
    assert load_papers(tmp_path).sheet.tolist() == ["Agfa/3", ""]
    table.write_text("name,maker\na.png,Agfa\nb.png,Agfa\na.png,Kodak\na.png,Agfa\n")
    with pytest.raises(InputError, match=r"^table: wanted one maker .*'Agfa' and 'Kodak' for a"):
        load_papers(tmp_path)
    left = load_papers(tmp_path, skip=True)
    assert left.names == ("b.png",)
    assert [text.partition(", got")[0] for text in left.skipped] == [
        "a.png: table: wanted one maker for each image"
    ]


def test_a_report_that_the_command_wrote_is_none_of_the_files(tmp_path):
    image(tmp_path / "a.png")
    report = tmp_path / "x.report"
    image(report / "kept" / "b.png", seed=1)
    (report / "report.html").write_text("x")
    with pytest.raises(InputError, match=r"report\.html"):
        load_papers(tmp_path)
    (report / ".grainwise-report").write_text("")
    assert load_papers(tmp_path).names == ("a.png",)


def test_makers_that_are_not_known_say_nothing(tmp_path):
    for seed, name in enumerate("ab"):
        image(tmp_path / f"{name}.png", seed=seed)
    (tmp_path / "t.csv").write_text("name,sheet\na.png,1\nb.png,2\n")
    assert load_papers(tmp_path, table=tmp_path / "t.csv").resemblance[0, 1] == -1


ODD = {
    "text": r"only images.*odd\.txt",
    "empty": r"odd\.png",
    "cut": r"odd\.png",
    "blank": r"a blank one, 'odd\.png'",
    "link": r"a whole, readable file .*odd\.png' \(a link to a file that is not there",
    "small": r"at least 32 pixels.*20 x 20.*odd\.png",
    "transparent": r"without transparent.*odd\.png",
}


def odd(folder, kind):
    path = folder / "odd.png"
    if kind == "text":
        (folder / "odd.txt").write_text("notes")
    elif kind == "link":
        path.symlink_to(folder / "gone.png")
    elif kind == "small":
        image(path, shape=(20, 20))
    elif kind == "blank":
        imsave(path, np.full((40, 40), 9, np.uint8), check_contrast=False)
    elif kind == "transparent":
        image(path, shape=(40, 40, 4))
    else:
        image(path)
        path.write_bytes(path.read_bytes()[: 0 if kind == "empty" else 300])


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_file_is_named_and_the_rest_is_read(tmp_path, kind):
    image(tmp_path / "good.png", seed=7)
    odd(tmp_path, kind)
    with pytest.raises(InputError, match=ODD[kind]):
        load_papers(tmp_path, size=32)
    found = load_papers(tmp_path, size=32, skip=True)
    assert found.names == ("good.png",)
    assert len(found.skipped) == 1
    assert "odd" in found.skipped[0]


def test_a_table_that_is_a_link_to_nothing_is_not_passed_over(tmp_path):
    image(tmp_path / "Agfa" / "a.png")
    (tmp_path / "papers.csv").symlink_to(tmp_path / "gone.csv")
    with pytest.raises(InputError, match=r"^table: wanted an existing file.*papers\.csv"):
        load_papers(tmp_path, skip=True)


def test_a_table_of_other_images_is_refused_or_said(tmp_path):
    image(tmp_path / "a.png")
    (tmp_path / "papers.csv").write_text("name,maker\na.png,Agfa\nz.png,Agfa\n")
    with pytest.raises(InputError, match=r"^table: .*'z\.png'"):
        load_papers(tmp_path)
    assert "z.png" in load_papers(tmp_path, skip=True).skipped[0]
    (tmp_path / "papers.csv").write_text("file\na.png\n")
    with pytest.raises(InputError, match=r"^table: wanted a CSV file with a column name"):
        load_papers(tmp_path, skip=True)
    (tmp_path / "papers.csv").write_bytes("name,maker\na.png,Lumi\u00e8re\n".encode("latin-1"))
    with pytest.raises(
        InputError, match=r"^table: wanted a table in UTF-8 \(in Excel.*papers\.csv"
    ):
        load_papers(tmp_path)


def test_columns_that_are_not_used_and_makers_that_differ_in_capitals_are_said(tmp_path):
    for seed, name in enumerate("abc"):
        image(tmp_path / f"{name}.png", seed=seed)
    table = tmp_path / "papers.csv"
    table.write_text("name,Manufacturer,sheet\na.png,Agfa,1\nb.png,Kodak,1\nc.png,Kodak,2\n")
    assert "columns of the table that are not used: Manufacturer" in load_papers(tmp_path).note
    table.write_text("name,maker,sheet\na.png,Agfa,1\nb.png,Kodak,1\nc.png, kodak ,2\n")
    assert load_papers(tmp_path).note == (
        "different but for capitals, or for how a number is written: makers Kodak and kodak"
    )
    table.write_text("name;maker\na.png;Agfa\n")
    with pytest.raises(InputError, match=r"^table: wanted a CSV file parted by commas.*semicolons"):
        load_papers(tmp_path)


MESSY = {  # as people write them -> makers of a, b and c
    "capitals and spaces": ("Name , MAKER\n a.png , Agfa \nb.png,Kodak\n", ["Agfa", "Kodak", ""]),
    "empty rows": ("name,maker\n\n,,\na.png,Agfa,,\n , \n", ["Agfa", "", ""]),
    "places": ("name,maker\n./a.png,Agfa\n.\\b.png,Kodak\n", ["Agfa", "Kodak", ""]),
    "nobody knows": ("name,maker\na.png,unknown\nb.png,N/A\nc.png,?\n", ["", "", ""]),
    "more words": ("name,maker\na.png,k. A.\nb.png,Unknown maker\nc.png,??\n", ["", "", ""]),
    "two ways to write an accent": (
        "name,maker\na.png,Lumi\u00e8re\nb.png,Lumie\u0300re\n",
        ["Lumi\u00e8re", "Lumi\u00e8re", ""],
    ),
    "a comma in quotes": ('name,maker\na.png,"Agfa, L."\n', ["Agfa, L.", "", ""]),
}


@pytest.mark.parametrize("how", MESSY)
def test_a_table_is_read_as_people_write_it(tmp_path, how):
    for seed, name in enumerate("abc"):
        image(tmp_path / f"{name}.png", seed=seed)
    text, makers = MESSY[how]
    (tmp_path / "papers.csv").write_text(text)
    found = load_papers(tmp_path)
    assert found.maker.tolist() == makers
    assert ("taken for not known: ?, N/A, unknown" in found.note) == (how == "nobody knows")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,maker\na.png,Agfa, Leverkusen\n", r"2 cells a row .*got 3 in line 2 of"),
        ('name,maker\na.png,"Agfa\nb.png,Kodak\n', "unexpected end of data"),
        ("name,maker,maker\na.png,Agfa,Kodak\n", "one column of each name, got two of 'maker'"),
        ("name\tmaker\na.png\tAgfa\n", "parted by commas, got tabs"),
        ("My papers,\nname,maker\na.png,Agfa\n", "with My papers"),
        ("name,maker\n", "with no rows"),
    ],
)
def test_a_table_whose_cells_would_move_is_refused(tmp_path, text, said):
    image(tmp_path / "a.png")
    (tmp_path / "papers.csv").write_text(text)
    with pytest.raises(InputError, match=f"^table: .*{said}"):
        load_papers(tmp_path, skip=True)


def test_one_sheet_written_as_two_numbers_is_said(tmp_path):
    for seed, name in enumerate("ab"):
        image(tmp_path / f"{name}.png", seed=seed)
    (tmp_path / "papers.csv").write_text("name,sheet\na.png,1\nb.png,1.0\n")
    assert "how a number is written: sheets 1 and 1.0" in load_papers(tmp_path).note


def test_a_name_with_an_accent_is_found_however_its_system_writes_it(tmp_path):
    for seed, name in enumerate(("pre\u0301.png", "\u00e9t\u00e9.png")):  # as a Mac, as others
        image(tmp_path / name, seed=seed)
    rows = "name,maker\npr\u00e9.png,Agfa\ne\u0301te\u0301.png,Kodak\n"
    (tmp_path / "papers.csv").write_text(rows)
    assert load_papers(tmp_path).maker.tolist() == ["Agfa", "Kodak"]


def test_folders_whose_accents_are_written_in_two_ways_are_one_maker(tmp_path):
    for seed, place in enumerate(("Lumi\u00e8re/1/a", "Lumie\u0300re/1/b")):
        image(tmp_path / f"{place}.png", seed=seed)
    assert load_papers(tmp_path).package.tolist() == ["Lumi\u00e8re/1"] * 2


def test_several_resolutions_are_said_with_an_image_of_each(tmp_path):
    for name, dpi in (("a", 254), ("b", 508), ("c", 508), ("d", None)):
        pixels = np.random.default_rng(ord(name)).integers(0, 255, (40, 40)).astype(np.uint8)
        PIL.fromarray(pixels).save(tmp_path / f"{name}.png", **({"dpi": (dpi, dpi)} if dpi else {}))
    note = load_papers(tmp_path).note
    assert "several resolutions" in note
    assert "10 pixels per mm in a.png, 20 pixels per mm in b.png" in note
    (tmp_path / "a.png").unlink()
    assert "resolutions" not in load_papers(tmp_path).note


@pytest.mark.parametrize(("rows", "said"), [(3, False), (4, True)])
def test_an_image_that_is_white_in_a_tenth_is_said(tmp_path, rows, said):
    grain = np.random.default_rng(0).integers(20, 200, (40, 40)).astype(np.uint8)
    grain[:rows] = 255
    imsave(tmp_path / "a.png", grain, check_contrast=False)
    assert ("over-exposed?): a.png (10%)" in load_papers(tmp_path).note) == said
