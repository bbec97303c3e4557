"""A digest changes with whatever changes the result, and with nothing else."""

import os
import subprocess
import sys
from collections import namedtuple
from enum import Enum
from functools import lru_cache, partial
from pathlib import Path

import jax
import numpy as np
import pytest

from toolbox import InputError
from toolbox.retraining.store.digests import data_digest, member_digest

HOME = Path(__file__).parents[4]

MAIN = """
import sys
sys.path[:0] = [{folder!r}, {home!r}]
{before}
from study import member
from toolbox.retraining.store.digests import member_digest
print(member_digest(member))
"""

FILES = {
    "study.py": """
import numpy as np
from functools import partial
import helpers
from settings import RATE
from pieces.first import piece

LAYERS = [3, 4]
UNRELATED = 1

def inner(x, power=2):
    return x ** power

def made(factor):
    def member(streams, data):
        from later import late
        values = [inner(v) for v in LAYERS]
        return {"a": np.sum(values) * RATE * factor + helpers.help() + piece() + late()}
    return member

member = made(2)
""",
    "helpers.py": "from deep import depth\nlevel = 1\ndef help():\n    return depth + level\n",
    "deep.py": "depth = 3\n",
    "settings.py": "RATE = 0.1\n",
    "pieces/__init__.py": "",
    "pieces/first.py": "from .second import two\ndef piece():\n    return two()\n",
    "pieces/second.py": "def two():\n    return 2\n",
    "later.py": "def late():\n    return 1\n",
}


