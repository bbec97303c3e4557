"""Every branch of every check: what is let through, in which form, and what is refused."""

import array
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from toolbox.core import checks
from toolbox.core.checks import InputError


def refused(check, value, *rest, words="", **options):
    """Assert that the check refuses the value in a text that names the argument first."""
    with pytest.raises(InputError, match=r"^thing: wanted .*got ") as caught:
        check(value, "thing", *rest, **options)
    assert words in str(caught.value)


def test_an_input_error_is_a_value_error():
    assert issubclass(InputError, ValueError)
    with pytest.raises(ValueError, match=r"^size: wanted 3, got 4$"):
        checks.refuse("size", "3", 4)


def test_checks_load_neither_torch_nor_jax():
    code = (
        "import toolbox, toolbox.core.checks, sys; print({'torch', 'jax', 'ot'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


# ------------------------------------------------------------------------------ single values


@pytest.mark.parametrize(
    "value",
    [2, 2.0, np.float32(2), np.int8(2), [2.0], np.array([[2]]), torch.tensor(2.0), jnp.ones(1) * 2],
)
def test_numbers(value):
    result = checks.number(value, "thing")
    assert result == 2.0
    assert type(result) is float


@pytest.mark.parametrize(
    "value",
    [None, "2", True, 2j, [1, 2], [], np.nan, np.inf, -np.inf, {}, [[1], [2, 3]], 10**400, b"2"],
)
def test_numbers_refused(value):
    refused(checks.number, value)


def test_a_tensor_that_wants_its_gradient_is_refused():
    refused(checks.number, torch.ones(1, requires_grad=True))
    refused(checks.real_array, torch.ones(3, requires_grad=True), words="Tensor")


@pytest.mark.parametrize("value", [np.float32(0.1), np.float16(0.1), jnp.float32(0.1)])
def test_a_rounded_number_is_the_one_that_it_prints_as(value):
    assert checks.number(value, "thing") == 0.1


def test_bounds():
    assert checks.number(0, "thing", minimum=0, maximum=0) == 0
    for value, bound in [
        (-1, {"minimum": 0}),
        (2, {"maximum": 1}),
        (0, {"above": 0}),
        (1, {"below": 1}),
    ]:
        refused(checks.number, value, **bound)
    refused(checks.number, 5, minimum=1, below=4, words="a number >= 1 and < 4")


@pytest.mark.parametrize("value", [4, 4.0, np.int64(4), np.float32(4), array.array("d", [4])])
def test_whole_numbers(value):
    result = checks.count(value, "thing")
    assert result == 4
    assert type(result) is int


def test_whole_numbers_refused():
    for value in (4.5, 0, -1, "4", None, True, np.nan):
        refused(checks.count, value)
    refused(checks.count, 9, maximum=8, words="a whole number >= 1 and <= 8")
    assert checks.count(0, "thing", minimum=0) == 0


def test_several_whole_numbers():
    assert checks.counts(3.0, "thing", length=2) == (3, 3)
    assert checks.counts([3], "thing", length=2) == (3, 3)
    assert checks.counts(np.array([[3.0, 4.0]]), "thing", length=2) == (3, 4)
    assert checks.counts((0, 1), "thing", length=2, minimum=0) == (0, 1)
    for value in ([1, 2, 3], [], "ab", None, [1, 2.5], [[1], [2, 3]], [1, "b"], [0, 1]):
        refused(checks.counts, value, length=2)


def test_seeds():
    assert checks.seed(0) == 0
    assert checks.seed(7.0) == 7
    assert checks.seed(2**53) == 2**53
    for value in (-1, 2**53 + 1, np.int64(2**53 + 1), 0.5, None, "0"):
        refused(checks.seed, value)
    with pytest.raises(InputError, match=r"^seed: "):
        checks.seed(None)
    with pytest.raises(InputError, match=r"^seed: wanted a whole number >= 0 and <= 9007199254740"):
        checks.seed(2**70)


def test_choices():
    assert checks.choice("a", "thing", ("a", "b")) == "a"
    for value in ("c", "", None, 1, ["a"]):
        refused(checks.choice, value, ("a", "b"), words="one of 'a', 'b'")


def test_flags():
    for value, truth in [(True, True), (np.False_, False), (1, True), (0.0, False)]:
        assert checks.flag(value, "thing") is truth
    for value in (2, "yes", None, 0.5, [True, False]):
        refused(checks.flag, value)


def test_dimensions():
    assert checks.dimension(2.0) == 2
    assert checks.dimension(0, allowed=(0, 1)) == 0
    for value in (0, 3, 1.5, None, "2"):
        with pytest.raises(InputError, match=r"^dim: "):
            checks.dimension(value)


# ------------------------------------------------------------------------------------- arrays


def test_describe_value():
    assert checks.describe_value(np.zeros((2, 3))) == "an array of shape (2, 3)"
    assert checks.describe_value(3) == "3"
    assert checks.describe_value(np.float64(3)) == "np.float64(3.0)"
    text = checks.describe_value("x" * 100)
    assert len(text) == 60
    assert text.endswith("...")


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], np.float64),
        ([[1, 2], [3, 4]], np.float32),
        (np.array([[1, 2], [3, 4]], dtype=np.uint8), np.float32),
        (np.array([[1, 2], [3, 4]], dtype=np.float16), np.float32),
        (np.array([[1, 2], [3, 4]], dtype=">f8"), np.float64),
        (np.array([[1, 2], [3, 4]], dtype=">f4"), np.float32),
        (np.array([[1, 2], [3, 4]], dtype=np.longdouble), np.float64),
        (np.array([[1.0, 2.0], [3.0, 4.0]], order="F"), np.float64),
        (memoryview(np.asfortranarray([[1.0, 2.0], [3.0, 4.0]])), np.float64),
        (np.array([[4.0, 3.0], [2.0, 1.0]])[::-1, ::-1], np.float64),
        (torch.tensor([[1.0, 2.0], [3.0, 4.0]]), np.float32),
        (jnp.array([[1.0, 2.0], [3.0, 4.0]], dtype=jnp.bfloat16), np.float32),
        (np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]]), np.float64),
    ],
)
def test_real_arrays(value, dtype):
    result = checks.real_array(value, "thing", ndim=2)
    np.testing.assert_array_equal(result, [[1, 2], [3, 4]])
    assert result.dtype == dtype
    assert result.dtype.isnative
    assert result.flags.c_contiguous
    assert type(result) is np.ndarray


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([2**24, -(2**24)], np.float32),
        ([2**24, 2**24 + 1], np.float64),
        ([-(2**24) - 1, 0], np.float64),
        ([2**40, -(2**40)], np.float32),  # every digit of these
        (np.array([2**31 - 1, -(2**31)], dtype=np.int32), np.float64),
        (np.array([2**32 - 1, 0], dtype=np.uint32), np.float64),
        (np.array([255, 0], dtype=np.uint8), np.float32),
        (np.array([2**53 - 1, 1], dtype=np.int64), np.float64),
        (np.array([2**53 + 2, 1], dtype=np.int64), np.float64),
        (np.array([2**63 + 2**11, 1], dtype=np.uint64), np.float64),
        (np.array([-(2**63)], dtype=np.int64), np.float32),
        (torch.tensor([2**24 + 1, 3]), np.float64),
        (jnp.array([2**24 + 1, 3], dtype=jnp.int32), np.float64),
        (array.array("q", [2**24 + 1]), np.float64),
    ],
)
def test_whole_numbers_keep_every_digit(value, dtype):
    result = checks.real_array(value, "thing")
    assert result.dtype == dtype
    assert [int(v) for v in result] == [int(v) for v in np.asarray(value)]


