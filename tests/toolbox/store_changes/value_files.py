"""Files of the study: classes, objects, and values of many types."""

OBJECTS = '''"""Classes and what they are made of."""
import abc
import enum
import functools
from collections import namedtuple
from typing import NamedTuple
from dataclasses import dataclass
from bases import Base, Mixed, Counted

class Colour(enum.Enum):
    RED = 1.5
    BLUE = 2.5

class Level(enum.IntFlag):
    LOW = 1
    HIGH = 4

Point = namedtuple("Point", "x y", defaults=(3.0,))

class Pair(NamedTuple):
    first: float
    second: float = 6.0
    def total(self):
        return self.first + self.second * 2

@dataclass(frozen=True, order=True)
class Item:
    size: float
    name: str = "a"
    def __post_init__(self):
        object.__setattr__(self, "size", self.size * 3)

class Network(Mixed, Base):
    width = 4.0
    table = {"gain": 1.25}

    def __init__(self, depth=2.0):
        self.depth = depth
        self.extra = [0.5]

    def __call__(self, x):
        return super().__call__(x) * self.width + self.depth

    def __getitem__(self, i):
        return i * 1.75

    def __add__(self, other):
        return self.depth + other * 2.25

    def __len__(self):
        return 5

    def __eq__(self, other):
        return self.depth == other.depth

    @property
    def area(self):
        return self.width * self.depth

    @functools.cached_property
    def volume(self):
        return self.width * 3.25

    @classmethod
    def made(cls):
        return cls(depth=9.0)

    @staticmethod
    def loss(x):
        return x - 0.375

    fixed = functools.partialmethod(lambda self, a, b: a * b + self.depth, 2.0)

class Rate:
    def __get__(self, instance, owner):
        return 0.625

class Optimiser(abc.ABC):
    rate = Rate()
    @abc.abstractmethod
    def step(self): ...

class Plain(Optimiser):
    def step(self):
        return self.rate * 2

class Registered:
    known = []
    def __init_subclass__(cls, weight=1.0):
        Registered.known.append(weight)

class One(Registered, weight=21.0):
    pass

class Slotted:
    __slots__ = ("depth", "__hidden")
    def __init__(self, depth, hidden):
        self.depth = depth
        self.__hidden = hidden
    def sum(self):
        return self.depth + self.__hidden

def patched(self):
    return 22.0

Plain.late = patched
NETWORK = Network()
BOUND = Network(depth=3.0).__call__
SLOTTED = Slotted(32.0, 33.0)

def parts():
    net = NETWORK
    return [
        Colour.RED.value, float(len(Colour)), float(Level.HIGH | Level.LOW), Point(1.0).y,
        float(Point._fields.index("y")), Pair(1.0).total(), Item(2.0).size,
        float(Item(1.0) < Item(2.0)), net(2.0), net[2], net + 1.0, float(len(net)),
        float(net == Network()), net.area, net.volume, Network.made().depth, Network.loss(1.0),
        net.fixed(3.0), Plain().step(), Registered.known[0], Plain().late(), BOUND(1.0),
        net.extra[0], Network.table["gain"], net.mixed(), Counted.count(), net.label() * 1.0,
        SLOTTED.sum(),
    ]
'''

BASES = '''"""Base classes in a module of their own."""
class Meta(type):
    def count(cls):
        return 31.0

class Counted(metaclass=Meta):
    pass

class Base:
    bias = 0.25
    def __call__(self, x):
        return x + self.bias
    def label(self):
        return 41.0

class Mixed:
    def mixed(self):
        return 51.0
'''