def digest_of(folder, changed=None, before=""):
    """Digest the study in a fresh process; `changed` maps a file to (old, new)."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        for old, new in (changed or {}).get(name, ()):
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        long_ago = path.stat().st_mtime - 1000
        os.utime(path, (long_ago, long_ago))
    code = MAIN.format(folder=str(folder), home=str(HOME), before=before)
    start = [sys.executable, "-B", "-c", code]
    answer = subprocess.run(start, capture_output=True, text=True, check=False)
    return answer.stdout or answer.stderr.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return digest_of(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize(
    "changed",
    [
        {"study.py": [("x ** power", "x * power")]},
        {"study.py": [("power=2", "power=3")]},
        {"study.py": [("[3, 4]", "[3, 5]")]},
        {"study.py": [("made(2)", "made(3)")]},
        {"settings.py": [("0.1", "0.2")]},
        {"helpers.py": [("depth + level", "depth - level")]},
        {"deep.py": [("3", "4")]},
        {"pieces/second.py": [("return 2", "return 3")]},
        {"later.py": [("return 1", "return 2")]},
    ],
    ids=lambda c: next(iter(c)) + ": " + next(iter(c.values()))[0][1],
)
def test_what_the_member_reads_changes_its_digest(tmp_path, undisturbed, changed):
    assert undisturbed.startswith("{'code'")
    digest = digest_of(tmp_path, changed)
    assert digest.startswith("{'code'")
    assert digest != undisturbed


@pytest.mark.parametrize(
    ("changed", "before"),
    [
        ({}, ""),
        ({"study.py": [("UNRELATED = 1", "UNRELATED = 2\n\ndef other():\n    return 0\n")]}, ""),
        ({}, "import later, jax, scipy.stats"),
        ({}, "import pieces.second, toolbox"),
    ],
    ids=["another folder and process", "unrelated lines", "loaded before", "others loaded"],
)
def test_what_it_does_not_read_changes_nothing(tmp_path, undisturbed, changed, before):
    assert digest_of(tmp_path, changed, before) == undisturbed


def test_values_of_a_module_as_they_are_when_it_is_read(tmp_path, undisturbed):
    assert digest_of(tmp_path, before="import helpers; helpers.level = 5") != undisturbed


def test_what_was_loaded_counts_whatever_became_of_its_file(tmp_path, undisturbed):
    edit = "import helpers, pathlib; pathlib.Path(helpers.__file__).write_text('def help(): pass')"
    assert digest_of(tmp_path, before=edit) == undisturbed
    edit = (
        "import study, pathlib; path = pathlib.Path(study.__file__);"
        "path.write_text(path.read_text().replace('x ** power', 'x * power'))"
    )
    assert digest_of(tmp_path, before=edit) == undisturbed


def test_a_file_written_and_imported_after_python_began_is_no_reason_to_refuse(tmp_path):
    touch = "import study, pathlib; pathlib.Path(study.__file__).touch()"
    assert digest_of(tmp_path, before=touch).startswith("{'code'")


def member(streams, data, rate=0.1):
    return {"a": rate}


def digest(value):
    return member_digest(value)["code"]


def scaled(factor):
    return lambda streams, data: {"a": factor}


VALUES = [
    1, 1.0, True, "1", b"1", None, (1, 2), [1, 2], {1, 2}, {"a": 1}, {"b": 1}, np.array([1, 2]),
    np.array([1.0, 2]), np.array([[1, 2]]), np.float32(1), 1j, Path("a"), np.dtype("f4"), range(3),
    float("nan"), ..., np.sin, np.cos, np.linspace, len, jax.nn.relu, jax.nn.gelu, np.random,
]  # fmt: skip


def test_values_in_a_closure_or_partial_are_told_apart():
    assert len({digest(scaled(value)) for value in VALUES}) == len(VALUES)
    assert len({digest(partial(member, rate=value)) for value in VALUES}) == len(VALUES)
    assert digest(partial(member, rate=1)) == digest(partial(member, rate=1))
    assert digest(partial(member, rate=1)) != digest(member)


def test_functions_that_wrap_others_are_told_from_them():
    def loss(w):
        return w**2

    kinds = [
        loss,
        jax.grad(loss),
        jax.grad(loss, argnums=(0,)),
        jax.value_and_grad(loss),
        jax.vmap(loss),
        jax.vmap(loss, in_axes=1),
    ]
    assert len({digest(scaled(kind)) for kind in kinds}) == len(kinds)


def test_a_rule_for_derivatives_of_ones_own_counts():
    def with_slope(factor):
        @jax.custom_jvp
        def square(x):
            return x**2

        @square.defjvp
        def slope(primals, tangents):
            return square(*primals), factor * primals[0] * tangents[0]

        return scaled(square)

    assert digest(with_slope(2)) == digest(with_slope(2))
    assert digest(with_slope(2)) != digest(with_slope(3))


def test_a_compiled_or_cached_function_stands_for_what_it_wraps():
    def with_help(helper):
        return lambda streams, data: {"a": helper()}

    def one():
        return 1

    def two():
        return 2

    for wrap in (jax.jit, lru_cache):
        assert digest(with_help(wrap(one))) == digest(with_help(wrap(one)))
        assert digest(with_help(wrap(one))) != digest(with_help(wrap(two)))
    assert "jaxlib" in member_digest(jax.jit(one))["libraries"]


def test_settings_that_change_what_is_drawn_or_computed_count():
    import torch

    def of_jax(streams, data):
        return {"a": jax.random.normal(streams["init"])}

    def of_torch(streams, data):
        return {"a": torch.zeros(1)}

    plain = member_digest(of_jax), member_digest(of_torch)
    with jax.default_prng_impl("rbg"):
        assert member_digest(of_jax) != plain[0]
        assert member_digest(of_torch) == plain[1]
    torch.set_default_dtype(torch.float64)
    try:
        assert member_digest(of_torch) != plain[1]
    finally:
        torch.set_default_dtype(torch.float32)


def test_two_lambdas_in_one_line_are_told_apart():
    first, second = lambda s, d: {"a": 1 + 1j}, lambda s, d: {"a": 1 - 1j}
    assert digest(first) != digest(second)


def test_code_without_a_file_is_told_apart():
    assert digest(eval("lambda: 0")) == digest(eval("lambda: 0  # nothing"))
    assert digest(eval("lambda: 0")) != digest(eval("lambda: 1"))


def test_instances_of_python_classes_stand_for_their_class_and_values():
    class Slope:
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, streams, data):
            return {"a": self.rate}

    assert digest(Slope(1)) == digest(Slope(1))
    assert digest(Slope(1)) != digest(Slope(2))


class Louder(list):
    def volume(self):
        return 11


class Colour(Enum):
    RED = 1
    BLUE = 2


Point = namedtuple("Point", "x y")


def test_classes_made_from_pythons_own_stand_for_both():
    marked = Louder([1])
    marked.mark = 1
    values = [[1], Louder([1]), Louder([2]), marked, Colour.RED, Colour.BLUE, Point(1, 2), (1, 2)]
    assert len({digest(scaled(value)) for value in values}) == len(values)
    assert digest(scaled(Point(1, 2))) == digest(scaled(Point(1, 2)))


def test_a_function_that_calls_itself_has_a_digest():
    def factorial(n):
        return n * factorial(n - 1) if n else 1

    held = []
    held.append(held)
    assert digest(scaled(factorial)) == digest(scaled(factorial))
    assert digest(scaled(held)) == digest(scaled(held))


def test_the_networks_have_digests_that_tell_their_settings_apart():
    from toolbox.networks.classifier_training import classifier_member

    settings = [
        ("multilayer_perceptron", {"classes": 2, "batch": 8}),
        ("multilayer_perceptron", {"classes": 3, "batch": 8}),
        ("multilayer_perceptron", {"classes": 2, "batch": 16}),
        ("convolutional", {"classes": 2, "batch": 8}),
        ("convolutional", {"classes": 2, "batch": 8, "flips": True}),
    ]
    found = [member_digest(classifier_member(name, **options)) for name, options in settings]
    assert len({f["code"] for f in found}) == len(settings)
    assert {"jax", "jaxlib", "numpy"} <= set(found[0]["libraries"])


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (np.random.default_rng(0), "Generator"),
        (np.random.default_rng(0).normal, "Generator"),
        (np.array([object()]), "object"),
        (iter([1]), "list_iterator"),
        (np.ma.masked_array([1, 2], [True, False]), "MaskedArray"),
    ],
    ids=["generator", "its method", "objects", "iterator", "masked"],
)
def test_what_cannot_be_told_apart_is_refused_by_name(value, what):
    with pytest.raises(InputError, match=rf"^member: wanted .*{what}"):
        digest(scaled(value))


def test_data_are_told_apart_by_their_types_and_places():
    x = np.arange(4.0)
    data = [
        {"x": x}, {"y": x}, (x,), [x], x.astype("f4"), x[None], {"x": x, "y": 1}, {"x": (x, 1)},
        {"x": x, "y": 1.0}, ({}, x), ({"x": x},), {"x": np.float64(1)}, {"x": np.array(1.0)},
        {"x": 1.0}, {"x": "1.0"}, {"x": None}, x.reshape(2, 2), x.reshape(2, 2).T,
    ]  # fmt: skip
    assert len({data_digest(d) for d in data}) == len(data)
    assert data_digest({"x": x}) == data_digest({"x": x.copy()})
    assert data_digest({"x": np.eye(3)[:, :2]}) == data_digest({"x": np.eye(3)[:, :2].copy()})
