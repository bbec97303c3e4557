"""Every public function refuses nonsense before work starts and names the argument."""

import importlib
import inspect
import re

import numpy as np
import pytest

import toolbox
from tests.calls.calls import calls
from toolbox.core.packages import PUBLIC
from toolbox.core.records import is_record

CALLS = calls()
HUGE_NDIM = np.ones((2,) * 7)


def spoiled_array(value):
    """Yield (what is wrong, the wrong value) for an array of real numbers."""
    value = np.asarray(value, dtype=np.float64)
    for what, bad in (("nan", np.nan), ("infinity", np.inf)):
        wrong = value.copy()
        wrong.flat[1] = bad
        yield what, wrong
    yield "empty", value[:0]
    yield "too many axes", HUGE_NDIM
    yield "text", np.full(value.shape, "a")
    yield "complex", value.astype(complex)
    yield "none", None
    yield "masked", hidden(value)


def spoiled_labels(value):
    """Yield (what is wrong, the wrong value) for one label an item."""
    yield "one too many", np.append(value, value[:1])
    yield "empty", value[:0]
    yield "fractions", np.arange(len(value)) + 0.5
    yield "two axes", np.stack([value, value])
    yield "one text", "label"
    yield "masked", hidden(value)


def hidden(value):
    """Return the values, the first of them masked: a number that nobody may read."""
    values = np.ma.array(value)
    values[(0,) * values.ndim] = np.ma.masked
    return values


NONSENSE = {
    "count": (0, -1, 2.5, float("nan"), "three", [1, 2, 3, 4]),
    "whole": (-1, 2.5, float("nan"), "three", [1, 2, 3, 4]),
    "number": (float("nan"), float("-inf"), "a", None, [1, 2]),
    "choice": ("no such choice", 7, ["a", "b"]),
    "seed": (-1, 0.5, "a", float("inf"), 2.0**60),
    "path": ("/no/such/place", 7),
    "given": (),
}


def spoiled(kind, value):
    """Return pairs (what is wrong, the wrong value) for a valid value of a kind."""
    if kind == "array":
        return spoiled_array(value)
    if kind == "labels":
        return spoiled_labels(value)
    return [(str(bad), bad) for bad in NONSENSE[kind] if bad != value]


# What is right although the table's kind would call it wrong.
ALLOWED = {
    ("toolbox.components_first", "image", "too many axes"),
    ("similarity.retrieval_scores", "resamples", "0"),  # no intervals
    ("similarity.retrieve", "database", "none"),  # among the queries
    ("similarity.same_probability", "prior", "None"),  # the evidence's own
    ("similarity.twins", "step", "None"),  # the kind's own
    ("confidence.ensemble", "weights", "none"),
    ("labelling.acquire", "features", "none"),  # refused by what needs them
    ("labelling.acquire", "votes", "none"),
    ("labelling.acquire", "cost", "none"),
    ("labelling.audit_plan", "risk", "none"),
    ("labelling.serve", "evidence", "none"),  # pairs in a random order
    ("labelling.answers", "at", "None"),
    ("labelling.segment", "masks", "none"),  # weak labels say it all
    ("labelling.tell", "propensity", "none"),
    ("labelling.learn", "weights", "none"),
    ("labelling.forget", "weights", "none"),
    ("labelling.continual_scores", "zero_shot", "none"),
    ("labelling.labels_from_rewards", "at", "none"),  # no other items
    ("labelling.ask_expert", "items", "one too many"),  # it may be asked again
    ("labelling.campaign_next", "classes", "one too many"),  # not the number of items
    ("labelling.simulated_expert", "labels", "one too many"),
    ("labelling.compare_descriptors", "labels", "one too many"),
    ("labelling.acquire", "labelled", "one too many"),  # these say how many items there are
    ("labelling.audit_plan", "predicted", "one too many"),
    ("labelling.audit", "wrong", "empty"),  # before the first answer
    ("labelling.tell", "items", "one too many"),
    ("confidence.score_explanation", "truth", "none"),
    ("toolbox.phenology", "leak", "None"),  # no leak
    ("toolbox.load_ctg", "subjects", "None"),
    ("toolbox.windows", "step", "None"),  # the length
    ("toolbox.windows", "before_delivery", "None"),  # all of a recording
    ("toolbox.fetal_features", "heart_rate", "nan"),  # a lost signal
    ("labelling.cluster_audit_plan", "closeness", "none"),
    ("labelling.cluster_audit_plan", "labels", "one too many"),
    ("toolbox.multifractal", "missing", "none"),
    ("toolbox.wavelet_leaders", "missing", "none"),
    ("toolbox.check_split", "parents", "one too many"),  # an item on no side
    ("toolbox.split", "labels", "one too many"),  # labels say how many items there are
}

CASES = [
    (name, argument)
    for name, (_, arguments) in CALLS.items()
    for argument, valid in arguments.items()
    if valid.kind not in ("given", "made")
]


def test_every_public_function_is_in_the_table():
    public = {
        f"{package}.{name}"
        for package in PUBLIC
        for name in importlib.import_module(package).__all__
        if inspect.isfunction(getattr(importlib.import_module(package), name))
    }
    assert public == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_the_table_names_every_argument_that_is_not_a_device_or_a_picture(name):
    function, arguments = CALLS[name]
    parameters = set(inspect.signature(function).parameters)
    assert set(arguments) <= parameters


@pytest.mark.parametrize("name", CALLS)
def test_the_valid_call_is_valid_and_neither_side_can_change_the_others_arrays(name):
    function, arguments = CALLS[name]
    before = {k: np.array(v) for k, (kind, v) in arguments.items() if kind in ("array", "labels")}
    answer = function(**{key: value for key, (_, value) in arguments.items()})
    for key, value in before.items():
        np.testing.assert_array_equal(arguments[key].value, value, err_msg=key)
    fields = vars(answer).items() if is_record(answer) else []
    for field, value in fields:
        assert not (isinstance(value, np.ndarray) and value.flags.writeable), field


def reply(function, values):
    """Return the text of a refusal, or what came in its stead."""
    try:
        return f"no refusal: {function(**values)!r}"
    except toolbox.InputError as error:
        return str(error)
    except Exception as error:
        return f"no refusal by name: {error!r}"


@pytest.mark.parametrize(("name", "argument"), CASES, ids=["-".join(case) for case in CASES])
def test_nonsense_is_refused_by_name(name, argument):
    function, arguments = CALLS[name]
    values = {key: value for key, (_, value) in arguments.items()}
    replies = {
        what: reply(function, values | {argument: bad})
        for what, bad in spoiled(*arguments[argument])
        if (name, argument, what) not in ALLOWED
    }
    right = re.compile(rf"{argument}:.*wanted", re.DOTALL)
    assert {what: said for what, said in replies.items() if not right.match(said)} == {}


@pytest.mark.parametrize("name", [n for n, (_, a) in CALLS.items() if "seed" in a])
def test_a_missing_seed_is_pythons_own_error_or_named(name):
    function, arguments = CALLS[name]
    values = {key: value for key, (_, value) in arguments.items() if key != "seed"}
    with pytest.raises((TypeError, toolbox.InputError), match="seed"):
        function(**values)
