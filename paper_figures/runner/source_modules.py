"""A module's text, and the part of it that some of its names need."""

import ast
from functools import cached_property
from pathlib import Path


class Source:
    """A module of the repository: its text and what stands at its top level."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        self.text = path.read_text()
        self.lines = self.text.splitlines()
        self.tree = ast.parse(self.text)
        self.package = name if path.name == "__init__.py" else name.rpartition(".")[0]

    @cached_property
    def table(self) -> dict[str, str] | None:
        """Return name -> module of a package that looks its names up; None of all others."""
        calls = ast.walk(self.tree) if "attach" in self.text else ()
        for node in calls:
            if isinstance(node, ast.Call) and called(node) == "attach":
                given = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
                found = given.get("submod_attrs") or {}
                return {n: f"{self.name}.{below}" for below, names in found.items() for n in names}
        return None

    @cached_property
    def strings(self) -> set[str]:
        """Return every string of the module."""
        nodes = ast.walk(self.tree)
        return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}

    def part(self, names: set[str] | None) -> list[ast.stmt]:
        """Return the statements at the top level that names need when the module is imported.

        All of them for None.
        """
        if names is None:
            return self.tree.body
        body = [s for s in self.tree.body if not _is_text(s) and not _is_of_program(s)]
        chosen = {i for i, s in enumerate(body) if not _defined(s)}
        wanted = set(names).union(*(_used(body[i]) for i in chosen))
        while True:
            more = {i for i, s in enumerate(body) if i not in chosen and _defined(s) & wanted}
            if not more:
                break
            chosen |= more
            wanted = wanted.union(*(_used(body[i]) for i in more))
        if wanted & {"globals", "vars", "eval", "exec"}:
            return self.tree.body
        return [_narrowed(body[i], wanted) for i in sorted(chosen)]

    def text_of(self, part: list[ast.stmt]) -> str:
        """Return the lines of statements, decorators among them."""
        if part is self.tree.body:
            return self.text
        return "\n".join("\n".join(self.lines[_first(s) - 1 : s.end_lineno]) for s in part)


def called(node: ast.Call) -> str:
    """Return the name of the function that is called, without where it is from."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_of_program(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"


def _first(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def _defined(statement: ast.stmt) -> set[str]:
    """Return the names that a statement gives a value; none where it does anything else."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(a.asname or a.name).partition(".")[0] for a in statement.names}
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        several = isinstance(statement, ast.Assign)
        targets = statement.targets if several else [statement.target]
        names = [n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        return {n.id for n in names}
    return set()


def _used(statement: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}


def _narrowed(statement: ast.stmt, wanted: set[str]) -> ast.stmt:
    """Return an import of those names alone that are wanted."""
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return statement
    kept = [a for a in statement.names if (a.asname or a.name).partition(".")[0] in wanted]
    values = {"names": kept} | {"module": getattr(statement, "module", None)}
    values |= {"level": getattr(statement, "level", 0)}
    fields = {name: values[name] for name in statement._fields}
    return ast.copy_location(type(statement)(**fields), statement)
