"""What is reached from a member: compiled code, objects in C, compiled modules, settings."""

import ctypes
import io
import logging
import operator
import os
import shutil
import socket
import subprocess
import sys
import threading
from functools import singledispatch
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toolbox import InputError
from toolbox.retraining.store import bytecode
from toolbox.retraining.store.digests import member_digest

HOME = Path(__file__).parents[4]


def holding(value):
    return lambda streams, data: {"a": value}


def digest(member):
    return member_digest(member)["code"]


def function_of(text):
    names = {}
    exec(text, names)
    return names["f"]


SAME = [
    ("def f(x):\n return x + 1", "def f(x):\n 'Add.'\n\n return (x\n  + 1)  # one"),
    ("def f(x):\n y = x\n return y", "def f(x):\n z = x\n return z"),
    ("def f(x): return 'ab' + str(0x10)", 'def f(x):\n return "ab" + str(1_6)'),
    ("def f(x: int) -> str: return x", "def f(x): return x"),
    ("from __future__ import annotations\ndef f(x): return x", "def f(x): return x"),
    ("def f(x):\n if x: return 1\n return 2", "def f(x):\n\n if x:\n  return 1\n\n return 2"),
    (
        "def f(x):\n class A:\n  'text'\n  a = 1\n return A",
        "def f(x):\n class A:\n  'other'\n\n  a = 1\n return A",
    ),
    (
        "def f(x):\n while True:\n  x -= 1\n  if x < 0: break\n return x",
        "def f(x):\n while True:  # on\n\n  x -= 1\n  if x < 0:\n   break\n return x",
    ),
]
EXPRESSIONS = """
x | -x | x + 1 | x + 1.0 | x + True | 1 + x | x - 1 | x < 1 | x <= 1 | (1, 2) | (1, 2.0) | 0.0
x in {1, 2} | x in {1, 3} | -0.0 | [i for i in x] | [i for i in x if i] | lambda: x
lambda: (x, 1) | x.a | x.b | x(a=1) | x(b=1) | {1, x} | b"1" | "1" | ... | f"{x}" | f"{x!r}"
f"{x:.1f}" | x[1:] | x[:1] | x and 1 | x or 1 | not x | 1j | -1j | (y := x) | [*x] | (*x,)
""".replace("\n", "|").split("|")
APART = [f"def f(x): return {text.strip()}" for text in EXPRESSIONS if text.strip()]
APART += [f"def f({p}): return x" for p in ("x, y", "x, /", "x, *, y", "x=1", "x=2", "x, *, y=1")]
APART += [
    "def f(x, *y): return 1",
    "def f(x, **y): return 1",
    "def f(z): return z",
    "def f(x): yield x",
    "async def f(x): return x",
    "def f(x):\n try: return x()\n except ValueError: return 1",
    "def f(x):\n try: return x()\n except KeyError: return 1",
    "def f(x):\n y = x\n return locals()",
    "def f(x):\n z = x\n return locals()",
    "def f(x):\n return x\nf.a = 1",
    "def f(x):\n return x\nf.a = 2",
]


@pytest.mark.parametrize("pair", SAME)
def test_layout_is_no_part_of_code(pair):
    first, second = map(function_of, pair)
    assert digest(first) == digest(second)


def test_code_that_computes_something_else_is_told_apart():
    assert len({digest(function_of(text)) for text in APART}) == len(APART)


def test_names_that_code_reads_with_their_attributes():
    found = bytecode.reads(function_of(
        "def f(x):\n"
        "    import a.b\n"
        "    import c.d.e as short\n"
        "    from .g import h as i, j\n"
        "    def inner(): return a.b.one + top.two.three + j.four\n"
        "    class Inner:\n"
        "        held = top.five\n"
        "    return short.six(i.seven) + x.eight\n"
    ).__code__)  # fmt: skip
    assert {(read.name, *read.attributes) for read in found} == {
        ("a", "b", "one"), ("top", "two", "three"), (".g", "j", "four"), ("top", "five"),
        ("c", "d", "e", "six"), (".g", "h", "seven"), ("__name__",),
    }  # fmt: skip


def test_what_strings_name_is_read_where_code_looks_names_up():
    held = {"RATE": 1.0}
    exec("def f(streams, data): return {'a': eval('RATE * 2'), 'b': len('OTHER')}", held)
    first = digest(held["f"])
    held["NEITHER"] = 5
    assert digest(held["f"]) == first
    held["RATE"] = 2.0
    assert digest(held["f"]) != first


# ----------------------------------------------------------------------------------- objects


class Slots:
    __slots__ = ("__hidden", "shown")

    def __init__(self, hidden, shown):
        self.__hidden, self.shown = hidden, shown


class One:
    __slots__ = "only"

    def __init__(self, only):
        self.only = only


def kinds(option):
    """Return a function that chooses by the type of its argument."""

    @singledispatch
    def kind(value):
        return 0

    @kind.register(int)
    def _(value):
        return option

    return kind


