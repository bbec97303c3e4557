"""Every record with a picture draws it into a figure of its own, or into the user's axes."""

import importlib
import inspect

import numpy as np
import pytest
from matplotlib.figure import Figure

from confidence import explain, subject_scores
from labelling import (
    audit,
    audit_plan,
    conformal_pixels,
    continual_scores,
    disagreements,
    guarded,
    segmentation_scores,
    uncertainty_maps,
)
from synthesis import scenes
from toolbox import InputError
from toolbox.core.packages import PUBLIC
from toolbox.core.panels import panels
from toolbox.data.saved_records import restore

MASKS = np.arange(2 * 32 * 32).reshape(2, 32, 32) // 7 % 3
VOTES = np.full((3, 2, 2, 4, 4), 0.5)
SAVED = "tests/toolbox/data/saved_by_0_1"
LATER = {  # records that 0.1 did not know
    "Audit": lambda: audit(audit_plan(np.zeros(40), tolerance=0.2, seed=0), [0, 0, 1, 0]),
    "Explanation": lambda: explain(
        lambda x: np.stack([x.sum(axis=(1, 2)), -x[:, 0, 0]], axis=1),
        np.arange(12.0).reshape(2, 3, 2),
        method="occlusion",
    ),
    "ContinualScores": lambda: continual_scores([[0.9, 0.3], [0.6, 0.8]], zero_shot=[0.2, 0.2]),
    "Guard": lambda: guarded(
        MASKS,
        MASKS[:, ::-1],
        points=(points := disagreements(MASKS, MASKS[:, ::-1], n=6, seed=0)),
        answers=points.second,
    ),
    "PixelConformal": lambda: conformal_pixels(VOTES, np.zeros((2, 4, 4)), alpha=0.1),
    "Scenes": lambda: scenes("parcels", n=2, size=32, classes=3, seed=0),
    "SegmentationScores": lambda: segmentation_scores(MASKS[:, ::-1], MASKS),
    "SubjectScores": lambda: subject_scores(VOTES[:, 0].reshape(3, 16, 2), [0, 1] * 8, seed=0),
    "UncertaintyMaps": lambda: uncertainty_maps(VOTES),
}
SHOWN = {"PixelConformal": (VOTES,)}  # what a record draws that holds no picture itself
DRAWN = sorted(
    (package, name)
    for package in PUBLIC
    for name in importlib.import_module(package).__all__
    if hasattr(getattr(importlib.import_module(package), name), "plot")
)


def test_one_panel_is_the_users_axes_and_several_share_its_place():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert panels(left, size=(1, 1)) == (figure, left)
    same, (top, bottom) = panels(right, 2, 1, size=(1, 1), height_ratios=(3, 1), sharex=True)
    assert same is figure
    assert right not in figure.axes
    assert top.get_subplotspec().get_topmost_subplotspec() == right.get_subplotspec()
    heights = [axes.get_position().height for axes in (top, bottom)]
    assert heights[0] == pytest.approx(3 * heights[1], rel=1e-6)
    top.set_xlim(2, 5)
    assert bottom.get_xlim() == (2, 5)


@pytest.mark.parametrize("ax", [3, "axes", Figure()])
def test_what_is_no_axes_is_refused(ax):
    with pytest.raises(InputError, match=r"^ax: wanted Axes of matplotlib, got"):
        panels(ax, size=(1, 1))


def test_axes_placed_freely_cannot_be_split():
    free = Figure().add_axes((0, 0, 1, 1))
    with pytest.raises(InputError, match=r"^ax: wanted Axes on a grid"):
        panels(free, 1, 2, size=(1, 1))


@pytest.mark.parametrize(("package", "name"), DRAWN)
def test_a_record_draws_the_same_into_axes_given(package, name, request):
    assert (
        "ax" in inspect.signature(getattr(importlib.import_module(package), name).plot).parameters
    )
    saved = request.config.rootpath / SAVED / f"{name}.npz"
    record = LATER[name]() if name in LATER else restore(saved)
    shown = SHOWN.get(name, ())
    alone = record.plot(*shown)
    figure = Figure(figsize=(12, 12))
    place, other = figure.subplots(2, 1)
    assert record.plot(*shown, ax=place) is figure
    assert other in figure.axes
    drawn = [axes for axes in figure.axes if axes is not other]
    assert len(drawn) == len(alone.axes)
    for mine, theirs in zip(alone.axes, drawn, strict=True):
        assert mine.get_xlabel() == theirs.get_xlabel()
        assert len(mine.lines) == len(theirs.lines)
        for one, two in zip(mine.lines, theirs.lines, strict=True):
            np.testing.assert_array_equal(one.get_xydata(), two.get_xydata())
