"""Find a public function by its name, as MATLAB and the command line give it."""

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from toolbox.core.checks import describe_value, refuse
from toolbox.core.packages import PUBLIC


def public_functions() -> list[str]:
    """Return the names of all public functions, such as "toolbox.describe"; loads them all."""
    return [
        f"{package}.{name}"
        for package in PUBLIC
        for name in sorted(import_module(package).__all__)
        if inspect.isfunction(getattr(import_module(package), name))
    ]


def find_function(name: Any) -> Callable[..., Any]:
    """Return the public function of this name."""
    package, _, function = str(name).partition(".")
    if not isinstance(name, str) or package not in PUBLIC or not function:
        known = ", ".join(PUBLIC)
        refuse("function", f"a name such as 'toolbox.describe', from {known}", repr(name))
    module = import_module(package)
    if function not in module.__all__ or not inspect.isfunction(getattr(module, function)):
        close = get_close_matches(function, module.__all__, n=3) or sorted(module.__all__)
        refuse("function", f"a public one of {package}, such as {', '.join(close)}", repr(name))
    return getattr(module, function)


def bound(function: Callable[..., Any], values: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Split MATLAB's list of arguments into positional ones and ``'name', value`` pairs.

    Pairs begin at the first string that names a parameter and leaves an even number of values; at
    the latest where the function takes no more positional arguments.
    """
    parameters = inspect.signature(function).parameters
    positional = [p for p in parameters.values() if p.kind < p.VAR_POSITIONAL]
    first = next((i for i in _pairs(values) if values[i] in parameters), len(values))
    if first > len(positional):  # a misspelt name stands before it
        first = _misspelt(values, len(positional))
    names, given = values[first::2], values[first + 1 :: 2]
    named = [p.name for p in positional[:first]] + names
    check_names(function, named)
    if len(names) > len(given):
        refuse("arguments", "a value for every name", f"none for {names[-1]!r}")
    check_complete(function, named)
    return values[:first], dict(zip(names, given, strict=True))


def _pairs(values: list[Any]) -> list[int]:
    """Return where pairs may begin: at a string that leaves an even number of values."""
    n = len(values)
    return [i for i in range(n) if isinstance(values[i], str) and (n - i) % 2 == 0]


def _misspelt(values: list[Any], most: int) -> int:
    """Return where pairs are meant to begin, after `most` positional arguments or earlier."""
    if isinstance(values[most], str):
        return most
    return max((i for i in _pairs(values) if i < most), default=most)


def check_names(function: Callable[..., Any], keys: list[Any]) -> None:
    """Refuse names of arguments that the function does not have, or that come twice."""
    known = list(inspect.signature(function).parameters)
    for key in keys:
        if not isinstance(key, str) or key not in known:
            close = " or ".join(get_close_matches(str(key), known, n=3))
            got = describe_value(key) + (f" (is it {close}?)" if close else "")
            refuse("arguments", f"names among {', '.join(known)}", got)
        if keys.count(key) > 1:
            refuse("arguments", "every name once", f"{key!r} twice")


def check_complete(function: Callable[..., Any], keys: list[Any]) -> None:
    """Refuse a call without a value for each argument that the function cannot do without."""
    parameters = inspect.signature(function).parameters
    needed = [name for name, p in parameters.items() if p.default is p.empty]
    missing = [name for name in needed if name not in keys]
    if missing:
        refuse("arguments", f"also {', '.join(missing)}", f"only {', '.join(keys) or 'none'}")
