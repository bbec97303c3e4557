"""Images, signals and features that are patterns: an answer, or an `InputError` about them.

Square waves, ramps, steps and impulses are what people try first. They have spectra with exact
zeros, details that are all 0, distances that are all equal and matrices of rank one: every
logarithm, quotient, eigenvalue and fit meets its edge. No warning and no exception of NumPy, SciPy,
scikit-learn or torch may reach the user (warnings are errors in this suite), and where a number is
missing (NaN) or infinite that an ordinary call has, a note says why, or the field's documentation
says when.
"""

import re
import warnings

import numpy as np
import pytest

from tests.calls.arguments import noise
from tests.calls.calls import calls
from tests.calls.results import outcome, parts, refused
from toolbox.core.records import is_record

CALLS = calls()


def along(shape):
    """Return positions along the last axis, a little shifted from item to item."""
    items, last = int(np.prod(shape[:-1])), shape[-1]
    return (np.arange(last) + 3 * np.arange(items)[:, None]).reshape(shape)


def rank_one(shape):
    columns = np.cos(np.arange(shape[-1]))
    rows = np.hanning(shape[-2] + 2)[1:-1, None] if len(shape) > 1 else 1
    return np.broadcast_to(rows * columns, shape).copy()


PATTERNS = {
    "constant": lambda shape: np.full(shape, 0.7),
    "square wave": lambda shape: (along(shape) // 4 % 2).astype(float),
    "ramp": lambda shape: along(shape) / 7,
    "one step": lambda shape: (along(shape) >= shape[-1] // 2).astype(float),
    "step on a large level": lambda shape: 1e6 + (along(shape) >= shape[-1] // 3),
    "checkerboard": lambda shape: (np.indices(shape).sum(axis=0) % 2).astype(float),
    "impulse": lambda shape: (np.indices(shape)[-1] == shape[-1] // 2).astype(float),
    "two values": lambda shape: 255 * (noise(*shape, name="two") > 0).astype(float),
    "sine": lambda shape: np.sin(2 * np.pi * along(shape) / 8),
    "rank one": rank_one,
    "one item over and over": lambda shape: np.broadcast_to(noise(*shape[1:]), shape).copy(),
    "each item another": lambda shape: each_another(shape),
}


def each_another(shape):
    """Return noise in the first item and every third one, in the others each time a pattern."""
    made = noise(*shape, name="others")
    plain = [make for name, make in PATTERNS.items() if not name.endswith(("over", "another"))]
    for i in range(1, len(made)):
        if i % 3:
            made[i] = plain[i % len(plain)](shape)[i]
    return made


FAMILIES = ("spectrum", "wavelet", "hyperbolic", "leaders", "whitened", "lbp", "patches", "pooled")
# Calls with other options, which have fewer patterns: a name of the call and what is changed.
FEWER = ("square wave", "ramp", "impulse", "each item another")
VARIANTS = {
    **{
        f"similarity.evidence {family}": {"family": family, "pairs": None, "units": None}
        for family in FAMILIES
    },
    "toolbox.multifractal p=inf": {"p": np.inf, "gamma": "auto", "missing": None, "orders": 3},
    "toolbox.multifractal 2-D": {
        "x": noise(2, 48, 48),
        "dim": 2,
        "gamma": "auto",
        "missing": None,
        "scales": None,
    },
    "toolbox.wavelet_leaders p=inf": {"p": np.inf, "missing": None},
    "toolbox.whittle_c2 2-D": {"x": noise(2, 64, 64), "dim": 2, "gamma": 1.0},
    "toolbox.mmd gaussian": {"kernel": "gaussian"},
    "toolbox.wasserstein exact": {"order": 2, "regularisation": None},
    "similarity.retrieve euclidean": {"measure": "euclidean"},
    "similarity.cluster spectral": {"how": "spectral"},
    "synthesis.stsim STSIM-2": {"kind": "STSIM-2"},
    "confidence.cluster_confidence mixture": {"method": "mixture", "null": "uniform"},
    "toolbox.describe components": {"x": noise(2, 3, 40, 40)},
}


def arguments_of(case):
    """Return a function and its arguments."""
    function, arguments = CALLS[case.split()[0]]
    return function, {key: value for key, (_, value) in arguments.items()} | VARIANTS.get(case, {})


def pictures(case):
    """Return the names of the arguments that are images, signals and features."""
    arguments, changed = CALLS[case.split()[0]][1], VARIANTS.get(case, {})
    return [
        key
        for key, valid in arguments.items()
        if valid.kind in ("array", "given")
        and pictured(key, valid.kind, changed.get(key, valid.value))
    ]


def pictured(argument, kind, value):
    """Say whether an argument is an array of real numbers, other than the shape of an array."""
    given = kind == "array" or isinstance(value, np.ndarray)
    return given and argument != "shape" and np.ndim(value) and np.asarray(value).dtype.kind == "f"


def missing(value):
    """Say whether a part of a result has NaN, and whether it has infinities."""
    value = np.asarray(value)
    number = value.dtype.kind in "fc"
    return number and bool(np.isnan(value).any()), number and bool(np.isinf(value).any())


def documented(result, part):
    """Say whether the documentation of a record's field says when it is NaN or infinite."""
    for name in part.split("."):
        if not is_record(result):
            return False
        field = re.search(rf"\n    [\w, ]*\b{name}\b[\w, ]* : .*(\n     .*)*", type(result).__doc__)
        if field and re.search(r"NaN|inf", field[0]):
            return True
        result = getattr(result, name)
    return False


def without_warnings(function, arguments):
    """Return the outcome; of warnings, only those that the function documents may come."""
    with warnings.catch_warnings():
        if "Warns\n" in function.__doc__:
            warnings.simplefilter("ignore", UserWarning)
        return outcome(function, arguments)


CASES = [c for c in [*CALLS, *VARIANTS] if pictures(c)]


@pytest.mark.parametrize("case", CASES)
def test_a_pattern_has_an_answer_or_is_refused_by_name(case):
    (function, plain), chosen = arguments_of(case), pictures(case)
    valid = without_warnings(function, plain)
    assert not refused(valid), valid
    ordinary = {part: missing(v) for part, v in parts(valid).items()}
    together = [chosen] if len(chosen) > 1 else []
    for pattern in FEWER if case in VARIANTS else PATTERNS:
        for changed in [*([key] for key in chosen), *together]:
            made = {key: PATTERNS[pattern](np.shape(plain[key])) for key in changed}
            result = without_warnings(function, plain | made)
            if refused(result):
                assert result.split(":")[0] in plain, (pattern, changed, result)
            else:
                assert unsaid(result, ordinary) == [], (pattern, changed)


def unsaid(result, ordinary):
    """Return the parts with new NaN or infinities of which neither note nor documentation tells."""
    found = parts(result)
    if any(v for part, v in found.items() if re.search(r"(^|\.)notes?(\.\d+)?$", part)):
        return []
    new = [k for k, v in found.items() if (np.greater(missing(v), ordinary.get(k, False))).any()]
    return [part for part in new if not documented(result, part)]


def test_the_variants_are_of_public_functions_and_tried():
    assert set(VARIANTS) <= set(CASES)
    for case, changed in VARIANTS.items():
        assert changed.keys() <= CALLS[case.split()[0]][1].keys()
