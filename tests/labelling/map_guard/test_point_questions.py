"""Points as questions of the page: what is shown, and what comes back to the guard."""

import numpy as np
import pytest

from labelling import disagreements, guarded, ledger, point_answers, point_pictures, tell
from labelling.expert_page.pictures import pictures_of
from labelling.expert_page.questions import in_order
from labelling.expert_page.sessions import Given, Session
from labelling.map_guard.point_questions import ZOOM
from toolbox import InputError
from toolbox.core.streams import generator

CLASSES = ["grass", "brick"]  # not in the order of their names
TRUTH = np.zeros((2, 40, 40), int)
TRUTH[:, 20:] = 1
FIRST = TRUTH.copy()
FIRST[:, 14:20] = 1
POINTS = disagreements(FIRST, TRUTH, n=12, protect=[], seed=0)
SAID = TRUTH[POINTS.items, POINTS.rows, POINTS.columns]


def test_the_point_is_in_the_middle_and_not_covered():
    images = generator(0, "images").random((2, 40, 40))
    found = point_pictures(images, POINTS, size=16)
    middle = 8 * ZOOM
    for picture, i, r, c in zip(found, POINTS.items, POINTS.rows, POINTS.columns, strict=True):
        pixel = picture[0, middle : middle + ZOOM, middle : middle + ZOOM]
        assert (pixel == images[i, r, c]).all()
    arms = found[0, 0, middle + ZOOM // 2, middle + 3 * ZOOM : middle + 6 * ZOOM]
    assert len(set(arms)) == 1


@pytest.mark.parametrize("columns", [40, 80])
def test_without_a_size_pictures_are_as_large_as_the_image_allows(columns):
    images = np.tile(generator(0, "images").random((2, 40, 40)), (1, 2, columns // 40))
    maps = (np.tile(one, (1, 2, columns // 40)) for one in (FIRST, TRUTH))
    points = disagreements(*maps, n=2, seed=0)
    found, side = point_pictures(images, points), min(columns, 48)
    assert found.shape[2:] == (ZOOM * side, ZOOM * side)
    told = images[points.items, points.rows, points.columns]
    np.testing.assert_array_equal(found[:, 0, side // 2 * ZOOM, side // 2 * ZOOM], told)


def test_answers_given_on_the_page_open_the_guard(tmp_path):
    file = tmp_path / "points.npy"
    np.save(file, point_pictures(generator(0, "images").random((2, 40, 40)), POINTS, size=16))
    shown = pictures_of(file, dim=2)
    assert len(shown.names) == 12
    book = ledger(tmp_path / "book.db")
    session = Session(book, in_order(12), classes=CLASSES, items=12)
    state = session.state("Ada")
    for item, k in enumerate(SAID):
        given = Given(f"k{item}", state.questions[0], "class", CLASSES[k], 2.0)
        state = session.answer("Ada", given)
    book = ledger(tmp_path / "book.db")
    said = point_answers(book, POINTS, classes=CLASSES)
    np.testing.assert_array_equal(said, SAID)
    assert guarded(FIRST, TRUTH, points=POINTS, answers=said).accepted
    assert book.cost.sum() == 24  # the seconds, in the ledger


def test_answers_end_at_the_first_gap_and_cannot_tell_is_one():
    book = tell(
        ledger(), kind="label", items=[0, 1, 4], values=["grass", "brick", "grass"], who="A", time=0
    )
    assert point_answers(book, POINTS, classes=CLASSES).tolist() == [0, 1]
    book = tell(book, kind="cannot_tell", items=[2], who="A", time=1)
    assert point_answers(book, POINTS, classes=CLASSES).tolist() == [0, 1, -1]


def test_what_is_not_about_these_points_is_refused():
    with pytest.raises(InputError, match="images: wanted the images of the maps"):
        point_pictures(np.zeros((2, 40, 41)), POINTS)
    with pytest.raises(InputError, match="size: wanted"):
        point_pictures(np.zeros((2, 40, 40)), POINTS, size=41)
    with pytest.raises(InputError, match="ledger: wanted an answer about the first"):
        point_answers(ledger(), POINTS, classes=CLASSES)
    with pytest.raises(InputError, match="points: wanted Points"):
        point_answers(ledger(), SAID, classes=CLASSES)
