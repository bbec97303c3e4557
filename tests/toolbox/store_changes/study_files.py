"""The study: every name in it reaches the member's result, each by another way of the language.

The tables of changes replace one text of one file; what is replaced stands in it only once.
"""

from tests.toolbox.store_changes.value_files import BASES, OBJECTS, VALUES

STUDY = '''"""The member."""
import numpy as np
import functools
from dataclasses import dataclass, field
import helpers
import objects
import values
import modules
import unseen

RATE = 0.5
STEPS = 3

def scaled(factor):
    def scale(function):
        @functools.wraps(function)
        def inner(*arguments):
            return function(*arguments) * factor
        return inner
    return scale

@scaled(2.0)
def energy(x, *, power=2):
    return float((x ** power).sum())

def steps(start):
    """Walk."""
    place = start
    for step in range(STEPS):
        place = place * 0.5 + step
    return place

def halves(numbers):
    for number in numbers:
        yield number / 2

def branch(x):
    if x > 1.5:
        return 10.0
    elif x < -1.5:
        return -10.0
    return 1.0 if x else 0.25

def attempts(table, name):
    try:
        return table[name]
    except KeyError:
        return -1.0
    finally:
        table["asked"] = 1.0

def matched(shape):
    match shape:
        case (a, b):
            return a - b
        case [a]:
            return a * 3.0
    return 0.0

def local_class():
    class Inner:
        weight = 7.0
        def __call__(self):
            return self.weight + 0.125
    return Inner()()

def nested():
    total = 1.0
    def add(x):
        nonlocal total
        total += x
    add(4.5)
    return total

@dataclass
class Settings:
    depth: int = 3
    width: float = 1.5
    names: list = field(default_factory=lambda: ["a", "b"])

    def size(self):
        return self.depth * self.width + len(self.names)

SETTINGS = Settings()

def own_parts(data):
    x = data["x"]
    return [
        energy(x), RATE, steps(1.0), sum(halves([1.0, 5.0])), branch(2.0), branch(0.0),
        attempts({"a": 0.75}, "a"), attempts({}, "b"), matched((9.0, 4.0)), matched([2.0]),
        local_class(), nested(), (lambda a, b=1.25: a * b)(3.0), x[1:].sum(), x.mean() - 0.0,
        float(len(f"{RATE:.3f}")), [v * v for v in (1.5, 2.5)][-1], max({3.5, 1.0}),
        (y := 6.0) + y, 1.0 if "b" in ("a", "b") else 2.0, float(len("grain" + "wise")),
        float(b"ab"[0]), abs(3 + 4j), *(1.0, 2.0), SETTINGS.size(), 17 // 5 + 17 % 7,
        float(not RATE > 9), float(sum(i for i in range(4) if i != 2)),
    ]

def member(streams, data):
    parts = own_parts(data) + helpers.parts() + objects.parts() + values.parts() + modules.parts()
    parts += unseen.parts()
    first = float(streams["init"][0]) / 2**32
    return {"a": np.array(parts, dtype=np.float64), "first": np.float64(first)}
'''

HELPERS = '''"""Functions reached through others."""
import functools
import contextlib
import operator

TABLE = {"slope": 2.0, "offset": [1.0, 3.0]}

def slope(x):
    return TABLE["slope"] * x

def chained(x):
    return slope(x) + deeper(x)

def deeper(x):
    return factorial(4) - x

def factorial(n):
    return n * factorial(n - 1) if n > 1 else 1.0

@functools.lru_cache
def cached(n):
    return n + 0.0625

@functools.singledispatch
def kind(value):
    return 0.0

@kind.register
def _(value: int):
    return 20.0

@kind.register
def _(value: str):
    return 30.0

@contextlib.contextmanager
def doubled(table):
    table["x"] *= 2
    yield table
    table["x"] /= 2

def inside():
    with doubled({"x": 5.0}) as table:
        return table["x"]

def add(first, second=0.5, *rest, last=4.0):
    return first + second + sum(rest) + last

def made(offset):
    def function(x):
        return x + offset
    return function

shifted = made(8.0)
half = functools.partial(add, 1.0, last=2.0)
ACTIONS = {"plus": operator.add, "own": made(11.0)}

def remember(x, kept=[12.0]):
    return x + kept[0]

def marked():
    return marked.weight

marked.weight = 13.0

def every_second(items):
    yield from items[::2]

class Scope:
    inner = 1.0
    def value():
        return 14.0

compose = lambda f, g: lambda x: f(g(x)) + 15.0

def parts():
    return [
        slope(1.0), chained(2.0), cached(1), kind(1), kind("a"), inside(), add(1.0), shifted(1.0),
        half(), ACTIONS["plus"](1.0, 2.0), ACTIONS["own"](0.0), remember(1.0), marked(),
        sum(every_second([1.0, 2.0, 4.0])), Scope.value(), compose(slope, deeper)(1.0),
        TABLE["offset"][1], functools.reduce(operator.sub, [9.0, 4.0]),
    ]
'''