@pytest.mark.parametrize(
    "made",
    [
        lambda n: Slots(n, 1),
        lambda n: One(n),
        lambda n: operator.itemgetter(n),
        kinds,
        lambda n: frozenset({len, lambda: n}),
        lambda n: np.frombuffer(bytes([n]), np.uint8),
        lambda n: [1, 2, n].index,
        lambda n: compile(f"{n}", "", "eval"),
        lambda n: (x for x in ()).__class__ if n == 1 else int,
    ],
    ids=["slots", "one slot", "getter", "dispatch", "set of functions", "array", "bound", "code",
         "class"],
)  # fmt: skip
def test_objects_stand_for_what_they_hold(made):
    assert digest(holding(made(1))) == digest(holding(made(1)))
    assert digest(holding(made(1))) != digest(holding(made(2)))


def test_a_function_that_chose_by_type_before_is_the_same():
    kind = kinds(1)
    before = digest(holding(kind))
    assert kind(3) == 1
    assert digest(holding(kind)) == before


def test_what_holds_no_value_is_accepted():
    for made in (threading.Lock, threading.RLock, lambda: logging.getLogger("a"), object):
        assert digest(holding(made())) == digest(holding(made()))


def opened_file(folder):
    (folder / "file").write_text("text")
    return (folder / "file").open()


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (lambda folder: opened_file(folder), "TextIOWrapper"),
        (lambda folder: (number for number in range(3)), "generator"),
        (lambda folder: memoryview(b"a"), "memoryview"),
        (lambda folder: socket.socket(), "socket"),
        (lambda folder: ctypes.CDLL(None).getpid, "_FuncPtr"),
        (lambda folder: np.frompyfunc(lambda x: x, 1, 1), "ufunc"),
        (lambda folder: __import__("random").random, "builtin_function_or_method"),
    ],
    ids=["file", "generator", "memory", "socket", "pointer", "made ufunc", "hidden generator"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_hidden_state_is_refused_by_name(tmp_path, made, what):
    held = made(tmp_path)
    with pytest.raises(InputError, match=rf"^member: wanted .*{what}: 'value' in the closure"):
        digest(holding(held))
    if isinstance(held, io.IOBase | socket.socket):
        held.close()


# ---------------------------------------------------------------------------------- settings


def test_double_precision_counts_for_a_plain_member_and_not_for_a_jitted_one():
    def plain(streams, data):
        return {"a": jnp.arange(3) / 3}

    jitted = jax.jit(plain)
    before = member_digest(plain), member_digest(jitted, jitted=True)
    with jax.enable_x64(True):
        assert member_digest(plain) != before[0]
        assert member_digest(jitted, jitted=True) == before[1]


def test_settings_of_libraries_count_where_they_are_used():
    import decimal

    import sklearn
    import torch

    def of_sklearn(streams, data):
        return {"a": sklearn.base.clone}

    def of_torch(streams, data):
        return {"a": torch.zeros(1)}

    def of_decimals(streams, data):
        return {"a": float(decimal.Decimal(1) / 3)}

    before = [member_digest(member) for member in (of_sklearn, of_torch, of_decimals)]
    with sklearn.config_context(assume_finite=True):
        assert member_digest(of_sklearn) != before[0]
        assert member_digest(of_torch) == before[1]
    torch.set_float32_matmul_precision("high")
    try:
        assert member_digest(of_torch) != before[1]
    finally:
        torch.set_float32_matmul_precision("highest")
    with decimal.localcontext(prec=5):
        assert member_digest(of_decimals) != before[2]
        assert member_digest(of_torch) == before[1]


@pytest.mark.parametrize(
    "read",
    [
        "import os\ndef f(): return os.environ['GW_READ']",
        "import os\ndef f(): return os.environ.get('GW_READ')",
        "import os\ndef f(): return os.environ.get(*('GW_READ', '1'))",
        "import os\ndef f(): return os.environ.copy()['GW_READ']",
        "import os\ndef f(): return dict(os.environ)['GW_READ']",
        "import os\ndef f(): return os.getenv('GW_READ')",
        "import os\ndef f(): return os.environb[b'GW_READ']",
        "import os\ndef f(): return os.environb.get(b'GW_READ')",
        "import os\ndef f(): return os.getenvb(b'GW_READ')",
        "import os\nNAME = b'GW_READ'\ndef f(): return os.getenvb(NAME)",
        "import os\nNAMES = [('GW_READ', 1)]\ndef f(): return [os.getenv(n) for n, _ in NAMES]",
        "def f():\n import os\n return os.environ.get('GW_READ')",
        "def f():\n from os import getenv\n return getenv('GW_READ')",
        "from os import environ\ndef f(): return environ.get('GW_READ')",
        "from os import getenv as read\ndef f(): return read('GW_READ')",
        "import os\nread = os.environ.get\ndef f(): return read('GW_READ')",
        "import os\nfrom functools import partial\nf = partial(os.getenv, 'GW_READ')",
    ],
)
def test_an_environment_variable_counts_however_it_is_read_by_name(read, monkeypatch):
    monkeypatch.setenv("GW_READ", "1")
    before = digest(function_of(read))
    monkeypatch.setenv("GW_OTHER", "1")
    assert digest(function_of(read)) == before
    monkeypatch.setenv("GW_READ", "2")
    assert digest(function_of(read)) != before


def test_the_version_of_python_is_in_the_key():
    python = member_digest(holding(1))["libraries"]["python"]
    assert python == f"{sys.version_info.major}.{sys.version_info.minor}"


# --------------------------------------------------------------------------- compiled modules

IMPORTING = """
import sys
sys.path[:0] = [{folder!r}, {home!r}]
import _comb
def member(streams, data):
    return {{"a": _comb._comb_int(5, 2)}}
"""
LOADING = """
import ctypes, sys
sys.path[:0] = [{home!r}]
import scipy.special
library = ctypes.CDLL({file!r})
def member(streams, data):
    return {{"a": library.anything()}}
"""


def run(code, **places):
    code = code.format(home=str(HOME), **places)
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or answer.stderr.strip().splitlines()[-1]


@pytest.fixture
def compiled(tmp_path):
    """Return a compiled module that lies in a folder of the user's."""
    from scipy.special import _comb

    file = tmp_path / Path(_comb.__file__).name
    shutil.copy(_comb.__file__, file)
    return file


@pytest.mark.parametrize("code", [IMPORTING, LOADING], ids=["imported", "opened by ctypes"])
def test_a_compiled_module_stands_for_its_bytes(compiled, code):
    code += (
        "\nfrom toolbox.retraining.store.digests import member_digest\nprint(member_digest(member))"
    )
    places = {"folder": str(compiled.parent), "file": str(compiled)}
    first = run(code, **places)
    assert first.startswith("{'code'")
    assert run(code, **places) == first
    with compiled.open("ab") as handle:  # built anew: whatever was linked in
        handle.write(b"more")
    assert run(code, **places).startswith("{'code'")
    assert run(code, **places) != first


def test_a_compiled_module_that_was_replaced_since_it_was_loaded_is_refused(compiled):
    code = IMPORTING + (
        "\nimport pathlib, shutil"
        "\nfile = pathlib.Path(_comb.__file__)"
        "\nshutil.copy(file, file.with_suffix('.new')); file.with_suffix('.new').replace(file)"
        "\nfrom toolbox.retraining.store.digests import member_digest\nmember_digest(member)"
    )
    said = run(code, folder=str(compiled.parent))
    assert "member: wanted compiled modules as they were imported (start Python again)" in said


# ------------------------------------------------------------------- files that change meanwhile

REPLACING = """
import os, sys
sys.path[:0] = [{folder!r}, {home!r}]
import numpy as np
import study
from toolbox import retrain
if {replace}:
    with open(study.__file__, "w") as file:
        file.write(open({newer!r}).read())
    os.utime(study.__file__, (1e9, 1e9))
runs = retrain(study.member, {{}}, members=2, seed=0, store={store!r}, verify=False)
print(runs.outputs["a"].tolist())
"""


def test_a_file_replaced_by_one_with_an_older_time_stamp_does_not_poison_the_store(tmp_path):
    (tmp_path / "newer").write_text("def member(streams, data):\n    return {'a': 22.0}\n")
    (tmp_path / "study.py").write_text("def member(streams, data):\n    return {'a': 1.0}\n")
    os.utime(tmp_path / "study.py", (2e9, 2e9))
    places = {
        "folder": str(tmp_path), "newer": str(tmp_path / "newer"), "store": str(tmp_path / "store")
    }  # fmt: skip
    code = "import sys; sys.dont_write_bytecode = True" + REPLACING
    assert run(code, replace=True, **places) == "[1.0, 1.0]"
    assert run(code, replace=False, **places) == "[22.0, 22.0]"


# ------------------------------------------------------------------------------ a whole script

SCRIPT = """
import sys
from dataclasses import dataclass, field
import numpy as np
from toolbox import retrain

@dataclass
class Settings:
    rate: float = {rate}
    layers: list = field(default_factory=lambda: [3, 4])

    def size(self):
        return self.rate * len(self.layers)

settings = Settings()

def member(streams, data):
    return {{"a": settings.size() + data["x"].sum()}}

runs = retrain(member, {{"x": np.arange(3.0)}}, members=2, seed=0, store=sys.argv[1])
print(runs.outputs["a"][0], runs.verified, sep="|")
"""


def test_a_dataclass_of_the_script_is_accepted_and_verified_in_the_next_process(tmp_path):
    def run(rate):
        (tmp_path / "script.py").write_text(SCRIPT.format(rate=rate))
        command = [sys.executable, "script.py", "store"]
        answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert not answer.stderr, answer.stderr
        return answer.stdout.strip().split("|")

    assert run(0.5) == ["4.0", ""]
    value, verified = run(0.5)
    assert value == "4.0"
    assert verified.endswith("bit for bit")
    assert run(1.5) == ["6.0", ""]
