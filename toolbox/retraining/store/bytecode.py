"""What compiled code says: what it computes, and which names it reads.

Compiled code is what runs, whatever happened to its file since it was imported. Line numbers,
comments, docstrings and the names of local variables are no part of what it says.
"""

import dis
import inspect
import os
import re
import warnings
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from types import CodeType
from typing import Any

LAYOUT = ("NOP", "EXTENDED_ARG", "CACHE")  # where lines end, how wide an argument is
OF_LAYOUT = ("__doc__", "__firstlineno__")  # what a class statement stores of its text
NAMES_SEEN = ("locals", "vars", "dir", "eval", "exec")  # they show the names of local variables
# Names of what finds other names and modules that the code holds as strings.
EVALUATING = {"eval", "exec", "globals"}
IMPORTING = {"import_module", "__import__", "modules"}
DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
KINDS = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ITERABLE_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)


@dataclass(frozen=True, order=True)
class Read:
    """A name that code reads, with the attributes that it takes of it: ``name.first.second``.

    ``place`` says where the name is held: "global", "free" (in the function's closure), "import"
    (a module that the code itself imports; `name` may begin with the dots of a relative import) or
    "string" (a module, if there is one of that name).
    """

    place: str
    name: str
    attributes: tuple[str, ...] = ()

    def then(self, attribute: str) -> "Read":
        """Return this read followed by one more attribute."""
        return replace(self, attributes=(*self.attributes, attribute))


@dataclass(frozen=True)
class Step:
    """One instruction: its name, what it is about, and the place in the code that follows it."""

    name: str
    about: Any
    offset: int


def said(code: CodeType) -> Iterator[str]:
    """Yield all that decides what the code computes, apart from the values of what it reads."""
    named = code.co_argcount + code.co_kwonlyargcount
    numbers = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    yield repr((code.co_varnames[:named], numbers, code.co_flags & KINDS))
    if any(name in code.co_names for name in NAMES_SEEN):
        yield repr(code.co_varnames)
    steps = [i for i in _instructions(code) if i.opname not in LAYOUT]
    offsets = [step.offset for step in steps]
    for number, step in enumerate(steps):
        if step.opcode in dis.hasconst:
            following = steps[number + 1].argval if number + 1 < len(steps) else None
            if following not in OF_LAYOUT:
                # not from `argval`, which leaves out the names of a call's keywords
                yield from (step.opname, *_constant(code.co_consts[step.arg]))
        elif step.opcode in dis.hasjrel or step.opcode in dis.hasjabs:
            # counted in instructions, since their offsets move with the layout
            yield f"{step.opname} {bisect_left(offsets, step.argval)}"
        elif step.opcode in dis.haslocal:
            yield f"{step.opname} {step.arg}"
        else:
            yield f"{step.opname} {step.argval!r}"
    yield code.co_exceptiontable.hex()


def strings(code: CodeType) -> set[str]:
    """Return the strings that stand in the code, as names of environment variables do."""
    found: set[str] = set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= strings(constant)
        else:
            found |= _texts(constant)
    return found


def _texts(constant: object) -> set[str]:
    """Return the texts in a constant: itself, or what a tuple or set of them holds."""
    if isinstance(constant, str | bytes):
        return {os.fsdecode(constant)}
    parts = constant if isinstance(constant, tuple | frozenset) else ()
    return {text for part in parts for text in _texts(part)}


def reads(code: CodeType) -> list[Read]:
    """Return what the code and the functions inside it read, in a fixed order.

    Where it looks names up, what its strings would read if they were code or modules is among it.
    """
    found = set(_reads(code, frozenset(code.co_freevars), {}))
    names = {name for read in found for name in (read.name, *read.attributes)}
    if names & EVALUATING:
        found |= _reads_in_strings(code)
    if names & IMPORTING:
        found |= {Read("string", text) for text in strings(code) if DOTTED.fullmatch(text)}
    return sorted(found)


def _reads_in_strings(code: CodeType) -> set[Read]:
    found: set[Read] = set()
    for text in strings(code):
        try:
            with warnings.catch_warnings(action="ignore"):
                found.update(reads(compile(text, "", "exec", dont_inherit=True)))
        except (SyntaxError, ValueError):  # it is no code
            continue
    return found


def _reads(
    code: CodeType, free: frozenset[str], bound: dict[str, tuple[Read, ...]]
) -> Iterator[Read]:
    """Yield what is read, and all names in front of it.

    `bound` holds the names that the code around this one gave to what it imported.
    """
    steps = list(_steps(code))
    bound = bound | _imports(steps)
    free = free.difference(code.co_cellvars)
    for number, step in enumerate(steps):
        for root in _roots(step, free, bound):
            read = root
            for following in steps[number + 1 :]:
                if following.name not in ("LOAD_ATTR", "LOAD_METHOD"):
                    break
                read = read.then(following.about)
            yield read
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _reads(constant, free, bound)


def _roots(
    step: Step, free: frozenset[str], bound: dict[str, tuple[Read, ...]]
) -> tuple[Read, ...]:
    """Return what the name that an instruction loads stands for; nothing for a local variable."""
    if not step.name.startswith("LOAD_"):
        return ()
    if "GLOBAL" in step.name or step.name == "LOAD_NAME":
        return (*bound.get(step.about, ()), Read("global", step.about))
    if "FAST" in step.name or "DEREF" in step.name:
        of_closure = "DEREF" in step.name and step.about in free
        return bound.get(step.about, ()) or ((Read("free", step.about),) if of_closure else ())
    return ()


def _imports(steps: list[Step]) -> dict[str, tuple[Read, ...]]:
    """Return the names that the code gives to what it imports."""
    bound: dict[str, tuple[Read, ...]] = {}
    module = found = None
    for number, step in enumerate(steps):
        if step.name == "IMPORT_NAME":
            level, names = steps[number - 2].about, steps[number - 1].about
            # ``import a.b`` binds a, and ``import a.b as c`` then takes b from it.
            module = Read("import", "." * level + step.about) if names else None
            found = module or Read("import", step.about.partition(".")[0])
        elif step.name == "IMPORT_FROM":
            found = (module or found).then(step.about)
        elif step.name.startswith("STORE_") and found is not None:
            bound[step.about] = (*bound.get(step.about, ()), found)
            found = module
        elif step.name not in ("SWAP", "POP_TOP"):
            module = found = None
    return bound


def _steps(code: CodeType) -> Iterator[Step]:
    """Yield the instructions, those that do two things at once as two."""
    for step in _instructions(code):
        both = re.findall("(?:LOAD|STORE)_FAST", step.opname)
        if isinstance(step.argval, tuple) and len(both) == len(step.argval) == 2:
            for name, about in zip(both, step.argval, strict=True):
                yield Step(name, about, step.offset)
        elif step.opname not in LAYOUT:
            yield Step(step.opname, step.argval, step.offset)


@lru_cache(maxsize=256)
def _instructions(code: CodeType) -> list[dis.Instruction]:
    return list(dis.get_instructions(code))


def _constant(value: Any) -> Iterator[str]:
    if isinstance(value, CodeType):
        yield from ("code", *said(value), "end")
    elif isinstance(value, tuple):
        yield f"tuple {len(value)}"
        for held in value:
            yield from _constant(held)
    elif isinstance(value, frozenset):
        yield f"frozenset {sorted(value, key=repr)!r}"
    else:
        yield f"{type(value).__name__} {value!r}"
