"""Which tests are weak: ``python -m tests.architecture.weak_tests`` lists them, each with why.

A test's *claims* are the conditions of its ``assert``, its ``pytest.raises`` and ``pytest.warns``,
its calls of ``assert_...`` (as NumPy's are named), and the claims of every function of the tests
that it names. A test is weak if

1. it has no claim;
2. every claim is about *form*: a shape, a type, how many axes or lines a picture has, that numbers
   are finite, that something is not None. White noise has the right form, so has a wrong answer;
3. it draws a record (calls ``.plot()``) and reads no artist's data back (``get_ydata()``, ...), or
   a figure of the paper (``.draw(results)``, ``.savefig(...)``) and neither data nor a text.

Whether the value that a test claims is the right one, no script can tell.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLAIMING = {"pytest.raises", "pytest.warns", "pytest.fail"}
SHAPES = {"shape", "dtype", "ndim", "size", "itemsize", "flags"}
ARTISTS = {"axes", "lines", "images", "patches", "collections", "containers", "texts"}
TELLING_FORM = {"isinstance", "issubclass", "hasattr", "callable", "type", "isfinite", "get_axes"}
PASSING = {"all", "any", "len", "sum", "set", "tuple", "list", "str", "max", "min"}  # form in, out
TEXTS = {f"get_{what}" for what in ("text", "title", "suptitle", "label", "xlabel", "ylabel")}
TEXTS |= {"get_xticklabels", "get_yticklabels", "get_legend_handles_labels"}
DATA = {f"get_{what}" for what in ("xdata", "ydata", "xydata", "data", "array", "xy")}
DATA |= {"get_height", "get_width", "get_offsets", "get_segments", "get_paths"}
DRAWS_RECORD = {"plot": 0}  # with positional arguments it is `axes.plot(x, y)`
DRAWS_FIGURE = {"draw": 1, "savefig": 1}


def weak_tests(folder: Path) -> dict[str, str]:
    """Return ``file::test`` -> why it is weak, for the tests in a folder and those below it."""
    found = {}
    for path in sorted(folder.rglob("test_*.py")):
        for test in functions(path).values():
            why = weakness(path, test) if test.name.startswith("test_") else ""
            if why:
                found[f"{path.relative_to(folder)}::{test.name}"] = why
    return found


def weakness(path: Path, test: ast.FunctionDef) -> str:
    """Return why a test is weak, or nothing."""
    nodes = [node for body in (test, *helpers(path, test)) for node in inside(body)]
    claims = [claim for node in nodes for claim in claims_of(node)]
    if not claims:
        return "no assertion"
    if all(map(is_form, claims)):
        return "form only"
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    if any(draws(node, DRAWS_RECORD) for node in nodes) and not read & DATA:
        return "a picture whose data nobody reads"
    if any(draws(node, DRAWS_FIGURE) for node in nodes) and not read & (DATA | TEXTS):
        return "a picture that nobody reads"
    return ""


def claims_of(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a node claims: the condition of an assertion, or a call that is one."""
    if isinstance(node, ast.Assert):
        yield node.test
    elif isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        if name in CLAIMING or last(name).startswith("assert_"):
            yield node


# ------------------------------------------------------------------------------- values and form


def is_form(claim: ast.expr) -> bool:
    """Say whether a claim looks at the form of something only."""
    match claim:
        case ast.Constant():
            return True
        case ast.BoolOp():
            return all(map(is_form, claim.values))
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):  # "is NaN" is a value, "is not" is a form
            return is_form(claim.operand) or "isnan" in names_called(claim.operand)
        case ast.Compare(ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
        case ast.Compare():
            return any(map(measures_form, (claim.left, *claim.comparators)))
    return measures_form(claim)


def measures_form(value: ast.expr) -> bool:
    """Say whether a value is a form: ``x.shape[1:]``, ``len(x.axes)``, ``isfinite(x).all()``."""
    match value:
        case ast.Attribute():
            return value.attr in SHAPES | ARTISTS or measures_form(value.value)
        case ast.Subscript() | ast.Starred():
            return measures_form(value.value)
        case ast.Tuple() | ast.List() | ast.BinOp():
            parts = [part for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr)]
            varying = [part for part in parts if not isinstance(part, ast.Constant)]
            return bool(varying) and all(map(measures_form, varying))
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
            return measures_form(value.elt)
        case ast.Call():
            name = last(ast.unparse(value.func))
            through = [*value.args, value.func] if name in PASSING else [value.func]
            return name in TELLING_FORM or (
                name not in TEXTS | DATA and any(map(measures_form, through))
            )
    return False


def names_called(expression: ast.expr) -> set[str]:
    """Return the names of what an expression calls."""
    calls = (node for node in ast.walk(expression) if isinstance(node, ast.Call))
    return {last(ast.unparse(call.func)) for call in calls}


def last(name: str) -> str:
    """Return ``c`` of ``a.b.c``."""
    return name.rpartition(".")[2]


def draws(node: ast.AST, methods: dict[str, int]) -> bool:
    """Say whether this calls one of the methods with at most so many arguments."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return len(node.args) <= methods.get(node.func.attr, -1)


# ---------------------------------------------------------------------------------------- helpers


def helpers(path: Path, test: ast.FunctionDef) -> list[ast.FunctionDef]:
    """Return the functions of the tests that a test names, and those that they name."""
    found: dict[tuple[Path, str], ast.FunctionDef] = {}
    waiting = [(path, test)]
    while waiting:
        for place in named(*waiting.pop()):
            home, name = place
            if place not in found and name in functions(home):
                found[place] = functions(home)[name]
                waiting.append((home, found[place]))
    return list(found.values())


def named(path: Path, body: ast.FunctionDef) -> Iterator[tuple[Path, str]]:
    """Yield the file and the name of what may be functions of the tests."""
    for node in inside(body):
        if isinstance(node, ast.Name):
            yield imports(path).get(node.id, (path, node.id))


@cache
def parsed(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text())


@cache
def inside(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return a node and all inside it: helpers are looked into once for many tests."""
    return tuple(ast.walk(node))


@cache
def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """Return the functions of a file by name."""
    nodes = inside(parsed(path))
    return {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}


@cache
def imports(path: Path) -> dict[str, tuple[Path, str]]:
    """Return name -> file and name, of what a file imports from the tests."""
    found = {}
    for node in inside(parsed(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
            home = ROOT / f"{node.module.replace('.', '/')}.py"
            if home.is_file():
                found |= {alias.asname or alias.name: (home, alias.name) for alias in node.names}
    return found


if __name__ == "__main__":
    weak = weak_tests(ROOT / "tests")
    sys.stdout.write("\n".join(f"{test}: {why}" for test, why in weak.items()) or "none is weak")
    sys.exit(bool(weak))
