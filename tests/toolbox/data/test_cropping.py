"""Crops: laws of a disjoint grid, and every refusal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolbox import InputError, crops


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    space=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    offset=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    components=st.integers(0, 2),
)
def test_crops_are_disjoint_inside_and_as_many_as_fit(space, size, offset, components):
    # Colours last is what is refused; that shape is not the law's matter.
    if components and space[1] in (3, 4) and space[0] > 4:
        return
    ids = np.arange(np.prod(space), dtype=np.float64).reshape(space)
    image = np.stack([ids] * components) if components else ids
    fits = [max(0, s - o) // side for s, o, side in zip(space, offset, size, strict=True)]
    if 0 in fits:
        with pytest.raises(InputError, match=r"^size: "):
            crops(image, size=size, offset=offset)
        return
    cut = crops(image, size=size, offset=offset)
    assert len(cut.values) == np.prod(fits)
    own = cut.values[:, 0] if components else cut.values
    assert np.unique(own).size == own.size  # no pixel twice
    for crop, (row, column) in zip(own, cut.origins, strict=True):
        np.testing.assert_array_equal(crop, ids[row : row + size[0], column : column + size[1]])
        assert crop.shape == size


def test_drawn_crops_are_cells_of_the_grid_with_the_prefix_property():
    image = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    cells = {tuple(o) for o in crops(image, size=8).origins}
    nine = crops(image, size=8.0, n=9.0, seed=3)
    assert nine.values.dtype == np.float32
    assert len({tuple(o) for o in nine.origins} & cells) == 9
    np.testing.assert_array_equal(crops(image, size=8, n=4, seed=3).origins, nine.origins[:4])
    assert crops(image, size=8, n=9, seed=4).origins.tolist() != nine.origins.tolist()
    everything = crops(image, size=8, n=30, seed=1).origins
    assert {tuple(o) for o in everything} == cells


def test_each_cell_is_drawn_as_often():
    image = np.zeros((4, 6))
    drawn = [tuple(crops(image, size=2, n=2, seed=s).origins[0]) for s in range(600)]
    numbers = np.unique(drawn, axis=0, return_counts=True)[1]
    assert len(numbers) == 6
    assert np.abs(numbers - 100).max() < 4 * np.sqrt(600 * 1 / 6 * 5 / 6)


def test_signals():
    signal = np.arange(20.0)
    cut = crops(signal, size=6, dim=1, offset=1)
    np.testing.assert_array_equal(cut.values, [signal[1:7], signal[7:13], signal[13:19]])
    np.testing.assert_array_equal(cut.origins, [[1], [7], [13]])
    assert crops(np.stack([signal] * 3), size=6, dim=1).values.shape == (3, 3, 6)


@pytest.mark.parametrize(
    ("argument", "options"),
    [
        ("size", {"size": 0}),
        ("size", {"size": 4.5}),
        ("size", {"size": (4, 4, 4)}),
        ("size", {"size": "big"}),
        ("size", {"size": None}),
        ("size", {"size": [[1], [2, 3]]}),
        ("size", {"size": (4, 21)}),
        ("size", {"size": 4, "offset": 18}),
        ("offset", {"size": 4, "offset": -1}),
        ("n", {"size": 5, "n": 0, "seed": 0}),
        ("n", {"size": 5, "n": 17, "seed": 0}),
        ("seed", {"size": 5, "n": 2}),
        ("seed", {"size": 5, "n": 2, "seed": -1}),
        ("dim", {"size": 5, "dim": 3}),
        ("image", {"size": 5, "dim": 1, "image": np.zeros((2, 3, 20))}),
        ("image", {"size": 5, "image": np.zeros(20)}),
        ("image", {"size": 5, "image": np.zeros((20, 20, 3))}),
        ("image", {"size": 5, "image": np.full((20, 20), np.nan)}),
    ],
)
def test_refusals(argument, options):
    image = options.pop("image", np.zeros((20, 20)))
    with pytest.raises(InputError, match=f"^{argument}: "):
        crops(image, **options)


def test_the_text_says_how_many_fit():
    with pytest.raises(InputError, match="16 "):
        crops(np.zeros((20, 20)), size=5, n=17, seed=0)
