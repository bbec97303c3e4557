"""Which descriptor needs the fewest labels, where it is known."""

import numpy as np
import pytest
from scipy.stats import t

from labelling import compare_descriptors
from toolbox import InputError
from toolbox.core.records import record
from toolbox.core.streams import generator

RNG = generator(0, "descriptors")
Y = np.repeat([0, 1, 2], [60, 50, 10])
SHARP = np.eye(3)[Y] + 0.25 * RNG.standard_normal((120, 3))
BLUNT = np.eye(3)[Y] + 0.8 * RNG.standard_normal((120, 3))
OPTIONS = {"batch": 5, "budget": 30, "repeats": 5, "seed": 0}
FOUND = compare_descriptors({"blunt": BLUNT, "sharp": SHARP, "again": SHARP}, Y, **OPTIONS)


def test_the_better_descriptor_is_found_and_equal_ones_tie_exactly():
    assert FOUND.names[2] == "blunt"
    assert FOUND.difference[0, 1] == 0
    assert (FOUND.interval[0, 1] == 0).all()
    assert FOUND.interval[0, 2, 0] > 0
    assert (FOUND.labels_needed[0] < FOUND.labels_needed[2]).all()
    assert FOUND.rare_items in (6, 7)
    assert (np.diff(FOUND.rare, axis=2) >= 0).all()
    assert FOUND.asked.tolist() == [5, 10, 15, 20, 25, 30]


def test_the_interval_is_that_of_nadeau_and_bengio():
    areas = FOUND.scores.mean(axis=2)
    apart = areas[0] - areas[2]
    error = np.sqrt(apart.var(ddof=1) * (1 / 5 + 40 / 80))
    wide = t.ppf(0.975, 4) * error
    np.testing.assert_allclose(FOUND.difference[0, 2], apart.mean(), rtol=1e-9)
    np.testing.assert_allclose(
        FOUND.interval[0, 2], [apart.mean() - wide, apart.mean() + wide], rtol=1e-9
    )


@record
class LogOdds:
    """What `similarity.evidence` returns, as far as it is read here."""

    scores: np.ndarray


def test_distances_and_evidence_choose_as_the_points_that_they_are_of():
    apart = np.linalg.norm(SHARP[:, None] - SHARP, axis=2)
    odds = 5 - apart
    np.fill_diagonal(odds, np.nan)
    given = {"points": SHARP, "distances": apart, "evidence": LogOdds(scores=odds)}
    found = compare_descriptors(given, Y, by="far", **OPTIONS | {"repeats": 2})
    named = dict(zip(found.names, found.rare, strict=True))
    assert (named["evidence"] == named["distances"]).all()
    np.testing.assert_allclose(found.area, found.area[0], atol=0.05)  # other items come first


@pytest.mark.parametrize(
    ("descriptors", "options", "message"),
    [
        ({"one": SHARP}, {}, "descriptors: wanted at least two"),
        ([SHARP, BLUNT], {}, "descriptors: wanted at least two"),
        ({"a": SHARP, "b": BLUNT[:9]}, {}, "descriptors: wanted 120 rows"),
        ({"a": SHARP, "b": BLUNT}, {"budget": 81}, "budget: wanted from one batch"),
        ({"a": SHARP, "b": BLUNT}, {"budget": 4}, "budget: wanted from one batch"),
        ({"a": SHARP, "b": BLUNT}, {"repeats": 1}, "repeats: wanted"),
        ({"a": SHARP, "b": BLUNT}, {"by": "best"}, "by: wanted"),
        ({"a": SHARP, "b": BLUNT}, {"by": "best", "budget": 5}, "by: wanted"),  # one batch
    ],
)
def test_what_does_not_fit_is_refused(descriptors, options, message):
    with pytest.raises(InputError, match=f"^{message}"):
        compare_descriptors(descriptors, Y, **OPTIONS | options)
