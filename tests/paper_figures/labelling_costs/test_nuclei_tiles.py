"""Tiles of the real picture: where it is looked for, which pixels are cut, what a box is around."""

import sys

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import label

from paper_figures.labelling_costs import nuclei_tiles, points_or_consistency
from tests.paper_figures.tiny_results import no_cache


def painted(rows=8, columns=8, side=64):
    """Return a picture and its nuclei: two squares that touch, in every cell of a grid."""
    nuclei = np.zeros((rows * side, columns * side), np.uint16)
    for place in range(rows * columns):
        top, left = np.array(divmod(place, columns)) * side + side // 4
        nuclei[top : top + side // 4, left : left + side // 4] = 2 * place + 1
        nuclei[top : top + side // 4, left + side // 4 : left + side // 2] = 2 * place + 2
    noise = np.random.default_rng(0).integers(0, 40, nuclei.shape)
    return (30 + noise + 90 * (nuclei > 0)).astype(np.uint16), nuclei


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return a function that installs a package whose import fails, with two TIFFs by Pillow."""

    def install(picture, nuclei):
        place = tmp_path / "stardist" / "data" / "images"
        place.mkdir(parents=True)
        (tmp_path / "stardist" / "__init__.py").write_text("raise RuntimeError('imported')\n")
        Image.fromarray(picture).save(place / "img2d.tif")
        Image.fromarray(nuclei).save(place / "mask2d.tif")
        monkeypatch.delitem(sys.modules, "stardist", raising=False)
        monkeypatch.syspath_prepend(tmp_path)
        return place

    return install


@pytest.fixture
def absent(monkeypatch):
    """Make the package one that is not installed, here too where it is."""
    monkeypatch.setattr(nuclei_tiles.importlib.util, "find_spec", lambda name: None)


def test_the_files_are_read_and_the_package_is_not_imported(installed):
    picture, nuclei = painted()
    place = installed(picture, nuclei)
    assert nuclei_tiles.folder() == place
    read = nuclei_tiles.read()
    np.testing.assert_array_equal(read[0], picture)
    np.testing.assert_array_equal(read[1], nuclei)
    assert "stardist" not in sys.modules


def test_a_package_without_the_files_is_none(installed):
    (installed(*painted()) / "mask2d.tif").unlink()
    assert not nuclei_tiles.available()


@pytest.mark.parametrize("seed", [0, 1])
def test_labelled_and_wanted_tiles_are_disjoint_and_of_different_halves(installed, seed):
    """Every pixel of the picture has a value of its own, by which it is found again."""
    places = np.arange(512 * 512).reshape(512, 512)
    nuclei = 1 + places % 60_000
    installed(places.astype(np.int32), nuclei.astype(np.uint16))
    labelled, wanted = nuclei_tiles.halves(labelled=24, wanted=10, seed=seed)
    assert (labelled.images.shape, wanted.images.shape) == ((24, 1, 64, 64), (10, 1, 64, 64))
    rows = [tiles.images.astype(int) // 512 for tiles in (labelled, wanted)]
    upper, lower = rows if seed == 0 else rows[::-1]
    assert upper.max() < 256 <= lower.min()
    everything = np.concatenate([labelled.images, wanted.images]).ravel()
    assert len(np.unique(everything)) == everything.size
    for tiles in (labelled, wanted):  # image and nuclei are cut at the same place
        np.testing.assert_array_equal(tiles.nuclei, 1 + tiles.images[:, 0].astype(int) % 60_000)


def test_more_tiles_than_a_half_holds_are_refused(installed):
    installed(*painted(rows=4))  # two rows of tiles in each half
    with pytest.raises(ValueError, match="n: wanted a whole number <= 16"):
        nuclei_tiles.halves(labelled=24, wanted=10, seed=0)


def test_a_box_is_around_one_nucleus_and_the_background_fills_the_tile(installed):
    installed(*painted())
    tiles, _ = nuclei_tiles.halves(labelled=3, wanted=3, seed=0)
    assert [label(mask)[1] for mask in tiles.masks] == [1, 1, 1]  # one patch of two nuclei
    boxes = nuclei_tiles.weak_labels(tiles, "box", 3, seed=0)
    for i in range(3):
        mine = [tuple(box[1:]) for box in boxes.boxes.tolist() if box[0] == i]
        assert sorted(mine) == [(0, 0, 0, 64, 64), (1, 16, 16, 32, 32), (1, 16, 32, 32, 48)]
    assert boxes.seconds == 6 * 7  # the background's box costs nothing
    points = nuclei_tiles.weak_labels(tiles, "points", 2, seed=0)
    assert points.seconds == 2 * 10 * 2
    told = points.labels >= 0
    np.testing.assert_array_equal(points.labels[told], tiles.masks[:2][told])


def tiny(monkeypatch):
    """Return results of two draws of tiles of 32 x 32, with the worlds of mosaics left out."""
    world = {"asked": np.ones(20), "iou": np.full((20, 4), 0.5), "worse": np.zeros(3)}
    monkeypatch.setattr(points_or_consistency, "one_world", lambda seed, settings: world)
    monkeypatch.setattr(nuclei_tiles, "TILE", 32)
    return points_or_consistency.compute(points_or_consistency.SETTINGS["tiny"], no_cache)


@pytest.mark.long
def test_models_find_bright_nuclei(installed, monkeypatch):
    installed(*painted(side=32))
    monkeypatch.setattr(nuclei_tiles, "TILE", 32)
    settings = points_or_consistency.SETTINGS["tiny"] | {"draws": 1}
    found = points_or_consistency.on_nuclei(0, settings)["iou"]
    by_masks = points_or_consistency.NUCLEI_ROWS.index(("masks", 8))
    assert found[by_masks, 1] > 0.4  # .125 where everything is called a nucleus


def test_the_figure_has_a_part_of_nuclei_where_they_are_installed(installed, monkeypatch, tmp_path):
    """Maps are right, but with consistency they hold no nuclei, which fill an eighth of a tile."""

    def planted(images, wanted, seed, settings, **told):
        return (wanted.images[:, 0] > 75) & ("consistency" not in told)

    picture, nuclei = painted(side=32)
    installed(picture, nuclei)
    monkeypatch.setattr(
        points_or_consistency, "labels_of", lambda *a, **k: planted(*a, **k).astype(int)
    )
    results = tiny(monkeypatch)
    found = points_or_consistency.numbers(results)
    rows, gains = found["nuclei"]["rows"], found["nuclei"]["gains"]
    assert {name.split()[0] for name in rows} == set(points_or_consistency.WAYS) - {"tag"}
    assert (rows["masks 8"]["seconds"], rows["told 8"]["seconds"]) == (480, 600)
    assert rows["box 2"]["seconds"] == 2 * 2 * 2 * 7  # two images a mask's seconds, two nuclei each
    assert (rows["masks 2"]["miou"]["value"], rows["masks 2"]["rare"]["value"]) == (1, 1)
    np.testing.assert_allclose(gains["consistency"]["mean"], 7 / 16 - 1)
    assert (gains["guarded"]["worst"], gains["guarded"]["worse"]) == (0, 0)
    said = points_or_consistency.verdict(found).splitlines()[-1]
    assert said.endswith("consistency is worse in 6 of 6, guarded in 0 (worst +0.000)")
    assert "the same on real nuclei" in points_or_consistency.table(found)
    figure = points_or_consistency.draw(results)
    figure.savefig(tmp_path / "figure.png", dpi=40)
    curve = figure.axes[5].lines[1]  # of consistency, over the masks' seconds
    np.testing.assert_allclose(curve.get_xydata(), [[s, 7 / 16] for s in (120, 240, 480)])
    shown = figure.axes[4].child_axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown, picture[:128, :128])


@pytest.mark.parametrize(("loss", "holds"), [(0.004, True), (0.006, False)])
def test_a_guard_that_makes_maps_of_nuclei_worse_is_found_out(loss, holds):
    order = points_or_consistency.NUCLEI_ROWS
    iou = np.array([[[0.8, 0.6]] * len(order)] * 2)
    iou[1, order.index(("guarded", 4))] -= loss
    gains = points_or_consistency.numbers(
        {"asked": np.ones((2, 20)), "iou": np.full((2, 20, 4), 0.5), "worse": np.zeros((2, 3))}
        | {"nuclei asked": np.ones(iou.shape[:2]), "nuclei iou": iou}
        | {"nuclei worse": np.zeros((2, 3))}
    )
    claims = points_or_consistency.claims(gains)
    assert [ok for claim, ok in claims.items() if "nuclei" in claim] == [holds]


def test_without_the_package_the_figure_has_no_such_part(absent, monkeypatch):
    assert not nuclei_tiles.available()
    results = tiny(monkeypatch)
    assert not any("nuclei" in name for name in results)
    found = points_or_consistency.numbers(results)
    assert "nuclei" not in found
    assert len(points_or_consistency.claims(found)) == 3
    assert "nuclei" not in points_or_consistency.table(found)
    figure = points_or_consistency.draw(results)
    assert len(figure.axes) == 4
    assert "nuclei" not in figure.get_suptitle() + figure.texts[-1].get_text()