@pytest.mark.parametrize(
    "value",
    [
        [2**53 + 1, 0],
        np.array([2**63 - 1], dtype=np.int64),
        np.array([-(2**53) - 1], dtype=np.int64),
        np.array([2**64 - 1], dtype=np.uint64),
        np.array([1_700_000_000_000_000_001], dtype=np.int64),  # a time stamp in nanoseconds
    ],
)
def test_whole_numbers_that_float64_would_round_are_refused(value):
    refused(checks.real_array, value, words="1 of")
    refused(checks.real_array, value, words="take an offset off first")


WIDE = np.dtype(np.longdouble)


@pytest.mark.skipif(np.finfo(WIDE).nmant <= 52, reason="long doubles are of 64 bits here")
def test_long_doubles_that_float64_would_round_are_refused():
    third = np.ones(3, WIDE) / 3
    for value in (third, [1 / WIDE.type(3)], np.array([1, np.finfo(WIDE).max], WIDE), third[:1]):
        refused(checks.real_array, value, words="numbers that float64 holds")
    assert checks.real_array(third.astype("f8").astype(WIDE), "thing").tolist() == [1 / 3] * 3
    refused(checks.real_array, np.array([1, np.nan], WIDE), words="1 of 2 that are NaN")
    refused(checks.probabilities, np.array([[1, 2]], WIDE) / 3, ndim=2, words="x.astype('float64')")


def test_other_real_arrays():
    assert checks.real_array([True, False], "thing").tolist() == [1.0, 0.0]
    assert checks.real_array(array.array("d", [1, 2]), "thing").dtype == np.float64
    assert checks.real_array(3, "thing").shape == ()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["a"], "type"),
        ([1j], "complex"),
        ([[1], [2, 3]], "list"),
        (None, "object"),
        ([], "empty"),
        (np.zeros((3, 0)), "empty"),
        ([1.0, np.nan], "1 of 2"),
        ([np.inf, -np.inf], "2 of 2"),
        (np.array(["2020"], dtype="M8[Y]"), "datetime64"),
        (np.ma.masked_array([1.0, 2.0], mask=[True, False]), "masked"),
    ],
)
def test_real_arrays_refused(value, words):
    refused(checks.real_array, value, words=words)


def test_wrong_number_of_axes():
    refused(checks.real_array, np.ones((2, 2)), ndim=1, words="a 1-D array")