MODULES = '''"""Modules, imported in every way."""
import importlib
import math
import string
import tabnanny
import types
import cfg
import pkg.sub
import pkg.below.lowest as lowest
import spread.part
import settled
import lazily
from spread import other
from pkg import inner
from pkg import exported
from star import *
from relative.first import first
import made_here
import lost

try:
    import absent_module as chosen
except ImportError:
    import fallback as chosen

late = importlib.import_module("at_module_level")
TABLE = {"held": importlib.import_module("held_in_table")}

def by_local_import():
    import local_plain
    import pkg.local_below
    from local_from import taken as renamed
    import pkg.local_as as short
    return local_plain.value() + pkg.local_below.value() + renamed() + short.value()

def dynamic():
    return getattr(settled, "rate_" + "a")

def aliased():
    module = settled
    return module.rate_b

def parts():
    return [
        pkg.sub.value(), lowest.value(), spread.part.value(), other.value(), inner.value(),
        exported(), starred(), first(), chosen.value(), late.value(), TABLE["held"].value(),
        by_local_import(), dynamic(), aliased(), cfg.P["lr"], cfg.rate, cfg.Options.decay,
        cfg.OPTIONS.nested.depth, cfg.items[-1], lazily.looked_up, made_here.rate,
        float(tabnanny.verbose), float(len(string.digits)), math.floor(2.5) * 1.0,
        pkg.sub.Held.weight, cfg.function(), pkg.VERSION * 1.0, lost.value(),
    ]
'''

UNSEEN = '''"""What the result depends on and no digest reads, and what is found by strings."""
import importlib
import os
import pathlib
import statistics
import sys
import tinylib

def parts():
    table = pathlib.Path(__file__).with_name("table.txt")
    variable = "_".join(["GW", "MADE", "UP"])
    return [
        float(table.read_text()), float(os.environ.get(variable, "1")),
        importlib.import_module("".join(["dyn", "amic"])).value(),
        float(sys.getrecursionlimit()), float(len(tinylib.Base.__subclasses__())),
        statistics.fmean([1.0, 5.0]), tinylib.value(),
        importlib.import_module("named").value(), sys.modules["quiet"].value(),
        eval("evaluated(2.0)"), globals()["LOOKED_UP"],
    ]

def evaluated(x):
    return x + 95.0

LOOKED_UP = 96.0
'''

SMALL = {
    "cfg.py": """P = {"lr": 0.1}
rate = 2.0
items = [1.0, 2.0]
class Options:
    decay = 0.9
class _Nested:
    depth = 3.0
class _Options:
    def __init__(self):
        self.nested = _Nested()
OPTIONS = _Options()
def function():
    return 1.0
""",
    "pkg/__init__.py": "from .exporting import exported\nVERSION = 1\n",
    "pkg/exporting.py": "def exported():\n    return 61.0\n",
    "pkg/sub.py": "class Held:\n    weight = 62.0\ndef value():\n    return 63.0\n",
    "pkg/inner.py": "from .private import hidden\ndef value():\n    return hidden() + 64.0\n",
    "pkg/private.py": "def hidden():\n    return 65.0\n",
    "pkg/below/__init__.py": "",
    "pkg/below/lowest.py": "def value():\n    return 66.0\n",
    "pkg/local_below.py": "def value():\n    return 67.0\n",
    "pkg/local_as.py": "def value():\n    return 68.0\n",
    "spread/part.py": "def value():\n    return 69.0\n",
    "spread/other.py": "import spread.third\ndef value():\n"
    "    return spread.third.value() + 70.0\n",
    "spread/third.py": "def value():\n    return 71.0\n",
    "star.py": "def starred():\n    return 72.0\n",
    "relative/__init__.py": "",
    "relative/first.py": "from . import second\ndef first():\n    return second.third() + 73.0\n",
    "relative/second.py": "from .thirds import third\n",
    "relative/thirds.py": "def third():\n    return 74.0\n",
    "fallback.py": "def value():\n    return 75.0\n",
    "at_module_level.py": "def value():\n    return 76.0\n",
    "held_in_table.py": "def value():\n    return 77.0\n",
    "local_plain.py": "def value():\n    return 78.0\n",
    "local_from.py": "def taken():\n    return 79.0\n",
    "settled.py": "rate_a = 80.0\nrate_b = 81.0\n",
    "lazily.py": "def __getattr__(name):\n    if name != 'looked_up':\n"
    "        raise AttributeError(name)\n    from looked import up\n    return up\n",
    "looked.py": "up = 82.0\n",
    "unread.py": "def nobody():\n    return 83.0\n",
    "notes.txt": "nothing\n",
    "table.txt": "97.0\n",
    "dynamic.py": "def value():\n    return 98.0\n",
    "named.py": "def value():\n    return 99.0\n",
    "quiet.py": "def value():\n    return 100.0\n",
    "site-packages/tinylib.py": "class Base:\n    pass\ndef value():\n    return 101.0\n",
    "site-packages/tinylib-1.0.1.dist-info/METADATA": "Name: tinylib\nVersion: 1.0.1\n",
    "site-packages/lost.py": "def value():\n    return 102.0\n",
}

SCRIPT = '''"""The script that is started."""
import sys
import types
sys.path.append(sys.path[0] + "/site-packages")
import quiet
made = types.ModuleType("made_here")
made.rate = 91.0
sys.modules["made_here"] = made
import study
# here
member = study.member
'''

FILES = {
    "study.py": STUDY,
    "helpers.py": HELPERS,
    "objects.py": OBJECTS,
    "bases.py": BASES,
    "values.py": VALUES,
    "modules.py": MODULES,
    "unseen.py": UNSEEN,
    "script.py": SCRIPT,
    **SMALL,
}
VARIABLES = {"GW_PLAIN": "1"}
