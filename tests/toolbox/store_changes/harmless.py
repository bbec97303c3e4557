"""Changes that change nothing: of layout, of what is not read, of the surroundings."""

HERE = "# here"

# (file, what stands in it, what takes its place)
TEXTS = [
    # comments and blank lines
    ("study.py", "STEPS = 3", "STEPS = 3  # how many"),
    ("study.py", "def steps(start):", "# a walk\n\n\n\ndef steps(start):"),
    ("study.py", "    place = start\n", "    # from here\n    place = start\n\n"),
    ("study.py", "        yield number / 2", "        # half\n        yield number / 2  # of each"),
    ("study.py", "@scaled(2.0)\n", "@scaled(2.0)  # twice\n# as much\n"),
    ("study.py", "    match shape:\n", "    # which\n    match shape:\n        # first\n"),
    ("study.py", "    try:\n", "    # at once\n    try:\n        # look\n\n"),
    ("helpers.py", "def deeper(x):\n", "def deeper(x):\n    # deep down\n\n"),
    ("objects.py", "    def area(self):\n", "    def area(self):\n\n        # in pixels\n"),
    ("bases.py", "class Base:\n", "class Base:\n\n    # of all\n\n"),
    ("values.py", "GET = ", "# a method\nGET = "),
    ("cfg.py", "rate = 2.0", "rate = 2.0  # per step"),
    ("pkg/sub.py", "def value():", "\n\n\ndef value():  # by attribute"),
    ("spread/part.py", "def value():\n", "# no __init__.py\ndef value():\n    # here\n"),
    # documentation
    ("study.py", '"""The member."""', '"""The member of a study, and more."""'),
    ("study.py", '"""The member."""\n', ""),
    ("study.py", '"""Walk."""', '"""Walk from a start."""'),
    ("study.py", '    """Walk."""\n', ""),
    ("study.py", "def branch(x):\n", 'def branch(x):\n    """Say which."""\n'),
    ("study.py", "class Settings:\n", 'class Settings:\n    """What is set."""\n\n'),
    ("helpers.py", "def factorial(n):\n", 'def factorial(n):\n    """Multiply."""\n'),
    (
        "objects.py",
        "class Network(Mixed, Base):\n",
        'class Network(Mixed, Base):\n    """Net."""\n',
    ),
    ("objects.py", "    def loss(x):\n", '    def loss(x):\n        """Lose."""\n'),
    ("bases.py", '"""Base classes in a module of their own."""', '"""Bases."""'),
    ("pkg/__init__.py", "from .exporting", '"""A package."""\nfrom .exporting'),
    ("pkg/sub.py", "class Held:\n", 'class Held:\n    """Held."""\n'),
    # layout
    ("study.py", "energy(x), RATE,", "(energy)(x),\n        RATE,"),
    (
        "study.py",
        "return function(*arguments) * factor",
        "return (function(*arguments)\n                    * factor)",
    ),
    ("study.py", "case (a, b):", "case ( a , b ):"),
    ("study.py", "RATE = 0.5\nSTEPS = 3", "RATE = 0.5; STEPS = 3"),
    ("study.py", "RATE = 0.5", "RATE = .50"),
    ("study.py", "17 // 5 + 17 % 7", "0x11 // 5 + 1_7 % 7"),
    ("study.py", '"grain" + "wise"', "'grain' \\\n        + 'wise'"),
    ("study.py", "def energy(x, *, power=2):", "def energy(\n    x,\n    *,\n    power=2,\n):"),
    (
        "helpers.py",
        "    return n * factorial(n - 1) if n > 1 else 1.0",
        "    return (\n        n * factorial(n - 1)\n        if n > 1\n        else 1.0\n    )",
    ),
    (
        "helpers.py",
        '    with doubled({"x": 5.0}) as table:',
        "    with (doubled({'x': 5.0}) as table):",
    ),
    ("objects.py", "    def step(self): ...", "    def step(self):\n        ..."),
    ("bases.py", "        return 51.0", "        return (51.0)"),
    ("values.py", "TUPLE = (1.0, (2.0, 3.0))", "TUPLE = 1.0, (\n    2.0,\n    3.0,\n)"),
    ("values.py", 'TEXT = "grain"', 'TEXT = "gr" "ain"'),
    ("values.py", "SET = {2.0, 5.0}", "SET = {5.0, 2.0}"),
    # names that nobody sees
    (
        "study.py",
        "    place = start\n    for step in range(STEPS):\n"
        "        place = place * 0.5 + step\n    return place",
        "    spot = start\n    for number in range(STEPS):\n"
        "        spot = spot * 0.5 + number\n    return spot",
    ),
    ("study.py", "(lambda a, b=1.25: a * b)", "(lambda a, b=1.25: (a * b))"),
    ("helpers.py", "sum(rest) + last", "sum(rest) + last  # in all"),
    ("unread.py", "nobody", "no_one"),
    # annotations
    ("study.py", "def branch(x):", "def branch(x: float) -> float:"),
    ("study.py", "    place = start\n", "    place: float = start\n"),
    ("study.py", "RATE = 0.5", "RATE: float = 0.5"),
    (
        "helpers.py",
        '"""Functions reached through others."""\n',
        '"""Functions."""\nfrom __future__ import annotations\n',
    ),
    ("objects.py", "    def loss(x):", "    def loss(x: float) -> float:"),
    ("bases.py", "    bias = 0.25", "    bias: float = 0.25"),
    # what nothing reads
    ("study.py", "def nested():", "def unread():\n    return RATE\n\ndef nested():"),
    ("study.py", "def nested():", "UNREAD = [1, 2]\n\ndef nested():"),
    ("study.py", "def nested():", "class Unread:\n    rate = 3\n\ndef nested():"),
    ("study.py", "import modules\n", "import modules\nimport unread\n"),
    ("study.py", "import modules\n", "import modules\nimport json, csv\n"),
    ("helpers.py", "TABLE = {", '__all__ = ["parts"]\nTABLE = {'),
    ("values.py", "TRUTH = True", "TRUTH = True\nOTHER = open"),
    ("values.py", "TRUTH = True", "TRUTH = True\nOTHER = iter([1])"),
    ("cfg.py", "rate = 2.0", "rate = 2.0\nother = 3.0"),
    ("cfg.py", "rate = 2.0", "rate = 2.0\ndef other():\n    return rate"),
    ("pkg/sub.py", "def value():", "def other():\n    return 1\n\ndef value():"),
    ("pkg/__init__.py", "VERSION = 1", "VERSION = 1\nAUTHOR = 'me'"),
    ("unread.py", "83.0", "83.5"),
    ("notes.txt", "nothing", "something"),
    # order
    ("study.py", "import helpers\nimport objects\n", "import objects\nimport helpers\n"),
    ("study.py", "RATE = 0.5\nSTEPS = 3", "STEPS = 3\nRATE = 0.5"),
    (
        "helpers.py",
        'def slope(x):\n    return TABLE["slope"] * x\n\n'
        "def chained(x):\n    return slope(x) + deeper(x)\n",
        "def chained(x):\n    return slope(x) + deeper(x)\n\n"
        'def slope(x):\n    return TABLE["slope"] * x\n',
    ),
    (
        "objects.py",
        '    width = 4.0\n    table = {"gain": 1.25}\n',
        '    table = {"gain": 1.25}\n    width = 4.0\n',
    ),
    (
        "bases.py",
        "    def __call__(self, x):\n        return x + self.bias\n"
        "    def label(self):\n        return 41.0\n",
        "    def label(self):\n        return 41.0\n"
        "    def __call__(self, x):\n        return x + self.bias\n",
    ),
    ("cfg.py", "rate = 2.0\nitems = [1.0, 2.0]", "items = [1.0, 2.0]\nrate = 2.0"),
    ("values.py", "import os\nimport pathlib\n", "import pathlib\nimport os\n"),
]

