"""How MATLAB's list of arguments is split into positional ones and names with values."""

import numpy as np
import pytest

from grainwise.public_functions import bound
from toolbox import InputError


def one(x, /, *, dim, seed=0):
    return x, dim, seed


def two(x, y=None, *, dim=0, seed=0):
    return x, y, dim, seed


X = np.zeros(3)


@pytest.mark.parametrize(
    ("function", "values", "split"),
    [
        (one, [X, "dim", 2.0], 1),
        (one, ["dim", "dim", 2.0], 1),  # a file of this name
        (two, [X, X, "dim", 2.0], 2),
        (two, [X, "dim", 2.0, "seed", 1.0], 1),
        (two, ["x", X, "seed", 1.0], 0),
        (two, [X, "path"], 2),
        (two, [X], 1),
    ],
)
def test_pairs_begin_at_the_first_name(function, values, split):
    positional, named = bound(function, values)
    assert len(positional) == split
    assert [v for pair in named.items() for v in pair] == values[split:]


@pytest.mark.parametrize(
    ("function", "values", "text"),
    [
        (one, [X, "dmi", 2.0], "got 'dmi' (is it dim?)"),
        (one, [X, "dmi", 2.0, "seed", 1.0], "got 'dmi' (is it dim?)"),
        (one, [X, "seed", 1.0, "dmi", 2.0], "got 'dmi' (is it dim?)"),
        (one, ["file.mat", "dmi", 2.0], "got 'dmi' (is it dim?)"),
        (two, [X, "dmi", 2.0], "got 'dmi' (is it dim?)"),
        (two, [X, X, "sed", 1.0, "dim", 2.0], "got 'sed' (is it seed?)"),
        (one, [X, "colour", 1.0], "wanted names among x, dim, seed, got 'colour'"),
        (one, [X, 2.0], "wanted names among x, dim, seed, got 2.0"),
        (one, [X, "dim"], "wanted a value for every name, got none for 'dim'"),
        (one, ["file.mat", "dim"], "wanted a value for every name, got none for 'dim'"),
        (one, [X, "dim", 2.0, "dim", 1.0], "wanted every name once, got 'dim' twice"),
        (one, [X], "arguments: wanted also dim, got only x"),
        (one, [X, "seed", 1.0], "arguments: wanted also dim, got only x, seed"),
        (one, [], "arguments: wanted also x, dim, got only none"),
        (two, [X, X, "y", X], "arguments: wanted every name once, got 'y' twice"),
    ],
)
def test_what_is_no_name_is_told_with_those_like_it(function, values, text):
    with pytest.raises(InputError) as caught:
        bound(function, values)
    assert str(caught.value).endswith(text)
