"""Which source a result depends on: a walk of the imports inside the repository, from its script.

Of the scripts of figures and benchmarks only what computes the result is followed: a change of a
panel redraws and recomputes nothing. Of every other module the whole text counts. A package whose
names are looked up in a table (`lazy_loader`) stands for the modules that its names are from, and
a name that cannot be told before the code runs for all that it could be: none is ever missed.
"""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from paper_figures.runner.source_modules import Source, called

STUDIES = ("paper_figures", "benchmarks")  # packages whose modules are followed name by name
# They import modules that their callers name by functions of theirs, imported already.
NAMED_BY_CALLERS = (
    "toolbox.data.record_trees",
    "toolbox.retraining.processes.jobs",
    "toolbox.retraining.store.source_texts",
    "paper_figures.runner.figure",
)
NOT_FOLLOWED = ("tests", "docs", "grainwise")  # nobody imports them


class Sources:
    """The modules of a repository, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sources: dict[str, Source | None] = {}
        self._edges: dict[tuple[str, frozenset[str] | None], dict[str, set[str] | None]] = {}
        self._below: dict[str, list[str]] = {}
        self._texts: dict[tuple[str, frozenset[str] | None], dict[str, bytes]] = {}

    def digest(self, script: str, names: set[str] | None = None) -> str:
        """Return the digest of all source and data that names of a script depend on."""
        digest = hashlib.sha256()
        for name, text in sorted(self.texts(script, names).items()):
            digest.update(hashlib.sha256(name.encode()).digest())
            digest.update(hashlib.sha256(text).digest())
        return digest.hexdigest()

    def texts(self, script: str, names: set[str] | None = None) -> dict[str, bytes]:
        """Return path -> what of it names of a script depend on; of all its names for None."""
        found: dict[str, bytes] = {}
        for name, wanted in self.reached(script, names).items():
            if self.source(name).table is None:  # else what it stands for is reached itself
                found |= self.text(name, wanted)
        return found

    def text(self, name: str, names: set[str] | None) -> dict[str, bytes]:
        """Return path -> what of it some names of one module need, its data files too."""
        key = (name, None if names is None else frozenset(names))
        if key not in self._texts:
            source = self.source(name)
            part = source.part(names)
            files = {source.path: source.text_of(part).encode()}
            files |= {file: file.read_bytes() for file in _files_named(source, part)}
            self._texts[key] = {str(f.relative_to(self.root)): text for f, text in files.items()}
        return self._texts[key]

    def reached(self, script: str, names: set[str] | None = None) -> dict[str, set[str] | None]:
        """Return module -> names needed of it (None: all), of everything that is depended on."""
        found: dict[str, set[str] | None] = {}
        waiting: list[tuple[str, set[str] | None]] = [(script, names)]
        while waiting:
            name, more = waiting.pop()
            known = found.get(name, set())
            together = None if more is None or known is None else known | more
            if name in found and together == known:
                continue
            found[name] = together
            waiting += list(self.edges(name, together).items())
        return found

    def edges(self, name: str, names: set[str] | None) -> dict[str, set[str] | None]:
        """Return module -> names that some names of a module import, inside functions too."""
        key = (name, None if names is None else frozenset(names))
        if key not in self._edges:
            source = self.source(name)
            found: dict[str, set[str] | None] = {}
            pairs = [(above, set()) for above in _parents(name)]
            if source.table is None:
                pairs += _Imports(self, source).of(source.part(names))
            for module, wanted in pairs:
                if self.source(module) is None or module == name:
                    continue
                whole = wanted is None or module.partition(".")[0] not in STUDIES
                known = found.setdefault(module, set())
                found[module] = None if whole or known is None else known | wanted
            self._edges[key] = found
        return self._edges[key]

    def source(self, name: str) -> Source | None:
        """Return a module, or None where the repository has none of this name."""
        if name not in self._sources:
            path = self.root.joinpath(*name.split("."))
            files = (path.with_suffix(".py"), path / "__init__.py")
            file = next((f for f in files if f.is_file()), None) if name else None
            self._sources[name] = Source(name, file) if file else None
        return self._sources[name]

    def below(self, package: str = "") -> list[str]:
        """Return every module of a package; of all packages without one."""
        if package not in self._below:
            self._below[package] = list(self._modules_below(package))
        return self._below[package]

    def _modules_below(self, package: str) -> Iterator[str]:
        folder = self.root.joinpath(*package.split(".")) if package else self.root
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(self.root).with_suffix("").parts
            inside = (self.root / parts[0] / "__init__.py").exists()
            if inside and parts[0] not in NOT_FOLLOWED and (package or parts[0] not in STUDIES):
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class _Imports:
    """What statements of one module import."""

    def __init__(self, sources: Sources, source: Source) -> None:
        self.sources, self.source = sources, source
        self.bound: dict[str, str] = {}  # local name -> the package or module that it stands for
        self.found: list[tuple[str, set[str] | None]] = []

    def of(self, part: list[ast.stmt]) -> list[tuple[str, set[str] | None]]:
        """Return (module, names of it); None for all of its names."""
        nodes = [node for statement in part for node in _run(statement)]
        for node in nodes:  # of the whole part first: a function stands above what it uses
            self._bind(node)
        heads = {id(n.value) for n in nodes if isinstance(n, ast.Attribute)}
        for node in nodes:
            if isinstance(node, ast.Attribute):
                self._attribute(node, outermost=id(node) not in heads)
            elif isinstance(node, ast.Name) and node.id in self.bound and id(node) not in heads:
                if isinstance(node.ctx, ast.Load):
                    self._whole(self.bound[node.id])
        return self.found

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            self._import(node)
        elif isinstance(node, ast.ImportFrom):
            self._import_from(node)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            self._named_later(node)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            if self.sources.source(alias.name) is None:
                continue
            self.bound[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )
            self.found.append((alias.name, set()))

    def _import_from(self, node: ast.ImportFrom) -> None:
        above = self.source.package.split(".")
        start = above[: len(above) - node.level + 1] if node.level else []
        base = ".".join([*start, *([node.module] if node.module else [])])
        if self.sources.source(base) is None:
            return
        for alias in node.names:
            if alias.name == "*":
                self._whole(base)
                continue
            below = f"{base}.{alias.name}"
            if self.sources.source(below) is None or self._in_table(base, alias.name):
                self._name(base, alias.name)
            else:
                self.bound[alias.asname or alias.name] = below
                self.found.append((below, set()))

    def _attribute(self, node: ast.Attribute, *, outermost: bool) -> None:
        """Follow ``package.module.name`` from a name that stands for a package."""
        chain = []
        while isinstance(node, ast.Attribute):
            chain.append(node.attr)
            node = node.value
        if not (outermost and isinstance(node, ast.Name) and node.id in self.bound):
            return
        module = self.bound[node.id]
        for name in reversed(chain):
            below = f"{module}.{name}"
            if self.sources.source(below) is None or self._in_table(module, name):
                self._name(module, name)
                return
            self.found.append((below, set()))
            module = below

    def _in_table(self, module: str, name: str) -> bool:
        return name in (self.sources.source(module).table or {})

    def _name(self, module: str, name: str) -> None:
        table = self.sources.source(module).table
        if table is None:
            self.found.append((module, {name}))
        elif name in table:
            self.found.append((table[name], {name}))
        elif not name.startswith("__"):
            self._whole(module)

    def _whole(self, module: str) -> None:
        """Enter all names of a module that is handed on as it is: any may be used."""
        table = self.sources.source(module).table
        named = [module] if table is None else set(table.values())
        self.found += [(name, None) for name in named]

    def _named_later(self, node: ast.Call) -> None:
        """Follow ``import_module(...)``: of a name that is not written out, all it could be."""
        name = node.args[0] if node.args else None
        if isinstance(name, ast.Constant):
            self.found.append((name.value, None))
            return
        head = name.values[0] if isinstance(name, ast.JoinedStr) and name.values else None
        if isinstance(head, ast.Constant):
            package = head.value.rpartition(".")[0]
            known = {self._module(head.value + text) for text in self.source.strings}
            known -= {None, package, *_parents(package)}  # of strings that name no module below
            self.found += [(n, None) for n in sorted(known) or self.sources.below(package)]
        elif self.source.name not in NAMED_BY_CALLERS:
            self.found += [(n, None) for n in self.sources.below()]

    def _module(self, name: str) -> str | None:
        """Return the module of a name, which may go on inside it: `module.function`."""
        if not all(part.isidentifier() for part in name.split(".")):
            return None
        longest_first = (name, *reversed(_parents(name)))
        return next((n for n in longest_first if self.sources.source(n)), None)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:k]) for k in range(1, len(parts))]


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all inside it in their order, but what only a type checker reads."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            inside = node.orelse
        else:
            yield node
            inside = list(ast.iter_child_nodes(node))
        waiting += reversed(inside)


def _files_named(source: Source, part: list[ast.stmt]) -> list[Path]:
    """Return the data files beside a module that its strings name."""
    nodes = [n for s in part for n in ast.walk(s) if isinstance(n, ast.Constant)]
    texts = {n.value for n in nodes if isinstance(n.value, str) and "." in n.value}
    here = [source.path.parent / t for t in texts if len(t) < 100 and "\n" not in t]
    return sorted(p for p in here if p.is_file() and p.suffix != ".py")