@pytest.mark.parametrize(
    ("shape", "dim", "truth"),
    [
        ((9,), 1, (1, 1, 9)),
        ((5, 9), 1, (5, 1, 9)),
        ((5, 3, 9), 1, (5, 3, 9)),
        ((8, 9), 2, (1, 1, 8, 9)),
        ((5, 8, 9), 2, (5, 1, 8, 9)),
        ((5, 3, 8, 9), 2, (5, 3, 8, 9)),
        ((5,), 0, (5, 1)),
        ((5, 7), 0, (5, 7)),
        ((9, 3), 2, (1, 1, 9, 3)),
        ((5, 4, 4), 2, (5, 1, 4, 4)),
    ],
)
def test_items(shape, dim, truth):
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    result = checks.items(values, "thing", dim=dim)
    assert result.shape == truth
    np.testing.assert_array_equal(result.ravel(), values.ravel())


def test_items_refused():
    refused(checks.items, np.ones(9), dim=2, words="2 to 4 axes for dim=2")
    refused(checks.items, np.ones((2, 2, 2, 9)), dim=1)
    refused(checks.items, np.ones((9, 9, 3)), dim=2, words="toolbox.components_first")
    refused(checks.items, np.ones((2, 9, 9, 4)), dim=2, words="toolbox.components_first")


def test_constant_items():
    varied = np.random.default_rng(0).random((3, 2, 5))
    assert checks.not_constant(varied, "thing") is varied
    varied[2, 1] = 4
    refused(checks.not_constant, varied, words="a constant item 2 (component 1)")


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (["a", "b"], ["a", "b"]),
        ([1, 2], [1, 2]),
        ([1.0, 2.0], [1, 2]),
        ([[1.0], [2.0]], [1, 2]),
        ([[1, 2]], [1, 2]),
        (array.array("d", [1, 2]), [1, 2]),
        (np.array(["a", "b"], dtype=object), ["a", "b"]),
        ((True, False), [True, False]),
        (torch.tensor([1, 2]), [1, 2]),
    ],
)
def test_labels(value, truth):
    result = checks.labels(value, "thing", length=2)
    assert result.tolist() == truth
    assert result.dtype.kind in "ibU"
    assert result.ndim == 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        ("ab", "'ab'"),
        (b"ab", "b'ab'"),
        ([1, "a"], "mixture"),
        ([[1, 2], [3, 4]], "shape (2, 2)"),
        ([], "shape (0,)"),
        (5, "shape ()"),
        ([1.5, 2.0], "fractions"),
        ([1e300, 2e300], "below 2**53, got 2e+300"),
        ([np.nan, 1.0], "NaN"),
        ([1j, 2j], "complex"),
        ([[1], [2, 3]], "list"),
        (np.array([None, "a"], dtype=object), "object"),
        ([1, 2, 3], "3"),
    ],
)
def test_labels_refused(value, words):
    refused(checks.labels, value, length=2, words=words)


def test_labels_of_any_length():
    assert len(checks.labels(range(5), "thing")) == 5
    refused(checks.labels, None, words="one label an item")


def test_units():
    assert checks.units(None, "thing", length=3).tolist() == [0, 1, 2]
    assert checks.units(["a", "a", "b"], "thing", length=3).tolist() == ["a", "a", "b"]
    refused(checks.units, ["a"], length=3, words="3 labels, one an item")


@pytest.mark.parametrize("classes", [3, 5, 20])
def test_probabilities_of_half_precision_are_renormalised(classes):
    exact = np.random.default_rng(0).dirichlet(np.ones(classes), 200)
    coarse = exact.astype(np.float16)
    assert np.abs(coarse.astype(float).sum(axis=1) - 1).max() > 1e-4  # rounding alone
    result = checks.probabilities(coarse, "thing", ndim=2)
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(result, exact, atol=1e-3)
    refused(checks.probabilities, coarse * np.float16(0.99), ndim=2, words="renormalise")


def test_probabilities():
    values = np.array([[0.2, 0.8], [1.0, 0.0]], dtype=np.float32)
    result = checks.probabilities(values, "thing", ndim=2)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, values)
    refused(checks.probabilities, [[0.5, 0.4]], ndim=2, words="sums off by up to 0.1")
    refused(checks.probabilities, [[0.5, 0.4]], ndim=2, words="renormalise")
    refused(checks.probabilities, [[1.5, -0.5]], ndim=2, words="smallest value of -0.5")
    refused(checks.probabilities, [[1.0], [1.0]], ndim=2, words="two classes")
    refused(checks.probabilities, [0.5, 0.5], ndim=2, words="shape (2,)")


def test_votes_are_of_several_members_or_of_one():
    one = np.array([[0.2, 0.8], [1.0, 0.0]])
    np.testing.assert_array_equal(checks.votes(one, "thing"), one[None])
    np.testing.assert_array_equal(checks.votes([one, one[::-1]], "thing"), [one, one[::-1]])
    assert checks.votes(np.full((1, 3), 1 / 3, np.float16), "thing").sum() == pytest.approx(1)
    refused(checks.votes, [[0.5, 0.5], [1]], words="array of real numbers")
    refused(checks.votes, [0.5, 0.5], words="a 2-D array")
    refused(checks.votes, one[None, None], words="a 2-D array")