# What the script does before it takes the member.
DONE = {
    "another module is loaded": "import unread, json",
    "a sub-module is loaded before": "import pkg.sub, spread.part, pkg.local_below",
    "libraries are loaded before": "import scipy.special",
    "a name that nothing reads is set": "import study; study.nobody = 3",
    "numbers are drawn": "import random, numpy; random.seed(3); numpy.random.seed(4)",
    "how arrays are printed": "import numpy; numpy.set_printoptions(precision=2)",
    "how warnings are shown": "import warnings; warnings.simplefilter('ignore')",
    "a log is set up": "import logging; logging.basicConfig(level='DEBUG')",
    "arguments of the command": "sys.argv.append('--quiet')",
    "a folder to import from": "sys.path.append('/nowhere')",
    "the member was called before": "import study, helpers; helpers.cached(3); study.steps(2.0)",
    "a function's documentation": "import helpers; helpers.deeper.__doc__ = 'deep'",
    "garbage is collected": "import gc; gc.collect()",
    "text is printed": "print('begins', file=sys.stderr)",
    "the script has functions of its own": "def main():\n    return 3",
    "the script reads its name": "if __name__ == '__main__':\n    begun = True",
}

VARIABLES = [{"GW_NOBODY_READS": "1"}, {"HOME": "/nowhere"}, {"LANG": "C"}]