VALUES = '''"""Values of many types."""
import array
import collections
import datetime
import decimal
import fractions
import operator
import os
import pathlib
import random
import re
import types
import weakref
from os import environ, getenv
import numpy as np

NAME = "GW_NAMED"
TEXT = "grain"
BYTES = b"grain"
NOTHING = None
TRUTH = True
TUPLE = (1.0, (2.0, 3.0))
LIST = [1.0, [4.0]]
SET = {2.0, 5.0}
FROZEN = frozenset({6.0})
ORDERED = {"a": 1.0, "b": 2.0}
ARRAY = np.array([1.0, 7.0])
SINGLE = np.float32(8.0)
KIND = np.dtype("f4")
MATRIX = np.arange(6.0).reshape(2, 3)
COMPLEX = 3 + 9j
QUEUE = collections.deque([1.0, 10.0], maxlen=3)
DEFAULT = collections.defaultdict(lambda: 11.0, {"a": 1.0})
FACTORY = collections.defaultdict(int)
COUNTER = collections.Counter("aab")
CHAIN = collections.ChainMap({"a": 12.0}, {"b": 13.0})
SORTED = collections.OrderedDict([("a", 1.0), ("b", 14.0)])
ITEM = operator.itemgetter(1)
ATTRIBUTE = operator.attrgetter("real")
CALLER = operator.methodcaller("count", "a")
PATTERN = re.compile("a+b")
FLAGS = re.compile("A", re.IGNORECASE)
NUMBERS = array.array("d", [1.0, 15.0])
DRAWS = random.Random(16)
FRACTION = fractions.Fraction(1, 17)
DECIMAL = decimal.Decimal("1.18")
DATE = datetime.date(2019, 1, 19)
SPAN = datetime.timedelta(seconds=20)
PLACE = pathlib.PurePosixPath("a/b21")
RANGE = range(0, 22, 2)
SLICE = slice(0, 2)
SPACE = types.SimpleNamespace(depth=23.0)
BUFFER = bytearray(b"abc")
PROXY = types.MappingProxyType({"a": 24.0})
POLYNOMIAL = np.poly1d([1.0, 25.0])
EACH = np.vectorize(lambda v: v * 26.0)
GET = {"a": 27.0}.get
FORMAT = "{:.2f}".format
CODE = compile("28.0 + 1", "nowhere", "eval")
STATE = np.random.SeedSequence(29)
LENGTHS = [len, max]

class Held:
    def __init__(self, weight):
        self.weight = weight
    def double(self):
        return 2 * self.weight
    def halve(self):
        return self.weight / 2

HELD, OTHER = Held(34.0), Held(35.0)
WEAK = weakref.ref(HELD)
WEAKLY = weakref.WeakValueDictionary()
WEAKLY["a"] = HELD
FUNCTIONS = {len, HELD.double}
AT_IMPORT = float(os.environ.get("GW_AT_IMPORT", "1"))
NESTED = {"deep": [{"er": (np.zeros(2), "x30")}]}

def parts():
    copied = random.Random()
    copied.setstate(DRAWS.getstate())
    return [
        float(os.environ["GW_PLAIN"]), float(os.environ.get("GW_GET", "2")),
        float(os.getenv("GW_GETENV", "3")), float(environ.get("GW_IMPORTED", "4")),
        float(getenv("GW_FUNCTION", "5")), float(os.environ.get(NAME, "6")), AT_IMPORT,
        float("GW_THERE" in os.environ),
        float(len(TEXT)), float(BYTES[-1]), float(NOTHING is None), float(TRUTH), TUPLE[1][1],
        LIST[1][0], max(SET), max(FROZEN), list(ORDERED.values())[0], ARRAY[1], float(SINGLE),
        float(KIND.itemsize), MATRIX[1, 2], COMPLEX.imag, QUEUE[1], float(QUEUE.maxlen),
        dict(DEFAULT).get("a"), DEFAULT.default_factory(), float(FACTORY.default_factory() == 0),
        float(COUNTER["a"]), CHAIN["b"], SORTED["b"], ITEM((1.0, 2.0, 3.0)), ATTRIBUTE(3 + 4j),
        float(CALLER("banana")), float(len(PATTERN.findall("aabab"))),
        float(bool(FLAGS.match("a"))), NUMBERS[1], copied.random(), float(FRACTION),
        float(DECIMAL), float(DATE.toordinal()), SPAN.total_seconds(), float(len(PLACE.name)),
        float(sum(RANGE)), sum(LIST[:1][SLICE]), SPACE.depth, float(BUFFER[1]), PROXY["a"],
        float(POLYNOMIAL(2.0)), float(EACH(1.0)), GET("a"), float(FORMAT(1 / 3)), eval(CODE),
        float(STATE.generate_state(1)[0]), float(LENGTHS[0]([1, 2])),
        float(decimal.Decimal(1) / decimal.Decimal(3)), float(len(NESTED["deep"][0]["er"][1])),
        WEAK().weight, WEAKLY["a"].weight, sum(f() for f in FUNCTIONS if f is not len),
        float(len(str(NESTED["deep"][0]["er"][0].shape))), float(MATRIX[0, 1:].flags.f_contiguous),
    ]
'''
